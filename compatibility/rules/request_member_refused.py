"""A member that requests could send is no longer accepted.

Either it left the list of a closed object, or its schema is now `false`, or it became `readOnly`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from compatibility.changes import Edit, SchemaPair
from compatibility.containment.terms import FALSE

MIRROR = "response-member-added-to-closed"
FLOW = "consumed"


def edits(pair: SchemaPair) -> Iterator[Edit]:
    source = pair.source
    listed = dict(pair.target.properties)
    for name, child in source.properties:
        if name in listed and listed[name] == child:
            continue
        member = f"{pair.path}.{name}" if pair.path else name
        rest = tuple((own, one) for own, one in source.properties if own != name)
        fixed = ((name, listed[name]),) if name in listed else ()
        additional = source.additional if name in listed else pair.target.additional
        yield Edit(
            replace(source, properties=tuple(sorted((*rest, *fixed))), additional=additional),
            f"{pair.surface.operation} no longer accepts member `{member}` "
            + ("" if listed.get(name) == FALSE else "as it was ")
            + f"in the {pair.surface.where}",
            f"Keep accepting `{member}`, or publish a new major version.",
        )
    for name, child in pair.target.properties:
        if name not in dict(source.properties):
            member = f"{pair.path}.{name}" if pair.path else name
            yield Edit(
                replace(source, properties=tuple(sorted((*source.properties, (name, child))))),
                f"{pair.surface.operation} now restricts member `{member}` in the {pair.surface.where}, "
                "which could hold anything before",
                "Choose another name for the new member, or publish a new major version.",
            )
