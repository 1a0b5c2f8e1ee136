"""Which rules govern a contract beside the house rules: rulesets bound to it or its domain, and exceptions.

Bound rulesets only add; what may be broken for a while is said by an exception with owner, reason and last
day, rule by rule and contract by contract.
"""

from __future__ import annotations

import secrets
from datetime import date, timedelta

from registry.errors import Conflict, Invalid, NotAllowed, NotFound
from registry.model import Actor, Verb, storable
from registry.model.access import AccessScope
from registry.model.artifacts import (
    ArtifactKind,
    BindingScope,
    GoverningRules,
    RuleException,
    RulesetBinding,
)
from registry.ports import Transaction
from registry.ports.services import Governing
from registry.usecases.services import (
    Page,
    Services,
    administered,
    known_contract,
    known_team,
    page,
    permitted,
)

IDENTIFIER_BYTES = 6


def governing(services: Services) -> Governing:
    """What a reader asks for the rules of a contract once it knows name and domain."""

    def rules(contract: str, domain: str) -> GoverningRules:
        with services.store.reading() as transaction:
            return rules_of(services, transaction, contract, domain)

    return rules


def rules_of(services: Services, transaction: Transaction, contract: str, domain: str) -> GoverningRules:
    """The domain's ruleset first, then the contract's own; exceptions in force today."""
    transaction = transaction.whole
    texts = []
    for scope, subject in ((BindingScope.DOMAIN, domain), (BindingScope.CONTRACT, contract)):
        bound = transaction.artifacts.binding(scope, subject)
        version = (
            transaction.artifacts.version(ArtifactKind.RULESET, bound.ruleset, bound.version)
            if bound is not None
            else None
        )
        raw = transaction.catalog.content(version.sha256) if version is not None else None
        if bound is not None and raw is not None:
            texts.append((f"{bound.ruleset}@{bound.version}", raw.decode("utf-8")))
    today = services.clock().date()
    most = services.artifacts.exceptions_per_contract_max
    exceptions = transaction.artifacts.standing_exceptions(contract, today, most)
    return GoverningRules(tuple(texts), tuple(exceptions), today)


def bind_ruleset(
    services: Services, actor: Actor, scope: BindingScope, subject: str, ruleset: str, version: str
) -> RulesetBinding:
    """From now on publishing applies it; versions that are in force stay so.

    Raises `NotAllowed` for whom the subject is not, `NotFound` for an unknown contract or ruleset, `Conflict`
    for a version that is withdrawn.
    """
    with services.store.writing() as transaction:
        behalf = refuse_stranger(services, transaction, actor, scope, subject)
        found = transaction.artifacts.version(ArtifactKind.RULESET, ruleset, version)
        if found is None:
            raise NotFound("artifact_version_not_found", f"There is no version {version} of {ruleset}.")
        if found.withdrawn_at is not None:
            raise Conflict("artifact_withdrawn", f"{ruleset} {version} is withdrawn; bind another version.")
        there = transaction.artifacts.binding(scope, subject)
        if there is not None and (there.ruleset, there.version) == (ruleset, version):
            return there
        binding = RulesetBinding(scope, subject, ruleset, version, actor.client_id, services.clock())
        transaction.artifacts.bind(binding)
        detail = {"scope": scope.value, "ruleset": ruleset, "version": version}
        entry = services.entry(actor, "ruleset.bound", subject, on_behalf_of=behalf, detail=detail)
        transaction.security.audit(entry)
    return binding


def unbind_ruleset(services: Services, actor: Actor, scope: BindingScope, subject: str) -> None:
    """Only the house rules, and the other scope's ruleset, apply from now on."""
    with services.store.writing() as transaction:
        behalf = refuse_stranger(services, transaction, actor, scope, subject)
        if not transaction.artifacts.unbind(scope, subject):
            raise NotFound("binding_not_found", f"No ruleset is bound to the {scope.value} {subject}.")
        detail = {"scope": scope.value}
        entry = services.entry(actor, "ruleset.unbound", subject, on_behalf_of=behalf, detail=detail)
        transaction.security.audit(entry)


