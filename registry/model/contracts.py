"""Contracts, their versions and life cycles."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from registry.errors import Invalid
from registry.model.compatibility import Compatibility

VERSION = re.compile(r"(0|[1-9][0-9]{0,5})\.(0|[1-9][0-9]{0,5})\.(0|[1-9][0-9]{0,5})")


class State(StrEnum):
    """Where a major version stands."""

    PUBLISHED = "published"
    DEPRECATED = "deprecated"
    SUNSET = "sunset"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True, order=True)
class SemanticVersion:
    """A final version (Semantic Versioning 2.0.0, no pre-release or build part), ordered by precedence."""

    major: int
    minor: int
    patch: int

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}"


@dataclass(frozen=True, slots=True)
class SubmittedDocument:
    """A document as it came: where it says it is, and its exact bytes."""

    uri: str
    raw: bytes

    @property
    def sha256(self) -> str:
        """The digest that its bytes are stored under."""
        return hashlib.sha256(self.raw).hexdigest()


@dataclass(frozen=True, slots=True)
class Submission:
    """An entry document and the documents its references name."""

    document: SubmittedDocument
    references: tuple[SubmittedDocument, ...] = ()

    @property
    def documents(self) -> tuple[SubmittedDocument, ...]:
        """All of them, the entry first."""
        return (self.document, *self.references)

    @property
    def named(self) -> tuple[DocumentReference, ...]:
        """All of them by digest, the entry first."""
        return tuple(DocumentReference(document.uri, document.sha256) for document in self.documents)


@dataclass(frozen=True, slots=True)
class DocumentReference:
    """A stored document: its URI within the contract and the sha256 of its bytes."""

    uri: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Contract:
    """What all versions of a contract share; ``epoch`` counts its changes (optimistic lock).

    ``compatibility`` is the policy that its publications are judged under.
    """

    name: str
    api_id: str
    kind: str
    title: str
    layer: str
    domain: str
    owner: str
    audience: str
    epoch: int = 0
    compatibility: Compatibility = Compatibility.BACKWARD


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """The state of one major version, with the dates that gateways announce."""

    state: State = State.PUBLISHED
    deprecated_at: datetime | None = None
    sunset_at: datetime | None = None
    successor: str | None = None


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of a version: its operationId, and the name that traffic is counted under."""

    operation_id: str
    name: str


@dataclass(frozen=True, slots=True)
class Version:
    """One published version; nothing of it ever changes. ``attestation`` is the signed statement (DSSE)."""

    contract: str
    number: SemanticVersion
    sha256: str
    canonical_sha256: str
    bundle_sha256: str
    owner: str
    published_at: datetime
    published_by: str
    on_behalf_of: str | None
    document: DocumentReference
    references: tuple[DocumentReference, ...] = ()
    operations: tuple[Operation, ...] = ()
    problems: tuple[Mapping[str, Any], ...] = ()
    report: Mapping[str, Any] | None = None
    attestation: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class VersionState:
    """A version with the state of its major version."""

    version: Version
    lifecycle: Lifecycle


@dataclass(frozen=True, slots=True)
class CatalogEntry:
    """A contract as the catalog lists it: its versions newest first, each with its state."""

    contract: Contract
    versions: tuple[tuple[SemanticVersion, State], ...]


def semantic_version(text: str) -> SemanticVersion:
    """Reads ``MAJOR.MINOR.PATCH``; raises `Invalid`."""
    matched = VERSION.fullmatch(text)
    if matched is None:
        raise Invalid(
            "version_invalid", f"{text!r} is not MAJOR.MINOR.PATCH; a published version has no further part."
        )
    return SemanticVersion(*(int(part) for part in matched.groups()))


def highest_of(numbers: Sequence[SemanticVersion], major: int) -> SemanticVersion | None:
    """The highest version of a major version among versions that are newest first."""
    return next((number for number in numbers if number.major == major), None)
