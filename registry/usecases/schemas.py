"""Registering schemas under subjects and judging them; a subject belongs to the team that used it first.

As in publishing, the costly part happens outside any write transaction, and the version is written only if
the subject is still as it was read. Clients of schema registries take 409 for incompatible, so that a
registration that came second is decided anew instead of being refused.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

from registry.errors import Conflict, Contention, Invalid, NotFound, RegistryError
from registry.model import Actor, AuditOutcome, storable
from registry.model.schemas import (
    DEFAULT_AUDIENCE,
    CompatibilityLevel,
    CompatibilityPolicy,
    NewSchema,
    SchemaReference,
    SchemaSettings,
    SchemaText,
    Subject,
    SubjectMode,
    SubjectVersion,
    VersionDeletion,
)
from registry.ports import Transaction
from registry.ports.schemas import SchemaSource
from registry.usecases.services import Services, owner_or_admin
from specs.governance import AUDIENCES

ALL_SUBJECTS = ""
"""The subject whose settings hold where a subject has none of its own."""
SUBJECT_CHARS_MAX = 255
ATTEMPTS_MAX = 8
REFERENCES_MAX = 100
"""Schemas that one refers to, directly or not."""
VERSIONS_JUDGED_MAX = 1_000
MESSAGES_MAX = 20
DEFAULTS = SchemaSettings(CompatibilityLevel.BACKWARD, CompatibilityPolicy.LENIENT, SubjectMode.READWRITE)


@dataclass(frozen=True, slots=True)
class SchemaDraft:
    """What a client sends; ``version`` is the number it expects, None for the next one."""

    schema_type: str
    text: str
    references: tuple[SchemaReference, ...] = ()
    version: int | None = None


@dataclass(frozen=True, slots=True)
class Registered:
    """The version that has the schema."""

    version: SubjectVersion
    schema: SchemaText


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a schema may follow the versions it was judged against, and why not."""

    compatible: bool
    messages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Judged:
    """A version to judge against, with its schema."""

    version: int
    source: SchemaSource


@dataclass(frozen=True, slots=True)
class SubjectSituation:
    """What a subject held when the decision was made."""

    subject: Subject | None
    settings: SchemaSettings
    versions: tuple[SubjectVersion, ...]
    against: tuple[Judged, ...]

    @property
    def live(self) -> list[SubjectVersion]:
        return [one for one in self.versions if one.deletion is VersionDeletion.NONE]


def register(services: Services, actor: Actor, subject: str, draft: SchemaDraft) -> Registered:
    """The version with this content, added if there was none; a refusal is audited before it is answered."""
    try:
        for _ in range(ATTEMPTS_MAX):
            try:
                return attempt(services, actor, subject, draft)
            except Contention:
                continue
        raise Contention("write_conflict", f"{subject} is changed by too many at once; try again.")
    except RegistryError as refusal:
        if not refusal.retryable:
            with services.store.writing() as transaction:
                detail = {"code": refusal.code}
                transaction.security.audit(
                    services.entry(
                        actor,
                        "schema.registration_refused",
                        shown(subject),
                        detail=detail,
                        outcome=AuditOutcome.DENIED,
                    )
                )
            refusal.audited = True
        raise


def attempt(services: Services, actor: Actor, subject: str, draft: SchemaDraft) -> Registered:
    """One try: decide on what is there now, and store if it is still there."""
    check_name(subject)
    with services.store.reading() as transaction:
        situation = situation_of(transaction, subject)
        refuse_taken(transaction, situation.subject, subject)
        on_behalf_of = permitted(actor, situation.subject, subject)
        source = source_of(transaction, draft)
        schema = services.schema_judge.read(draft.schema_type, source)
        same = next((one for one in situation.live if one.digest == schema.digest), None)
        if same is not None:
            found = transaction.schemas.schema(same.schema_id)
            assert found is not None
            return Registered(same, found)
        refuse_by_mode(situation.settings, subject)
        situation = with_sources(transaction, situation)
    refuse_number(situation, draft)
    verdict = verdict_of(services, situation, replace(source, digest=schema.digest))
    if not verdict.compatible:
        raise Conflict(
            "schema_incompatible",
            f"The schema is not proven compatible with {subject}: {'; '.join(verdict.messages)}",
        )
    return stored(services, actor, situation, subject, schema, on_behalf_of)


