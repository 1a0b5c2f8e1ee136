"""The `format` of a place changed.

A format is an annotation by default (JSON Schema 2020-12 validation section 7.2.1), so no value becomes
invalid. Generated code takes another type where the format is one of `TYPES`, as from `int32` to `int64`:
that breaks at the level `sdk`."""

from __future__ import annotations

from collections.abc import Iterator

from compatibility.changes import Draft, SchemaPair
from compatibility.drafting import draft
from compatibility.judging import Judge

MIRROR = "itself: requests and responses alike"
FLOW = "both"
TYPES = frozenset(
    ("int32", "int64", "float", "double", "decimal", "date", "date-time", "uuid", "byte", "binary")
)
"""Formats that generators have a type of their own for (OpenAPI Format Registry)."""


def observe(pair: SchemaPair, judge: Judge) -> Iterator[Draft]:
    values = pair.before.value, pair.after.value
    former, now = (value.get("format") if isinstance(value, dict) else None for value in values)
    if former == now:
        return
    typed = bool(TYPES & {former, now}) and judge.policy.format_changed == "info"
    what = f"{pair.member} in the {pair.surface.where}" if pair.path else f"the {pair.surface.where}"
    told = f"was `{former}` and is now " if former is not None else "is now "
    yield draft(
        "format-changed",
        pair.surface.operation,
        (pair.before, pair.after),
        f"{pair.surface.operation}: the format of {what} {told}" + (f"`{now}`" if now else "not said"),
        "Tell consumers whose code is generated from the format, or keep the former one.",
        ("format", former, now),
        level="breaking" if typed else judge.policy.format_changed,
        direction=pair.flow,
        promise="sdk" if typed else "json",
    )
