"""Is there a number with these bounds, multiples and exceptions? Exact: rationals, never doubles."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from math import ceil, floor, gcd, lcm

from compatibility.containment.terms import Bound


@dataclass(slots=True)
class NumberFacts:
    """A conjunction of constraints on one number."""

    lower: Bound | None = None
    upper: Bound | None = None
    multiples: list[Fraction] = field(default_factory=list)
    not_multiples: list[Fraction] = field(default_factory=list)
    excluded: set[Fraction] = field(default_factory=set)

    def at_least(self, bound: Bound) -> None:
        if self.lower is None or (bound.at, bound.exclusive) > (self.lower.at, self.lower.exclusive):
            self.lower = bound

    def at_most(self, bound: Bound) -> None:
        if self.upper is None or (-bound.at, bound.exclusive) > (-self.upper.at, self.upper.exclusive):
            self.upper = bound

    def admits(self, number: Fraction) -> bool:
        """Whether one number satisfies all of them."""
        if self.lower is not None and (
            number < self.lower.at or (self.lower.exclusive and number == self.lower.at)
        ):
            return False
        if self.upper is not None and (
            number > self.upper.at or (self.upper.exclusive and number == self.upper.at)
        ):
            return False
        if number in self.excluded or any((number / step).denominator != 1 for step in self.multiples):
            return False
        return all((number / step).denominator != 1 for step in self.not_multiples)


def some_number(facts: NumberFacts, enumerated_max: int) -> Fraction | bool | None:
    """A number that satisfies the facts; None: there is none; False: too much to enumerate."""
    if facts.multiples:
        return on_lattice(facts, common_multiple(facts.multiples), enumerated_max)
    for candidate in easy(facts):
        if facts.admits(candidate):
            return candidate
    if facts.lower is not None and facts.upper is not None:
        if facts.lower.at > facts.upper.at:
            return None
        if facts.lower.at == facts.upper.at:
            return None  # the one candidate was among the easy ones
    return False


def easy(facts: NumberFacts) -> Iterator[Fraction]:
    """Short decimals first; a continuum always has one that no finite list of exceptions hits."""
    low = facts.lower.at if facts.lower is not None else None
    high = facts.upper.at if facts.upper is not None else None
    anchors = [number for number in (Fraction(0), low, high) if number is not None]
    yield from anchors
    steps = [
        Fraction(1),
        Fraction(1, 2),
        Fraction(1, 10),
        Fraction(1, 100),
        Fraction(1, 3),
        Fraction(1, 1000),
    ]
    for step in steps:
        for count in range(1, 3 + len(facts.excluded)):
            for anchor in anchors:
                yield anchor + count * step
                yield anchor - count * step
    if low is not None and high is not None and low < high:
        for parts in range(2, 12 + len(facts.excluded) + len(facts.not_multiples)):
            yield low + (high - low) / parts
        for digits in range(1, 18):
            yield Fraction(floor(low * 10**digits) + 1, 10**digits)


def common_multiple(steps: Iterable[Fraction]) -> Fraction:
    """The least common multiple of positive rationals."""
    found: Fraction | None = None
    for step in steps:
        if found is None:
            found = step
        else:
            top = lcm(found.numerator * step.denominator, step.numerator * found.denominator)
            found = Fraction(top, found.denominator * step.denominator)
    assert found is not None
    return found


def on_lattice(facts: NumberFacts, step: Fraction, enumerated_max: int) -> Fraction | bool | None:
    """Walks the multiples of `step`; one period of all the excluded lattices says everything."""
    period = 1
    for other in facts.not_multiples:
        ratio = step / other
        period = lcm(period, ratio.denominator)
    needed = period + len(facts.excluded) + 2
    first, last = lattice_ends(facts, step)
    if first is not None and last is not None:
        if first > last:
            return None
        needed = min(needed * (1 + len(facts.excluded)), last - first + 1)
    tried = min(needed, enumerated_max)
    start, direction = (first, 1) if first is not None else (last, -1) if last is not None else (0, 1)
    if start is not None and start < 0 and (last is None or last >= 0) and direction == 1:
        found = next((index * step for index in range(tried) if facts.admits(index * step)), None)
        if found is not None:
            return found
    assert start is not None
    for index in range(tried):
        candidate = (start + direction * index) * step
        if facts.admits(candidate):
            return candidate
    return None if needed <= enumerated_max else False


def lattice_ends(facts: NumberFacts, step: Fraction) -> tuple[int | None, int | None]:
    """The first and last multiple within the bounds, as counts of steps."""
    first = last = None
    if facts.lower is not None:
        first = ceil(facts.lower.at / step)
        if facts.lower.exclusive and first * step == facts.lower.at:
            first += 1
    if facts.upper is not None:
        last = floor(facts.upper.at / step)
        if facts.upper.exclusive and last * step == facts.upper.at:
            last -= 1
    return first, last


def count_on_lattice(facts: NumberFacts) -> int | None:
    """How many numbers there can be at most; None when infinitely many."""
    if not facts.multiples:
        return None
    first, last = lattice_ends(facts, common_multiple(facts.multiples))
    return None if first is None or last is None else max(0, last - first + 1)


__all__ = ["NumberFacts", "count_on_lattice", "gcd", "some_number"]
