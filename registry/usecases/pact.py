"""May it be deployed? The question of Pact's can-i-deploy, answered from what the registry holds.

Providers are contracts. Consumers are consumer applications; a row stands for each one that declares a use of
a contract's major version, or was seen to call it lately. Nothing but the registry's own decisions is told:
a provider moves to an environment by the rules of promotion, and a consumer needs the operations it uses in
what is deployed there. The version of a consumer is not known here, so whatever version is asked about is
answered by what the application uses.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from registry.errors import BadRequest, RegistryError
from registry.model import VERSION, SemanticVersion, Version, highest_of, semantic_version, storable
from registry.ports import Transaction
from registry.usecases.promotion import Promotion, can_i_promote
from registry.usecases.services import Services

CURRENT = "current"
"""Stands for the version of a consumer that nobody named."""
UNDECIDED = frozenset({"tests_missing", "change_unknown"})
"""Reasons against a promotion that more evidence can take away; what is unknown is never deployable."""
IN_ROWS = frozenset({"consumer_affected"})
SUCCESS = {"BROKEN": False, "POTENTIALLY": None}


@dataclass(frozen=True, slots=True)
class Selector:
    """One application of the question; at most one of version, tag and branch is of use."""

    name: str
    version: str | None = None
    tag: str | None = None
    branch: str | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """``environment`` is where to, None for "with the latest of all others"."""

    selectors: tuple[Selector, ...]
    environment: str | None
    ignored: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Row:
    """One pair of the matrix; ``success`` None is unknown."""

    consumer: str
    consumer_version: str
    provider: str
    provider_version: str | None
    success: bool | None
    reason: str


@dataclass(frozen=True, slots=True)
class Matrix:
    """``blocked`` and ``undecided`` are reasons that stand in no row."""

    rows: tuple[Row, ...]
    ignored: tuple[Row, ...]
    blocked: tuple[str, ...]
    undecided: tuple[str, ...]
    accepted: tuple[str, ...] = ()
    """Breaks that an approved change request lets pass."""

    @property
    def deployable(self) -> bool | None:
        """True only when nothing speaks against it and nothing is unknown."""
        verdicts = [row.success for row in self.rows]
        if self.blocked or False in verdicts:
            return False
        return None if self.undecided or None in verdicts else True


@dataclass(slots=True)
class Uses:
    """What consumers use of one major version: operations by id as declared, by name as observed."""

    everything: set[str] = field(default_factory=set)
    """Consumers that declare all of it."""
    ids: dict[str, set[str]] = field(default_factory=dict)
    names: dict[str, set[str]] = field(default_factory=dict)

    def consumers(self) -> list[str]:
        return sorted(self.everything | self.ids.keys() | self.names.keys())

    def missing(self, consumer: str, version: Version) -> list[str]:
        """Operations the consumer uses that the version does not have."""
        ids = {operation.operation_id for operation in version.operations}
        names = {operation.name for operation in version.operations}
        gone = self.ids.get(consumer, set()) - ids
        return sorted(gone | (self.names.get(consumer, set()) - names))


def matrix(services: Services, question: Question) -> Matrix:
    """The rows with what is known of each; raises `BadRequest` for names that nothing here has."""
    refuse_unknown(services, question)
    if question.environment is not None and question.environment not in services.environments.names:
        raise BadRequest(
            "environment_not_found", f"Environment with name '{question.environment}' does not exist"
        )
    rows: dict[tuple[str, str], Row] = {}
    blocked: list[str] = []
    undecided: list[str] = []
    accepted: list[str] = []
    named = {one.name: one.version or CURRENT for one in question.selectors}
    chosen: dict[str, Version] = {}
    for selector in question.selectors:
        found = chosen_version(services, selector)
        if isinstance(found, Version):
            chosen[selector.name] = found
        elif isinstance(found, str):
            undecided.append(found)
    for name, version in chosen.items():
        promotion = asked(services, version, question.environment)
        for row in provider_rows(services, version, promotion, named):
            rows[row.consumer, row.provider] = row
        if promotion is not None and promotion.change is not None:
            accepted.append(f"{name}: {promotion.change.id} was approved for this change and environment")
        for code, detail in obstacles(promotion):
            (undecided if code in UNDECIDED else blocked).append(f"{name}: {detail}")
    among_named = len(named) > 1 and question.environment is None
    for selector in question.selectors:
        for row, is_seen in consumer_rows(services, selector, question.environment, chosen):
            if is_seen:
                rows.setdefault((row.consumer, row.provider), row)
            elif not among_named and row.success is not True and row.consumer not in question.ignored:
                said = f"{row.consumer}: it uses a contract that you may not see, which speaks against it"
                (blocked if row.success is False else undecided).append(said)
    considered = list(rows.values())
    if among_named:
        considered = [row for row in considered if {row.consumer, row.provider} <= named.keys()]
    ignored = [row for row in considered if {row.consumer, row.provider} & question.ignored]
    kept = tuple(row for row in considered if row not in ignored)
    return Matrix(kept, tuple(ignored), tuple(blocked), tuple(undecided), tuple(accepted))


def refuse_unknown(services: Services, question: Question) -> None:
    """Raises `BadRequest` unless each application is a contract or a consumer; branches nobody keeps here."""
    if not question.selectors:
        raise BadRequest("request_invalid", "Please provide 1 or more version selectors.")
    for one in question.selectors:
        texts = (one.name, one.version or "", one.tag or "")
        if not all(storable(text) for text in texts) or not is_known(services, one.name):
            raise BadRequest("pacticipant_not_found", f"Pacticipant {one.name[:100]} not found")
        if one.branch is not None:
            raise BadRequest("branch_unknown", "This registry keeps no branches; name a version or --latest")


def is_known(services: Services, name: str) -> bool:
    """Whether a contract or a consumer has the name."""
    with services.store.reading() as transaction:
        known = transaction.catalog.contract(name) or transaction.parties.consumer(name)
    return known is not None


def chosen_version(services: Services, selector: Selector) -> Version | str | None:
    """The version of a contract that is asked about, a sentence when there is none; None for a consumer.

    A tag is the name of an environment, and means what is deployed there.
    """
    name = selector.name
    with services.store.reading() as transaction:
        if transaction.catalog.contract(name) is None:
            return None
        numbers = transaction.catalog.numbers(name)
        number: SemanticVersion | None = None
        if selector.version is not None:
            if VERSION.fullmatch(selector.version):
                number = semantic_version(selector.version)
            missing = f"No version with number {selector.version[:60]} exists for {name}"
        elif selector.tag is not None:
            number = newest_deployed(services, transaction, selector.tag, name, numbers)
            missing = f"No version of {name} is deployed in {selector.tag[:60]}"
        else:
            number = next(iter(numbers), None)
            missing = f"No version of {name} exists"
        version = transaction.catalog.version(name, number) if number is not None else None
    return version if version is not None else missing


def newest_deployed(
    services: Services,
    transaction: Transaction,
    environment: str,
    name: str,
    numbers: Iterable[SemanticVersion],
) -> SemanticVersion | None:
    """Of the major versions in service there, the version of the highest."""
    if environment not in services.environments.names:
        return None
    for major in sorted({number.major for number in numbers}, reverse=True):
        there = transaction.environments.deployed(environment, name, major)
        if there is not None:
            return there.number
    return None


def asked(services: Services, version: Version, environment: str | None) -> Promotion | None:
    """What promotion says of the move; None where no environment is named."""
    if environment is None:
        return None
    return can_i_promote(services, version.contract, str(version.number), environment)


def obstacles(promotion: Promotion | None) -> list[tuple[str, str]]:
    """The reasons against the move that are no row of the matrix."""
    if promotion is None:
        return []
    return [(one.code, one.detail) for one in promotion.obstacles if one.code not in IN_ROWS]


def provider_rows(
    services: Services, version: Version, promotion: Promotion | None, named: Mapping[str, str]
) -> list[Row]:
    """A row for each consumer of the version.

    Where another version is in service, its callers are told by the judgement of the change, as promotion
    does; where none is, and without an environment, by the operations that they use.
    """
    with services.store.reading() as transaction:
        uses = uses_of(services, transaction, version.contract, version.number.major)
    affected = promotion.affected if promotion is not None else {}
    judged = promotion is not None and promotion.deployed is not None
    subject = f"{version.contract} {version.number}"
    rows = []
    for consumer in sorted({*uses.consumers(), *affected}):
        success: bool | None = True
        reason = f"{consumer} is not hit by the change to {subject}"
        if consumer in affected:
            success = SUCCESS[affected[consumer]]
            said = "is broken" if success is False else "may be broken"
            reason = f"{consumer} {said} by the change to {subject}"
        elif not judged:
            success, reason = verdict_of(consumer, version, uses.missing(consumer, version))
        label = named.get(consumer, CURRENT)
        rows.append(Row(consumer, label, version.contract, str(version.number), success, reason))
    return rows


def consumer_rows(
    services: Services, selector: Selector, environment: str | None, chosen: Mapping[str, Version]
) -> list[tuple[Row, bool]]:
    """A row for each contract that an application uses: in the version named, deployed, or latest.

    What the caller may not see is judged too, with False beside it: no answer is yes for want of sight.
    """
    label = selector.version or CURRENT
    rows = []
    with services.store.reading() as transaction:
        whole = transaction.whole
        if transaction.parties.consumer(selector.name) is None:
            return []
        for contract, major in dependencies(services, whole, selector.name):
            is_seen = transaction.catalog.contract(contract) is not None
            uses = uses_of(services, whole, contract, major)
            version = counterpart(whole, contract, major, environment, chosen)
            if version is None:
                where = f"is deployed in {environment}" if environment else "exists"
                reason = f"No version of {contract} v{major} {where}"
                rows.append((Row(selector.name, label, contract, None, None, reason), is_seen))
                continue
            success, reason = verdict_of(selector.name, version, uses.missing(selector.name, version))
            row = Row(selector.name, label, contract, str(version.number), success, reason)
            rows.append((row, is_seen))
    return rows


def counterpart(
    transaction: Transaction,
    contract: str,
    major: int,
    environment: str | None,
    chosen: Mapping[str, Version],
) -> Version | None:
    """The version of a contract that a consumer meets."""
    if contract in chosen and chosen[contract].number.major == major:
        return chosen[contract]
    if environment is not None:
        there = transaction.environments.deployed(environment, contract, major)
        return transaction.catalog.version(contract, there.number) if there is not None else None
    number = highest_of(transaction.catalog.numbers(contract), major)
    return transaction.catalog.version(contract, number) if number is not None else None


def verdict_of(consumer: str, version: Version, gone: list[str]) -> tuple[bool, str]:
    """Whether the version has all that the consumer uses, and the sentence for it."""
    subject = f"{version.contract} {version.number}"
    if gone:
        return False, f"{consumer} uses {', '.join(gone)[:300]}, which {subject} does not have"
    return True, f"{subject} has every operation that {consumer} uses"


def since(services: Services) -> date:
    """From when on traffic counts."""
    return (services.clock() - timedelta(days=services.publishing.usage_days)).date()


def uses_of(services: Services, transaction: Transaction, contract: str, major: int) -> Uses:
    """Declared and observed use of a major version."""
    uses = Uses()
    for subscription, _ in transaction.parties.subscribers(contract, major):
        if subscription.operations:
            uses.ids.setdefault(subscription.consumer, set()).update(subscription.operations)
        else:
            uses.everything.add(subscription.consumer)
    most = services.limits.usage_rows_judged_max
    for row in transaction.traffic.usage_of_major(contract, major, since(services), most):
        uses.names.setdefault(row.consumer, set()).add(row.operation)
    return uses


def dependencies(services: Services, transaction: Transaction, consumer: str) -> list[tuple[str, int]]:
    """Contract and major version of all that an application declares or was seen to use."""
    most = services.limits.subscriptions_per_consumer_max
    declared = {(one.contract, one.major) for one in transaction.parties.subscriptions(consumer, None, most)}
    called = transaction.traffic.called_by(consumer, since(services), services.limits.usage_rows_judged_max)
    observed = {(contract, int(version.partition(".")[0])) for contract, version in called}
    return sorted(declared | observed)


def refusal_texts(error: RegistryError) -> list[str]:
    """What a refusal says, one sentence for each reason."""
    return [str(one["detail"]) for one in error.problems] or [error.detail]
