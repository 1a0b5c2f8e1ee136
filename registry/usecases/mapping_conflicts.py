"""Mappings in use that disagree: one field at the target, filled from different fields of one source."""

from __future__ import annotations

from dataclasses import dataclass

from registry.model.artifacts import ArtifactKind
from registry.usecases.artifacts import known_artifact_version
from registry.usecases.mapping_impact import Impact, impact_of_release, mappings_in_use
from registry.usecases.mapping_reading import end_json, vendor_model
from registry.usecases.services import Services
from specs.mapping import MappedField, MappingEnd

Place = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Claim:
    """What one mapping says of the field."""

    mapping: str
    version: str
    owner: str
    source: str
    values: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class MappingConflict:
    """A field of ``target`` and the claims that differ, all of them from ``source``."""

    source: MappingEnd
    target: MappingEnd
    pointer: str
    claims: tuple[Claim, ...]


def conflicts(services: Services) -> tuple[list[MappingConflict], bool]:
    """By target and pointer, and whether there are more mappings than were read."""
    with services.turns.take(), services.store.reading() as transaction:
        used, left_out = mappings_in_use(services, transaction)
    claims: dict[tuple[Place, Place, str], list[Claim]] = {}
    ends: dict[tuple[Place, Place, str], tuple[MappingEnd, MappingEnd]] = {}
    for one in used:
        for field in one.mapping.fields:
            key = (place(one.mapping.source), place(one.mapping.target), field.target)
            ends[key] = (one.mapping.source, one.mapping.target)
            claims.setdefault(key, []).append(
                Claim(one.artifact.name, one.version.version, one.artifact.owner, *said(field))
            )
    found = [
        MappingConflict(*ends[key], key[2], tuple(made))
        for key, made in sorted(claims.items())
        if len({(claim.source, claim.values) for claim in made}) > 1
    ]
    return found, left_out


def place(end: MappingEnd) -> Place:
    """The document of a side, whatever its version."""
    shown = end_json(end)
    return str(shown["kind"]), end.name, end.document


def said(field: MappedField) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Where the value comes from and what values are called."""
    return field.source, tuple(sorted(field.values.items()))


def compare_releases(services: Services, name: str, before: str, after: str) -> Impact:
    """Two releases of a vendor's document that are kept here, and what the later one does to mappings."""
    with services.store.reading() as transaction:
        old = known_artifact_version(services, transaction, ArtifactKind.VENDOR_DOCUMENT, name, before)
        new = known_artifact_version(services, transaction, ArtifactKind.VENDOR_DOCUMENT, name, after)
        raw = transaction.whole.catalog.content(new.sha256) or b""
    with services.turns.take():
        model = vendor_model(services, new.uri, raw)
        return impact_of_release(services, name, model, old.version)
