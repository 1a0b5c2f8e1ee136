"""What a vendor's new release does to the mappings in use: each field that breaks, whose it is, what to do.

What a mapping reads, the vendor sends: it breaks when values may come that could not come before. What a
mapping writes, the vendor takes: it breaks when values are refused that were taken before.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from registry.model import SubmittedDocument
from registry.model.artifacts import Artifact, ArtifactKind, ArtifactVersion, FieldShape
from registry.ports import Transaction
from registry.usecases.mapping_reading import is_shown, submission_of, vendor_model
from registry.usecases.services import Services
from specs.errors import SpecError
from specs.mapping import FieldMapping, MappedField, MappingEnd, read_mapping

ADVICE = {
    "gone": "Map another field, or drop it from the mapping, before the release is used.",
    "type_changed": "Read and write the new type, and state its format in the mapping.",
    "widened": "Take the new values into the mapping before the vendor sends them.",
    "narrowed": "Send only what the release still takes.",
    "undecided": "Read both schemas: whether old and new values agree could not be proved.",
    "deprecated": "Plan the move to what replaces it; the vendor will take it away.",
}
VENDOR = ArtifactKind.VENDOR_DOCUMENT.value
LEVEL = {"undecided": "unknown", "deprecated": "warning"}


@dataclass(frozen=True, slots=True)
class FieldImpact:
    """One field of one mapping that a release touches; ``level`` is breaking, unknown or warning."""

    mapping: str
    mapping_version: str
    owner: str
    side: str
    pointer: str
    counterpart: str
    change: str
    detail: str

    @property
    def level(self) -> str:
        return LEVEL.get(self.change, "breaking")

    @property
    def advice(self) -> str:
        """What to do about it."""
        return ADVICE[self.change]


@dataclass(frozen=True, slots=True)
class Impact:
    """A release against the one before it, and against the mappings that name the document.

    ``report`` is the compatibility report between the releases, None for the first one. ``mappings`` counts
    those read; ``left_out`` tells that there are more than one look reads.
    """

    before: str | None
    report: Mapping[str, Any] | None
    mappings: int
    left_out: bool
    fields: tuple[FieldImpact, ...]


@dataclass(frozen=True, slots=True)
class InUse:
    """A mapping in use, read."""

    artifact: Artifact
    version: ArtifactVersion
    mapping: FieldMapping


def impact_of_release(services: Services, name: str, after: Any, before: str | None = None) -> Impact:
    """``after`` is the model of the release; ``before`` names another than the newest to compare with."""
    with services.store.reading() as transaction:
        previous = release_before(services, transaction, name, before)
        raw = transaction.whole.catalog.content(previous.sha256) if previous else None
        used, left_out = mappings_in_use(services, transaction, name)
        concerned, bases, too_many = with_bases(services, transaction, used, name)
    if previous is None or raw is None:
        return Impact(None, None, 0, False, ())
    old = vendor_model(services, previous.uri, raw)
    models = {version: vendor_model(services, one.uri, one.raw) for version, one in bases.items()}
    found = [hit for one in concerned for hit in hits(services, one, name, models, after)]
    report = services.judge(old, after, ()).report
    return Impact(previous.version, report, len(concerned), left_out or too_many, tuple(found))


def release_before(
    services: Services, transaction: Transaction, name: str, named: str | None
) -> ArtifactVersion | None:
    """The release named, else the newest that is not withdrawn; None where there is none."""
    kind = ArtifactKind.VENDOR_DOCUMENT
    if named is not None:
        return transaction.artifacts.version(kind, name, named)
    found = transaction.artifacts.versions(kind, name, services.artifacts.versions_shown_max)
    return next((one for one in found if one.withdrawn_at is None), None)


def mappings_in_use(
    services: Services, transaction: Transaction, vendor_document: str | None = None
) -> tuple[list[InUse], bool]:
    """The newest version of each mapping that is shown and not withdrawn; and whether there are more.

    With the name of a vendor's document only the mappings from and to it are read.
    """
    most = services.artifacts.mappings_read_max
    found = transaction.artifacts.in_use(ArtifactKind.MAPPING, most + 1)
    used = []
    for artifact, version in found[:most]:
        if vendor_document is not None and not names(version, vendor_document):
            continue
        if not is_shown(transaction, artifact.owner, version):
            continue
        raw = transaction.whole.catalog.content(version.sha256) or b""
        try:
            used.append(InUse(artifact, version, read_mapping(version.uri, raw.decode("utf-8"))))
        except SpecError:  # written by an earlier release whose shape this one no longer takes
            continue
    return used, len(found) > most


def names(version: ArtifactVersion, vendor_document: str) -> bool:
    """Whether a mapping is from or to a vendor's document, by what was kept of it."""
    ends = [version.detail.get(side, {}) for side in ("source", "target")]
    return any((end.get("kind"), end.get("name")) == (VENDOR, vendor_document) for end in ends)


