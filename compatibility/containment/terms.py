"""Schemas as interned terms: one number per meaning, children by number, references by the same number.

Equal sub-schemas of both sides get the same number, so an unchanged part is compared by one `==`.
A reference target gets its number before it is read; recursion is a cycle of numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

FALSE, TRUE, CIRCLE = 0, 1, 2
"""The numbers of the terms that accept nothing, everything, and what nobody knows."""


@dataclass(frozen=True, slots=True)
class Bound:
    """One end of an interval of numbers."""

    at: Fraction
    exclusive: bool = False


@dataclass(frozen=True, slots=True)
class Term:
    """One schema object of JSON Schema 2020-12; `None` and `()` mean that the keyword is absent.

    `types` uses the six JSON types; `integer` says that numbers are restricted to integers. `lists_members`
    tells an empty `properties` from a missing one. `discriminator` restricts nothing; it keeps apart what
    readers tell apart. `opaque` names keywords that restrict and are not modelled: a claim that rests on
    such a term is checked by the second validator or given up.
    """

    types: frozenset[str] | None = None
    integer: bool = False
    enum: tuple[Any, ...] | None = None
    lower: Bound | None = None
    upper: Bound | None = None
    multiple_of: Fraction | None = None
    min_length: int = 0
    max_length: int | None = None
    pattern: str | None = None
    format: str | None = None
    lists_members: bool = False
    properties: tuple[tuple[str, int], ...] = ()
    patterns: tuple[tuple[str, int], ...] = ()
    additional: int | None = None
    names: int | None = None
    required: tuple[str, ...] = ()
    min_properties: int = 0
    max_properties: int | None = None
    dependent_required: tuple[tuple[str, tuple[str, ...]], ...] = ()
    dependent_schemas: tuple[tuple[str, int], ...] = ()
    unevaluated_properties: int | None = None
    prefix: tuple[int, ...] = ()
    items: int | None = None
    min_items: int = 0
    max_items: int | None = None
    unique: bool = False
    contains: int | None = None
    min_contains: int = 1
    max_contains: int | None = None
    unevaluated_items: int | None = None
    all_of: tuple[int, ...] = ()
    any_of: tuple[int, ...] | None = None
    one_of: tuple[int, ...] | None = None
    not_: int | None = None
    if_: int | None = None
    then: int | None = None
    else_: int | None = None
    noted: int | None = None
    """An `if` without consequences: it restricts nothing and still evaluates members and items."""
    never: bool = False
    discriminator: str | None = None
    opaque: tuple[str, ...] = ()


IN_A_CIRCLE = "a reference that leads back to itself at one and the same value"


def at_same_value(term: Term) -> Iterator[int]:
    """The sub-schemas that are asked about the same value, whether they describe it or not."""
    yield from (*term.all_of, *(term.any_of or ()), *(term.one_of or ()))
    single = (term.not_, term.if_, term.noted, term.then, term.else_)
    yield from (child for child in single if child is not None)
    yield from (child for _, child in term.dependent_schemas)


class WorkSpentError(Exception):
    """The steps of the search under way are used up; the solver turns it into an answer."""


@dataclass(slots=True)
class Terms:
    """The table of terms of one comparison. Grows while schemas are read; nothing is ever removed.

    It also counts the steps of the search: whatever looks at terms spends here, so that one number bounds
    the time of a comparison. Without a search nothing is counted.
    """

    known: list[Term | Callable[[], int]] = field(default_factory=list)
    by_term: dict[Any, int] = field(default_factory=dict)
    by_target: dict[Hashable, int] = field(default_factory=dict)
    aliases: dict[int, int] = field(default_factory=dict)
    followed: set[int] = field(default_factory=set)
    """Of which it is known whether they ask for themselves at one and the same value."""
    views: dict[int, tuple[Hashable, int]] = field(default_factory=dict)
    """Unchanged places that two directions see differently: what place, and what hidden members become."""
    listed: dict[int, tuple[tuple[Any, ...], frozenset[Any]]] = field(default_factory=dict)
    listings: dict[int, tuple[Any, dict[str, int]]] = field(default_factory=dict)
    told: dict[tuple[int, str], int | None] = field(default_factory=dict)
    """What `unevaluated...` of a term says, told as a schema, by the identity of the term."""
    steps: int = 0
    steps_max: int | None = None

    def __post_init__(self) -> None:
        first = Term(never=True), Term(), Term(opaque=(IN_A_CIRCLE,))
        self.known.extend(first)
        self.by_term = {intern_key(term): number for number, term in enumerate(first)}

    def intern(self, term: Term) -> int:
        """The number of a term; the same for equal terms."""
        if len(term.all_of) == 1 and term == Term(all_of=term.all_of):
            return term.all_of[0]
        key = intern_key(term)
        number = self.by_term.get(key)
        if number is None:
            number = len(self.known)
            self.known.append(term)
            self.by_term[key] = number
        return number

    def target(self, key: Hashable, read: Callable[[], int]) -> int:
        """The number of a reference target, read when first looked at."""
        number = self.by_target.get(key)
        if number is None:
            number = len(self.known)
            self.known.append(read)
            self.by_target[key] = number
        return number

    def resolve(self, number: int) -> int:
        """The number a reference target stands for once read; itself for everything else.

        A target that asks for itself at one and the same value (`{"$ref": "#"}`) is CIRCLE: JSON Schema
        leaves undefined what it accepts (2020-12 core section 9.4.1).
        """
        while True:
            entry = self.known[number]
            if isinstance(entry, Term):
                return number
            following = self.aliases.get(number)
            if following is None:
                self.follow(number)
                continue
            number = following

    def follow(self, start: int) -> None:
        """Reads a target and what applies to the same value; a walk into the depth that finds the circles."""
        path: dict[int, Iterator[int]] = {start: self.beside(start)}
        while path:
            number, following = next(reversed(path.items()))
            beside = next(following, None)
            if beside is None:
                self.followed.add(number)
                del path[number]
            elif beside in path:
                held = list(path)
                for one in held[held.index(beside) :]:
                    if not isinstance(self.known[one], Term):
                        self.aliases[one] = CIRCLE
            elif beside not in self.followed:
                path[beside] = self.beside(beside)

    def beside(self, number: int) -> Iterator[int]:
        """The numbers of the schemas that apply to the same value."""
        entry = self.known[number]
        if isinstance(entry, Term):
            return at_same_value(entry)
        if number not in self.aliases:
            self.aliases[number] = entry()
        return iter((self.aliases[number],))

    def term(self, number: int) -> Term:
        entry = self.known[self.resolve(number)]
        assert isinstance(entry, Term)
        return entry

    def spend(self, steps: int = 1) -> None:
        """Counts steps. Errors: WorkSpentError."""
        self.steps += steps
        if self.steps_max is not None and self.steps > self.steps_max:
            raise WorkSpentError

    def keys(self, values: tuple[Any, ...]) -> frozenset[Any]:
        """The values of an `enum` as a set of keys; kept beside them, so that their id is their own."""
        from compatibility.containment.values import key

        known = self.listed.get(id(values))
        if known is None:
            known = self.listed[id(values)] = (values, frozenset(key(value) for value in values))
        return known[1]

    def listing(self, properties: tuple[tuple[str, int], ...]) -> dict[str, int]:
        """The properties by name; kept beside their tuple, whose id is thereby its own."""
        known = self.listings.get(id(properties))
        if known is None:
            known = self.listings[id(properties)] = (properties, dict(properties))
        return known[1]

    def finite(self, values: tuple[Any, ...]) -> int:
        """The number of the term that accepts just these values."""
        self.spend(len(values))
        return self.intern(Term(enum=values))

    def text(self, pattern: str) -> int:
        """The number of the term of strings in which the pattern is found."""
        return self.intern(Term(types=frozenset(("string",)), pattern=pattern))


def intern_key(term: Term) -> Any:
    """A key under which equal terms meet; enum values compare as JSON, so 1 is not true."""
    from compatibility.containment.values import key

    if term.enum is None:
        return term
    slots = tuple(getattr(term, name) for name in Term.__slots__ if name != "enum")
    return slots, frozenset(key(value) for value in term.enum)
