"""A text in a request must be longer or shorter than before."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from compatibility.bounds_wording import counted
from compatibility.changes import Edit, SchemaPair

MIRROR = "response-length-widened"
FLOW = "consumed"


def edits(pair: SchemaPair) -> Iterator[Edit]:
    source, target = pair.source, pair.target
    if source.min_length != target.min_length or source.max_length != target.max_length:
        now = counted(target.min_length, target.max_length, "character")
        former = counted(source.min_length, source.max_length, "character")
        yield Edit(
            replace(source, min_length=target.min_length, max_length=target.max_length),
            f"{pair.surface.operation}: {pair.member} in the {pair.surface.where} must now have {now}, "
            f"before {former}",
            "Keep what was accepted, or publish a new major version.",
        )
