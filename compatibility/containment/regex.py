"""Regular languages by derivatives: intersection and complement cost nothing, emptiness is a walk.

Brzozowski, "Derivatives of Regular Expressions" (JACM 1964); classes of characters as in Owens, Reppy
and Turon (JFP 2009). A string is walked between two marks, so that `^` and `$` are ordinary letters.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache

START, END = -1, 0x110000
LAST = 0x10FFFF
SURROGATES = (0xD800, 0xDFFF)

WEIGHT_MAX = 20_000
WEIGHT_PER_STATE = 400
"""What a state may weigh, the heaviest one and on the average: it bounds the time of a walk."""
WEIGHT_PER_STEP = 8
"""A step from a state of this weight takes as long as a step of the search."""

Ranges = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Regex:
    """A language. `kind`: void, empty, class, cat, alt, and, not, repeat."""

    kind: str
    parts: tuple[Regex, ...] = ()
    ranges: Ranges = ()
    low: int = 0
    high: int | None = None
    code: int = field(init=False, compare=False, default=0)
    weight: int = field(init=False, compare=False, default=1)
    """How many parts it is made of; a step from it costs as much."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "weight", 1 + sum(part.weight for part in self.parts))
        # States are looked up all the time; a deep hash is paid once.
        code = hash((self.kind, self.parts, self.ranges, self.low, self.high))
        object.__setattr__(self, "code", code)

    def __hash__(self) -> int:
        return self.code


VOID = Regex("void")
EMPTY = Regex("empty")
ANYTHING = Regex("not", (VOID,))


def letters(ranges: Ranges) -> Regex:
    """One character of the given code point ranges."""
    return Regex("class", ranges=merged(ranges)) if ranges else VOID


def merged(ranges: Ranges) -> Ranges:
    """Sorted, without overlaps."""
    out: list[tuple[int, int]] = []
    for low, high in sorted(ranges):
        if out and low <= out[-1][1] + 1:
            out[-1] = (out[-1][0], max(high, out[-1][1]))
        else:
            out.append((low, high))
    return tuple(out)


def inverted(ranges: Ranges) -> Ranges:
    """Every real character that is not in the ranges."""
    out: list[tuple[int, int]] = []
    at = 0
    for low, high in merged(ranges):
        if low > at:
            out.append((at, low - 1))
        at = max(at, high + 1)
    if at <= LAST:
        out.append((at, LAST))
    return tuple(out)


def cat(one: Regex, other: Regex) -> Regex:
    if one is VOID or other is VOID or VOID in (one, other):
        return VOID
    if one == EMPTY:
        return other
    if other == EMPTY:
        return one
    if one.kind == "cat":
        return cat(one.parts[0], cat(one.parts[1], other))
    return Regex("cat", (one, other))


def alt(*parts: Regex) -> Regex:
    return lattice("alt", parts, neutral=VOID, absorbing=ANYTHING)


def both(*parts: Regex) -> Regex:
    return lattice("and", parts, neutral=ANYTHING, absorbing=VOID)


def lattice(kind: str, parts: tuple[Regex, ...], *, neutral: Regex, absorbing: Regex) -> Regex:
    """Union or intersection modulo associativity, commutativity and idempotence, so that states stay few."""
    flat: dict[Regex, None] = {}
    for part in parts:
        for one in part.parts if part.kind == kind else (part,):
            if one == absorbing:
                return absorbing
            if one != neutral:
                flat[one] = None
    if not flat:
        return neutral
    if len(flat) == 1:
        return next(iter(flat))
    return Regex(kind, tuple(sorted(flat, key=hash)))


def negated(one: Regex) -> Regex:
    return one.parts[0] if one.kind == "not" else Regex("not", (one,))


def repeat(one: Regex, low: int, high: int | None) -> Regex:
    if high == 0 or one == EMPTY:
        return EMPTY
    if one == VOID:
        return EMPTY if low == 0 else VOID
    if (low, high) == (1, 1):
        return one
    return Regex("repeat", (one,), low=low, high=high)


