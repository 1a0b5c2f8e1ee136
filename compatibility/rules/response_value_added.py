"""A response may hold a value that was not in the list of values.

Readers that switch over a closed `enum` meet a case they do not have. A list that is meant to grow is an
`x-extensible-enum` (Zalando rule 112): adding to that is no change of validity, and is noted as
`extensible-values-changed`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from compatibility.changes import Edit, SchemaPair, quoted

MIRROR = "request-value-removed"
FLOW = "produced"


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
            "is no longer restricted to a list of values",
            "Announce the list as `x-extensible-enum` first, or publish a new major version.",
        )
        return
    gone = [value for value in source.enum if key(value) not in listed]
    if gone:
        kept = tuple(value for value in source.enum if key(value) in listed)
        yield Edit(
            replace(source, enum=kept),
            f"{pair.surface.operation}: {pair.member} in the {pair.surface.where} may now be {quoted(gone)}",
            "Announce the list as `x-extensible-enum` first, or publish a new major version.",
        )
