"""Canonical schemas: who refers to one, and what a change of it does to them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from registry.model.contracts import SemanticVersion


@dataclass(frozen=True, slots=True)
class SchemaHolder:
    """The contract and major version that an absolute ``$id`` belongs to."""

    contract: str
    major: int


@dataclass(frozen=True, slots=True)
class Referrer:
    """A version in force whose documents hold the schema; ``direct``: its own document names it."""

    contract: str
    number: SemanticVersion
    direct: bool


@dataclass(frozen=True, slots=True)
class SchemaLink:
    """A reference between what is published: the ``$id``, and the canonical schema that has it, if any."""

    schema_id: str
    holder: SchemaHolder | None
    direct: bool


@dataclass(frozen=True, slots=True)
class FannedOut:
    """One contract with the new schema in place."""

    contract: str
    version: str
    owner: str
    verdict: str
    digest: str | None
    operations: tuple[str, ...]
    consumers: tuple[Mapping[str, Any], ...]
    findings: tuple[Mapping[str, Any], ...]
    reason: str = ""
