"""May a version move to an environment? All reasons against it; then the move, and the way back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from registry.errors import Conflict, Contention, NotAllowed, NotFound
from registry.model import (
    Actor,
    ChangeRequest,
    ChangeState,
    ChangeType,
    Deployment,
    Freeze,
    Obstacle,
    State,
    Verb,
    Version,
    rfc3339,
    tests_said,
)
from registry.ports import Judgement, Transaction
from registry.usecases.candidates import Base
from registry.usecases.changes_assessment import consumers_of
from registry.usecases.environments import evidence_for, known_environment, standing_freezes
from registry.usecases.evidence import evidence_of
from registry.usecases.judging import published
from registry.usecases.policy_judging import judge_under
from registry.usecases.services import Services, known_contract, known_version, permitted


@dataclass(frozen=True, slots=True)
class Promotion:
    """Whether the version may move; ``change`` is the approved request that excuses a break or a freeze."""

    environment: str
    version: Version
    deployed: Deployment | None
    obstacles: tuple[Obstacle, ...]
    change: ChangeRequest | None
    affected: Mapping[str, str] = field(default_factory=dict)
    """Consumers that the move hits, each with BROKEN or POTENTIALLY."""

    @property
    def allowed(self) -> bool:
        return not self.obstacles


@dataclass(frozen=True, slots=True)
class Moved:
    """What is in service now, and whether this call changed it."""

    deployment: Deployment | None
    changed: bool


def can_i_promote(services: Services, contract_name: str, wanted: str, environment: str) -> Promotion:
    """Every reason against the move, not the first; none when it may be made."""
    known_environment(services, environment)
    affected: Mapping[str, str] = {}
    with services.store.reading() as transaction:
        version = known_version(transaction, contract_name, wanted)
        deployed = transaction.environments.deployed(environment, contract_name, version.number.major)
        change = excuse(services, transaction, version, environment, deployed)
        found = state_obstacles(services, transaction, version, environment, change)
        judged = deployed is not None and deployed.bundle_sha256 != version.bundle_sha256
        if judged and deployed is not None:
            before = known_version(transaction, contract_name, str(deployed.number))
            base = Base(before, evidence_of(services, transaction, before))
            policy = known_contract(transaction, contract_name).compatibility
    if judged and deployed is not None and change is None:
        with services.turns.take():
            judgement = judge_under(services, policy, [base], version.number, published(services, version))
        found.extend(judged_obstacles(deployed, judgement))
        if judgement.verdict != "compatible":
            affected = {one["consumer"]: one["status"] for one in consumers_of(judgement.report, {})}
    return Promotion(environment, version, deployed, tuple(found), change, affected)


def excuse(
    services: Services,
    transaction: Transaction,
    version: Version,
    environment: str,
    deployed: Deployment | None,
) -> ChangeRequest | None:
    """The decided request for exactly this content, this environment and what is deployed there."""
    for change in transaction.changes.of_content(
        version.contract, version.bundle_sha256, services.changes.open_per_contract_max
    ):
        decided = change.state is ChangeState.IMPLEMENTED and environment in change.plan.environments
        before = change.proposal.before_bundle_sha256
        if decided and (deployed is None or deployed.bundle_sha256 == before):
            return change
    return None


def state_obstacles(
    services: Services,
    transaction: Transaction,
    version: Version,
    environment: str,
    change: ChangeRequest | None,
) -> list[Obstacle]:
    """What a look at the store tells: life cycle, the environment before, tests, freezes."""
    found = []
    name, number = version.contract, version.number
    lifecycle = transaction.catalog.lifecycle(name, number.major)
    if lifecycle.state in (State.SUNSET, State.RETIRED):
        detail = f"{name} v{number.major} is {lifecycle.state.value}."
        found.append(Obstacle("version_withdrawn", detail))
    order = services.environments.names
    if order.index(environment) > 0:
        earlier = order[order.index(environment) - 1]
        there = transaction.environments.deployed(earlier, name, number.major)
        if there is None or there.bundle_sha256 != version.bundle_sha256:
            found.append(Obstacle("not_in_earlier_environment", f"{name} {number} is not in {earlier}."))
    if environment in services.environments.tests_required_in:
        said = tests_said(evidence_for(services, transaction, name, version.bundle_sha256))
        if said != "passed":
            detail = f"Tests of exactly this content ({version.bundle_sha256[:12]}): {said}."
            found.append(Obstacle(f"tests_{said}", detail))
    if change is None or change.plan.type is not ChangeType.EMERGENCY:
        found.extend(freeze_obstacles(services, standing_freezes(services, transaction), environment))
    return found


def freeze_obstacles(services: Services, freezes: list[Freeze], environment: str) -> list[Obstacle]:
    """The freezes that hold now."""
    now = services.clock()
    return [
        Obstacle("frozen", f"{environment} is frozen until {rfc3339(freeze.ends_at)}: {freeze.reason}")
        for freeze in freezes
        if freeze.holds(environment, now)
    ]


def judged_obstacles(deployed: Deployment, judgement: Judgement) -> list[Obstacle]:
    """What the move would do to those who call the deployed version."""
    if judgement.verdict == "compatible":
        return []
    detail = f"The change from {deployed.number}, which is deployed there, is {judgement.verdict}."
    found = [Obstacle(f"change_{judgement.verdict}", detail)]
    for one in consumers_of(judgement.report, {}):
        said = "broken" if one["status"] == "BROKEN" else "possibly broken"
        detail = f"{one['consumer']} of {one['owner']} is {said}: {one['calls']} calls lately."
        found.append(Obstacle("consumer_affected", detail))
    return found


def promote(services: Services, actor: Actor, contract_name: str, wanted: str, environment: str) -> Moved:
    """Puts a version in service there; the owner team's to do. `Conflict` with every reason against it."""
    with services.store.reading() as transaction:
        contract = known_contract(transaction, contract_name)
        behalf = permitted(actor, Verb.PROMOTE, contract, environment)
    asked = can_i_promote(services, contract_name, wanted, environment)
    version, before = asked.version, asked.deployed
    refuse_own_version(services, actor, version, environment)
    if before is not None and before.number == version.number:
        return Moved(before, changed=False)
    refuse(asked.obstacles, version, environment)
    major = version.number.major
    with services.store.writing() as transaction:
        transaction.environments.lock(contract_name)
        there = transaction.environments.deployed(environment, contract_name, major)
        if there != before:
            if there is not None and there.number == version.number:
                return Moved(there, changed=False)
            raise Contention("deployment_changed", f"{environment} has changed meanwhile; ask again.")
        # What was read before the lock may have changed; judging need not be repeated.
        obstacles = state_obstacles(services, transaction, version, environment, asked.change)
        refuse(tuple(obstacles), version, environment)
        deployment = Deployment(
            environment=environment,
            contract=contract_name,
            number=version.number,
            bundle_sha256=version.bundle_sha256,
            position=transaction.environments.next_position(environment, contract_name, major),
            at=services.clock(),
            client_id=actor.client_id,
            change=asked.change.id if asked.change else None,
        )
        transaction.environments.deploy(deployment)
        detail = {
            "environment": environment,
            "before": str(before.number) if before else None,
            "after": str(version.number),
            "bundleSha256": version.bundle_sha256,
            "change": deployment.change,
        }
        transaction.security.audit(
            services.entry(actor, "contract.promoted", contract_name, on_behalf_of=behalf, detail=detail)
        )
    return Moved(deployment, changed=True)


