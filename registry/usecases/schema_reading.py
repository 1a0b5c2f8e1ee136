"""Reading schemas: by id, by subject and version, by content; and whether one would be compatible."""

from __future__ import annotations

from dataclasses import replace

from registry.errors import Invalid, NotFound
from registry.model.access import OPEN_AUDIENCES, Sight
from registry.model.schemas import (
    CompatibilityLevel,
    SchemaText,
    SubjectVersion,
    VersionDeletion,
)
from registry.ports import Transaction
from registry.ports.schemas import SubjectFilter
from registry.usecases.schemas import (
    Registered,
    SchemaDraft,
    Verdict,
    check_name,
    judged_against,
    situation_of,
    source_of,
    subject_unknown,
    verdict_of,
    version_unknown,
    with_sources,
)
from registry.usecases.services import Services, concealed

LATEST = -1


def schema_by_id(services: Services, schema_id: int) -> SchemaText:
    """The schema of that id, as long as a version that is not permanently deleted has it."""
    with services.store.reading() as transaction:
        found = transaction.schemas.schema(schema_id)
        if found is None or not transaction.schemas.uses(schema_id, deleted=True, offset=0, count=1):
            raise NotFound("schema_not_found", f"Schema {schema_id} not found")
    return found


def schema_by_guid(services: Services, guid: str) -> SchemaText:
    """The schema of that guid."""
    digits = guid.replace("-", "").lower()
    if len(digits) != 32 or not set(digits) <= set("0123456789abcdef"):
        raise NotFound("schema_not_found", "There is no schema of that guid.")
    with services.store.reading() as transaction:
        found = transaction.schemas.schema_by_digest(digits)
        used = found and transaction.schemas.uses(found.id, deleted=True, offset=0, count=1)
    if found is None or not used:
        raise NotFound("schema_not_found", f"Schema {guid} not found")
    return found


def highest_id(services: Services) -> int:
    """The highest id given so far."""
    with services.store.reading() as transaction:
        return transaction.schemas.highest_id()


def withheld(services: Services) -> tuple[int, ...]:
    """While it stays the same, what everybody could read by id, everybody can read still."""
    with services.store.reading() as transaction:
        return transaction.schemas.withheld()


def is_open(services: Services, schema_id: int) -> bool:
    """Whether everybody who is known sees the schema of that id."""
    everybody = services.seen_by(Sight(audiences=OPEN_AUDIENCES))
    with everybody.store.reading() as transaction:
        return bool(transaction.schemas.uses(schema_id, deleted=True, offset=0, count=1))


def uses_of(
    services: Services, schema_id: int, *, deleted: bool, offset: int, count: int
) -> list[tuple[str, int]]:
    """Subjects and versions that have a schema."""
    schema_by_id(services, schema_id)
    with services.store.reading() as transaction:
        return transaction.schemas.uses(schema_id, deleted=deleted, offset=offset, count=count)


def list_subjects(services: Services, wanted: SubjectFilter, offset: int, count: int) -> list[str]:
    """Subjects in order of their names."""
    with services.store.reading() as transaction:
        return transaction.schemas.subjects(wanted, offset, count)


def list_schemas(
    services: Services, wanted: SubjectFilter, offset: int, count: int, *, latest: bool
) -> list[Registered]:
    """Versions with their schemas, by subject and number."""
    with services.store.reading() as transaction:
        found = transaction.schemas.listed(wanted, offset, count, latest=latest)
        texts = transaction.schemas.texts({one.schema_id for one in found})
    return [Registered(one, texts[one.schema_id]) for one in found]


def list_versions(services: Services, subject: str, wanted: SubjectFilter) -> list[int]:
    """Numbers of the versions of a subject; raises `NotFound` when it has none of that kind."""
    with services.store.reading() as transaction:
        found = [one.version for one in transaction.schemas.versions(subject) if is_meant(one, wanted)]
        if not found:
            raise hidden_subject(transaction, subject)
    return found


def hidden_subject(transaction: Transaction, subject: str) -> NotFound:
    """The refusal of a subject that is not there, or not for the caller."""
    return concealed(subject_unknown(subject), transaction.whole.schemas.subject(subject))


def is_meant(version: SubjectVersion, wanted: SubjectFilter) -> bool:
    """Whether a filter lets the version through."""
    if wanted.deleted_only:
        return version.deletion is VersionDeletion.SOFT
    return version.deletion is VersionDeletion.NONE or (
        wanted.deleted and version.deletion is VersionDeletion.SOFT
    )


def get_version(services: Services, subject: str, number: int, *, deleted: bool) -> Registered:
    """One version with its schema; `LATEST` is the highest."""
    with services.store.reading() as transaction:
        return chosen(transaction, subject, number, deleted=deleted)


def chosen(transaction: Transaction, subject: str, number: int, *, deleted: bool) -> Registered:
    """The version meant; raises `NotFound` for the subject or the version."""
    wanted = SubjectFilter(deleted=deleted)
    found = [one for one in transaction.schemas.versions(subject) if is_meant(one, wanted)]
    if not found:
        raise hidden_subject(transaction, subject)
    one = found[-1] if number == LATEST else next((one for one in found if one.version == number), None)
    if one is None:
        raise version_unknown(number)
    text = transaction.schemas.schema(one.schema_id)
    assert text is not None
    return Registered(one, text)


def referring_to(services: Services, subject: str, number: int) -> list[int]:
    """Ids of the schemas that refer to a version."""
    with services.store.reading() as transaction:
        found = chosen(transaction, subject, number, deleted=False)
        return transaction.schemas.referring(subject, found.version.version)


def look_up(services: Services, subject: str, draft: SchemaDraft, *, deleted: bool) -> Registered:
    """The version of a subject with this content."""
    wanted = SubjectFilter(deleted=deleted)
    with services.store.reading() as transaction:
        found = [one for one in transaction.schemas.versions(subject) if is_meant(one, wanted)]
        if not found:
            raise subject_unknown(subject)
        schema = services.schema_judge.read(draft.schema_type, source_of(transaction, draft))
        same = next((one for one in reversed(found) if one.digest == schema.digest), None)
        if same is None:
            raise NotFound("schema_not_found", "Schema not found")
        text = transaction.schemas.schema(same.schema_id)
    assert text is not None
    return Registered(same, text)


def check(services: Services, subject: str, draft: SchemaDraft, number: int | None) -> Verdict:
    """Whether the schema could follow: that version, or (None) all that the level of the subject asks for.

    With nothing to compare, a schema is compatible; a version asked for by number must be there.
    """
    check_name(subject)
    with services.store.reading() as transaction:
        situation = situation_of(transaction, subject)
        source = source_of(transaction, draft)
        schema = services.schema_judge.read(draft.schema_type, source)
        if number is None:
            situation = with_sources(transaction, situation)
        elif number == LATEST:
            situation = replace(situation, against=judged_against(transaction, situation.live[-1:]))
        else:
            only = [one for one in situation.live if one.version == number]
            if not only:
                raise version_unknown(number)
            situation = replace(situation, against=judged_against(transaction, only))
    if situation.settings.compatibility is CompatibilityLevel.NONE:
        return Verdict(True, ())
    return verdict_of(services, situation, replace(source, digest=schema.digest))


def version_number(text: str) -> int:
    """The number of an address: a positive one, ``latest`` or ``-1``; raises `Invalid`."""
    if text in ("latest", "-1"):
        return LATEST
    if not (text.isascii() and text.isdigit() and len(text) <= 9 and int(text) > 0):
        raise Invalid(
            "version_invalid",
            "The specified version is not a valid version id: a positive number, latest or -1.",
        )
    return int(text)
