"""Looks a given schema over before it is compared: what is wrong, what is not read, and what is not judged.

Not read are keywords that the dialect does not have: annotations (JSON Schema 2020-12 core section 6.5), that
restrict nothing. Not judged are parts of which nobody says what they mean.

Only what is reachable counts, through keywords of the dialect and through references: an unused definition
decides nothing. Problems are all told at once, each with its JSON Pointer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from compatibility.containment.contents import MANY, NAMED, ONE, REFERENCE_WORDS
from compatibility.containment.lowering import OLD_REF, keywords_of
from compatibility.containment.pattern_syntax import fault_of
from compatibility.containment.source import PlainSource
from compatibility.containment.terms import IN_A_CIRCLE
from compatibility.errors import SchemaReadingError
from specs.dialects import dialect_of_uri

PROBLEMS_MAX = 20
NUMBER_BITS_MAX = 10_000
ANNOTATIONS = frozenset(
    (
        "title", "description", "default", "deprecated", "readOnly", "writeOnly", "examples", "example",
        "$comment", "$schema", "$id", "id", "$anchor", "$dynamicAnchor", "$recursiveAnchor", "$vocabulary",
        "$defs", "definitions", "format", "contentEncoding", "contentMediaType", "contentSchema",
        "discriminator", "xml", "externalDocs", "components",
    )
)  # fmt: skip
"""Words that restrict nothing: they are read, or are for people and tools. `format` is asked for apart."""


def is_number(said: Any) -> bool:
    if isinstance(said, int) and not isinstance(said, bool):
        return said.bit_length() <= NUMBER_BITS_MAX
    return isinstance(said, float) and said == said and abs(said) != float("inf")


def is_count(said: Any) -> bool:
    return is_number(said) and said >= 0 and said == int(said)


def is_names(said: Any) -> bool:
    return isinstance(said, list) and all(isinstance(one, str) for one in said)


def is_list(said: Any) -> bool:
    return isinstance(said, list)


def is_map(said: Any) -> bool:
    return isinstance(said, dict)


SHAPES: dict[str, tuple[Callable[[Any], bool], str]] = {
    **dict.fromkeys(("maximum", "minimum"), (is_number, "a number")),
    **dict.fromkeys(
        ("exclusiveMaximum", "exclusiveMinimum"),
        (lambda said: isinstance(said, bool) or is_number(said), "a number, or true and false in draft-04"),
    ),
    "multipleOf": (lambda said: is_number(said) and said > 0, "a number greater than 0"),
    **dict.fromkeys(
        ("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties", "minContains",
         "maxContains"),
        (is_count, "a count"),
    ),
    "pattern": (lambda said: isinstance(said, str), "a string"),
    "uniqueItems": (lambda said: isinstance(said, bool), "true or false"),
    "required": (is_names, "a list of member names"),
    "enum": (is_list, "a list"),
    "type": (
        lambda said: isinstance(said, str) or (is_names(said) and said != []),
        "a type or a list of types, not an empty one",
    ),
    "dependentRequired": (
        lambda said: is_map(said) and all(is_names(one) for one in said.values()),
        "an object of lists of member names",
    ),
    **dict.fromkeys(
        ("properties", "patternProperties", "dependentSchemas", "dependencies"), (is_map, "an object")
    ),
    **dict.fromkeys(
        ("allOf", "anyOf", "oneOf", "prefixItems"),
        (lambda said: is_list(said) and said != [], "a list of one schema or more"),
    ),
    **dict.fromkeys(REFERENCE_WORDS, (lambda said: isinstance(said, str), "a string")),
}  # fmt: skip
IN_PLACE = frozenset(
    (
        *REFERENCE_WORDS,
        "allOf",
        "anyOf",
        "oneOf",
        "not",
        "if",
        "then",
        "else",
        "dependentSchemas",
        "dependencies",
    )
)
"""Keywords whose schemas apply to the same value."""
TYPES = frozenset(("null", "boolean", "integer", "number", "string", "array", "object"))


@dataclass(slots=True)
class Survey:
    """What was found so far in one schema."""

    not_read: dict[str, None] = field(default_factory=dict)
    not_judged: dict[str, None] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    beside: dict[str, list[str]] = field(default_factory=dict)
    """Pointer of a schema -> those of the schemas that apply to the same value."""

    def look(self, top: PlainSource) -> None:
        seen: set[str] = set()
        waiting = [top]
        while waiting and len(self.problems) < PROBLEMS_MAX:
            place = waiting.pop()
            if place.pointer in seen or isinstance(place.value, bool):
                continue
            seen.add(place.pointer)
            if isinstance(place.value, dict):
                waiting.extend(self.below(place, place.value))
            else:
                self.problem(place, "a schema is an object, true or false")
        if not self.problems:
            for pointer in circles(self.beside):
                self.not_judged[f"{top.side} #{pointer}: {IN_A_CIRCLE}; JSON Schema does not define it"] = (
                    None
                )
        self.beside.clear()

    def problem(self, place: PlainSource, said: str) -> None:
        self.problems.append(f"{place.side} #{place.pointer}: {said}")

    def below(self, place: PlainSource, schema: dict[str, Any]) -> Iterator[PlainSource]:
        """The schemas that this one applies; notes on the way what is wrong and what is unknown."""
        dialect = place.dialect()
        known = keywords_of(dialect)
        alone = "$ref" in schema and dialect in OLD_REF
        for word, said in schema.items():
            if alone and word != "$ref":
                continue
            if word in REFERENCE_WORDS:
                found = list(self.reference(place, word, said))
            elif word not in known:
                self.unknown(place, word, said)
                continue
            else:
                found = list(parts(place, word, said)) if self.shaped(place, word, said) else []
            if word in IN_PLACE:
                self.beside.setdefault(place.pointer, []).extend(one.pointer for one in found)
            yield from found

    def unknown(self, place: PlainSource, word: str, said: Any) -> None:
        if word == "$schema" and place.pointer and isinstance(said, str):
            named = dialect_of_uri(said)
            if named is None or named.value != place.dialect().replace("openapi-3.1", "2020-12"):
                self.not_judged[f"{place.side} #{place.pointer}: its own dialect {said!r:.200}"] = None
        elif word not in ANNOTATIONS and not word.startswith("x-"):
            self.not_read[f"{place.side} #{place.pointer}: {word} is no keyword of {place.dialect()}"] = None

    def reference(self, place: PlainSource, word: str, said: Any) -> Iterator[PlainSource]:
        if not isinstance(said, str):
            self.problem(place, f"{word} must be a string")
            return
        target = place.leads(said)
        if target is None:
            self.problem(
                place, f"{word} {said!r} leads nowhere in the schema; put what it refers to under $defs"
            )
        else:
            yield target

    def shaped(self, place: PlainSource, word: str, said: Any) -> bool:
        shape = SHAPES.get(word)
        if shape is not None and not shape[0](said):
            self.problem(place, f"{word} must be {shape[1]}")
            return False
        if (
            word == "items"
            and isinstance(said, list)
            and "additionalItems" not in keywords_of(place.dialect())
        ):
            self.problem(place, "items must be one schema; a list of them is prefixItems")
            return False
        patterns = [said] if word == "pattern" else said if word == "patternProperties" else ()
        if faults := [f"`{one:.100}`, {fault}" for one in patterns if (fault := fault_of(one))]:
            self.problem(place, f"{word} is no regular expression: {faults[0]}")
            return False
        if word == "type" and (unknown := set([said] if isinstance(said, str) else said) - TYPES):
            self.problem(place, f"type {min(unknown)!r} is not one of {', '.join(sorted(TYPES))}")
            return False
        return True


def parts(place: PlainSource, word: str, said: Any) -> Iterator[PlainSource]:
    """The sub-schemas under one keyword."""
    if word in MANY and isinstance(said, list):
        tokens: list[tuple[str, ...]] = [(word, str(index)) for index in range(len(said))]
    elif word in NAMED:
        tokens = [
            (word, name) for name in said if not (word == "dependencies" and isinstance(said[name], list))
        ]
    elif word in ONE or word == "additionalItems":
        tokens = [(word,)]
    else:
        return
    yield from (child for one in tokens if (child := place.child(*one)) is not None)


def unwritable(root: Any) -> bool:
    """Whether some number anywhere in a value is none of JSON, or of more digits than Python writes."""
    waiting = [root]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)
        elif isinstance(value, int | float) and not isinstance(value, bool) and not is_number(value):
            return True
    return False


def circles(beside: dict[str, list[str]]) -> Iterator[str]:
    """The nodes of a graph at which a walk into the depth closes a circle; linear in its edges."""
    done: set[str] = set()
    told: set[str] = set()
    for start, first in beside.items():
        path: dict[str, Iterator[str]] = {} if start in done else {start: iter(first)}
        while path:
            pointer, following = next(reversed(path.items()))
            reached = next(following, None)
            if reached is None:
                done.add(pointer)
                del path[pointer]
            elif reached in path and reached not in told:
                told.add(reached)
                yield reached
            elif reached not in path and reached not in done:
                path[reached] = iter(beside.get(reached, ()))


def nesting(root: Any, most: int) -> bool:
    """Whether lists and objects lie within each other more than so deep; linear, and without recursion."""
    level, depth = [root], 0
    while level:
        depth += 1
        if depth > most:
            return True
        held = [one for one in level if isinstance(one, dict | list)]
        level = [
            child
            for one in held
            for child in (one.values() if isinstance(one, dict) else one)
            if isinstance(child, dict | list)
        ]
    return False


def surveyed(tops: tuple[PlainSource, PlainSource]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What of two schemas is not read, and what not judged. Errors: SchemaReadingError with all problems."""
    survey = Survey()
    for top in tops:
        if unwritable(top.root):
            survey.problem(top, "numbers must be finite and of less than 3000 digits")
        else:
            survey.look(top)
    if survey.problems:
        raise SchemaReadingError("; ".join(survey.problems))
    return tuple(survey.not_read), tuple(survey.not_judged)