def refuse_own_version(services: Services, actor: Actor, version: Version, environment: str) -> None:
    """Separation of duties, where the policy asks for it: who published does not promote."""
    if environment in services.access.separate_in and version.published_by == actor.client_id:
        raise NotAllowed(
            "publisher_may_not_promote",
            f"{actor.client_id} published {version.contract} {version.number}; another one promotes it to "
            f"{environment}.",
        )


def refuse(obstacles: tuple[Obstacle, ...], version: Version, environment: str) -> None:
    """All reasons at once."""
    if obstacles:
        raise Conflict(
            "promotion_refused",
            f"{version.contract} {version.number} may not move to {environment}: "
            + " ".join(one.detail for one in obstacles),
            problems=[{"code": one.code, "detail": one.detail} for one in obstacles],
        )


def roll_back(services: Services, actor: Actor, contract_name: str, number: str, environment: str) -> Moved:
    """Takes ``number`` out of service there, so that what it replaced is in service again.

    It is the way out of trouble, so neither judgement nor freeze stops it. `Conflict` when another version
    is in service by now, `NotFound` when the environment never had this one.
    """
    known_environment(services, environment)
    with services.store.writing() as transaction:
        contract = known_contract(transaction, contract_name)
        behalf = permitted(actor, Verb.PROMOTE, contract, environment)
        version = known_version(transaction, contract_name, number)
        major = version.number.major
        transaction.environments.lock(contract_name)
        there = transaction.environments.deployed(environment, contract_name, major)
        if there is None:
            raise NotFound("deployment_not_found", f"{environment} has no {contract_name} v{major}.")
        if there.number != version.number:
            raise Conflict(
                "deployment_changed", f"{environment} is at {there.number}; {number} is not in service there."
            )
        transaction.environments.undo(there, services.clock())
        now_there = transaction.environments.deployed(environment, contract_name, major)
        detail = {
            "environment": environment,
            "before": str(there.number),
            "after": str(now_there.number) if now_there else None,
        }
        transaction.security.audit(
            services.entry(actor, "contract.rolled_back", contract_name, on_behalf_of=behalf, detail=detail)
        )
    return Moved(now_there, changed=True)
