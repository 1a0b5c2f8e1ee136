"""Publishing, reading and withdrawing mappings, rulesets and documents of vendors.

A version is owned, never changes, and keeps the bytes it came with. A mapping is taken only when everything
it names is there; a vendor's document is taken as it is, since it is not ours to mend.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from registry.errors import BodyTooLarge, Conflict, Contention, Invalid, NotFound
from registry.model import Actor, SubmittedDocument, semantic_version, storable
from registry.model.artifacts import Artifact, ArtifactKind, ArtifactVersion
from registry.ports import Transaction
from registry.usecases.mapping_impact import Impact, impact_of_release
from registry.usecases.mapping_reading import is_shown, mapping_detail, vendor_model
from registry.usecases.services import Page, Services, concealed, owner_or_admin, page

SAID = {
    ArtifactKind.MAPPING: "mapping",
    ArtifactKind.RULESET: "ruleset",
    ArtifactKind.VENDOR_DOCUMENT: "vendor document",
}


@dataclass(frozen=True, slots=True)
class ArtifactDraft:
    """What is asked to be kept."""

    kind: ArtifactKind
    name: str
    version: str
    owner: str
    document: SubmittedDocument
    vendor: str | None = None
    product: str | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """The version, whether this call made it, and for a vendor's release what it does to our mappings."""

    version: ArtifactVersion
    created: bool
    impact: Impact | None


def publish_artifact(services: Services, actor: Actor, draft: ArtifactDraft, *, dry_run: bool) -> Kept:
    """Keeps a version; the same bytes under the same version again are the one there is.

    Raises `NotAllowed`, `Invalid` with every problem, or `Conflict` for a version that is there or too low.
    """
    refuse_malformed(services, draft)
    with services.store.reading() as transaction:
        behalf = permission(transaction, actor, draft)
        there = transaction.artifacts.version(draft.kind, draft.name, draft.version)
    if there is not None:
        return Kept(repeated(there, draft), created=False, impact=None)
    with services.turns.take():
        detail, impact = examined(services, draft)
    try:
        return stored(services, actor, draft, detail, impact, behalf, dry_run=dry_run)
    except Contention:
        with services.store.reading() as transaction:
            there = transaction.artifacts.version(draft.kind, draft.name, draft.version)
        if there is None:
            raise
        return Kept(repeated(there, draft), created=False, impact=impact)


def stored(
    services: Services,
    actor: Actor,
    draft: ArtifactDraft,
    detail: Mapping[str, Any],
    impact: Impact | None,
    behalf: str | None,
    *,
    dry_run: bool,
) -> Kept:
    """The version, its bytes and the audit in one transaction; `Contention` when another came first."""
    opened = services.store.reading() if dry_run else services.store.writing()
    with opened as transaction:
        permission(transaction, actor, draft)
        there = transaction.artifacts.version(draft.kind, draft.name, draft.version)
        if there is not None:
            return Kept(repeated(there, draft), created=False, impact=impact)
        newest = next(iter(transaction.artifacts.versions(draft.kind, draft.name, 1)), None)
        refuse_lower(draft, newest)
        version = version_of(services, actor, draft, detail, newest, behalf)
        if dry_run:
            return Kept(version, created=False, impact=impact)
        if newest is None:
            transaction.artifacts.add(artifact_of(services, draft))
        transaction.artifacts.add_version(version, draft.document.raw)
        told = {"kind": draft.kind.value, "version": draft.version, "sha256": version.sha256}
        entry = services.entry(
            actor,
            "artifact.published",
            draft.name,
            on_behalf_of=behalf,
            detail=told,
            before=newest.sha256 if newest else None,
            after=version.sha256,
        )
        transaction.security.audit(entry)
    return Kept(version, created=True, impact=impact)


def refuse_malformed(services: Services, draft: ArtifactDraft) -> None:
    """Texts that a database takes, a size within bounds, and what each kind needs."""
    texts = (draft.version, draft.document.uri, draft.vendor or "", draft.product or "")
    if not all(storable(text) for text in texts):
        raise Invalid("text_invalid", "A text of the artifact has a character that is not text.")
    if draft.kind is ArtifactKind.VENDOR_DOCUMENT:
        if not draft.vendor or not draft.product:
            raise Invalid("vendor_missing", "A vendor's document needs vendor and product.")
        return
    most = services.artifacts.text_bytes_max
    if len(draft.document.raw) > most:
        raise BodyTooLarge("body_too_large", f"A {SAID[draft.kind]} may have {most} bytes at most.")
    semantic_version(draft.version)
    if draft.vendor or draft.product:
        raise Invalid("vendor_unexpected", f"A {SAID[draft.kind]} has no vendor and no product.")


def permission(transaction: Transaction, actor: Actor, draft: ArtifactDraft) -> str | None:
    """Whom the administrator stands in for; raises for everybody but the owner."""
    there = transaction.artifacts.artifact(draft.kind, draft.name)
    if there is None:
        if transaction.parties.team(draft.owner) is None:
            raise Invalid("owner_unknown", f"There is no team {draft.owner}.")
        return owner_or_admin(actor, draft.owner, draft.name)
    behalf = owner_or_admin(actor, there.owner, there.name)
    if there.owner != draft.owner:
        raise Conflict("owner_changed", f"{there.name} belongs to {there.owner} and stays there.")
    if (there.vendor, there.product) != (draft.vendor, draft.product):
        raise Conflict("vendor_changed", f"{there.name} is of {there.vendor}, {there.product}.")
    return behalf


