"""What mappings name: the documents on both sides, and whether each field is there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from registry.errors import NotFound
from registry.model import Submission, SubmittedDocument
from registry.model.artifacts import ArtifactKind, ArtifactVersion, FieldShape
from registry.ports import Transaction
from registry.usecases.comparison import stored
from registry.usecases.services import Services, known_version
from specs.mapping import FieldMapping, MappingEnd
from specs.problem import Problem

SIDES = ("source", "target")


def vendor_model(services: Services, uri: str, raw: bytes) -> Any:
    """A vendor's document as the judge and the reader of fields take it."""
    return services.reader.parse(Submission(SubmittedDocument(uri, raw)))


def mapping_detail(services: Services, mapping: FieldMapping) -> Mapping[str, Any]:
    """What is kept beside its bytes; raises `Invalid` with everything it names that is not there."""
    problems: list[Problem] = []
    shapes: dict[str, list[FieldShape | None]] = {}
    for side, end in zip(SIDES, (mapping.source, mapping.target), strict=True):
        try:
            model = model_of(services, end)
        except NotFound as missing:
            fix = "Name a version that the registry holds, or publish it first."
            problems.append(mapping.problem("mapping.end_unknown", missing.detail, fix, side))
            continue
        pointers = [getattr(field, side) for field in mapping.fields]
        shapes[side] = services.artifact_reader.fields(model, end.document, pointers)
        problems += missing_fields(mapping, side, shapes[side])
    problems += unknown_values(mapping, shapes)
    services.artifact_reader.refuse(problems)
    return {
        "fields": len(mapping.fields),
        "source": end_json(mapping.source),
        "target": end_json(mapping.target),
    }


def is_shown(transaction: Transaction, owner: str, version: ArtifactVersion) -> bool:
    """Whether the caller sees the contracts that a mapping names; its own team sees what it wrote."""
    sight = transaction.sight
    if version.kind is not ArtifactKind.MAPPING or sight.everything or owner == sight.team:
        return True
    ends = [version.detail.get(side, {}) for side in SIDES]
    named = {end.get("name") for end in ends if end.get("kind") == "contract"}
    return all(transaction.catalog.contract(str(name)) is not None for name in named)


def model_of(services: Services, end: MappingEnd) -> Any:
    """The document of one side; `NotFound` when it is not here."""
    with services.store.reading() as transaction:
        submission = submission_of(transaction, end)
    return services.reader.parse(submission)


def submission_of(transaction: Transaction, end: MappingEnd) -> Submission:
    """The documents of one side as they came."""
    if not end.is_vendor:
        return stored(transaction, known_version(transaction, end.name, end.version))
    version = transaction.artifacts.version(ArtifactKind.VENDOR_DOCUMENT, end.name, end.version)
    raw = transaction.whole.catalog.content(version.sha256) if version is not None else None
    if version is None or raw is None:
        raise NotFound("artifact_version_not_found", f"There is no release {end.version} of {end.name}.")
    return Submission(SubmittedDocument(version.uri, raw))


def missing_fields(mapping: FieldMapping, side: str, shapes: list[FieldShape | None]) -> Iterator[Problem]:
    """A pointer that leads to no schema."""
    member = "from" if side == "source" else "to"
    end = mapping.source if side == "source" else mapping.target
    for number, shape in enumerate(shapes):
        if shape is None:
            pointer = getattr(mapping.fields[number], side)
            yield mapping.problem(
                "mapping.field_missing",
                f"{end.name} {end.version} has no schema at {pointer}.",
                "Give the JSON pointer of a schema, as /components/schemas/Invoice/properties/Total.",
                "fields",
                str(number),
                member,
            )


def unknown_values(mapping: FieldMapping, shapes: Mapping[str, list[FieldShape | None]]) -> Iterator[Problem]:
    """A value map that names what the listed values of its side do not have."""
    for number, field in enumerate(mapping.fields):
        for side, named in (("source", field.values.keys()), ("target", field.values.values())):
            shape = shapes[side][number] if side in shapes else None
            if shape is None or not shape.values:
                continue
            for value in sorted(set(named) - set(shape.values)):
                yield mapping.problem(
                    "mapping.value_unknown",
                    f"{value!r} is none of the values of the {side}: {', '.join(shape.values)[:200]}.",
                    "Use the values that the document lists.",
                    "fields",
                    str(number),
                    "values",
                )


def end_json(end: MappingEnd) -> dict[str, str | None]:
    """One side as answers show it."""
    kind = "vendor-document" if end.is_vendor else "contract"
    return {"kind": kind, "name": end.name, "version": end.version, "document": end.document or None}
