"""A promise about time or stability is less than it was: a sunset is earlier or gone, a stability lower.

A deprecated operation, parameter or member is promised until its `x-sunset`, and an `x-stability-level` says
how far consumers may rely on it (draft, alpha, beta, stable; none is stable). Nothing differs on the wire yet
(policy `promise_shortened`)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from compatibility.changes import ContractChange, Draft, SchemaPair
from compatibility.drafting import NEW_MAJOR, draft
from compatibility.judging import Judge
from compatibility.openapi_matching import pairs
from compatibility.openapi_surfaces import parameter_pairs
from specs.model import Node
from specs.openapi import Operation

MIRROR = "there is none: a later date and a higher stability keep the promise"
FLOW = "both"
STABILITIES = ("draft", "alpha", "beta", "stable")


def check(change: ContractChange) -> Iterator[Draft]:
    for match, before, after in pairs(change.matches):
        for what, one, two in dated(match.label, before, after):
            message = shortened(what, one.value, two.value)
            if message is not None:
                yield draft(
                    "promise-shortened",
                    match.label,
                    (one, two),
                    message,
                    f"Keep the promise, {NEW_MAJOR}",
                    (
                        "promise",
                        what,
                        str(two.value.get("x-sunset")),
                        str(two.value.get("x-stability-level")),
                    ),
                    level=change.policy.promise_shortened,
                    direction="none",
                )


def observe(pair: SchemaPair, judge: Judge) -> Iterator[Draft]:
    """The same promises made of a member."""
    one, two = pair.before.value, pair.after.value
    if not isinstance(one, dict) or not isinstance(two, dict):
        return
    where = f"{pair.member} in the {pair.surface.where}" if pair.path else f"the {pair.surface.where}"
    message = shortened(f"{pair.surface.operation}: {where}", one, two)
    if message is not None:
        yield draft(
            "promise-shortened",
            pair.surface.operation,
            (pair.before, pair.after),
            message,
            f"Keep the promise, {NEW_MAJOR}",
            ("promise", str(two.get("x-sunset")), str(two.get("x-stability-level"))),
            level=judge.policy.promise_shortened,
            direction=pair.flow,
        )


def dated(label: str, before: Operation, after: Operation) -> Iterator[tuple[str, Node, Node]]:
    """What can have a sunset or a stability, and what it is called."""
    yield label, before.node, after.node
    for one, two in parameter_pairs(before, after):
        if two is not None:
            yield f"{label}: {one.location} parameter `{one.name}`", one.node, two.node


def shortened(what: str, former: dict[str, object], now: dict[str, object]) -> str | None:
    until, ends = day(former.get("x-sunset")), day(now.get("x-sunset"))
    if until is not None and ends is not None and ends < until:
        return f"{what} was promised until {until} and now ends on {ends}"
    if until is not None and ends is None and now.get("deprecated") is True:
        return f"{what} was promised until {until}, and is now deprecated without a date"
    if stability(now) < stability(former):
        levels = STABILITIES[stability(former)], STABILITIES[stability(now)]
        return f"{what} was {levels[0]} and is now {levels[1]}"
    return None


def day(value: object) -> date | None:
    """A date as `x-sunset` holds it; None when it is missing or no date."""
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError:
        return None


def stability(holder: dict[str, object]) -> int:
    level = holder.get("x-stability-level")
    return STABILITIES.index(level) if isinstance(level, str) and level in STABILITIES else 3