def repeated(there: ArtifactVersion, draft: ArtifactDraft) -> ArtifactVersion:
    """The version already there when the bytes are the same; `Conflict` when they are not."""
    if there.sha256 == draft.document.sha256:
        return there
    raise Conflict(
        "version_exists",
        f"{draft.name} {draft.version} is kept with other content; versions never change.",
    )


def refuse_lower(draft: ArtifactDraft, newest: ArtifactVersion | None) -> None:
    """Our own versions rise; a vendor numbers as it likes."""
    if newest is None or draft.kind is ArtifactKind.VENDOR_DOCUMENT:
        return
    if semantic_version(draft.version) <= semantic_version(newest.version):
        raise Conflict(
            "version_not_increasing",
            f"{draft.name} is at {newest.version} already; {draft.version} is not above it.",
        )


def examined(services: Services, draft: ArtifactDraft) -> tuple[Mapping[str, Any], Impact | None]:
    """What the document says of itself; raises `Invalid` when it cannot be used."""
    uri, raw = draft.document.uri, draft.document.raw
    if draft.kind is ArtifactKind.RULESET:
        return services.artifact_reader.ruleset(uri, raw), None
    if draft.kind is ArtifactKind.MAPPING:
        return mapping_detail(services, services.artifact_reader.mapping(uri, raw)), None
    model = vendor_model(services, uri, raw)
    return services.artifact_reader.vendor_document(model), impact_of_release(services, draft.name, model)


def artifact_of(services: Services, draft: ArtifactDraft) -> Artifact:
    """The artifact of a first version."""
    return Artifact(draft.kind, draft.name, draft.owner, services.clock(), draft.vendor, draft.product)


def version_of(
    services: Services,
    actor: Actor,
    draft: ArtifactDraft,
    detail: Mapping[str, Any],
    newest: ArtifactVersion | None,
    behalf: str | None,
) -> ArtifactVersion:
    """The immutable record."""
    return ArtifactVersion(
        kind=draft.kind,
        name=draft.name,
        version=draft.version,
        position=newest.position + 1 if newest else 1,
        uri=draft.document.uri,
        sha256=draft.document.sha256,
        size_bytes=len(draft.document.raw),
        published_at=services.clock(),
        published_by=actor.client_id,
        on_behalf_of=behalf,
        detail=detail,
    )


def list_artifacts(services: Services, kind: ArtifactKind, after: str | None, count: int) -> Page[Artifact]:
    """By name."""
    with services.store.reading() as transaction:
        found = transaction.artifacts.artifacts(kind, after, count + 1)
    return page(found, count, lambda one: (one.name,))


def get_artifact(services: Services, kind: ArtifactKind, name: str) -> tuple[Artifact, list[ArtifactVersion]]:
    """The artifact with its versions, the newest first."""
    with services.store.reading() as transaction:
        artifact = known_artifact(transaction, kind, name)
        found = transaction.artifacts.versions(kind, name, services.artifacts.versions_shown_max)
        return artifact, [one for one in found if is_shown(transaction, artifact.owner, one)]


def get_version(services: Services, kind: ArtifactKind, name: str, wanted: str) -> ArtifactVersion:
    """The version, or the newest that is not withdrawn for ``latest``."""
    with services.store.reading() as transaction:
        return known_artifact_version(services, transaction, kind, name, wanted)


def get_content(
    services: Services, kind: ArtifactKind, name: str, wanted: str
) -> tuple[ArtifactVersion, bytes]:
    """The version with its bytes as they came."""
    with services.store.reading() as transaction:
        version = known_artifact_version(services, transaction, kind, name, wanted)
        return version, transaction.whole.catalog.content(version.sha256) or b""


def withdraw(services: Services, actor: Actor, kind: ArtifactKind, name: str, wanted: str) -> ArtifactVersion:
    """Takes a version out of use; its number and bytes stay. Refused for a ruleset that is bound."""
    with services.store.writing() as transaction:
        artifact = known_artifact(transaction, kind, name)
        behalf = owner_or_admin(actor, artifact.owner, name)
        version = known_artifact_version(services, transaction, kind, name, wanted)
        if version.withdrawn_at is not None:
            return version
        if kind is ArtifactKind.RULESET and transaction.artifacts.is_bound(name, version.version):
            raise Conflict("ruleset_bound", f"{name} {version.version} is bound; bind another version first.")
        transaction.artifacts.withdraw(version, services.clock())
        detail = {"kind": kind.value, "version": version.version}
        entry = services.entry(actor, "artifact.withdrawn", name, on_behalf_of=behalf, detail=detail)
        transaction.security.audit(entry)
        return known_artifact_version(services, transaction, kind, name, version.version)


def known_artifact(transaction: Transaction, kind: ArtifactKind, name: str) -> Artifact:
    """The artifact, or `NotFound`."""
    artifact = transaction.artifacts.artifact(kind, name)
    if artifact is None:
        raise NotFound("artifact_not_found", f"There is no {SAID[kind]} {name}.")
    return artifact


def known_artifact_version(
    services: Services, transaction: Transaction, kind: ArtifactKind, name: str, wanted: str
) -> ArtifactVersion:
    """The version, or `NotFound`."""
    owner = known_artifact(transaction, kind, name).owner
    found = None
    if wanted == "latest":
        versions = transaction.artifacts.versions(kind, name, services.artifacts.versions_shown_max)
        current = (one for one in versions if one.withdrawn_at is None)
        found = next((one for one in current if is_shown(transaction, owner, one)), None)
    elif storable(wanted):
        found = transaction.artifacts.version(kind, name, wanted)
    missing = NotFound("artifact_version_not_found", f"There is no version {wanted} of {name}.")
    if found is None:
        raise missing
    if not is_shown(transaction, owner, found):
        raise concealed(missing, found)
    return found
