"""What leaving a member or parameter out means has changed.

Every former request stays valid, so by default it breaks nobody by its form (policy `default_changed`); who
leaves the value out gets another behavior, which the author should know."""

from __future__ import annotations

from collections.abc import Iterator

from compatibility.changes import Draft, SchemaPair
from compatibility.drafting import draft
from compatibility.identity import said
from compatibility.judging import Judge

MIRROR = "there is none: a default says what a receiver assumes, and responses carry what they mean"
FLOW = "consumed"


def observe(pair: SchemaPair, judge: Judge) -> Iterator[Draft]:
    former, now = default_of(pair.before.value), default_of(pair.after.value)
    if former == now:
        return
    where = f"{pair.member} in the {pair.surface.where}" if pair.path else f"the {pair.surface.where}"
    yield draft(
        "default-changed",
        pair.surface.operation,
        (pair.before, pair.after),
        f"{pair.surface.operation}: the default of {where} is no longer what it was",
        "Tell consumers that leave it out, or keep the former default.",
        ("default", former, now),
        level=judge.policy.default_changed,
    )


def default_of(schema: object) -> str | None:
    """The default in canonical words, so that 1 and 1.0 are one default, and 1 and true are two."""
    return said(schema["default"]) if isinstance(schema, dict) and "default" in schema else None
