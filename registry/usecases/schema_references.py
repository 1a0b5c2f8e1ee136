"""References in and out of what is published."""

from __future__ import annotations

from dataclasses import dataclass

from registry.model import Version
from registry.model.canonical import Referrer, SchemaLink
from registry.usecases.services import Services, known_version


@dataclass(frozen=True, slots=True)
class Links:
    """What a version in force refers to, or who refers to it; ``truncated`` when there are more."""

    version: Version
    inward: tuple[Referrer, ...]
    outward: tuple[SchemaLink, ...]
    truncated: bool


def references_out(services: Services, contract_name: str, wanted: str) -> Links:
    """The schemas that the version in force of a major version holds."""
    limit = services.reports.fan_out_named_max
    with services.store.reading() as transaction:
        version = known_version(transaction, contract_name, wanted)
        found = transaction.canonical.references(version.contract, version.number.major, limit + 1)
    return Links(version, (), tuple(found[:limit]), len(found) > limit)


def references_in(services: Services, contract_name: str, wanted: str) -> Links:
    """The versions in force that hold a canonical schema; nobody holds what is none."""
    limit = services.reports.fan_out_named_max
    with services.store.reading() as transaction:
        version = known_version(transaction, contract_name, wanted)
        schema_id = transaction.canonical.id_of(version.contract, version.number.major)
        found = transaction.canonical.referrers(schema_id, limit + 1) if schema_id else []
    return Links(version, tuple(found[:limit]), (), len(found) > limit)
