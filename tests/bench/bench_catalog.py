"""How fast the catalog starts and answers with 10,000 contracts of 20 versions each.

    python -m tests.bench.bench_catalog --database sqlite:////tmp/bench.db
    python -m tests.bench.bench_catalog --database postgresql+psycopg://postgres@127.0.0.1/bench

The database must be new; it is filled without the contract engine. Times are of the use case with the
rendering of its answer as JSON, in one thread; a request adds what every request costs.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
from sqlalchemy import insert, text

from registry.config import RegistryConfig
from registry.model import (
    CatalogFacts,
    CatalogItem,
    Contract,
    DocumentLink,
    OperationShape,
    Plan,
    SemanticVersion,
    State,
    Team,
    UsageCount,
    What,
)
from registry.model import Consumer as ConsumerRecord
from registry.model.graph import Direction
from registry.ports import CatalogFilter, SearchFilter
from registry.serve import (
    default_artifact_reader,
    default_joiner,
    default_judge,
    default_reader,
    default_schema_judge,
    initialise_registry,
    open_store,
)
from registry.storage import tables
from registry.storage.store import SqlStore
from registry.usecases.catalog import list_contracts
from registry.usecases.duplicates import duplicates
from registry.usecases.graph import graph_around
from registry.usecases.search import search
from registry.usecases.services import Services
from registry.usecases.upkeep import upkeep
from registry.web.discovery import result_json
from registry.web.graphs import duplicate_json, graph_json, upkeep_json
from registry.web.rendering import contract_json, page_json
from tests.ports import free_port

AT = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)
COMMON = ("id", "amount", "currency", "status", "createdAt", "customerId", "externalRefs", "version")
ENTITIES = (
    "order", "invoice", "quote", "project", "milestone", "customer", "contract", "payment", "tax", "person",
)  # fmt: skip
LAYERS = ("system", "process", "experience", "platform", "events")
SHARED = tuple(f"https://bench.test/shared/{number}.yaml" for number in range(50))
CHUNK = 500


def vocabulary(chance: random.Random) -> list[str]:
    """3,000 words that can be spoken."""
    parts = [one + two for one in "bdfgklmnprstvz" for two in "aeiou"]
    return ["".join(chance.choices(parts, k=chance.randint(2, 4))) for _ in range(3_000)]


def facts(chance: random.Random, words: list[str], number: int) -> CatalogFacts:
    """Eight operations, 15 schemas and 60 fields, as a contract of ours has them."""
    entity = ENTITIES[number % len(ENTITIES)] + (words[number % 3_000] if number % 3 else "")
    names = ["list", "create", "get", "update", "delete", "approve", "cancel", "export"]
    items = [
        CatalogItem(What.OPERATION, f"{name}{entity.title()}", "", f"/paths/{place}", f"POST /{entity}s")
        for place, name in enumerate(names)
    ]
    for kind, count in ((What.SCHEMA, 15), (What.FIELD, 60 - len(COMMON))):
        for word in chance.choices(words, k=count):
            name = f"{word}{chance.choice(words).title()}"
            items.append(CatalogItem(kind, name, "", f"/components/{name}", f"The {word} of it."))
    items += [CatalogItem(What.FIELD, name, "", f"/components/x/{name}", "") for name in COMMON]
    shape = OperationShape(
        f"get{entity.title()}", f"GET /{entity}s/{{id}}", "read", entity, ("get", entity), COMMON
    )
    links = tuple(DocumentLink("", one) for one in sorted(chance.sample(SHARED, 4)))
    return CatalogFacts(tuple(items), (shape,), links)


def fill(store: SqlStore, contracts: int, versions: int) -> None:
    """Contracts with their versions, the newest indexed; consumers with declared and observed use."""
    chance = random.Random(1)
    words = vocabulary(chance)
    with store.writing() as transaction:
        for number in range(40):
            transaction.parties.add_team(Team(f"team-{number}", f"Team {number}", AT))
        for number in range(200):
            plan = Plan(5.0, 10)
            made = ConsumerRecord(f"consumer-{number}", f"team-{number % 40}", "experience", plan, AT)
            transaction.parties.add_consumer(made)
    for begin in range(0, contracts, CHUNK):
        with store.writing() as transaction:
            connection = transaction.connection
            made_contracts = [
                Contract(
                    f"{words[number % 3_000]}-{number}",
                    f"id-{number}",
                    "openapi",
                    f"{words[number * 7 % 3_000].title()} API",
                    LAYERS[number % 5],
                    f"domain-{number % 12}",
                    f"team-{number % 40}",
                    "company-internal",
                    1,
                )
                for number in range(begin, min(begin + CHUNK, contracts))
            ]
            for one in made_contracts:
                transaction.catalog.add_contract(one)
            connection.execute(
                insert(tables.versions),
                [version_row(one.name, minor) for one in made_contracts for minor in range(versions)],
            )
            transaction.traffic.add_usage([usage_row(chance, one.name) for one in made_contracts])
            for place, one in enumerate(made_contracts):
                newest = SemanticVersion(1, versions - 1, 0)
                transaction.discovery.put(one, newest, facts(chance, words, begin + place))


def version_row(contract: str, minor: int) -> dict[str, Any]:
    digest = "a" * 64
    return {
        "contract": contract, "major": 1, "minor": minor, "patch": 0, "sha256": digest,
        "canonical_sha256": digest, "bundle_sha256": digest, "owner": "team-1", "published_at": AT,
        "published_by": "client", "on_behalf_of": None, "problems": [], "report": None,
    }  # fmt: skip


def usage_row(chance: random.Random, contract: str) -> UsageCount:
    consumer = f"consumer-{chance.randrange(200)}"
    return UsageCount(consumer, contract, "1.0.0", "GET /x", 200, date(2026, 11, 2), 5, AT, AT)


def queries(chance: random.Random, words: list[str]) -> Iterator[tuple[str, SearchFilter]]:
    """Rare words and common ones, two words, beginnings, and each filter."""
    while True:
        word = chance.choice(words)
        yield word, SearchFilter()
        yield chance.choice(COMMON), SearchFilter()
        yield f"{chance.choice(ENTITIES)} {word}", SearchFilter()
        yield f"{chance.choice(COMMON)} {chance.choice(ENTITIES)}", SearchFilter()
        yield word[:3], SearchFilter()
        yield chance.choice(COMMON), SearchFilter(What.FIELD, layer=chance.choice(LAYERS))
        yield word[:2], SearchFilter(state=State.PUBLISHED)
        yield chance.choice(ENTITIES), SearchFilter(owner=f"team-{chance.randrange(40)}")


def measure(name: str, runs: int, call: Callable[[], Any]) -> None:
    """Prints median, p99 and the longest, and the p99 of this process's own work, in milliseconds."""
    times, works = [], []
    for _ in range(runs):
        begin, began = time.perf_counter(), time.process_time()
        json.dumps(call())
        works.append(1_000 * (time.process_time() - began))
        times.append(1_000 * (time.perf_counter() - begin))
    middle = statistics.median(times)
    print(f"{name:32}{middle:9.1f}{p99(times):9.1f}{max(times):9.1f}{p99(works):9.1f}  ms, {runs} runs")


