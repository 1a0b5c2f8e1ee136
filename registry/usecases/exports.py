"""What an export holds: teams, consumers and contracts in force, a bounded part at a time."""

from __future__ import annotations

from dataclasses import dataclass

from registry.model import (
    CatalogEntry,
    Consumer,
    Contract,
    State,
    Subscription,
    Team,
    VersionState,
    highest_of,
)
from registry.ports import CatalogFilter, Transaction
from registry.usecases.services import Services

SECTIONS = ("team", "consumer", "contract")


@dataclass(frozen=True, slots=True)
class ExportedVersion:
    """A version in force; ``content`` is the author's bytes of the entry document, None unless asked for."""

    version: VersionState
    content: bytes | None


@dataclass(frozen=True, slots=True)
class ExportedContract:
    """A contract with its versions in force, the newest first."""

    contract: Contract
    versions: tuple[ExportedVersion, ...]


@dataclass(frozen=True, slots=True)
class ExportedConsumer:
    """A consumer with what it declares to use."""

    consumer: Consumer
    subscriptions: tuple[Subscription, ...]


@dataclass(frozen=True, slots=True)
class Export:
    """A part of the catalog; ``following`` is section and name to go on after, None at the end."""

    teams: tuple[Team, ...]
    consumers: tuple[ExportedConsumer, ...]
    contracts: tuple[ExportedContract, ...]
    following: tuple[str, str] | None


def export(services: Services, after: tuple[str, str] | None, count: int, *, with_content: bool) -> Export:
    """``count`` things in the order of teams, consumers and contracts.

    With contents a part ends early once it holds ``export_bytes_max``, though never before its first thing.
    """
    section, name = after if after is not None else (SECTIONS[0], None)
    teams: list[Team] = []
    consumers: list[ExportedConsumer] = []
    contracts: list[ExportedContract] = []
    left = count
    with services.store.reading() as transaction:
        if section == "team":
            teams = transaction.parties.teams(name, left + 1)
            if len(teams) > left:
                return Export(tuple(teams[:left]), (), (), ("team", teams[left - 1].name))
            section, name, left = "consumer", None, left - len(teams)
        if section == "consumer":
            found = transaction.parties.consumers(name, left + 1)
            consumers = [declared_by(services, transaction, one) for one in found[:left]]
            if len(found) > left:
                last = consumers[-1].consumer.name if consumers else ""
                following = ("consumer", last) if consumers else ("team", teams[-1].name)
                return Export(tuple(teams), tuple(consumers), (), following)
            name, left = None, left - len(consumers)
        entries = transaction.catalog.search(CatalogFilter(), name, left + 1)
        held = 0
        for entry in entries[:left]:
            exported = exported_contract(transaction, entry, with_content=with_content)
            size = sum(len(one.content or b"") for one in exported.versions)
            if contracts and held + size > services.catalog.export_bytes_max:
                break
            held += size
            contracts.append(exported)
    rest = None
    if len(contracts) < len(entries):
        rest = ("contract", contracts[-1].contract.name if contracts else "")
    return Export(tuple(teams), tuple(consumers), tuple(contracts), rest)


def declared_by(services: Services, transaction: Transaction, consumer: Consumer) -> ExportedConsumer:
    """The consumer with its subscriptions."""
    most = services.limits.subscriptions_per_consumer_max
    return ExportedConsumer(consumer, tuple(transaction.parties.subscriptions(consumer.name, None, most)))


def exported_contract(
    transaction: Transaction, entry: CatalogEntry, *, with_content: bool
) -> ExportedContract:
    """The highest version of each major version that is not retired."""
    contract = entry.contract
    numbers = [number for number, state in entry.versions if state is not State.RETIRED]
    majors = list(dict.fromkeys(number.major for number in numbers))
    versions = []
    for major in majors:
        number = highest_of(numbers, major)
        version = transaction.catalog.version(contract.name, number) if number else None
        if version is not None:
            lifecycle = transaction.catalog.lifecycle(contract.name, major)
            content = transaction.catalog.content(version.document.sha256) if with_content else None
            versions.append(ExportedVersion(VersionState(version, lifecycle), content))
    return ExportedContract(contract, tuple(versions))


def linked_contracts(services: Services, after: str | None) -> Export:
    """Contracts for the catalog at the well-known address."""
    count = services.catalog.linkset_contracts_max
    with services.store.reading() as transaction:
        entries = transaction.catalog.search(CatalogFilter(), after, count + 1)
        contracts = tuple(
            exported_contract(transaction, entry, with_content=False) for entry in entries[:count]
        )
    more = len(entries) > count
    return Export((), (), contracts, ("contract", contracts[-1].contract.name) if more else None)
