"""A value that requests could send is no longer in the list of values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from compatibility.changes import Edit, SchemaPair, quoted

MIRROR = "response-value-added"
FLOW = "consumed"


def edits(pair: SchemaPair) -> Iterator[Edit]:
    from compatibility.containment.values import key

    source, target = pair.source, pair.target
    if target.enum is None:
        return
    listed = {key(value) for value in target.enum}
    if source.enum is None:
        yield Edit(
            replace(source, enum=target.enum),
            f"{pair.surface.operation}: {pair.member} in the {pair.surface.where} "
            "is now restricted to a list of values",
            "Keep the value, or publish a new major version.",
        )
        return
    gone = [value for value in source.enum if key(value) not in listed]
    if gone:
        kept = tuple(value for value in source.enum if key(value) in listed)
        yield Edit(
            replace(source, enum=kept),
            f"{pair.surface.operation}: {pair.member} in the {pair.surface.where} no longer accepts "
            f"{quoted(gone)}",
            "Keep the value, or publish a new major version.",
        )
