"""Another member decides which alternative an object is.

Validation is the same, dispatch is not: generated clients and servers read the wrong member."""

from __future__ import annotations

from collections.abc import Iterator

from compatibility.changes import Draft, SchemaPair
from compatibility.dispatch import told_apart_by
from compatibility.drafting import NEW_MAJOR, draft
from compatibility.judging import Judge

MIRROR = "itself: it is judged the same way in both directions"
FLOW = "both"


def observe(pair: SchemaPair, _: Judge) -> Iterator[Draft]:
    former, now = (told_apart_by(node.value) for node in (pair.before, pair.after))
    if former is not None and now is not None and former != now:
        yield draft(
            "discriminator-changed",
            pair.surface.operation,
            (pair.before, pair.after),
            f"{pair.surface.operation}: {pair.member} in the {pair.surface.where} is now told apart "
            f"by `{now}` "
            f"instead of `{former}`",
            f"Keep `{former}` as the discriminator, {NEW_MAJOR}",
            ("discriminator", former, now),
            direction=pair.flow,
        )
