"""Says which places of two sides are the same: equal content, and equal content wherever it refers to.

Sameness needs no model of any keyword. A pair of places is the same unless a difference can be reached from
it: the greatest fixpoint, so cycles are no obstacle. Each pair is decided once.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Literal, Protocol

from compatibility.containment.lowering import OLD_REF

Side = Literal["before", "after"]
Key = tuple[str, str]
Pair = tuple[Key, Key]
Level = Literal["validity", "promise"]
REFERENCE_WORDS = ("$ref", "$dynamicRef", "$recursiveRef")
REFERENCE = re.compile(r'"\$(?:ref|dynamicRef|recursiveRef)": "')
WORDS = frozenset(
    ("title", "description", "summary", "example", "examples", "$comment", "externalDocs", "xml")
)
"""What never counts."""
PROMISES = frozenset(("default", "deprecated"))
"""What says something to readers and restricts nothing, as do extensions."""
ONE = frozenset(
    (
        "additionalProperties", "additionalItems", "items", "contains", "not", "if", "then", "else",
        "propertyNames", "unevaluatedItems", "unevaluatedProperties",
    )
)  # fmt: skip
MANY = frozenset(("allOf", "anyOf", "oneOf", "prefixItems", "items"))
NAMED = frozenset(("properties", "patternProperties", "dependentSchemas", "dependencies"))
SETS = frozenset(("type", "required"))
SETS_OF_SCHEMAS = frozenset(("allOf", "anyOf", "oneOf"))


class Place(Protocol):
    """A place that can be compared."""

    @property
    def value(self) -> Any: ...

    @property
    def key(self) -> Key: ...

    def dialect(self) -> str | None: ...

    def referred(self, text: str, /) -> list[Key]:
        """Everything the references in this place lead to; `text` is the place serialised."""
        ...

    def target(self, schema: dict[str, Any], keyword: str) -> list[Key]:
        """Where one reference inside this place may lead."""
        ...


@dataclass(frozen=True, slots=True)
class Content:
    """What stands at a place, references taken out of it."""

    text: str
    targets: tuple[Key, ...]


@dataclass(slots=True)
class Contents:
    """Remembers what it found of one comparison; `find` gives the place of a side, None where nothing is."""

    find: Callable[[Side, Key], Place | None]
    texts: dict[tuple[Side, Key], Content | None] = field(default_factory=dict)
    bare: dict[tuple[Side, Key, Level], Content] = field(default_factory=dict)
    decided: dict[Level, dict[Pair, bool]] = field(default_factory=dict)
    partners: dict[Key, Key] = field(default_factory=dict)
    silent: set[tuple[Key, str]] = field(default_factory=set)

    def same(self, before: Key, after: Key, level: Level = "validity") -> bool:
        """Whether the two places say the same, all the way down their references."""
        known = self.decided.setdefault(level, {})
        start = (before, after)
        if start not in known:
            self.decide(start, level, known)
        return known[start]

    def decide(self, start: Pair, level: Level, known: dict[Pair, bool]) -> None:
        askers: dict[Pair, list[Pair]] = {}
        reached, waiting = {start}, [start]
        different: list[Pair] = []
        while waiting:
            pair = waiting.pop()
            followed = self.step(pair, level)
            if followed is None:
                different.append(pair)
                continue
            for one in followed:
                if one in known:
                    different.extend([] if known[one] else [pair])
                    continue
                askers.setdefault(one, []).append(pair)
                if one not in reached:
                    reached.add(one)
                    waiting.append(one)
        differing: set[Pair] = set()
        while different:
            pair = different.pop()
            if pair not in differing:
                differing.add(pair)
                different.extend(askers.get(pair, ()))
        for pair in reached:
            known[pair] = pair not in differing
            if known[pair] and level == "validity":
                self.partners.setdefault(pair[1], pair[0])

    def step(self, pair: Pair, level: Level) -> list[Pair] | None:
        """The pairs this one rests on; None when the two differ here."""
        one, two = self.content("before", pair[0]), self.content("after", pair[1])
        if one is None or two is None:
            return None
        if one.text != two.text or len(one.targets) != len(two.targets):
            one, two = self.stripped("before", pair[0], level), self.stripped("after", pair[1], level)
            if one.text != two.text or len(one.targets) != len(two.targets):
                return None
        return list(zip(one.targets, two.targets, strict=True))

    def content(self, side: Side, key: Key) -> Content | None:
        """The place as it is written; None where there is nothing."""
        held = (side, key)
        if held not in self.texts:
            place = self.find(side, key)
            found = None
            if place is not None:
                # As text, because in Python `True == 1`, and in JSON they differ.
                text = json.dumps(place.value, sort_keys=True, default=str)
                led = tuple(place.referred(text)) if REFERENCE.search(text) else ()
                found = Content(f"{place.dialect()} {text}", led)
            self.texts[held] = found
        return self.texts[held]

    def stripped(self, side: Side, key: Key, level: Level) -> Content:
        """The place without words for people, its references by their order."""
        held = (side, key, level)
        if held not in self.bare:
            place = self.find(side, key)
            assert place is not None
            written = self.texts[held[:2]]
            nested = written is not None and holds_resources(place, written.text)
            if not isinstance(place.value, dict) or nested:
                # Schema resources inside of others: what their references mean is told by place only.
                self.bare[held] = Content(f"{side} {key}", ())
                return self.bare[held]
            targets: list[Key] = []
            plain = list(Stripping(place, level, targets).schema(place.value))
            text = f"{place.dialect()} {json.dumps(plain, default=str)}"
            self.bare[held] = Content(text, tuple(targets))
        return self.bare[held]

    def partner(self, side: Side, key: Key) -> Key | None:
        """The earlier place that says the same; None where a place is on one side only or was changed."""
        if side == "before":
            return key if self.same(key, key) else None
        if self.same(key, key):
            return key
        return self.partners.get(key)

    def mentions(self, key: Key, word: str | None) -> bool:
        """Whether a word occurs in an earlier place, or in what it refers to."""
        if word is None or (key, word) in self.silent:
            return False
        reached: set[Key] = set()
        waiting = [key]
        while waiting:
            one = waiting.pop()
            if one in reached or (one, word) in self.silent:
                continue
            reached.add(one)
            content = self.content("before", one)
            if content is None or f'"{word}"' in content.text:
                return True
            waiting.extend(content.targets)
        self.silent.update((one, word) for one in reached)
        return False


def holds_resources(place: Place, text: str) -> bool:
    """Whether schema resources lie inside of a place: references in them have another base."""
    word = "id" if place.dialect() == "draft-04" else "$id"
    own = isinstance(place.value, dict) and isinstance(place.value.get(word), str)
    return text.count(f'"{word}": "') > own


@dataclass(frozen=True, slots=True)
class Stripping:
    """Writes a schema down without what does not count; collects where its references lead."""

    place: Place
    level: Level
    targets: list[Key]

    def schema(self, value: Any) -> Iterator[Any]:
        if not isinstance(value, dict):
            yield value
            return
        references = [word for word in REFERENCE_WORDS if isinstance(value.get(word), str)]
        for word in references:
            led = self.place.target(value, word)
            self.targets.extend(led)
            yield word, len(led), value[word] if not led else ""
        if "$ref" in references and self.place.dialect() in OLD_REF:
            return
        for word in sorted(value):
            if word not in references and self.counts(word):
                yield word, self.keyword(word, value[word])

    def counts(self, word: str) -> bool:
        if word in WORDS or word in ("$defs", "definitions"):
            return False
        promise = word in PROMISES or word.startswith("x-")
        return self.level == "promise" or not promise

    def keyword(self, word: str, value: Any) -> Any:
        if word in ONE and isinstance(value, dict):
            return list(self.schema(value))
        if word in SETS_OF_SCHEMAS and isinstance(value, list):
            return self.unordered(value)
        if word in MANY and isinstance(value, list):
            return [list(self.schema(part)) for part in value]
        if word in NAMED and isinstance(value, dict):
            return [(name, list(self.schema(value[name]))) for name in sorted(value)]
        if word in SETS and isinstance(value, list):
            return sorted(value, key=repr)
        return json.dumps(value, sort_keys=True, default=str)

    def unordered(self, parts: list[Any]) -> list[str]:
        """Alternatives in an order of their own: by what they say, then by what they refer to."""
        said: list[tuple[str, list[Key]]] = []
        for part in parts:
            led: list[Key] = []
            text = json.dumps(list(Stripping(self.place, self.level, led).schema(part)), default=str)
            # A digest, because text within text within text doubles its escapes at every level.
            said.append((sha256(text.encode()).hexdigest(), led))
        said.sort()
        for _, led in said:
            self.targets.extend(led)
        return [text for text, _ in said]
