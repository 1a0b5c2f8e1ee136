"""Reads a schema from its source into terms: children first, reference targets when looked at."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from compatibility.containment.formats import EXACT, INTEGERS, OF_STRINGS
from compatibility.containment.lowering import lowered
from compatibility.containment.source import Source
from compatibility.containment.terms import FALSE, TRUE, Bound, Term, Terms
from compatibility.containment.values import exact

CONSTANTS_MIN = 50
"""Alternatives that list their values are joined from this number on: one by one they take quadratic time."""
SCOPED = ("$dynamicRef", "$recursiveRef")


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads one side. `hidden` names the annotation (`readOnly`, `writeOnly`) whose members do not cross.

    `hidden_as` is what they become: FALSE (must not appear) or TRUE (nobody looks).
    """

    terms: Terms
    dialect: str
    assert_formats: bool = False
    hidden: str | None = None
    hidden_as: int = FALSE

    def read(self, source: Source) -> int:
        """The number of the schema at a place."""
        value = source.value
        if value is True or value is False:
            return TRUE if value else FALSE
        if not isinstance(value, dict):
            return TRUE
        words = lowered(value, source.dialect() or self.dialect)
        extra, opaque = self.references(source, words)
        return self.local(source, words, extra, opaque)

    def references(self, source: Source, words: dict[str, Any]) -> tuple[tuple[int, ...], tuple[str, ...]]:
        """The targets of the references at a place, and those that only the scope decides."""
        found: list[int] = []
        opaque: list[str] = []
        if isinstance(words.get("$ref", (None,))[0], str):
            found.append(self.refer(source.followed()))
        for keyword in SCOPED:
            if isinstance(words.get(keyword, (None,))[0], str):
                place = source.fixed(keyword)
                if place is not None:
                    found.append(self.refer(place))
                else:
                    opaque.append(f"{keyword} {words[keyword][0]} {source.identity(None)[0]}")
        return tuple(found), tuple(opaque)

    def refer(self, place: Source) -> int:
        named, touched = place.identity(self.hidden)
        identity = (named, (self.hidden, self.hidden_as) if touched else None, place.dialect())
        number = self.terms.target(identity, lambda: self.read(place))
        if touched:
            self.terms.views.setdefault(number, (named, self.hidden_as))
        return number

    def local(
        self, source: Source, words: dict[str, Any], extra: tuple[int, ...], opaque: tuple[str, ...]
    ) -> int:
        """The term of one schema object; `extra` are conjuncts that come from elsewhere."""
        fields: dict[str, Any] = {}
        self.read_plain(words, fields)
        if not OF_OBJECTS.isdisjoint(words):
            self.read_object(source, words, fields)
        if not OF_ARRAYS.isdisjoint(words):
            self.read_array(source, words, fields)
        if extra or not LOGIC.isdisjoint(words):
            self.read_logic(source, words, fields, extra)
        said = word(words, "discriminator", (dict,)) or {}
        told = said.get("propertyName")
        fields["discriminator"] = told if isinstance(told, str) else None
        return self.terms.intern(Term(**fields, opaque=opaque))

    def read_plain(self, words: dict[str, Any], fields: dict[str, Any]) -> None:
        kinds = word(words, "type", (str, list))
        if kinds is not None:
            names = frozenset([kinds] if isinstance(kinds, str) else kinds)
            fields["types"] = frozenset("number" if name == "integer" else name for name in names)
            fields["integer"] = "integer" in names and "number" not in names
        values = word(words, "enum", (list,))
        if "const" in words:
            constant = words["const"][0]
            values = [constant] if values is None else [one for one in values if same(one, constant)]
        if values is not None:
            fields["enum"] = tuple(values)
        if not NUMBERS.isdisjoint(words):
            self.read_numbers(words, fields)
        fields["pattern"] = word(words, "pattern", (str,))
        fields["unique"] = word(words, "uniqueItems", (bool,)) or False
        named = word(words, "format", (str,))
        if self.assert_formats and named not in EXACT and (named not in INTEGERS or named in OF_STRINGS):
            fields["format"] = named

    def read_numbers(self, words: dict[str, Any], fields: dict[str, Any]) -> None:
        fields["lower"] = tightest(words, "minimum", "exclusiveMinimum", largest=True)
        fields["upper"] = tightest(words, "maximum", "exclusiveMaximum", largest=False)
        step = number(words, "multipleOf")
        fields["multiple_of"] = step if step is not None and step > 0 else None
        for keyword, name in COUNTS:
            count = number(words, keyword)
            if count is not None:
                fields[name] = int(count)

    def read_object(self, source: Source, words: dict[str, Any], fields: dict[str, Any]) -> None:
        properties = sorted(self.members(source, words, "properties"))
        fields["lists_members"] = word(words, "properties", (dict,)) is not None
        hidden = {name for name, _ in properties if self.is_hidden(source, words, name)}
        fields["properties"] = tuple(
            (name, self.hidden_as if name in hidden else child)
            for name, child in properties
            if not (name in hidden and self.hidden_as == TRUE)
        )
        fields["patterns"] = tuple(sorted(self.members(source, words, "patternProperties")))
        fields["dependent_schemas"] = tuple(sorted(self.members(source, words, "dependentSchemas")))
        for keyword, name in (
            ("additionalProperties", "additional"),
            ("propertyNames", "names"),
            ("unevaluatedProperties", "unevaluated_properties"),
        ):
            fields[name] = self.single(source, words, keyword)
        required = word(words, "required", (list,)) or []
        fields["required"] = tuple(sorted({name for name in required if isinstance(name, str)} - hidden))
        dependent = word(words, "dependentRequired", (dict,)) or {}
        fields["dependent_required"] = tuple(
            (name, tuple(sorted(needs))) for name, needs in sorted(dependent.items()) if needs
        )

    def read_array(self, source: Source, words: dict[str, Any], fields: dict[str, Any]) -> None:
        fields["prefix"] = tuple(self.listed(source, words, "prefixItems"))
        fields["items"] = self.single(source, words, "items")
        fields["unevaluated_items"] = self.single(source, words, "unevaluatedItems")
        fields["contains"] = self.single(source, words, "contains")
        if fields["contains"] is None:
            fields.pop("min_contains", None)
            fields.pop("max_contains", None)

    def read_logic(
        self, source: Source, words: dict[str, Any], fields: dict[str, Any], extra: tuple[int, ...]
    ) -> None:
        parts = (*extra, *self.asserted(words), *self.listed(source, words, "allOf"))
        fields["all_of"] = tuple(dict.fromkeys(part for part in parts if part != TRUE))
        for keyword, name in (("anyOf", "any_of"), ("oneOf", "one_of")):
            if word(words, keyword, (list,)) is not None:
                parts = tuple(self.listed(source, words, keyword))
                constants = self.constants(parts)
                if constants is None:
                    fields[name] = parts
                else:
                    fields["all_of"] = (*fields["all_of"], constants)
        fields["not_"] = self.single(source, words, "not")
        then, otherwise = self.single(source, words, "then"), self.single(source, words, "else")
        if "if" in words and (then is not None or otherwise is not None):
            fields["if_"] = self.single(source, words, "if")
            fields["then"], fields["else_"] = then, otherwise
        elif "if" in words:
            fields["noted"] = self.single(source, words, "if")

    def asserted(self, words: dict[str, Any]) -> Iterator[int]:
        """A format that is a regular language is a pattern; one of integers is an interval of them."""
        named = word(words, "format", (str,))
        if self.assert_formats and named in EXACT:
            yield self.terms.intern(Term(pattern=EXACT[named]))
        if self.assert_formats and named in INTEGERS:
            low, high = (Bound(Fraction(end)) for end in INTEGERS[named])
            yield self.terms.intern(Term(integer=True, lower=low, upper=high))

    def constants(self, parts: tuple[int, ...]) -> int | None:
        """A long list of alternatives that all list different values, as one list; None for any other."""
        if len(parts) < CONSTANTS_MIN:
            return None
        values: list[Any] = []
        for part in parts:
            term = self.terms.known[part]
            if not isinstance(term, Term) or term.enum is None or term != Term(enum=term.enum):
                return None
            values.extend(term.enum)
        number = self.terms.finite(tuple(values))
        listed = self.terms.term(number).enum
        return number if listed is not None and len(self.terms.keys(listed)) == len(values) else None

    def single(self, source: Source, words: dict[str, Any], keyword: str) -> int | None:
        if keyword not in words:
            return None
        place = source.child(*words[keyword][1])
        return None if place is None else self.read(place)

    def members(self, source: Source, words: dict[str, Any], keyword: str) -> Iterator[tuple[str, int]]:
        for name in word(words, keyword, (dict,)) or {}:
            place = source.child(*words[keyword][1], name)
            if place is not None:
                yield name, self.read(place)

    def listed(self, source: Source, words: dict[str, Any], keyword: str) -> Iterator[int]:
        for index in range(len(word(words, keyword, (list,)) or [])):
            place = source.child(*words[keyword][1], str(index))
            if place is not None:
                yield self.read(place)

    def is_hidden(self, source: Source, words: dict[str, Any], name: str) -> bool:
        """Whether a member carries the hiding annotation, itself or through its references."""
        if self.hidden is None:
            return False
        place = source.child(*words["properties"][1], name)
        for _ in range(10):
            if place is None or not isinstance(place.value, dict):
                return False
            if place.value.get(self.hidden) is True:
                return True
            if not isinstance(place.value.get("$ref"), str):
                return False
            place = place.followed()
        return False


