"""A value of a list has another name in generated code (`x-enum-varnames`, `x-enumNames`).

The values are the same on the wire; code that uses the constant by its name no longer compiles. A name that
is given for the first time replaces the one a generator made up."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from compatibility.changes import Draft, SchemaPair, quoted
from compatibility.drafting import NEW_MAJOR, draft
from compatibility.judging import Judge

MIRROR = "itself: requests and responses alike"
FLOW = "both"
PROMISE = "sdk"
WORDS = ("x-enum-varnames", "x-enumNames")


def observe(pair: SchemaPair, _: Judge) -> Iterator[Draft]:
    former, now = names(pair.before.value), names(pair.after.value)
    changed = sorted(value for value, name in former.items() if value in now and now[value] != name)
    if changed:
        yield draft(
            "enum-name-changed",
            pair.surface.operation,
            (pair.before, pair.after),
            f"{pair.surface.operation}: {quoted(changed)} of {pair.member} in the {pair.surface.where} "
            f"is now named {quoted([now[value] for value in changed])}",
            f"Keep the former names, {NEW_MAJOR}",
            ("enum names", *((value, former[value], now[value]) for value in changed)),
            direction=pair.flow,
        )


def names(schema: Any) -> dict[str, str]:
    """Each value with the name it is given."""
    if not isinstance(schema, dict) or not isinstance(schema.get("enum"), list):
        return {}
    for word in WORDS:
        held = schema.get(word)
        if isinstance(held, list):
            return {str(value): str(name) for value, name in zip(schema["enum"], held, strict=False)}
    return {}