@lru_cache(maxsize=200_000)
def nullable(one: Regex) -> bool:
    """Whether the empty string is in the language."""
    if one.kind in ("void", "class"):
        return False
    if one.kind == "empty":
        return True
    if one.kind == "repeat":
        return one.low == 0 or nullable(one.parts[0])
    if one.kind == "not":
        return not nullable(one.parts[0])
    answers = [nullable(part) for part in one.parts]
    return any(answers) if one.kind == "alt" else all(answers)


@lru_cache(maxsize=200_000)
def derived(one: Regex, letter: int) -> Regex:
    """What may follow the letter."""
    if one.kind in ("void", "empty"):
        return VOID
    if one.kind == "class":
        return EMPTY if any(low <= letter <= high for low, high in one.ranges) else VOID
    if one.kind == "cat":
        head, tail = one.parts
        first = cat(derived(head, letter), tail)
        return alt(first, derived(tail, letter)) if nullable(head) else first
    if one.kind == "alt":
        return alt(*(derived(part, letter) for part in one.parts))
    if one.kind == "and":
        return both(*(derived(part, letter) for part in one.parts))
    if one.kind == "not":
        return negated(derived(one.parts[0], letter))
    body = one.parts[0]
    rest = repeat(body, max(one.low - 1, 0), None if one.high is None else one.high - 1)
    return cat(derived(body, letter), rest)


@lru_cache(maxsize=50_000)
def edges(one: Regex) -> frozenset[int]:
    """Where the first character may fall into another class: the starts of intervals."""
    if one.kind == "class":
        return frozenset(point for low, high in one.ranges for point in (low, high + 1))
    if one.kind == "cat":
        head, tail = one.parts
        return edges(head) | edges(tail) if nullable(head) else edges(head)
    return frozenset().union(*(edges(part) for part in one.parts))


PREFERRED = tuple(ord(letter) for letter in "ab0c1AZz-_. /:@#x9")


@lru_cache(maxsize=50_000)
def representatives(one: Regex) -> tuple[int, ...]:
    """One real character per class of first characters; the readable ones first."""
    cuts = sorted(cut for cut in edges(one) | {0} if 0 <= cut <= LAST)
    found = []
    for index, low in enumerate(cuts):
        high = cuts[index + 1] - 1 if index + 1 < len(cuts) else LAST
        liked = [letter for letter in PREFERRED if low <= letter <= high]
        choice = liked[0] if liked else low
        if SURROGATES[0] <= choice <= SURROGATES[1]:
            if high <= SURROGATES[1]:
                continue
            choice = SURROGATES[1] + 1
        found.append(choice)
    order = {letter: rank for rank, letter in enumerate(PREFERRED)}
    return tuple(sorted(found, key=lambda letter: (order.get(letter, 99), letter)))


class TooLargeError(Exception):
    """A state of the pattern is too large to go on."""


def ends_here(one: Regex) -> bool:
    """Whether the string may end in this state."""
    return nullable(derived(one, END))


def matches(one: Regex, text: str) -> bool:
    """Whether a marked language contains the string."""
    state = derived(one, START)
    for letter in text:
        if state.weight > WEIGHT_MAX:
            raise TooLargeError
        state = derived(state, ord(letter))
    return ends_here(state)


def shortest(
    one: Regex, low: int, high: int | None, states_max: int, spend: Callable[[int], None]
) -> str | bool | None:
    """The shortest string of a marked language with a length in [low, high].

    None: there is none. False: the walk would take more than `states_max` states.
    """
    frontier: dict[Regex, str] = {derived(one, START): ""}
    seen: set[Regex] = set()
    walked = weighed = 0
    length = 0
    while frontier and (high is None or length <= high):
        if length >= low:
            for state, text in frontier.items():
                if ends_here(state):
                    return text
            seen.update(frontier)
        following: dict[Regex, str] = {}
        for state, text in frontier.items():
            if state.weight > WEIGHT_MAX:
                return False
            for letter in representatives(state):
                walked += 1
                spend(1 + state.weight // WEIGHT_PER_STEP)
                weighed += state.weight
                if walked > states_max * 4 or weighed > states_max * WEIGHT_PER_STATE:
                    return False
                reached = derived(state, letter)
                if reached != VOID and reached not in seen and reached not in following:
                    following[reached] = text + chr(letter)
        if len(seen) + len(following) > states_max:
            return False
        frontier = following
        length += 1
    return None
