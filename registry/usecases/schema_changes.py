"""Deleting versions and subjects, and setting what holds for them; each with its audit entry."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from registry.errors import Contention, Invalid, NotAllowed, NotFound
from registry.model import Actor
from registry.model.schemas import (
    CompatibilityLevel,
    CompatibilityPolicy,
    SchemaSettings,
    Subject,
    SubjectMode,
    SubjectVersion,
    VersionDeletion,
)
from registry.ports import Transaction
from registry.usecases.schema_reading import LATEST
from registry.usecases.schemas import (
    ALL_SUBJECTS,
    ATTEMPTS_MAX,
    check_name,
    claim,
    for_all,
    is_hidden,
    permitted,
    refuse_by_mode,
    refuse_taken,
    settings_of,
    shown,
    subject_unknown,
    version_unknown,
)
from registry.usecases.services import Services


def delete_subject(services: Services, actor: Actor, subject: str, *, permanent: bool) -> list[int]:
    """Numbers of the versions deleted; permanently only what was deleted softly before."""

    def choose(versions: list[SubjectVersion]) -> list[SubjectVersion]:
        live = [one for one in versions if one.deletion is VersionDeletion.NONE]
        soft = [one for one in versions if one.deletion is VersionDeletion.SOFT]
        if not live and not soft:
            raise subject_unknown(subject)
        if permanent and live:
            raise NotFound(
                "subject_not_soft_deleted",
                f"Subject '{subject}' was not deleted first before being permanently deleted",
            )
        if not permanent and not live:
            raise NotFound(
                "subject_soft_deleted",
                f"Subject '{subject}' was soft deleted. Set permanent=true to delete permanently",
            )
        return soft if permanent else live

    return delete(services, actor, subject, choose, permanent=permanent)


def delete_version(services: Services, actor: Actor, subject: str, number: int, *, permanent: bool) -> int:
    """The number of the version deleted."""

    def choose(versions: list[SubjectVersion]) -> list[SubjectVersion]:
        kept = [one for one in versions if one.deletion is not VersionDeletion.HARD]
        if not kept:
            raise subject_unknown(subject)
        live = [one for one in kept if one.deletion is VersionDeletion.NONE]
        pool = kept if permanent else live or kept
        wanted = pool[-1].version if number == LATEST else number
        one = next((one for one in kept if one.version == wanted), None)
        if one is None:
            raise version_unknown(number)
        named = f"Subject '{subject}' Version {wanted}"
        if permanent and one.deletion is VersionDeletion.NONE:
            raise NotFound(
                "version_not_soft_deleted",
                f"{named} was not deleted first before being permanently deleted",
            )
        if not permanent and one.deletion is VersionDeletion.SOFT:
            raise NotFound(
                "version_soft_deleted",
                f"{named} was soft deleted. Set permanent=true to delete permanently",
            )
        return [one]

    return delete(services, actor, subject, choose, permanent=permanent)[0]


def delete(
    services: Services,
    actor: Actor,
    subject: str,
    choose: Callable[[list[SubjectVersion]], list[SubjectVersion]],
    *,
    permanent: bool,
) -> list[int]:
    """Deletes the chosen versions in one transaction, unless something registered refers to one of them."""
    check_name(subject)

    def change(transaction: Transaction) -> list[int]:
        known = transaction.schemas.subject(subject)
        if known is None:
            raise subject_unknown(subject)
        on_behalf_of = permitted(actor, known, subject)
        refuse_by_mode(settings_of(transaction, subject), subject)
        chosen = choose(transaction.schemas.versions(subject))
        claim(transaction, known, known)
        for one in chosen:
            if transaction.whole.schemas.referring(subject, one.version):
                raise Invalid(
                    "reference_exists",
                    f"One or more references exist to the schema of {subject} {one.version}.",
                )
        numbers = [one.version for one in chosen]
        deletion = VersionDeletion.HARD if permanent else VersionDeletion.SOFT
        transaction.schemas.delete_versions(subject, numbers, deletion)
        detail = {"versions": numbers, "permanent": permanent}
        transaction.security.audit(
            services.entry(actor, "schema.deleted", subject, on_behalf_of=on_behalf_of, detail=detail)
        )
        return numbers

    return repeated(services, change)


def repeated(services: Services, change: Callable[[Transaction], list[int]]) -> list[int]:
    """The change in a transaction, begun again when another came between."""
    for _ in range(ATTEMPTS_MAX):
        try:
            with services.store.writing() as transaction:
                return change(transaction)
        except Contention:
            continue
    raise Contention("write_conflict", "Too many change this at once; try again.")


def get_settings(services: Services, subject: str, *, with_defaults: bool) -> SchemaSettings:
    """What a subject has of its own, or what holds for it; for all subjects, what holds."""
    with services.store.reading() as transaction:
        if subject == ALL_SUBJECTS:
            return for_all(transaction)
        return settings_of(transaction, subject) if with_defaults else transaction.schemas.settings(subject)


def set_compatibility(
    services: Services,
    actor: Actor,
    subject: str,
    level: CompatibilityLevel | None,
    policy: CompatibilityPolicy | None,
) -> None:
    """Sets what is not None; of all subjects only the administrator."""

    def changed(before: SchemaSettings) -> SchemaSettings:
        return replace(before, compatibility=level or before.compatibility, policy=policy or before.policy)

    change_settings(services, actor, subject, changed)


def set_mode(services: Services, actor: Actor, subject: str, mode: SubjectMode) -> None:
    """Sets the mode; of all subjects only the administrator."""
    change_settings(services, actor, subject, lambda before: replace(before, mode=mode))


def reset_compatibility(services: Services, actor: Actor, subject: str) -> SchemaSettings:
    """Takes back what was set; the settings before."""
    return change_settings(
        services, actor, subject, lambda before: replace(before, compatibility=None, policy=None)
    )


def reset_mode(services: Services, actor: Actor, subject: str) -> SchemaSettings:
    """Takes back what was set; the settings before."""
    return change_settings(services, actor, subject, lambda before: replace(before, mode=None))


def change_settings(
    services: Services, actor: Actor, subject: str, changed: Callable[[SchemaSettings], SchemaSettings]
) -> SchemaSettings:
    """Writes settings with their audit entry; the settings before."""
    if subject != ALL_SUBJECTS:
        check_name(subject)
    elif not actor.is_admin:
        raise NotAllowed("not_owner", "What holds for all subjects is the administrator's to set.")
    for _ in range(ATTEMPTS_MAX):
        try:
            with services.store.writing() as transaction:
                on_behalf_of = None
                if subject != ALL_SUBJECTS:
                    known = transaction.schemas.subject(subject)
                    if changed(SchemaSettings()) == SchemaSettings() and is_hidden(transaction, subject):
                        return SchemaSettings()  # nothing is there to be taken back, as far as is known
                    refuse_taken(transaction, known, subject)
                    on_behalf_of = permitted(actor, known, subject)
                    wanted = known or Subject(subject, actor.party, 1, services.clock())
                    claim(transaction, known, wanted)
                before = transaction.schemas.settings(subject)
                after = changed(before)
                transaction.schemas.set_settings(subject, after)
                transaction.security.audit(
                    services.entry(
                        actor,
                        "schema.settings_changed",
                        subject or "all subjects",
                        on_behalf_of=on_behalf_of,
                        detail={"before": shown_settings(before), "after": shown_settings(after)},
                    )
                )
                return before
        except Contention:
            continue
    raise Contention("write_conflict", f"{shown(subject)} is changed by too many at once; try again.")


def shown_settings(settings: SchemaSettings) -> dict[str, str | None]:
    """For the audit."""
    return {
        "compatibility": settings.compatibility.value if settings.compatibility else None,
        "policy": settings.policy.value if settings.policy else None,
        "mode": settings.mode.value if settings.mode else None,
    }
