"""A request member is no longer declared, and the schema stays open: it is accepted and means nothing.

No former request becomes invalid, so it breaks nobody by its form; who sends the member loses what it did."""

from __future__ import annotations

from collections.abc import Iterator

from compatibility.changes import Draft, SchemaPair
from compatibility.containment.declared import in_place, opens
from compatibility.containment.evaluate import found
from compatibility.containment.terms import FALSE, Term
from compatibility.drafting import draft
from compatibility.judging import Judge
from compatibility.removed_members import listed

MIRROR = "response-member-removed"
FLOW = "consumed"


def observe(pair: SchemaPair, judge: Judge) -> Iterator[Draft]:
    former = [name for name, child in pair.source.properties if child != FALSE]
    if not former or any(opens(term) for term in parts(pair, judge)):
        return  # what becomes of other members is said, and judged
    names, patterns = listed(pair.target, judge)
    refused = {name for name, child in pair.target.properties if child == FALSE}
    for name in former:
        if name in refused or name in names or any(found(pattern, name) for pattern in patterns):
            continue
        member = f"{pair.path}.{name}" if pair.path else name
        yield draft(
            "request-member-removed",
            pair.surface.operation,
            (pair.before.child("properties", name), pair.after),
            f"{pair.surface.operation}: `{member}` is no longer declared in the {pair.surface.where}; "
            "it is accepted and ignored",
            f"Tell the consumers that send `{member}`, or keep it declared.",
            ("member removed", name),
            level="info",
        )


def parts(pair: SchemaPair, judge: Judge) -> Iterator[Term]:
    """The later schema and what stands directly beside it."""
    yield pair.target
    yield from (judge.term(part) for part in in_place(pair.target))