COUNTS = (
    ("minLength", "min_length"),
    ("maxLength", "max_length"),
    ("minProperties", "min_properties"),
    ("maxProperties", "max_properties"),
    ("minItems", "min_items"),
    ("maxItems", "max_items"),
    ("minContains", "min_contains"),
    ("maxContains", "max_contains"),
)


NUMBERS = frozenset(keyword for keyword, _ in COUNTS) | {
    "minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum", "multipleOf",
}  # fmt: skip
OF_OBJECTS = frozenset((
    "properties", "patternProperties", "dependentSchemas", "additionalProperties", "propertyNames",
    "unevaluatedProperties", "required", "dependentRequired",
))  # fmt: skip
OF_ARRAYS = frozenset(("prefixItems", "items", "unevaluatedItems", "contains", "minContains", "maxContains"))
LOGIC = frozenset(("format", "allOf", "anyOf", "oneOf", "not", "if", "then", "else"))
"""Most schemas have no keyword of most kinds, and these are not looked for one by one."""


def word(words: dict[str, Any], keyword: str, kinds: tuple[type, ...]) -> Any:
    """A keyword's value when it is of a kind that means something, else None."""
    found = words.get(keyword)
    return found[0] if found is not None and isinstance(found[0], kinds) else None


def number(words: dict[str, Any], keyword: str) -> Fraction | None:
    value = word(words, keyword, (int, float))
    return None if value is None or isinstance(value, bool) else exact(value)


def tightest(words: dict[str, Any], inclusive: str, exclusive: str, *, largest: bool) -> Bound | None:
    """The bound that binds when both the inclusive and the exclusive keyword are given."""
    bounds = [
        Bound(at, exclusive=outside)
        for keyword, outside in ((inclusive, False), (exclusive, True))
        if (at := number(words, keyword)) is not None
    ]
    if not bounds:
        return None
    sign = 1 if largest else -1
    return max(bounds, key=lambda bound: (sign * bound.at, bound.exclusive))


def same(one: Any, other: Any) -> bool:
    from compatibility.containment.values import key

    return bool(key(one) == key(other))
