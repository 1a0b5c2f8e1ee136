"""Where references of one parsed schema lead: `$id`, `$anchor` and JSON Pointers, by their base URI.

Sources: JSON Schema 2020-12 core section 8.2, draft-07 core section 8.2.3 (`$id: "#name"` is an anchor),
draft-04 core section 7 (`id`). What stands in `enum`, `const` or examples identifies nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urldefrag, urljoin

from specs.pointers import escape

VALUES = frozenset(("enum", "const", "default", "example", "examples"))
IDENTIFYING = ("$id", "id", "$anchor", "$dynamicAnchor", "$recursiveAnchor")
OLD = ("draft-04", "draft-06", "draft-07")


@dataclass(slots=True)
class Identifiers:
    """What one schema calls its parts."""

    root: Any
    dialect: str
    resources: dict[str, str] = field(default_factory=dict)
    """Absolute URI of a schema resource -> its JSON Pointer."""
    bases: dict[str, str] = field(default_factory=dict)
    """JSON Pointer of a schema resource -> its absolute URI."""
    anchors: dict[tuple[str, str], str] = field(default_factory=dict)
    dynamic: dict[str, list[str]] = field(default_factory=dict)
    """Name -> the places with that `$dynamicAnchor`; `$recursiveAnchor: true` under the empty name."""

    def __post_init__(self) -> None:
        self.resources[""] = self.bases[""] = ""
        for pointer, schema in objects(self.root):
            self.identify(pointer, schema)

    def identify(self, pointer: str, schema: dict[str, Any]) -> None:
        named = schema.get("id" if self.dialect == "draft-04" else "$id")
        if isinstance(named, str) and not ("$ref" in schema and self.dialect in OLD):
            address, anchor = urldefrag(named)
            if address:
                base = urljoin(self.base(pointer), address)
                self.bases[pointer] = base
                self.resources.setdefault(base, pointer)
            if anchor and self.dialect in OLD:
                self.anchors.setdefault((self.base(pointer), anchor), pointer)
        for word in ("$anchor", "$dynamicAnchor"):
            name = schema.get(word)
            if isinstance(name, str) and self.dialect not in OLD:
                self.anchors.setdefault((self.base(pointer), name), pointer)
                if word == "$dynamicAnchor":
                    self.dynamic.setdefault(name, []).append(pointer)
        if schema.get("$recursiveAnchor") is True:
            self.dynamic.setdefault("", []).append(pointer)

    def base(self, pointer: str) -> str:
        """The URI of the resource a place belongs to."""
        while pointer and pointer not in self.bases:
            pointer = pointer.rpartition("/")[0]
        return self.bases[pointer]

    def leads(self, pointer: str, reference: str) -> str | None:
        """The place a reference at another place leads to; None when it is not in this schema.

        The place may still not exist: a JSON Pointer is only put in front of its resource.
        """
        address, fragment = urldefrag(reference)
        target = urljoin(self.base(pointer), address) if address else self.base(pointer)
        start = self.resources.get(target)
        if start is None:
            return None
        fragment = unquote(fragment)
        if not fragment or fragment.startswith("/"):
            return start + fragment
        return self.anchors.get((target, fragment))


def objects(root: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every object with its pointer, outermost first, so that a base is known before what is below it."""
    waiting: list[tuple[str, Any]] = [("", root)]
    while waiting:
        pointer, value = waiting.pop()
        if isinstance(value, dict):
            if any(word in value for word in IDENTIFYING):
                yield pointer, value
            waiting.extend(
                (f"{pointer}/{escape(name)}", member)
                for name, member in value.items()
                if name not in VALUES and isinstance(member, dict | list)
            )
        elif isinstance(value, list):
            waiting.extend(
                (f"{pointer}/{index}", item)
                for index, item in enumerate(value)
                if isinstance(item, dict | list)
            )
