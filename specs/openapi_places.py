"""Where the paths of openapi-spec-validator lead in an OpenAPI document: the value, and where it stands.

The library reads a document through path objects over an accessor; this accessor follows references over
plain values, remembers what it found, and counts it. References lead within the document, nowhere else.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from jsonschema_path.accessors import SchemaAccessor
from jsonschema_path.paths import SchemaPath
from referencing.exceptions import Unresolvable

from specs.config import LIMITS, Limits
from specs.pointers import MISSING, tokens_of, value_at
from specs.uris import split_reference
from specs.violations import Path


class Place(NamedTuple):
    """A value and where it stands in the document."""

    value: Any
    path: Path


class TooManyPlacesError(Exception):
    """References repeat parts of the document more often than is followed."""


class Places(SchemaAccessor):
    """The accessor of one document."""

    def __init__(self, schema: Any, resolver: Any, resolved_cache_maxsize: int = 0) -> None:
        super().__init__(schema, resolver, resolved_cache_maxsize)
        self.limits = LIMITS
        self._places: dict[tuple[str | int, ...], Place] = {}
        self._targets: dict[str, Place | None] = {}
        self._resolved = resolver.lookup("#")

    def place(self, parts: tuple[Any, ...]) -> Place:
        """Where a path arrives, references followed; KeyError when nothing is there."""
        found = self._places.get(parts)
        if found is None:
            if len(self._places) >= self.limits.places_max:
                raise TooManyPlacesError(
                    f"With its references the contract has more than {self.limits.places_max} places"
                )
            found = self._places[parts] = self._below(parts)
        return found

    def followed(self, place: Place) -> Place | None:
        """Where a chain of references ends; None when it leads nowhere, or in a circle."""
        found: Place | None = place
        for _ in range(self.limits.reference_hops_max + 1):
            if found is None or not isinstance(found.value, dict):
                return found
            reference = found.value.get("$ref")
            if not isinstance(reference, str):
                return found
            found = self._target(reference)
        return None

    def get_resolved(self, parts: Sequence[Any]) -> Any:
        """What the library asks for."""
        return type(self._resolved)(self.place(tuple(parts)).value, self._resolved.resolver)

    def _below(self, parts: tuple[Any, ...]) -> Place:
        if not parts:
            return Place(self.node, ())
        above, last = self.place(parts[:-1]), parts[-1]
        if not isinstance(above.value, dict | list):
            raise KeyError(last)
        try:
            value = above.value[last]
        except (KeyError, IndexError, TypeError):
            raise KeyError(last) from None
        found = self.followed(Place(value, (*above.path, last)))
        if found is None:
            raise Unresolvable(ref=value["$ref"])
        return found

    def _target(self, reference: str) -> Place | None:
        if reference not in self._targets:
            document, fragment = split_reference(reference)
            found = None
            if not document and fragment[:1] in ("", "/"):
                tokens = tokens_of(fragment)
                value = value_at(self.node, tokens)
                found = None if value is MISSING else Place(value, tuple(tokens))
            self._targets[reference] = found
        return self._targets[reference]


def document_path(document: dict[str, Any], limits: Limits) -> SchemaPath:
    """The path object openapi-spec-validator takes; nothing is fetched for it."""
    places = Places.from_schema(document, handlers={})
    assert isinstance(places, Places)
    places.limits = limits
    return SchemaPath(places)
