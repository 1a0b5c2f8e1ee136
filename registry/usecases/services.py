"""What every use case works with, and what several of them ask."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Generic, TypeVar

from registry.config import (
    AccessPolicy,
    ArtifactLimits,
    CatalogLimits,
    ChangePolicy,
    EnvironmentPolicy,
    Limits,
    PlanPolicy,
    PublishPolicy,
    ReportKeeping,
    WebhookPolicy,
)
from registry.errors import NotAllowed, NotFound
from registry.model import (
    Actor,
    AuditEntry,
    AuditOutcome,
    Consumer,
    Contract,
    SemanticVersion,
    Sight,
    Team,
    Verb,
    Version,
    semantic_version,
)
from registry.model.access import EVERYWHERE, VERBS, AccessScope
from registry.model.graph import Duplicate
from registry.ports import Clock, ContractReader, Joiner, Judge, Store, Transaction
from registry.ports.artifacts import ArtifactReader
from registry.ports.schemas import SchemaJudge
from registry.usecases.kept_lists import KeptLists
from registry.usecases.turns import Turns

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Services:
    """The ports, wired once."""

    store: Store
    reader: ContractReader
    judge: Judge
    clock: Clock
    schema_judge: SchemaJudge
    artifact_reader: ArtifactReader
    joiner: Joiner
    limits: Limits = field(default_factory=Limits)
    publishing: PublishPolicy = field(default_factory=PublishPolicy)
    reports: ReportKeeping = field(default_factory=ReportKeeping)
    catalog: CatalogLimits = field(default_factory=CatalogLimits)
    changes: ChangePolicy = field(default_factory=ChangePolicy)
    environments: EnvironmentPolicy = field(default_factory=EnvironmentPolicy)
    artifacts: ArtifactLimits = field(default_factory=ArtifactLimits)
    webhooks: WebhookPolicy = field(default_factory=WebhookPolicy)
    plans: PlanPolicy = field(default_factory=PlanPolicy)
    access: AccessPolicy = field(default_factory=AccessPolicy)
    turns: Turns = field(default_factory=lambda: turns_of(Limits()))
    duplicates: KeptLists[Duplicate] = field(default_factory=lambda: kept_duplicates(CatalogLimits()))
    source: str = "urn:pactolus:registry"
    """The ``source`` of events: the public address of this registry."""

    def seen_by(self, sight: Sight) -> Services:
        """The same services for a caller: what it may not see is not there."""
        return replace(self, store=self.store.seen_by(sight))

    def entry(
        self,
        actor: Actor,
        action: str,
        subject: str,
        *,
        on_behalf_of: str | None = None,
        detail: Mapping[str, Any] | None = None,
        before: str | None = None,
        after: str | None = None,
        outcome: AuditOutcome = AuditOutcome.DONE,
    ) -> AuditEntry:
        """An audit entry of now; ``before`` and ``after`` are digests of the state that it is about."""
        return AuditEntry(
            self.clock(),
            actor.client_id,
            action,
            subject,
            actor.request_id,
            on_behalf_of,
            detail,
            before=before,
            after=after,
            authentication=actor.authentication,
            credential=actor.credential,
            reason=actor.reason,
            outcome=outcome,
        )


def kept_duplicates(limits: CatalogLimits) -> KeptLists[Duplicate]:
    """The lists of duplicates that the limits allow to keep."""
    return KeptLists(limits.duplicate_lists_kept_max)


def turns_of(limits: Limits) -> Turns:
    """The turns that the limits allow."""
    return Turns(limits.judged_at_once_max, limits.judged_waiting_max, limits.judged_wait_s)


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """Some items in order; ``following`` is the key to go on after, None on the last page."""

    items: tuple[Item, ...]
    following: tuple[str, ...] | None


def page(found: Sequence[Item], count: int, key: Callable[[Item], tuple[str, ...]]) -> Page[Item]:
    """A page of ``count`` from what a query for one item more found."""
    items = tuple(found[:count])
    return Page(items, key(items[-1]) if len(found) > count else None)


def owner_or_admin(actor: Actor, owner: str, subject: str) -> str | None:
    """None when the actor's own team owns it, the owner when the administrator stands in for it."""
    if actor.acts_for(owner):
        return None
    if actor.is_admin:
        return owner
    whom = actor.party or actor.client_id
    raise NotAllowed("not_owner", f"{subject} belongs to {owner}; this client acts for {whom}.")


def permitted(actor: Actor, verb: Verb, contract: Contract, environment: str | None = None) -> str | None:
    """None when the actor's own team owns the contract, the owner when another stands in by its role."""
    if actor.may(verb, contract, environment):
        return None if actor.acts_for(contract.owner) else contract.owner
    whom = actor.party or actor.client_id
    raise NotAllowed(
        "not_owner", f"{contract.name} belongs to {contract.owner}; this client acts for {whom}."
    )


def demand_administrator(actor: Actor, scope: AccessScope = EVERYWHERE) -> None:
    """Raises `NotAllowed` unless the actor administers all of that scope."""
    if not any(scope_of.contains(scope) for scope_of in administered(actor)):
        raise NotAllowed("not_administrator", f"{actor.client_id} does not administer that scope.")


def administered(actor: Actor) -> list[AccessScope]:
    """The scopes that the actor administers."""
    return [one.scope for one in actor.roles if Verb.ADMINISTER in VERBS[one.role]]


def known_team(transaction: Transaction, name: str) -> Team:
    """The team, or `NotFound`."""
    team = transaction.parties.team(name)
    if team is None:
        raise NotFound("team_not_found", f"There is no team {name}.")
    return team


def known_consumer(transaction: Transaction, name: str) -> Consumer:
    """The consumer, or `NotFound`."""
    consumer = transaction.parties.consumer(name)
    if consumer is None:
        raise NotFound("consumer_not_found", f"There is no consumer {name}.")
    return consumer


def known_contract(transaction: Transaction, name: str) -> Contract:
    """The contract, or `NotFound`."""
    contract = transaction.catalog.contract(name)
    if contract is None:
        there = transaction.whole.catalog.contract(name)
        raise concealed(NotFound("contract_not_found", f"There is no contract {name}."), there)
    return contract


def concealed(refusal: NotFound, there: object | None) -> NotFound:
    """The same refusal for what is not there and what the caller may not see; the audit is told which."""
    refusal.concealed = there is not None
    return refusal


def known_version(transaction: Transaction, name: str, wanted: str) -> Version:
    """The version of that number, or the highest for ``latest``; `NotFound` otherwise."""
    known_contract(transaction, name)
    number: SemanticVersion | None
    if wanted == "latest":
        number = next(iter(transaction.catalog.numbers(name)), None)
    else:
        number = semantic_version(wanted)
    version = transaction.catalog.version(name, number) if number else None
    if version is None:
        raise NotFound("version_not_found", f"There is no version {wanted} of {name}.")
    return version
