"""Members of a request beyond the listed ones are refused or restricted."""

from __future__ import annotations

from collections.abc import Iterator

from compatibility.changes import Draft, Edit, SchemaPair
from compatibility.containment.declared import own_names
from compatibility.containment.terms import TRUE
from compatibility.drafting import draft
from compatibility.judging import Judge

MIRROR = "response-other-members-sent"
FLOW = "consumed"


def edits(pair: SchemaPair) -> Iterator[Edit]:
    variant = pair.taking("additional", "patterns", "names", "unevaluated_properties")
    if variant is not None:
        yield Edit(
            variant,
            f"{pair.surface.operation}: {pair.member} in the {pair.surface.where} refuses or "
            "restricts members beyond the listed ones",
            "Keep what was accepted, or publish a new major version.",
        )


def observe(pair: SchemaPair, judge: Judge) -> Iterator[Draft]:
    """Writers send what they declare, so this breaks nobody who does; it is said for those who do not."""
    former, now = pair.source, pair.target
    silent = former.additional is None and former.unevaluated_properties is None
    closes = any(one not in (None, TRUE) for one in (now.additional, now.unevaluated_properties))
    if not judge.declared:
        return  # then it is judged
    if not (silent and closes and own_names(former)):
        return
    what = f"`{pair.path}` in the {pair.surface.where}" if pair.path else f"the {pair.surface.where}"
    yield draft(
        "request-other-members-refused",
        pair.surface.operation,
        (pair.before, pair.after),
        f"{pair.surface.operation}: {what} no longer accepts members that were never declared; "
        "a consumer that sends such members is refused",
        "Nothing to do when consumers send only declared members.",
        ("openness",),
        level="info",
        direction=pair.flow,
    )
