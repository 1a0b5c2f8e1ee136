"""A member of a request that callers could leave out is now required.

Callers that leave it out were fine and are now refused. A default in the schema does not help: in JSON
Schema it is an annotation, and a validating gateway refuses the request before anyone fills it in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from compatibility.changes import Edit, SchemaPair

MIRROR = "response-member-optional"
FLOW = "consumed"


def edits(pair: SchemaPair) -> Iterator[Edit]:
    source = pair.source
    for name in pair.target.required:
        if name not in source.required:
            member = f"{pair.path}.{name}" if pair.path else name
            yield Edit(
                replace(source, required=(*source.required, name)),
                f"{pair.surface.operation} now requires member `{member}` in the {pair.surface.where}; "
                "one without it was fine and is now refused",
                f"Make `{member}` optional with a documented default, or publish a new major version.",
            )