def refuse_stranger(
    services: Services, transaction: Transaction, actor: Actor, scope: BindingScope, subject: str
) -> str | None:
    """A contract's rules are its owner's to set, a domain's the board's; the administrator sets both."""
    if scope is BindingScope.CONTRACT:
        return permitted(actor, Verb.WAIVE, known_contract(transaction, subject))
    if not storable(subject):
        raise Invalid("text_invalid", "The domain has a character that is not text.")
    board = services.changes.board_team
    administers = any(scope_of.contains(AccessScope(domain=subject)) for scope_of in administered(actor))
    if not administers and not actor.acts_for(board):
        raise NotAllowed("not_the_board", f"Rulesets of domains are set by {board}.")
    return None


def list_bindings(services: Services, after: tuple[str, ...] | None, count: int) -> Page[RulesetBinding]:
    """By scope and subject."""
    key = (after[0], after[1]) if after else None
    with services.store.reading() as transaction:
        found = transaction.artifacts.bindings(key, count + 1)
    return page(found, count, lambda one: (one.scope.value, one.subject))


def add_exception(
    services: Services,
    actor: Actor,
    contract_name: str,
    rule: str,
    pointer: str,
    owner: str,
    reason: str,
    expires: date,
) -> RuleException:
    """Lets a rule be broken in a contract until a day; the contract owner's to do, for a team that answers.

    For a contract that is yet to be published it is the board's. The same exception again is the one there
    is. Raises `Invalid` for a last day that is past or too far.
    """
    today = services.clock().date()
    furthest = today + timedelta(days=services.artifacts.exception_days_max)
    if not today <= expires <= furthest:
        raise Invalid("exception_invalid", f"An exception ends between {today} and {furthest}.")
    with services.store.writing() as transaction:
        behalf = refuse_other_than_owner(services, transaction, actor, contract_name)
        known_team(transaction, owner)
        most = services.artifacts.exceptions_per_contract_max
        standing = transaction.whole.artifacts.standing_exceptions(contract_name, today, most)
        asked = (rule, pointer, owner, reason, expires)
        for one in standing:
            if (one.rule, one.pointer, one.owner, one.reason, one.expires) == asked:
                return one
        if len(standing) == most:
            raise Conflict("too_many_exceptions", f"{contract_name} has {most} exceptions; end some.")
        identifier = f"exc_{secrets.token_hex(IDENTIFIER_BYTES)}"
        exception = RuleException(
            identifier,
            rule,
            contract_name,
            pointer,
            owner,
            reason,
            expires,
            actor.client_id,
            services.clock(),
        )
        transaction.artifacts.add_exception(exception)
        detail = {"contract": contract_name, "rule": rule, "pointer": pointer, "expires": str(expires)}
        entry = services.entry(actor, "exception.added", identifier, on_behalf_of=behalf, detail=detail)
        transaction.security.audit(entry)
    return exception


def refuse_other_than_owner(
    services: Services, transaction: Transaction, actor: Actor, contract_name: str
) -> str | None:
    """Its owner's to do; before its first publication a contract has none, so then the board's."""
    if transaction.whole.catalog.contract(contract_name) is not None:
        return permitted(actor, Verb.WAIVE, known_contract(transaction, contract_name))
    board = services.changes.board_team
    if not actor.is_admin and not actor.acts_for(board):
        raise NotFound("contract_not_found", f"There is no contract {contract_name}.")
    return None


def end_exception(services: Services, actor: Actor, contract_name: str, exception_id: str) -> None:
    """Ends it before its time; `NotFound` when the contract has none of that name that stands."""
    with services.store.writing() as transaction:
        behalf = refuse_other_than_owner(services, transaction, actor, contract_name)
        most = services.artifacts.exceptions_per_contract_max
        known = transaction.whole.artifacts.standing_exceptions(contract_name, date.min, most)
        mine = any(one.id == exception_id for one in known)
        if not mine or not transaction.artifacts.end_exception(exception_id, services.clock()):
            raise NotFound("exception_not_found", f"{contract_name} has no exception {exception_id}.")
        entry = services.entry(
            actor,
            "exception.ended",
            exception_id,
            on_behalf_of=behalf,
            detail={"contract": contract_name},
        )
        transaction.security.audit(entry)


def list_exceptions(
    services: Services, contract: str | None, after: str | None, count: int
) -> Page[RuleException]:
    """Those not ended, the expired among them, by identifier."""
    with services.store.reading() as transaction:
        found = transaction.artifacts.exceptions(contract, after, count + 1)
    return page(found, count, lambda one: (one.id,))
