"""Whether the texts that a schema is written as are texts that another one takes.

The texts of a schema are a schema again, with texts in place of numbers and truth values. What a writer sends
is taken too large, what a reader takes too small; so "included" is a proof, and anything else a question that
one value answers: it is sent, and each value written like it is refused.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from compatibility.containment.confirm import NoOpinionError, SecondOpinion
from compatibility.containment.evaluate import Evaluator
from compatibility.containment.sending import bounded
from compatibility.containment.solver import NONE, Answer
from compatibility.containment.terms import FALSE, TRUE, Term, Terms, WorkSpentError
from compatibility.containment.values import TYPES
from compatibility.text_forms import TextForm, TooManyReadingsError, as_texts, readings
from compatibility.text_numbers import number_texts
from specs.model import Node

TEXT = frozenset(("string",))
WRITTEN = frozenset(("string", "array", "object"))
"""What anything is written as: a text, or texts in a list or in members."""
DEPTH_MAX = 12
NOT_TOLD = "the texts that are sent could not be compared with those that are taken"
Question = Callable[[int, int], Answer]


def kinds_of(schema: Node | None) -> set[str]:
    """The types a schema names; one that names none is taken for an object, which is written in most ways."""
    value = schema.resolved().value if schema is not None else {}
    kind = value.get("type") if isinstance(value, dict) else None
    return {kind} if isinstance(kind, str) else set(kind or ("object",))


@dataclass(slots=True)
class ReadAsText(SecondOpinion):
    """The second validator's opinion where values cross as text: refused is what no reading makes valid."""

    form: TextForm = field(default_factory=TextForm)

    def confirms(self, accepting: Any, rejecting: Any, value: Any) -> bool:
        try:
            found = readings(value, self.form)
            if not found or not self.valid(accepting, value):
                return False
            return not any(self.valid(rejecting, one) for one in found)
        except (NoOpinionError, TooManyReadingsError) as error:
            self.reason = str(error)
            return False


