"""The text of a value means other bytes: its `contentEncoding` or `contentMediaType` changed.

Both are annotations, so no value becomes invalid; whoever decodes the text as before reads something else
(JSON Schema 2020-12 validation section 8). `format: byte` of OpenAPI 3.0 is `contentEncoding: base64`. What
is told for the first time is noted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from compatibility.changes import Draft, SchemaPair
from compatibility.drafting import NEW_MAJOR, draft
from compatibility.judging import Judge
from compatibility.media_types import normal

MIRROR = "itself: it is judged the same way in both directions"
FLOW = "both"


def observe(pair: SchemaPair, _: Judge) -> Iterator[Draft]:
    where = f"{pair.member} in the {pair.surface.where}" if pair.path else f"the {pair.surface.where}"
    for word, read in (("contentEncoding", encoding), ("contentMediaType", media_type)):
        former, now = read(pair.before.value), read(pair.after.value)
        if former == now:
            continue
        yield draft(
            "content-encoding-changed",
            pair.surface.operation,
            (pair.before, pair.after),
            f"{pair.surface.operation}: the {word} of {where} is now {now or 'not told'}"
            + (f", before {former}" if former else ""),
            f"Keep {former}, {NEW_MAJOR}" if former else "Tell the consumers that decode it.",
            ("content", word, former, now),
            level="breaking" if former else "info",
            direction=pair.flow,
        )


def encoding(schema: Any) -> str | None:
    if not isinstance(schema, dict):
        return None
    found = schema.get("contentEncoding", "base64" if schema.get("format") == "byte" else None)
    return found.lower() if isinstance(found, str) else None


def media_type(schema: Any) -> str | None:
    found = schema.get("contentMediaType") if isinstance(schema, dict) else None
    return normal(found) if isinstance(found, str) else None