def with_bases(
    services: Services, transaction: Transaction, used: list[InUse], name: str
) -> tuple[list[InUse], dict[str, SubmittedDocument], bool]:
    """The mappings with the releases that they were written against, each once; and whether that is all.

    Each release is parsed, which takes up to seconds, so there is a bound to how many are looked at.
    """
    bases: dict[str, SubmittedDocument] = {}
    concerned: list[InUse] = []
    for one in used:
        ends = [end for _, end, _ in sides(one.mapping) if is_of(end, name)]
        new = {end.version: end for end in ends if end.version not in bases}
        if len(bases) + len(new) > services.artifacts.releases_read_max:
            continue
        bases |= {version: submission_of(transaction, end).document for version, end in new.items()}
        concerned.append(one)
    return concerned, bases, len(concerned) < len(used)


def sides(mapping: FieldMapping) -> Iterator[tuple[str, MappingEnd, str]]:
    """Each side with the direction in which the judge looks at it."""
    yield "source", mapping.source, "produced"
    yield "target", mapping.target, "consumed"


def is_of(end: MappingEnd, name: str) -> bool:
    """Whether a side is that vendor's document."""
    return end.is_vendor and end.name == name


def hits(
    services: Services, one: InUse, name: str, models: Mapping[str, Any], after: Any
) -> Iterator[FieldImpact]:
    """The fields of one mapping that the release touches."""
    for side, end, direction in sides(one.mapping):
        if not is_of(end, name):
            continue
        pointers = [getattr(field, side) for field in one.mapping.fields]
        old = services.artifact_reader.fields(models[end.version], "", pointers)
        new = services.artifact_reader.fields(after, "", pointers)
        for field, was, now in zip(one.mapping.fields, old, new, strict=True):
            if was is None:
                continue
            for change, detail in changes_of(services, field, was, now, direction):
                yield FieldImpact(
                    mapping=one.artifact.name,
                    mapping_version=one.version.version,
                    owner=one.artifact.owner,
                    side=side,
                    pointer=getattr(field, side),
                    counterpart=field.target if side == "source" else field.source,
                    change=change,
                    detail=detail,
                )


def changes_of(
    services: Services, field: MappedField, was: FieldShape, now: FieldShape | None, direction: str
) -> Iterator[tuple[str, str]]:
    """What became of one field: a word of `ADVICE` and a sentence."""
    if now is None:
        yield "gone", "The release has no schema there."
        return
    judged = services.artifact_reader.judge_field(was, now, direction)
    if judged.verdict == "breaking":
        yield breaking_change(field, was, now, direction, judged.shown)
    elif judged.verdict == "unknown":
        yield "undecided", judged.shown or "It could not be decided."
    if now.deprecated and not was.deprecated:
        yield "deprecated", "The vendor marks it deprecated in this release."


def breaking_change(
    field: MappedField, was: FieldShape, now: FieldShape, direction: str, shown: str
) -> tuple[str, str]:
    """The word and the sentence for a field whose values no longer agree."""
    sent = direction == "produced"
    proof = f"{shown} may come and could not before" if sent else f"{shown} was taken and is refused now"
    if was.types != now.types:
        before, after = (" or ".join(sorted(one.types)) or "any type" for one in (was, now))
        return "type_changed", f"{before} became {after}: {proof}."
    unmapped = sorted(set(now.values) - set(was.values) - set(field.values))
    if sent and unmapped and field.values:
        return "widened", f"The mapping has no name for {', '.join(unmapped)[:200]}: {proof}."
    return ("widened" if sent else "narrowed"), f"{proof[:1].upper()}{proof[1:]}."
