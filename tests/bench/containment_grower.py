"""Grows pairs of schemas that are hard to compare: every keyword, every dialect, all from one seed."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

SCALARS: list[Any] = [None, True, False, 0, 1, 2, 3, -1, 0.5, 1.5, 1.0, "", "a", "ab", "b", "ba"]
COMPOUNDS: list[Any] = [
    [],
    {},
    [1],
    [True],
    [1.0],
    {"a": 1},
    {"a": True},
    {"a": [1]},
    [{"b": "a"}],
    ["a", "b"],
]
HUGE: list[Any] = [2**53, 2**53 + 1, 10**30, -(2**63)]
NUMBERS: list[Any] = [0, 1, 0.5, 2, 1.5, -1, 2**53 + 1]
STEPS: list[Any] = [1, 2, 0.5, 1.5, 0.1, 0.3, 3, 0.25]
NAMES = ("a", "b", "c")
PATTERNS = ("a", "^a", "b$", "^[ab]+$", "^a*$", "^.b", "^(a|b)$", "^a{1,2}$", "[^a]", "^$", "^[^b]*$")
MEMBER_PATTERNS = ("^a", "b", "z$", "^[abc]$", "^.$")
FORMATS = (
    "date",
    "ipv4",
    "uuid",
    "email",
    "date-time",
    "ipv6",
    "time",
    "unheard-of",
    "int32",
    "int64",
    "double",
)
KINDS = ("null", "boolean", "integer", "number", "string", "array", "object")
DIALECTS = ("draft-04", "draft-06", "draft-07", "2019-09", "2020-12", "openapi-3.0", "openapi-3.1")

COUNTS = frozenset(
    ("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties", "minContains",
     "maxContains")
)  # fmt: skip
LISTS = frozenset(("allOf", "anyOf", "oneOf", "prefixItems"))
MAPS = frozenset(("properties", "dependentSchemas"))
COMMON = (
    "type", "type", "type", "enum", "properties", "properties", "properties", "required", "required",
    "additionalProperties", "items", "uniqueItems", "allOf", "anyOf", "anyOf", "oneOf", "oneOf", "not",
    "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "pattern", "format",
    "minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties",
)  # fmt: skip
D4 = (*COMMON, "patternProperties", "additionalItems", "dependencies")
D6 = (*D4, "const", "contains", "propertyNames")
D7 = (*D6, "if", "then", "else")
NEWER = (
    "dependentRequired", "dependentSchemas", "unevaluatedProperties", "unevaluatedItems", "minContains",
    "maxContains",
)  # fmt: skip
D2019 = (*(word for word in D7 if word != "dependencies"), *NEWER)
D2020 = (*(word for word in D2019 if word != "additionalItems"), "prefixItems")
WORDS: dict[str, tuple[str, ...]] = {
    "draft-04": D4,
    "draft-06": D6,
    "draft-07": D7,
    "2019-09": D2019,
    "2020-12": D2020,
    "openapi-3.0": (*COMMON, "nullable", "nullable"),
    "openapi-3.1": D2020,
}
EVERY_WORD = frozenset(word for words in WORDS.values() for word in words)
SCHEMA_WORDS = frozenset(
    ("not", "additionalProperties", "propertyNames", "items", "additionalItems", "contains", "if", "then",
     "else", "unevaluatedProperties", "unevaluatedItems")
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Pair:
    """Two schemas of one dialect; `mutated`: the second is the first with a few edits."""

    before: Any
    after: Any
    dialect: str
    mutated: bool


class Grower:
    """Grows schemas, small ones more often than large ones."""

    def __init__(self, seed: int, dialects: tuple[str, ...] = DIALECTS) -> None:
        self.random = random.Random(seed)
        self.dialects = dialects
        self.dialect = "2020-12"
        self.words = WORDS["2020-12"]
        self.references: tuple[dict[str, str], ...] = ()

    def pair(self) -> Pair:
        """Unrelated schemas, or one and a changed copy of it."""
        self.dialect = self.random.choice(self.dialects)
        self.words = WORDS[self.dialect]
        definitions = {name: grow() for name, grow in self.shelf().items()}
        one = self.schema(3)
        mutated = self.random.random() < 0.75
        other = self.changed(one) if mutated else self.schema(3)
        changed = self.changed_shelf(definitions) if self.random.random() < 0.2 else definitions
        return Pair(self.whole(one, definitions), self.whole(other, changed), self.dialect, mutated)

    def shelf(self) -> dict[str, Callable[[], Any]]:
        """The definitions that references may lead to, by name."""
        below = "#/$defs/" if self.dialect in ("2019-09", "2020-12", "openapi-3.1") else "#/definitions/"
        self.references = ({"$ref": below + "R"}, {"$ref": below + "S"})
        members = "object" if self.random.random() < 0.5 else None
        shelf: dict[str, Callable[[], Any]] = {
            "R": lambda: {
                **({"type": members} if members else {}),
                "properties": {"a": {"$ref": below + "R"}, "b": {"type": "number"}},
            },
            "S": lambda: {"anyOf": [{"type": "string"}, {"type": "array", "items": {"$ref": below + "S"}}]},
        }
        if self.dialect in ("2019-09", "2020-12", "openapi-3.1"):
            self.references += ({"$ref": "#named"}, {"$ref": "https://schemas.test/i"})
            shelf["N"] = lambda: {"$anchor": "named", **self.grown(1)}
            shelf["I"] = lambda: {"$id": "https://schemas.test/i", **self.grown(1)}
        if self.dialect in ("2020-12", "openapi-3.1"):
            self.references += ({"$dynamicRef": "#node"},)
            shelf["T"] = lambda: {"$dynamicAnchor": "node", "properties": {"a": {"$dynamicRef": "#node"}}}
        return shelf

    def grown(self, depth: int) -> dict[str, Any]:
        """A schema that refers to nothing, because `#/...` means another document below an `$id`."""
        held, self.references = self.references, ({"type": "null"},)
        schema = self.schema(depth)
        self.references = held
        return schema if isinstance(schema, dict) else {"type": "string"}

    def changed_shelf(self, definitions: dict[str, Any]) -> dict[str, Any]:
        """The definitions with one of them changed: seen only through references, perhaps in a cycle."""
        name = self.random.choice(sorted(definitions))
        kept = {word: said for word, said in definitions[name].items() if word.startswith("$")}
        held = self.references
        if "$id" in kept:
            self.references = ({"type": "null"},)
        other = self.changed({word: said for word, said in definitions[name].items() if word not in kept})
        self.references = held
        return {**definitions, name: {**other, **kept} if isinstance(other, dict) else definitions[name]}

    def whole(self, schema: Any, definitions: dict[str, Any]) -> Any:
        text = json.dumps(schema)
        if '"$ref"' not in text and '"$dynamicRef"' not in text:
            return schema
        holder = "$defs" if self.dialect in ("2019-09", "2020-12", "openapi-3.1") else "definitions"
        return {"allOf": [schema], holder: definitions}

    def schema(self, depth: int) -> Any:
        if depth == 0 or self.random.random() < 0.12:
            return self.leaf()
        if depth > 1 and self.random.random() < 0.12:
            return self.idiom(depth)
        found: dict[str, Any] = {}
        for _ in range(self.random.choice((1, 1, 2, 2, 3, 4, 5))):
            word = self.random.choice(self.words)
            found[word] = self.said(word, depth - 1)
        if "exclusiveMinimum" in found and isinstance(found["exclusiveMinimum"], bool):
            found.setdefault("minimum", 0)
        return found

    def leaf(self) -> Any:
        pick = self.random.random()
        if pick < 0.1:
            booleans = self.dialect not in ("draft-04", "openapi-3.0")
            return self.random.choice((True, False, {}) if booleans else ({}, {"not": {}}))
        if pick < 0.2:
            return dict(self.random.choice(self.references))
        if pick < 0.55:
            return {"type": self.random.choice(KINDS)}
        if pick < 0.65 and "const" in self.words:
            return {"const": self.random.choice((*SCALARS, *COMPOUNDS))}
        return {"enum": self.random.sample(SCALARS, self.random.choice((1, 2, 3)))}

    def idiom(self, depth: int) -> Any:
        """What people write: tagged alternatives, optional nulls, extension by `allOf`, bounded lists."""
        tag = self.random.choice(NAMES)
        rest = [name for name in NAMES if name != tag]
        tagged = [
            {
                "type": "object",
                "properties": {tag: {"enum": [value]}, self.random.choice(rest): self.schema(depth - 2)},
                "required": [tag, *self.random.sample(rest, self.random.choice((0, 1)))],
            }
            for value in self.random.sample(["a", "b", 1, True], self.random.choice((2, 3)))
        ]
        kind = self.random.choice(("oneOf", "anyOf", "null", "extended", "list"))
        if kind in ("oneOf", "anyOf"):
            return {kind: tagged}
        if kind == "null":
            return {self.random.choice(("oneOf", "anyOf")): [self.schema(depth - 1), {"enum": [None]}]}
        if kind == "extended":
            return {"allOf": [tagged[0], {"properties": {rest[0]: self.schema(depth - 2)}}]}
        return {"type": "array", "items": self.schema(depth - 1), "maxItems": 2, "uniqueItems": True}

    def said(self, word: str, depth: int) -> Any:
        chosen = self.random
        if word in LISTS:
            return [self.schema(depth) for _ in range(chosen.choice((1, 2, 2, 3)))]
        if word in MAPS:
            return {name: self.schema(depth) for name in chosen.sample(NAMES, chosen.choice((1, 2, 2, 3)))}
        if word == "patternProperties":
            found = chosen.sample(MEMBER_PATTERNS, chosen.choice((1, 1, 2)))
            return {pattern: self.schema(depth) for pattern in found}
        if word == "required":
            return chosen.sample(NAMES, chosen.choice((1, 1, 2)))
        if word == "dependentRequired":
            return {chosen.choice(NAMES): [chosen.choice(NAMES)]}
        if word == "dependencies":
            name = chosen.choice(NAMES)
            return {name: [chosen.choice(NAMES)] if chosen.random() < 0.5 else self.schema(depth)}
        if word == "items" and "additionalItems" in self.words and chosen.random() < 0.4:
            return [self.schema(depth) for _ in range(chosen.choice((1, 2)))]
        if word in SCHEMA_WORDS:
            return self.schema(depth)
        return self.plain(word)

    def plain(self, word: str) -> Any:
        chosen = self.random
        if word == "type":
            several = chosen.random() < 0.35 and self.dialect != "openapi-3.0"
            return chosen.sample(KINDS, chosen.choice((2, 2, 3))) if several else chosen.choice(KINDS)
        if word == "enum":
            values = [*SCALARS, *COMPOUNDS, *(HUGE if chosen.random() < 0.1 else ())]
            return chosen.sample(values, chosen.choice((1, 2, 3, 4)))
        if word == "const":
            return chosen.choice((*SCALARS, *COMPOUNDS))
        if word == "pattern":
            return chosen.choice(PATTERNS)
        if word == "format":
            return chosen.choice(FORMATS)
        if word in COUNTS:
            return chosen.choice((0, 1, 1, 2, 2, 3))
        if word in ("exclusiveMinimum", "exclusiveMaximum") and self.dialect in ("draft-04", "openapi-3.0"):
            return chosen.random() < 0.7
        if word == "multipleOf":
            return chosen.choice(STEPS)
        if word in ("uniqueItems", "nullable"):
            return chosen.random() < 0.9
        return chosen.choice(NUMBERS)

    def changed(self, schema: Any) -> Any:
        """A copy with one place grown anew, removed, or rewritten to mean the same or nearly the same."""
        copied = json.loads(json.dumps(schema))
        for _ in range(self.random.choice((1, 1, 1, 2))):
            copied = self.edited(copied)
        return copied

    def edited(self, schema: Any) -> Any:
        places = list(schema_places(schema))
        if not places or self.random.random() < 0.05:
            return self.schema(2)
        holder, name = self.random.choice(places)
        pick = self.random.random()
        if isinstance(holder, dict) and pick < 0.2:
            del holder[name]
        elif pick < 0.4:
            self.rewrite(holder, name)
        elif pick < 0.55 and isinstance(holder, dict):
            word = self.random.choice(self.words)
            target = holder[name] if isinstance(holder[name], dict) and name not in EVERY_WORD else holder
            if target is not holder or name in EVERY_WORD:
                target[word] = self.said(word, 1)
        else:
            holder[name] = self.said(name, 1) if name in EVERY_WORD else self.schema(1)
        return schema

    def rewrite(self, holder: Any, name: Any) -> None:
        """Another spelling of a sub-schema: the answer is mostly "the same", and seldom on sight."""
        if name in EVERY_WORD and name not in SCHEMA_WORDS:
            return
        inner = holder[name]
        if not isinstance(inner, dict):
            return
        other = self.schema(1)
        holder[name] = self.random.choice(
            (
                {"anyOf": [inner, {"allOf": [inner, other]}]},
                {"not": {"not": inner}},
                {"anyOf": [{"allOf": [inner, other]}, {"allOf": [inner, {"not": other}]}]},
                {"oneOf": [{"allOf": [inner, other]}, {"allOf": [inner, {"not": other}]}]},
                {"allOf": [inner, {"anyOf": [{"type": list(KINDS)}, other]}]}
                if self.dialect != "openapi-3.0"
                else {"allOf": [inner]},
                {"not": {"anyOf": [{"not": inner}, {"not": other}]}},
                {"anyOf": [inner, other]},
                {"oneOf": [inner, other]},
            )
        )


def schema_places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every keyword of every schema, and every schema in a list or under a name."""
    tokens = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, member in tokens:
        if name in ("enum", "const", "required", "dependentRequired", "$ref", "$dynamicRef"):
            continue
        if name in EVERY_WORD or isinstance(member, dict):
            yield value, name
        yield from schema_places(member)
