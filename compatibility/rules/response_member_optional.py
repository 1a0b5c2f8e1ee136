"""A member that responses always had may now be missing.

Readers rely on what was promised always; one that reads the member without looking fails."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from compatibility.changes import Edit, SchemaPair

MIRROR = "request-member-required"
FLOW = "produced"


def edits(pair: SchemaPair) -> Iterator[Edit]:
    source = pair.source
    for name in pair.target.required:
        if name not in source.required and still_declared(pair, name):
            member = f"{pair.path}.{name}" if pair.path else name
            yield Edit(
                replace(source, required=(*source.required, name)),
                f"{pair.surface.operation}: the {pair.surface.where} no longer always has member `{member}`",
                f"Keep `{member}` required in what is sent, or publish a new major version.",
            )


def still_declared(pair: SchemaPair, name: str) -> bool:
    """A member that is gone altogether is another rule's."""
    properties = pair.after.value.get("properties") if isinstance(pair.after.value, dict) else None
    former = pair.before.value.get("properties") if isinstance(pair.before.value, dict) else None
    gone = isinstance(former, dict) and name in former
    return not gone or (isinstance(properties, dict) and name in properties)
