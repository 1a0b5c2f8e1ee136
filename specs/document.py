"""One document: the author's bytes, its value, and what can be asked of them alone."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from specs.canonical import canonical_json
from specs.json_text import json_positions
from specs.kinds import Kind
from specs.pointers import pointer_of, tokens_of
from specs.positions import Positions
from specs.problem import Position
from specs.uris import join_absolute
from specs.walk import ROOT, Findings, pointer_of_path, walk

Computed = TypeVar("Computed")


@dataclass(frozen=True, slots=True)
class Resource:
    """A schema resource: what relative references in it are relative to.

    ``base`` is the absolute URI its ``$id`` gives it, or None where no ``$id`` does; ``pointer`` is its root.
    """

    base: str | None
    pointer: str


@dataclass(frozen=True, slots=True)
class IdentifierIndex:
    """The names a document gives to its own schemas."""

    resources: Mapping[str, Resource]
    """By the pointer of the resource's root."""
    ids: Mapping[str, str]
    """Absolute URI (no fragment) to the pointer it names."""
    anchors: Mapping[tuple[str, str], str]
    """Resource pointer and plain name to the pointer it names."""
    dynamic: Mapping[str, Mapping[str, str]]
    """Resource pointer to its ``$dynamicAnchor`` names and their pointers."""


@dataclass(frozen=True, slots=True)
class Document:
    """``value`` is shared, never copied: treat it as immutable.

    ``spec_version`` is the version of OpenAPI or AsyncAPI, or the draft of JSON Schema (``""`` when unsaid).
    """

    uri: str
    raw: bytes
    value: Any
    kind: Kind
    spec_version: str
    positions: Positions | None = None
    memo: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    def position(self, pointer: str) -> Position | None:
        """Line and column of the value at ``pointer``; None for documents that have no text.

        In a JSON document it looks through what stands before the value on each level, which is kept.
        """
        index = self.positions
        if index is None:
            if not self.raw:
                return None
            index = self.memo.get("positions")
            if index is None:
                index = self.memo["positions"] = json_positions(self.raw.decode("utf-8-sig"))
        try:
            return index.find(tokens_of(pointer))
        except ValueError:
            return None

    @property
    def sha256(self) -> str:
        """Lower-case hex digest of the author's bytes."""
        return self._memoized("sha256", lambda: hashlib.sha256(self.raw).hexdigest())

    @property
    def canonical_sha256(self) -> str:
        """Lower-case hex digest of the RFC 8785 form: equal for YAML and JSON texts of one value."""
        return self._memoized(
            "canonical_sha256", lambda: hashlib.sha256(canonical_json(self.value)).hexdigest()
        )

    @property
    def findings(self) -> Findings:
        """References, identifiers and anchors of the whole document."""
        return self._memoized("findings", lambda: walk(self.value, self.kind, ROOT, ROOT, self.id_keyword))

    @property
    def id_keyword(self) -> str:
        """``id`` in draft-04; OpenAPI 3.0 has neither, and ``$id`` there is found and does no harm."""
        return "id" if self.kind is Kind.JSON_SCHEMA and self.spec_version == "04" else "$id"

    @property
    def identifiers(self) -> IdentifierIndex:
        """``$id`` and ``$anchor`` of the whole document."""
        return self._memoized("identifiers", lambda: _identifiers(self.findings))

    def resource_of(self, pointer: str) -> Resource:
        """The innermost schema resource around ``pointer``."""
        resources = self.identifiers.resources
        if len(resources) == 1:
            return resources[""]
        tokens = tokens_of(pointer)
        for length in range(len(tokens), 0, -1):
            found = resources.get(pointer_of(tokens[:length]))
            if found is not None:
                return found
        return resources[""]

    def _memoized(self, name: str, compute: Callable[[], Computed]) -> Computed:
        if name not in self.memo:
            self.memo[name] = compute()
        found: Computed = self.memo[name]
        return found


def _identifiers(findings: Findings) -> IdentifierIndex:
    resources: dict[str, Resource] = {"": Resource(None, "")}
    ids: dict[str, str] = {}
    for path, name, within in findings.ids:
        outer = resources.get(pointer_of_path(within)) if path else None
        absolute = join_absolute(outer.base, name) if outer and outer.base else name
        absolute = absolute.partition("#")[0]
        pointer = pointer_of_path(path)
        resources[pointer] = Resource(absolute, pointer)
        ids.setdefault(absolute, pointer)
    anchors: dict[tuple[str, str], str] = {}
    dynamic: dict[str, dict[str, str]] = {}
    for path, name, within, keyword in findings.anchors:
        pointer, resource = pointer_of_path(path), pointer_of_path(within)
        anchors.setdefault((resource, name), pointer)
        if keyword == "$dynamicAnchor":
            dynamic.setdefault(resource, {}).setdefault(name, pointer)
    return IdentifierIndex(resources, ids, anchors, dynamic)
