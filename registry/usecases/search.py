"""Finding contracts, operations, schemas and fields by words; and making the index anew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from registry.errors import RegistryError
from registry.model import FoundContract, Match, SearchResult, SemanticVersion, State, What
from registry.model.words import asked_words, highlights
from registry.ports import ContractReader, SearchFilter, Store, Transaction
from registry.usecases.documents import stored
from registry.usecases.services import Page, Services


def search(services: Services, query: str, wanted: SearchFilter, skip: int, count: int) -> Page[SearchResult]:
    """Versions in force that have every word of the query, the best first, each with the items that fit.

    A query of punctuation alone finds nothing. ``skip`` counts results of the pages before; what is
    published meanwhile may move a result from one page to another.
    """
    limits = services.catalog
    words = asked_words(query, limits.asked_words_max)
    count = min(count, limits.found_max - skip)
    if not words or count <= 0:
        return Page((), None)
    with services.store.reading() as transaction:
        found = transaction.discovery.search(words, wanted, skip, count + 1)
    results = tuple(
        SearchResult(one, matches_of(one, words, wanted.what, limits.matches_max)) for one in found[:count]
    )
    more = len(found) > count and skip + count < limits.found_max
    return Page(results, (str(skip + count),) if more else None)


def matches_of(
    found: FoundContract, words: Sequence[str], what: What | None, count: int
) -> tuple[Match, ...]:
    """The items that have most of the words, then in the order of the documents."""
    ranked: list[tuple[int, int, Match]] = []
    fitting = (item for item in found.items if what in (None, item.what))
    for position, item in enumerate(fitting):
        in_name, named = highlights(item.name, words)
        in_text, said = highlights(item.text, words)
        met = 2 * len(named) + len(said - named)
        if met:
            ranked.append((-met, position, Match(item, tuple(in_name), tuple(in_text))))
    ranked.sort(key=lambda one: one[:2])
    return tuple(match for _, _, match in ranked[:count])


@dataclass(frozen=True, slots=True)
class Reindexed:
    """How many major versions are indexed now, and which could not be read: contract, version and why."""

    indexed: int
    failed: tuple[tuple[str, str, str], ...]


def reindex(store: Store, reader: ContractReader) -> Reindexed:
    """Makes the index anew from the documents, one version per transaction; may be repeated and broken off.

    A version published meanwhile is not overwritten:
    the entry is written only while the version read is still the highest of its major version.
    """
    with store.reading() as transaction:
        wanted = [
            (version.contract, version.number)
            for _, version, lifecycle in transaction.catalog.latest()
            if lifecycle.state is not State.RETIRED
        ]
    failed = []
    done = 0
    for contract, number in wanted:
        try:
            reindex_version(store, reader, contract, number)
            done += 1
        except RegistryError as error:
            failed.append((contract, str(number), error.code))
    return Reindexed(done, tuple(failed))


def reindex_version(store: Store, reader: ContractReader, contract: str, number: SemanticVersion) -> None:
    """Reads one version again; raises `Invalid` when this release cannot read it."""
    with store.reading() as transaction:
        version = transaction.catalog.version(contract, number)
        if version is None:
            return
        documents = stored(transaction, version)
    facts = reader.facts(reader.parse(documents))
    with store.writing() as transaction:
        record = transaction.catalog.contract(contract)
        if record is not None and is_in_force(transaction, contract, number):
            transaction.discovery.put(record, number, facts)
            transaction.advance_revision()  # what was made from the entry before is made anew


def is_in_force(transaction: Transaction, contract: str, number: SemanticVersion) -> bool:
    """Whether this is the highest of its major version, and that one is not retired."""
    numbers = [one for one in transaction.catalog.numbers(contract) if one.major == number.major]
    state = transaction.catalog.lifecycle(contract, number.major).state
    return numbers[:1] == [number] and state is not State.RETIRED
