"""Responses may carry members beyond the listed ones that were excluded or restricted before."""

from __future__ import annotations

from collections.abc import Iterator

from compatibility.changes import Draft, Edit, SchemaPair
from compatibility.containment.declared import own_names
from compatibility.containment.terms import TRUE
from compatibility.drafting import draft
from compatibility.judging import Judge

MIRROR = "request-other-members-refused"
FLOW = "produced"


def edits(pair: SchemaPair) -> Iterator[Edit]:
    variant = pair.taking("additional", "patterns", "names", "unevaluated_properties")
    if variant is not None:
        yield Edit(
            variant,
            f"{pair.surface.operation}: {pair.member} in the {pair.surface.where} may now carry "
            "members beyond the listed ones",
            "Stay within what was promised, or publish a new major version.",
        )


def observe(pair: SchemaPair, judge: Judge) -> Iterator[Draft]:
    """Writers send what they declare, so this breaks nobody who does; it is said for those who do not."""
    former, now = pair.target, pair.source
    silent = now.additional is None and now.unevaluated_properties is None
    closes = any(one not in (None, TRUE) for one in (former.additional, former.unevaluated_properties))
    if not judge.declared:
        return  # then it is judged
    if not (silent and closes and own_names(former)):
        return
    what = f"`{pair.path}` in the {pair.surface.where}" if pair.path else f"the {pair.surface.where}"
    yield draft(
        "response-other-members-sent",
        pair.surface.operation,
        (pair.before, pair.after),
        f"{pair.surface.operation}: {what} is no longer closed; "
        "a consumer that refuses members it does not know may meet some",
        "Nothing to do as long as only declared members are sent.",
        ("openness",),
        level="info",
        direction=pair.flow,
    )
