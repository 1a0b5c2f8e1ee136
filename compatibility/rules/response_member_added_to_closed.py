"""A response carries a member that its closed schema excluded.

A reader that validates against the former contract refuses such responses. Objects meant to grow leave
`additionalProperties` out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from compatibility.changes import Edit, SchemaPair

MIRROR = "request-member-refused"
FLOW = "produced"


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
            f"{pair.surface.operation}: the {pair.surface.where} may now carry member `{member}`, "
            "which the former contract excludes",
            f"Leave `{member}` out, or publish a new major version.",
        )
