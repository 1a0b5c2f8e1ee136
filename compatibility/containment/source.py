"""What the reader of schemas needs of a document: a value, its children, and where a `$ref` leads.

`specs.model.Node` is such a source; `PlainSource` is the one for parsed JSON that is given directly.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Protocol

from compatibility.containment.contents import REFERENCE_WORDS, Contents, Key, Side
from compatibility.containment.identifiers import Identifiers
from compatibility.errors import SchemaReadingError
from specs.pointers import escape, tokens_of


class Source(Protocol):
    """One place of a document."""

    @property
    def value(self) -> Any: ...

    def child(self, *tokens: str) -> Source | None: ...

    def followed(self) -> Source:
        """Where this place's `$ref` leads, one step. Errors: SchemaReadingError."""
        ...

    def fixed(self, keyword: str) -> Source | None:
        """Where a `$dynamicRef` or `$recursiveRef` leads whatever the scope; None when that depends."""
        ...

    def identity(self, hidden: str | None) -> tuple[Hashable, bool]:
        """Names this place, the same on both sides only when everything reachable is the same.

        The second part says whether the annotation `hidden` may occur in what is reachable.
        """
        ...

    def dialect(self) -> str | None:
        """The dialect this place is written in, when the document says so."""
        ...


@dataclass(frozen=True, slots=True)
class PlainSource:
    """A place in one parsed JSON value; references stay inside it.

    `identifiers` says where each leads.
    """

    root: Any
    value: Any
    pointer: str
    side: Side
    spoken: str
    contents: Contents
    identifiers: Identifiers

    @property
    def key(self) -> Key:
        return "", self.pointer

    def child(self, *tokens: str) -> PlainSource | None:
        value, pointer = self.value, self.pointer
        for token in tokens:
            if isinstance(value, dict) and token in value:
                value = value[token]
            elif isinstance(value, list) and token.isdigit() and int(token) < len(value):
                value = value[int(token)]
            else:
                return None
            pointer += "/" + escape(token)
        return replace(self, value=value, pointer=pointer)

    def top(self) -> PlainSource:
        return replace(self, value=self.root, pointer="")

    def followed(self) -> PlainSource:
        found = self.leads(str(self.value["$ref"]))
        if found is None:
            raise SchemaReadingError(
                f"#{self.pointer}: $ref {self.value['$ref']!r} leads nowhere in the schema"
            )
        return found

    def leads(self, reference: str) -> PlainSource | None:
        """Where a reference at this place leads; None when that is not in this schema."""
        pointer = self.identifiers.leads(self.pointer, reference)
        return None if pointer is None else self.top().child(*tokens_of(pointer))

    def fixed(self, keyword: str) -> PlainSource | None:
        found = self.leads(str(self.value[keyword]))
        if found is None or not isinstance(found.value, dict):
            return found
        if keyword == "$recursiveRef":
            name = "" if found.value.get("$recursiveAnchor") is True else None
        else:
            name = str(self.value[keyword]).partition("#")[2]
            name = name if found.value.get("$dynamicAnchor") == name else None
        anchored = () if name is None else self.identifiers.dynamic.get(name, ())
        outermost = [one for one in anchored if self.identifiers.base(one) == self.identifiers.base("")]
        if outermost:
            # Every evaluation starts in the root resource, so its anchor is the outermost in any scope.
            return self.top().child(*tokens_of(outermost[0]))
        # Any scope gives the same answer when only one place carries the name.
        return found if all(pointer == found.pointer for pointer in anchored) else None

    def identity(self, hidden: str | None) -> tuple[Hashable, bool]:
        partner = self.contents.partner(self.side, self.key)
        return (("both", *partner) if partner else (self.side, *self.key)), hidden is not None

    def dialect(self) -> str:
        return self.spoken

    def referred(self, _: str) -> list[Key]:
        found = [
            (place.pointer, self.target(place.value, keyword))
            for place in places(self, *REFERENCE_WORDS)
            for keyword in REFERENCE_WORDS
            if isinstance(place.value.get(keyword), str)
        ]
        return [key for _, keys in sorted(found) for key in keys]

    def target(self, schema: dict[str, Any], keyword: str) -> list[Key]:
        found = self.leads(schema[keyword])
        if keyword == "$ref" or found is None:
            return [] if found is None else [found.key]
        scopes = places(self.top(), "$dynamicAnchor", "$recursiveAnchor")
        return [found.key, *sorted(place.key for place in scopes)]


def plain_sources(
    before: Any, after: Any, dialects: tuple[str, str]
) -> tuple[tuple[PlainSource, PlainSource], Contents]:
    """Two schemas given as values, and what they have in common."""

    def find(side: Side, key: Key) -> PlainSource | None:
        return (tops[0] if side == "before" else tops[1]).child(*tokens_of(key[1]))

    contents = Contents(find)
    known = Identifiers(before, dialects[0]), Identifiers(after, dialects[1])
    tops = (
        PlainSource(before, before, "", "before", dialects[0], contents, known[0]),
        PlainSource(after, after, "", "after", dialects[1], contents, known[1]),
    )
    return tops, contents


def places(root: PlainSource, *keywords: str) -> Iterator[PlainSource]:
    """Every object from a place down that has one of the keywords."""
    waiting = [root]
    while waiting:
        place = waiting.pop()
        if isinstance(place.value, dict):
            if any(keyword in place.value for keyword in keywords):
                yield place
            tokens = [str(token) for token in place.value]
        elif isinstance(place.value, list):
            tokens = [str(index) for index in range(len(place.value))]
        else:
            continue
        children = (place.child(token) for token in tokens)
        waiting.extend(child for child in children if child is not None)
