"""What teams keep here beside contracts: mappings, rulesets and the documents of vendors; and what binds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any


class ArtifactKind(StrEnum):
    """What an artifact is."""

    MAPPING = "mapping"
    RULESET = "ruleset"
    VENDOR_DOCUMENT = "vendor-document"


@dataclass(frozen=True, slots=True)
class Artifact:
    """What all versions share; ``vendor`` and ``product`` for documents of vendors only."""

    kind: ArtifactKind
    name: str
    owner: str
    created_at: datetime
    vendor: str | None = None
    product: str | None = None


@dataclass(frozen=True, slots=True)
class ArtifactVersion:
    """One version; its bytes never change. ``position`` counts the versions as they came in.

    The version of a vendor's document is the vendor's own text, so only ``position`` orders releases.
    """

    kind: ArtifactKind
    name: str
    version: str
    position: int
    uri: str
    sha256: str
    size_bytes: int
    published_at: datetime
    published_by: str
    on_behalf_of: str | None
    detail: Mapping[str, Any]
    withdrawn_at: datetime | None = None


class BindingScope(StrEnum):
    """What a ruleset is bound to."""

    CONTRACT = "contract"
    DOMAIN = "domain"


@dataclass(frozen=True, slots=True)
class RulesetBinding:
    """A version of a ruleset that publishing applies to a contract, or to all contracts of a domain."""

    scope: BindingScope
    subject: str
    ruleset: str
    version: str
    client_id: str
    bound_at: datetime


@dataclass(frozen=True, slots=True)
class RuleException:
    """Leave to break a rule in one contract; ``expires`` is the last day, ``pointer`` "" for all of it."""

    id: str
    rule: str
    contract: str
    pointer: str
    owner: str
    reason: str
    expires: date
    client_id: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class GoverningRules:
    """What is applied to a contract beside the house rules: texts of rulesets by their names, exceptions."""

    rulesets: tuple[tuple[str, str], ...] = ()
    exceptions: tuple[RuleException, ...] = ()
    today: date = date.min


@dataclass(frozen=True, slots=True)
class FieldShape:
    """A field as a document describes it: ``schema`` stands on its own."""

    schema: Any
    types: frozenset[str]
    values: tuple[str, ...]
    deprecated: bool


@dataclass(frozen=True, slots=True)
class FieldJudgement:
    """Whether a field may change like that: the verdict, and what shows it."""

    verdict: str
    shown: str
