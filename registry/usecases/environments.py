"""Test evidence, freezes, and what is in service where."""

from __future__ import annotations

import secrets
from datetime import datetime

from registry.errors import Conflict, Invalid, NotAllowed, NotFound
from registry.model import Actor, Deployment, Freeze, Outcome, TestEvidence, Verb
from registry.model.access import VERBS, AccessScope
from registry.ports import Transaction
from registry.usecases.services import Page, Services, known_contract, page, permitted

IDENTIFIER_BYTES = 6


def known_environment(services: Services, name: str) -> str:
    """The name, or `NotFound`."""
    if name not in services.environments.names:
        known = ", ".join(services.environments.names)
        raise NotFound("environment_not_found", f"There is no environment {name}; there are {known}.")
    return name


def record_evidence(
    services: Services,
    actor: Actor,
    contract_name: str,
    bundle_sha256: str,
    suite: str,
    run: str,
    outcome: Outcome,
    url: str | None,
) -> bool:
    """Keeps a run of a suite against exactly that content, published or not yet; False when it was kept
    before. Raises `Conflict` when the run ended otherwise by then: evidence never changes."""
    with services.store.writing() as transaction:
        contract = known_contract(transaction, contract_name)
        behalf = permitted(actor, Verb.PUBLISH, contract)
        evidence = TestEvidence(
            contract.name, bundle_sha256, suite, run, outcome, services.clock(), actor.client_id, url
        )
        if not transaction.environments.add_evidence(evidence):
            kept = transaction.environments.evidence(
                contract.name, bundle_sha256, services.environments.evidence_read_max
            )
            if any((one.suite, one.run) == (suite, run) and one.outcome is not outcome for one in kept):
                raise Conflict("evidence_differs", f"Run {run} of {suite} is recorded with another outcome.")
            return False
        detail = {"bundleSha256": bundle_sha256, "suite": suite, "run": run, "outcome": outcome.value}
        transaction.security.audit(
            services.entry(actor, "contract.tested", contract.name, on_behalf_of=behalf, detail=detail)
        )
    return True


def list_evidence(services: Services, contract_name: str, bundle_sha256: str) -> list[TestEvidence]:
    """The newest runs first, as many as a decision reads."""
    with services.store.reading() as transaction:
        known_contract(transaction, contract_name)
        return evidence_for(services, transaction, contract_name, bundle_sha256)


def evidence_for(
    services: Services, transaction: Transaction, contract_name: str, bundle_sha256: str
) -> list[TestEvidence]:
    """What was tested of exactly that content."""
    count = services.environments.evidence_read_max
    return transaction.environments.evidence(contract_name, bundle_sha256, count)


def add_freeze(
    services: Services,
    actor: Actor,
    environment: str | None,
    starts_at: datetime,
    ends_at: datetime,
    reason: str,
) -> Freeze:
    """Stops all moves for a while; the board's to do. The same freeze again is the one there is."""
    refuse_other_than_board(services, actor, environment)
    if environment is not None:
        known_environment(services, environment)
    if ends_at <= starts_at:
        raise Invalid("freeze_invalid", "The freeze ends before it starts.")
    freeze = Freeze(
        f"frz_{secrets.token_hex(IDENTIFIER_BYTES)}", environment, starts_at, ends_at, reason, actor.client_id
    )
    with services.store.writing() as transaction:
        for there in standing_freezes(services, transaction):
            if (there.environment, there.starts_at, there.ends_at, there.reason) == (
                environment,
                starts_at,
                ends_at,
                reason,
            ):
                return there
        transaction.environments.add_freeze(freeze)
        detail = {"environment": environment, "reason": reason}
        transaction.security.audit(services.entry(actor, "freeze.added", freeze.id, detail=detail))
    return freeze


def lift_freeze(services: Services, actor: Actor, freeze_id: str) -> None:
    """Ends a freeze before its time; `NotFound` when there is none that stands."""
    with services.store.writing() as transaction:
        freeze = transaction.environments.freeze(freeze_id)
        refuse_other_than_board(services, actor, freeze.environment if freeze else None)
        if not transaction.environments.lift_freeze(freeze_id, services.clock()):
            raise NotFound("freeze_not_found", f"There is no freeze {freeze_id} that stands.")
        transaction.security.audit(services.entry(actor, "freeze.lifted", freeze_id))


def list_freezes(services: Services, after: str | None, count: int) -> Page[Freeze]:
    """Those that hold or will hold."""
    with services.store.reading() as transaction:
        found = transaction.environments.freezes(services.clock(), after, count + 1)
    return page(found, count, lambda freeze: (freeze.id,))


def standing_freezes(services: Services, transaction: Transaction) -> list[Freeze]:
    """All that hold or will hold."""
    return transaction.environments.freezes(services.clock(), None, services.environments.freezes_read_max)


def list_deployments(
    services: Services, environment: str, after: tuple[str, ...] | None, count: int
) -> Page[Deployment]:
    """What is in service, by contract and major version."""
    known_environment(services, environment)
    key = (after[0], int(after[1])) if after and after[1].isascii() and after[1].isdigit() else None
    with services.store.reading() as transaction:
        found = transaction.environments.deployments(environment, key, count + 1)
    return page(found, count, lambda one: (one.contract, str(one.number.major)))


def refuse_other_than_board(services: Services, actor: Actor, environment: str | None) -> None:
    """Freezes are the board's, and of who approves whatever moves in that environment."""
    wanted = AccessScope(environment=environment)
    holds = any(Verb.APPROVE in VERBS[one.role] and one.scope.contains(wanted) for one in actor.roles)
    if not holds and not actor.acts_for(services.changes.board_team):
        raise NotAllowed("not_the_board", f"Freezes are set by {services.changes.board_team}.")