def stored(
    services: Services,
    actor: Actor,
    situation: SubjectSituation,
    name: str,
    schema: NewSchema,
    on_behalf_of: str | None,
) -> Registered:
    """Subject, text, version and audit in one transaction; `Contention` when the subject has changed."""
    now = services.clock()
    number = max((one.version for one in situation.versions), default=0) + 1
    with services.store.writing() as transaction:
        claim(transaction, situation.subject, Subject(name, actor.party, 1, now, audience_of(schema)))
        text = transaction.schemas.add_schema(schema, now)
        transaction.schemas.add_version(name, number, text.id, now)
        detail = {"version": number, "schemaId": text.id, "digest": text.digest}
        transaction.security.audit(
            services.entry(actor, "schema.registered", name, on_behalf_of=on_behalf_of, detail=detail)
        )
    version = SubjectVersion(name, number, text.id, text.digest, VersionDeletion.NONE)
    return Registered(version, text)


def claim(transaction: Transaction, known: Subject | None, wanted: Subject) -> None:
    """Locks the subject to the end of the transaction, made first where it is new; raises `Contention`."""
    if known is None:
        transaction.schemas.add_subject(wanted)
    elif not transaction.schemas.change_subject(known.name, known.epoch, wanted.audience):
        raise Contention("write_conflict", f"{known.name} has changed meanwhile.")


def refuse_taken(transaction: Transaction, known: Subject | None, subject: str) -> None:
    """A name that is new to the caller may be that of a subject it does not see; all it learns is that."""
    if known is None and is_hidden(transaction, subject):
        raise Invalid("operation_not_permitted", f"The name {shown(subject)} cannot be used.")


def is_hidden(transaction: Transaction, subject: str) -> bool:
    """Whether there is such a subject, and the caller may not see it."""
    there = transaction.whole.schemas.subject(subject) is not None
    return there and transaction.schemas.subject(subject) is None


def audience_of(schema: NewSchema) -> str:
    """Who sees the subject from now on: the schema's ``x-audience``; `Invalid` for one there is not."""
    value = json.loads(schema.text)
    audience = value.get("x-audience", DEFAULT_AUDIENCE) if isinstance(value, dict) else DEFAULT_AUDIENCE
    if audience not in AUDIENCES:
        raise Invalid("audience_unknown", f"x-audience is one of {', '.join(AUDIENCES)}.")
    return str(audience)


def situation_of(transaction: Transaction, subject: str) -> SubjectSituation:
    """The subject with its versions and what holds for it; nothing to judge against yet."""
    known = transaction.schemas.subject(subject)
    if known is None:  # then it has no versions, and no settings of its own
        return SubjectSituation(None, for_all(transaction), (), ())
    versions = tuple(transaction.schemas.versions(subject))
    return SubjectSituation(known, settings_of(transaction, subject), versions, ())


def with_sources(transaction: Transaction, situation: SubjectSituation) -> SubjectSituation:
    """With the schemas that the level asks to be judged against, the latest first."""
    level = situation.settings.compatibility or CompatibilityLevel.BACKWARD
    chosen = situation.live[::-1]
    if not level.directions:
        chosen = []
    elif not level.is_transitive:
        chosen = chosen[:1]
    return replace(situation, against=judged_against(transaction, chosen))


def judged_against(transaction: Transaction, versions: Sequence[SubjectVersion]) -> tuple[Judged, ...]:
    """The versions with their schemas; more than are judged is refused."""
    if len(versions) > VERSIONS_JUDGED_MAX:
        raise Conflict(
            "schema_incompatible", f"More than {VERSIONS_JUDGED_MAX} versions are not judged at once."
        )
    if not versions:
        return ()
    texts = transaction.schemas.texts([one.schema_id for one in versions])
    return tuple(Judged(one.version, stored_source(transaction, texts[one.schema_id])) for one in versions)


def settings_of(transaction: Transaction, subject: str) -> SchemaSettings:
    """What holds for a subject: its own, that of all, the defaults; each setting by itself."""
    return combined(transaction.schemas.settings(subject), for_all(transaction))


def for_all(transaction: Transaction) -> SchemaSettings:
    """What holds where a subject has no setting of its own."""
    return combined(transaction.schemas.settings(ALL_SUBJECTS), DEFAULTS)


def combined(own: SchemaSettings, fallback: SchemaSettings) -> SchemaSettings:
    """The first where it says something."""
    return SchemaSettings(
        own.compatibility or fallback.compatibility, own.policy or fallback.policy, own.mode or fallback.mode
    )


def permitted(actor: Actor, known: Subject | None, subject: str) -> str | None:
    """Whom the administrator stands in for; raises `NotAllowed` when the subject is another team's."""
    if known is None:
        return None
    if known.owner is None:
        return owner_or_admin(actor, "the administrator", subject)
    return owner_or_admin(actor, known.owner, subject)