def p99(times: list[float]) -> float:
    """What 99 in a hundred stay below."""
    return sorted(times)[min(len(times) - 1, int(len(times) * 0.99))]


def main() -> None:
    """Fills the database and measures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", required=True)
    parser.add_argument("--contracts", type=int, default=10_000)
    parser.add_argument("--versions", type=int, default=20)
    parser.add_argument("--runs", type=int, default=800)
    asked = parser.parse_args()
    config = RegistryConfig(asked.database)
    initialise_registry(config)
    store = open_store(config)
    begin = time.perf_counter()
    fill(store, asked.contracts, asked.versions)
    if store.engine.name == "postgresql":
        with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))
    took = time.perf_counter() - begin
    print(f"{store.engine.name}: {asked.contracts} contracts, {asked.versions} versions each, {took:.0f} s")
    services = Services(
        store=store,
        reader=default_reader(config.catalog),
        judge=default_judge(),
        schema_judge=default_schema_judge(),
        artifact_reader=default_artifact_reader(),
        joiner=default_joiner(config.reports),
        clock=lambda: AT + timedelta(days=100),
    )
    chance = random.Random(2)
    asking = queries(chance, vocabulary(random.Random(1)))
    print(f"{'':32}{'median':>9}{'p99':>9}{'max':>9}{'CPU p99':>9}")

    def one_search() -> Any:
        words, wanted = next(asking)
        return page_json(search(services, words, wanted, 0, 20), result_json)

    def one_graph() -> Any:
        focus = f"schema:{chance.choice(SHARED)}"
        return graph_json(focus, graph_around(services, focus, Direction.IN, 4, 366, 200))

    measure("search", asked.runs, one_search)

    def one_page() -> Any:
        wanted = CatalogFilter(layer=chance.choice((None, *LAYERS)))
        after = f"{chance.choice(COMMON)}"
        return page_json(list_contracts(services, wanted, after, 100), contract_json)

    measure("catalog, a page of 100", 200, one_page)
    measure("graph, blast radius of a schema", 50, one_graph)
    measure("upkeep, first page", 20, lambda: page_json(upkeep(services, 90, None, 0, 50), upkeep_json))

    def one_list(minimum: float) -> Any:
        return page_json(duplicates(services, minimum, 0, 20, across_layers=False), duplicate_json)

    scores = iter((0.6, 0.61, 0.62))
    measure("duplicates, made anew", 3, lambda: one_list(next(scores)))
    measure("duplicates, kept", 20, lambda: one_list(0.62))
    store.engine.dispose()
    starts = sorted(cold_start(asked.database) for _ in range(3))
    print(f"cold start, process to first answer: {starts[1]:.1f} s (median of 3)")


def cold_start(database: str) -> float:
    """Seconds from the start of a server's process to its first answer."""
    port = free_port()
    command = [sys.executable, "-m", "tests.bench.bench_registry", "--serve", database, "--port", str(port)]
    begin = time.perf_counter()
    process = subprocess.Popen(command)
    try:
        while True:
            try:
                httpx.get(f"http://127.0.0.1:{port}/registry/v1/health", timeout=30).raise_for_status()
                return time.perf_counter() - begin
            except httpx.TransportError:
                time.sleep(0.01)
    finally:
        process.terminate()
        process.wait(20)


if __name__ == "__main__":
    main()