@dataclass(slots=True)
class Texts:
    """The texts of the terms of one table, written in one way."""

    terms: Terms
    form: TextForm
    known: dict[tuple[bool, int, TextForm], int | None] = field(default_factory=dict)

    def answer(self, plain: Answer, source: int, target: int, ask: Question) -> Answer:
        """The answer for texts, given the one for values: what holds of values holds of their texts."""
        if plain.rank == 0 or (plain.rank > 1 and self.refuses(source, target, plain.model)):
            return plain
        sent, taken = self.sent(source), self.taken(target)
        if sent is not None:
            found = ask(sent, taken)
            if found.rank == 0 or self.listed(sent, target):
                return NONE
            if self.one_text(source) and ask(self.any_text(), taken).rank == 0:
                return NONE
            for asked in (found, ask(self.longer(sent), taken)):
                for value in self.meant(asked.model) if asked.rank > 1 else ():
                    if self.refuses(source, target, value):
                        return Answer(2, value)
        return Answer(1, None, NOT_TOLD)

    def listed(self, sent: int, target: int) -> bool:
        """Whether the texts are few, and the target surely takes a value that each is read as."""
        evaluator, values = Evaluator(self.terms), self.terms.term(sent).enum
        return values is not None and all(
            any(evaluator.accepts(target, one) for one in self.meant(value)) for value in values
        )

    def longer(self, sent: int) -> int:
        """The lists among the texts that are not written like their only item."""
        return self.terms.intern(Term(all_of=(sent, self.terms.intern(Term(min_items=2)))))

    def meant(self, value: Any) -> list[Any]:
        """The values that a text can be read as."""
        try:
            return readings(value, self.form) or [value]
        except TooManyReadingsError:
            return []

    def refuses(self, source: int, target: int, value: Any) -> bool:
        """Whether the source surely takes a value, and the target surely no value that is written like it."""
        evaluator = Evaluator(self.terms)
        try:
            found = readings(value, self.form)
            with bounded(self.terms):
                return (
                    bool(found)
                    and evaluator.accepts(source, value) is True
                    and all(evaluator.accepts(target, one) is False for one in found)
                )
        except (WorkSpentError, TooManyReadingsError):
            return False

    def one_text(self, number: int) -> bool:
        """Whether every value is written as one text: a list in one piece, or no list at all."""
        term = self.terms.term(number)
        one_piece = not self.form.exploded and kinds(self.terms, term.items).isdisjoint(("array", "object"))
        more = {"object"} if one_piece else {"object", "array"}
        return not self.form.members and kinds(self.terms, number).isdisjoint(more)

    def any_text(self) -> int:
        return self.terms.intern(Term(types=TEXT))

    def sent(self, number: int) -> int | None:
        """The texts that values of a schema are written as, or more; None where that is not known."""
        return self.converted(number, self.form, sending=True, depth=0)

    def taken(self, number: int) -> int:
        """Texts that a schema surely takes, maybe fewer than it does."""
        found = self.converted(number, self.form, sending=False, depth=0)
        ways = [way for way in (found, self.lone(self.terms.term(number))) if way is not None]
        return self.terms.intern(Term(any_of=tuple(ways))) if len(ways) > 1 else [*ways, FALSE][0]

    def lone(self, term: Term) -> int | None:
        """The texts that a list takes as its only item, or, in one piece, as all of its items."""
        if (
            term.types != frozenset(("array",))
            or term != structure(term)
            or term.min_items > 1
            or term.prefix
        ):
            return None
        any_items = term.items is None or term.items == TRUE
        item = (
            self.any_text()
            if any_items
            else self.converted(term.items or FALSE, self.form, sending=False, depth=0)
        )
        if item is None or not self.of_texts(item, 0):
            return None
        if self.form.exploded:
            return item if term.max_items is None or term.max_items > 0 else None
        return item if item == self.any_text() and term.max_items is None else None

    def converted(self, number: int, form: TextForm, *, sending: bool, depth: int) -> int | None:
        """The schema of the texts of a schema; None where it is not known."""
        key = (sending, number, form)
        if key not in self.known:
            self.known[key] = None  # a schema that holds itself is not known
            if depth <= DEPTH_MAX:
                self.known[key] = self.convert(number, form, sending=sending, depth=depth + 1)
        return self.known[key]

    def convert(self, number: int, form: TextForm, *, sending: bool, depth: int) -> int | None:
        term, terms = self.terms.term(number), self.terms
        if term == Term() and sending:
            return self.terms.intern(Term(types=WRITTEN))
        if term.never or term == Term() or self.of_texts(number, depth):
            return number
        if term.enum is not None:
            evaluator = Evaluator(terms)
            answers = [(value, evaluator.accepts(number, value)) for value in term.enum]
            held = [value for value, is_in in answers if is_in or (sending and is_in is None)]
            held = [value for value in held if value is not None]
            return terms.finite(tuple(as_texts(value, form) for value in held))

        def inner(part: int) -> int | None:
            return self.converted(part, form, sending=sending, depth=depth)

        alone = plain(term)
        if term == alone:
            return self.by_type(term, form, sending=sending, depth=depth)
        return self.combined(term, alone, inner) if sending else self.alternatives(term, inner)

    def of_texts(self, number: int, depth: int) -> bool:
        """Whether a schema surely has texts only, so that it is its own."""
        term = self.terms.term(number)
        if depth > DEPTH_MAX or term.types == TEXT:
            return term.types == TEXT
        if term.enum is not None:
            return all(isinstance(value, str) for value in term.enum)
        some = any(self.of_texts(part, depth + 1) for part in term.all_of)
        ways = term.any_of or term.one_of or ()
        return some or (bool(ways) and all(self.of_texts(way, depth + 1) for way in ways))

    def combined(self, term: Term, alone: Term, inner: Callable[[int], int | None]) -> int | None:
        """More texts than those of a schema with alternatives.

        What declares members cannot be left out: writers would seem to send less.
        """
        if term.if_ is not None or term.noted is not None:
            return None
        parts = [inner(part) for part in term.all_of]
        if alone != Term():
            parts.append(inner(self.terms.intern(alone)))
        for branches in (term.any_of, term.one_of):
            ways = tuple(way for branch in branches or () if (way := inner(branch)) is not None)
            if branches is not None:
                parts.append(self.terms.intern(Term(any_of=ways)) if len(ways) == len(branches) else None)
        known = tuple(part for part in parts if part is not None)
        return self.terms.intern(Term(all_of=known)) if known and len(known) == len(parts) else None

    def alternatives(self, term: Term, inner: Callable[[int], int | None]) -> int | None:
        """Fewer texts than those of a schema with alternatives, where each stands for itself."""
        branches = term.any_of if term.any_of is not None else term.one_of
        bare = replace(term, any_of=None, one_of=None, discriminator=None)
        if branches is None or bare != Term() or (term.one_of and not self.disjoint(term.one_of)):
            return None
        ways = [inner(branch) for branch in branches]
        return self.terms.intern(Term(any_of=tuple(way for way in ways if way is not None)))

    def disjoint(self, branches: tuple[int, ...]) -> bool:
        """Whether no two alternatives have a type in common."""
        sets = [kinds(self.terms, branch) for branch in branches]
        return sum(len(one) for one in sets) == len(set[str]().union(*sets))

    def by_type(self, term: Term, form: TextForm, *, sending: bool, depth: int) -> int | None:
        """The texts of each type a schema without alternatives has."""
        types = term.types if term.types is not None else frozenset(TYPES)
        if term.opaque and not sending:
            types = types & TEXT
        ways: list[int | None] = []
        if "string" in types:
            ways.append(self.terms.intern(replace(term, types=TEXT, integer=False, **UNBOUNDED)))
        if "number" in types:
            ways.append(number_texts(self.terms, term, sending=sending))
        if "boolean" in types:
            ways.append(self.terms.finite(("true", "false")))
        ways.extend(
            self.compound(replace(term, types=frozenset((kind,))), form, sending, depth)
            for kind in ("array", "object")
            if kind in types
        )
        if sending and None in ways:
            return None
        known = tuple(way for way in ways if way is not None)
        return known[0] if len(known) == 1 else self.terms.intern(Term(any_of=known))

    def compound(self, term: Term, form: TextForm, sending: bool, depth: int) -> int | None:
        """Lists and objects, with items and members as texts."""
        kept = "object" in (term.types or ()) and not (form.members or form.deep_all)
        if kept:
            return self.terms.intern(term)
        own = structure(term)
        open_ended = term.unevaluated_properties is not None or term.unevaluated_items is not None
        if term.patterns or term.dependent_schemas or open_ended:
            return None
        if not sending and own != replace(
            term, integer=False, format=None, pattern=None, max_length=None, min_length=0, **UNBOUNDED
        ):
            return None
        if sending:
            if own.additional is None and not own.lists_members and not own.properties:
                own = replace(own, additional=TRUE)  # says the same, in a place for what is written
            nulls = any("null" in kinds(self.terms, part) for part in own.prefix)
            if nulls and "array" in (term.types or ()):
                return None  # what is not written moves the items behind it
            fewer = min(own.min_items, 1) if "null" in kinds(self.terms, own.items) else own.min_items
            own = replace(own, min_items=max(fewer, 1))
            own = own if form.members else replace(own, min_properties=max(own.min_properties, 1))

        def text(number: int | None, inside: TextForm | None) -> int | None:
            if number is None or number == FALSE or inside is None:
                return number
            found = self.converted(number, inside, sending=sending, depth=depth)
            return found if found is not None else TRUE if sending else FALSE

        members = tuple((name, text(number, form.below(name)) or FALSE) for name, number in own.properties)
        prefix = tuple(text(number, form) or FALSE for number in own.prefix)
        items, additional = text(own.items, form), text(own.additional, form.below(""))
        return self.terms.intern(
            replace(own, items=items, additional=additional, prefix=prefix, properties=members)
        )


UNBOUNDED: dict[str, Any] = {"lower": None, "upper": None, "multiple_of": None}


def kinds(terms: Terms, number: int | None) -> frozenset[str]:
    """The types a schema may have, or more."""
    types = terms.term(number).types if number is not None else None
    return types if types is not None else frozenset(TYPES)


def plain(term: Term) -> Term:
    """A schema without its alternatives and conditions."""
    return replace(
        term, all_of=(), any_of=None, one_of=None, not_=None, if_=None, then=None, else_=None, noted=None,
        discriminator=None,
    )  # fmt: skip


def structure(term: Term) -> Term:
    """What a schema says of lists and objects and their parts, as far as texts keep it."""
    return Term(
        types=term.types,
        items=term.items,
        prefix=term.prefix,
        min_items=term.min_items,
        max_items=term.max_items,
        properties=term.properties,
        lists_members=term.lists_members,
        additional=term.additional,
        required=term.required,
        min_properties=term.min_properties,
        max_properties=term.max_properties,
    )
