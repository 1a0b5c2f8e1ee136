"""Reading the catalog: contracts, versions, and the bytes they were published as."""

from __future__ import annotations

from dataclasses import dataclass

from registry.errors import NotFound
from registry.model import CatalogEntry, SemanticVersion, VersionState, semantic_version
from registry.ports import CatalogFilter
from registry.usecases.services import Page, Services, concealed, known_contract, known_version, page


@dataclass(frozen=True, slots=True)
class Content:
    """A document's bytes and their sha256."""

    sha256: str
    raw: bytes


def list_contracts(
    services: Services, wanted: CatalogFilter, after: str | None, count: int
) -> Page[CatalogEntry]:
    """Contracts by name, each with the state of its versions."""
    with services.store.reading() as transaction:
        found = transaction.catalog.search(wanted, after, count + 1)
    return page(found, count, lambda entry: (entry.contract.name,))


def get_contract(services: Services, contract_name: str) -> CatalogEntry:
    """One contract, or `NotFound`."""
    with services.store.reading() as transaction:
        contract = known_contract(transaction, contract_name)
        numbers = transaction.catalog.numbers(contract.name)
        states = {
            major: transaction.catalog.lifecycle(contract.name, major).state
            for major in {number.major for number in numbers}
        }
    return CatalogEntry(contract, tuple((number, states[number.major]) for number in numbers))


def list_versions(
    services: Services, contract_name: str, after: str | None, count: int
) -> Page[VersionState]:
    """Versions of a contract, newest first; ``after`` is a version number."""
    bound = semantic_version(after) if after is not None else None
    with services.store.reading() as transaction:
        known_contract(transaction, contract_name)
        numbers = [
            number for number in transaction.catalog.numbers(contract_name) if bound is None or number < bound
        ]
        chosen: Page[SemanticVersion] = page(numbers[: count + 1], count, lambda number: (str(number),))
        items = []
        for number in chosen.items:
            version = transaction.catalog.version(contract_name, number)
            assert version is not None
            items.append(VersionState(version, transaction.catalog.lifecycle(contract_name, number.major)))
    return Page(tuple(items), chosen.following)


def get_version(services: Services, contract_name: str, wanted: str) -> VersionState:
    """One version by number or ``latest``, or `NotFound`."""
    with services.store.reading() as transaction:
        version = known_version(transaction, contract_name, wanted)
        return VersionState(version, transaction.catalog.lifecycle(contract_name, version.number.major))


def get_content(services: Services, contract_name: str, wanted: str) -> Content:
    """The entry document of a version."""
    with services.store.reading() as transaction:
        version = known_version(transaction, contract_name, wanted)
        raw = transaction.catalog.content(version.document.sha256)
    assert raw is not None
    return Content(version.document.sha256, raw)


def holders_of(services: Services, sha256: str) -> list[str]:
    """The contracts that a document belongs to, by name."""
    with services.store.reading() as transaction:
        return transaction.catalog.holders(sha256, services.catalog.holders_max)


def get_document(services: Services, sha256: str) -> Content:
    """Any document of any version by its digest, or `NotFound`."""
    with services.store.reading() as transaction:
        raw = transaction.catalog.content(sha256)
        if raw is None:
            there = transaction.whole.catalog.holders(sha256, 1)
            refusal = NotFound("document_not_found", f"There is no document {sha256}.")
            raise concealed(refusal, there or None)
    return Content(sha256, raw)