def refuse_by_mode(settings: SchemaSettings, subject: str) -> None:
    """Raises `Invalid` where nothing is written."""
    if settings.mode is not SubjectMode.READWRITE:
        raise Invalid("operation_not_permitted", f"Subject {subject} is in read-only mode.")


def refuse_number(situation: SubjectSituation, draft: SchemaDraft) -> None:
    """A number that the client expects must be the one that comes next."""
    following = max((one.version for one in situation.versions), default=0) + 1
    if draft.version is not None and draft.version != following:
        raise Invalid("schema_invalid", f"The next version is {following}, not {draft.version}.")


def verdict_of(services: Services, situation: SubjectSituation, source: SchemaSource) -> Verdict:
    """The schema against each version, in each direction that the level asks for."""
    settings = situation.settings
    level = settings.compatibility or CompatibilityLevel.BACKWARD
    openness = "strict" if settings.policy is CompatibilityPolicy.STRICT else "declared"
    messages: list[str] = []
    if not level.directions or not situation.against:
        return Verdict(True, ())
    with services.turns.take():
        for judged in situation.against:
            for direction in level.directions:
                judgement = services.schema_judge.judge(judged.source, source, direction, openness)
                if not judgement.compatible:
                    messages.append(worded(judged.version, direction, judgement.message))
            if len(messages) >= MESSAGES_MAX:
                break
    return Verdict(not messages, tuple(messages))


def worded(version: int, direction: str, message: str) -> str:
    """The reason with what it was judged against."""
    if message.startswith("not decided"):
        return f"against version {version}: {message}"
    if direction == "consumed":
        return f"version {version} accepts what the new schema refuses: {message}"
    return f"the new schema accepts what version {version} refuses: {message}"


def source_of(transaction: Transaction, draft: SchemaDraft) -> SchemaSource:
    """The draft with the schemas it refers to; raises `Invalid` when one is not registered."""
    references = resolved(transaction, draft.references, {}, drafted=True)
    return SchemaSource("", draft.text, references)


def stored_source(transaction: Transaction, schema: SchemaText) -> SchemaSource:
    """A schema that is kept, with those it refers to."""
    return SchemaSource(
        schema.digest, schema.text, resolved(transaction, schema.references, {}, drafted=False)
    )


def resolved(
    transaction: Transaction,
    references: Sequence[SchemaReference],
    found: dict[tuple[str, int], SchemaSource],
    *,
    drafted: bool,
) -> tuple[tuple[SchemaReference, SchemaSource], ...]:
    """Each reference with its schema; a schema is registered after those it refers to, so this ends."""
    targets = []
    for reference in references:
        key = (reference.subject, reference.version)
        if key not in found:
            if len(found) >= REFERENCES_MAX:
                raise Invalid("schema_invalid", f"A schema refers to {REFERENCES_MAX} others at most.")
            text = referred(transaction, reference, drafted=drafted)
            found[key] = SchemaSource(
                text.digest, text.text, resolved(transaction, text.references, found, drafted=False)
            )
        targets.append((reference, found[key]))
    return tuple(targets)


def referred(transaction: Transaction, reference: SchemaReference, *, drafted: bool) -> SchemaText:
    """The schema that a reference names; deleted ones still serve those that refer to them, no draft does."""
    # What is registered keeps what it refers to, whoever reads it; a draft refers to what its author sees.
    seen = transaction if drafted else transaction.whole
    for one in seen.schemas.versions(reference.subject):
        usable = one.deletion is VersionDeletion.NONE or not drafted
        if one.version == reference.version and usable:
            text = transaction.schemas.schema(one.schema_id)
            assert text is not None
            return text
    raise Invalid(
        "schema_invalid",
        f"The reference {shown(reference.name)} is to version {reference.version} of "
        f"{shown(reference.subject)}, which is not registered.",
    )


def check_name(subject: str) -> None:
    """Raises `Invalid` for a name that is empty, too long or not text."""
    if not 0 < len(subject) <= SUBJECT_CHARS_MAX or not subject.isprintable() or not storable(subject):
        raise Invalid("subject_invalid", f"A subject has 1 to {SUBJECT_CHARS_MAX} printable characters.")


def shown(text: str) -> str:
    """A text of the client in bounded size, as a database takes it."""
    return "".join(one if one.isprintable() else "?" for one in text[:SUBJECT_CHARS_MAX])


def subject_unknown(subject: str) -> NotFound:
    """The refusal of a subject with no version."""
    return NotFound("subject_not_found", f"Subject '{shown(subject)}' not found.")


def version_unknown(version: int | str) -> NotFound:
    """The refusal of a version that a subject has not."""
    return NotFound("version_not_found", f"Version {version} not found.")
