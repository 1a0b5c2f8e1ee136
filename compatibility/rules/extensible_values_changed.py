"""The list of known values of an open enumeration (`x-extensible-enum`, Zalando rule 112) changed.

Readers know that such a list grows, so a value that is added breaks nobody. A value that requests could have
and that is no longer listed is no longer understood: breaking."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from compatibility.changes import Draft, SchemaPair, quoted
from compatibility.containment.values import key
from compatibility.drafting import NEW_MAJOR, draft
from compatibility.judging import Judge

MIRROR = "itself: requests and responses alike"
FLOW = "both"
WORD = "x-extensible-enum"


def observe(pair: SchemaPair, _: Judge) -> Iterator[Draft]:
    former, now = (listed(node.value) for node in (pair.before, pair.after))
    if former is None or now is None:
        return
    gone = [value for name, value in former.items() if name not in now]
    new = [value for name, value in now.items() if name not in former]
    where = f"{pair.member} in the {pair.surface.where}" if pair.path else f"the {pair.surface.where}"
    for values, what in ((gone, "no longer lists"), (new, "now lists")):
        if not values:
            continue
        refused = values is gone and pair.flow == "consumed"
        yield draft(
            "extensible-values-changed",
            pair.surface.operation,
            (pair.before, pair.after),
            f"{pair.surface.operation}: {where} {what} {quoted(values)}",
            f"Keep understanding the former values, {NEW_MAJOR}" if refused else "Tell the consumers.",
            ("extensible", what, repr(values)),
            level="breaking" if refused else "info",
            direction=pair.flow,
        )


def listed(schema: Any) -> dict[Any, Any] | None:
    held = schema.get(WORD) if isinstance(schema, dict) else None
    return {key(value): value for value in held} if isinstance(held, list) else None
