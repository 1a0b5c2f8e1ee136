"""Measures reports of changes: judged anew, from the database, and from memory. Not a test; run it by hand.

python tests/bench/bench_reports.py [--runs 20] [--database URL]

Two versions of an OpenAPI document of 1 MiB are published; every fiftieth schema differs, or every second.
The request goes through the whole application in this process, without a network. CPU time is printed beside
the time on the clock, because other work on the machine touches it least.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from registry.serve import create_app
from registry.storage import tables
from tests.registry.harness import GATEWAY_SCOPES, FakeClock, RegistryUnderTest, start

THINGS = 353
"""So many make 1 MiB."""
COMPARISON = "/contracts/large/comparison?before=1.0.0&after=1.1.0"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--database", help="an empty database; an SQLite file when absent")
    chosen = parser.parse_args()
    for every in (50, 2):
        with tempfile.TemporaryDirectory() as name:
            database = chosen.database or f"sqlite:///{Path(name) / 'registry.db'}"
            measure(start(database, FakeClock()), every, chosen.runs)
        if chosen.database:
            break


def measure(registry: RegistryUnderTest, every: int, runs: int) -> None:
    restart(registry)
    registry.team("erp-team")
    for version in ("1.0.0", "1.1.0"):
        text = json.dumps(document(version, every))
        body = {"document": {"uri": "large.json", "content": text}}
        answer = registry.call("POST", "/contracts/large/versions", json=body)
        assert answer.status_code == 201, answer.text[:1000]
    use(registry)
    print(f"{len(text):,} bytes, every {every}. schema differs")
    show("judged anew", [timed(registry, forget) for _ in range(max(3, runs // 5))])
    show("from the database", [timed(registry, restart) for _ in range(runs)])
    restart(registry)
    registry.call("GET", COMPARISON)
    show("from memory", [timed(registry, lambda _: None) for _ in range(runs)])
    for name in ("html", "markdown", "sarif", "json"):
        show(
            f"from memory as {name}",
            [timed(registry, lambda _: None, f"&format={name}") for _ in range(runs)],
        )
    report = registry.call("GET", COMPARISON)
    found = report.json()
    print(f"  {found['verdict']}, {len(found['findings'])} findings, {len(report.content):,} bytes of JSON")
    registry.close()


def document(version: str, every: int) -> dict[str, Any]:
    """About 1 MiB: operations that take and give objects of thirty members."""
    schemas: dict[str, Any] = {}
    paths: dict[str, Any] = {}
    problem = {
        "description": "A failure.",
        "content": {"application/problem+json": {"schema": {"type": "object"}}},
    }
    for number in range(THINGS):
        name = f"Thing{number}"
        members: dict[str, Any] = {
            f"member{index}": {"type": "string", "maxLength": 40, "description": "What it is."}
            for index in range(30)
        }
        if version == "1.1.0" and number % every == 0:
            members[f"more{number}"] = {"type": "string", "description": "New."}
        schemas[name] = {"type": "object", "description": "A thing.", "properties": members}
        content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}, "example": {}}}
        paths[f"/things{number}"] = {
            "put": {
                "operationId": f"putThing{number}",
                "summary": "Put a thing",
                "description": "Puts it.",
                "requestBody": {"required": True, "content": content},
                "responses": {"200": {"description": "Done.", "content": content}, "default": problem},
            }
        }
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Large",
            "version": version,
            "description": "Large.",
            "x-audience": "company-internal",
        },
        "x-api-id": "large-contract",
        "x-pactolus": {"name": "large", "owner": "erp-team", "layer": "system", "domain": "finance"},
        "servers": [{"url": "/system/large/v1"}],
        "security": [{"oauth": []}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {"oauth": {"type": "http", "scheme": "bearer"}},
        },
    }


def use(registry: RegistryUnderTest) -> None:
    """Ten consumers that call ten operations each."""
    gateway = registry.team("gateway-team", GATEWAY_SCOPES)
    records = [
        {
            "consumer": f"consumer-{consumer}",
            "contract": "large",
            "version": "1.0.0",
            "operation": f"PUT /things{number}",
            "status": 200,
            "count": 10,
            "firstSeen": "2026-11-02T07:00:00Z",
            "lastSeen": "2026-11-02T07:30:00Z",
        }
        for consumer in range(10)
        for number in range(0, 100, 10)
    ]
    batch = {"gateway": "g", "batchId": "b", "records": records}
    assert registry.call("POST", "/usage", token=gateway, json=batch).status_code == 204


def restart(registry: RegistryUnderTest) -> None:
    """Empties the memory."""
    registry.app = create_app(registry.config, store=registry.store, clock=registry.clock)
    registry.call("GET", "/health")


def forget(registry: RegistryUnderTest) -> None:
    """Empties memory and database."""
    restart(registry)
    with registry.store.writing() as transaction:
        transaction.connection.execute(tables.reports.delete())


def timed(
    registry: RegistryUnderTest, before: Callable[[RegistryUnderTest], None], more: str = ""
) -> tuple[float, float]:
    """Milliseconds on the clock and of CPU."""
    before(registry)
    clock, cpu = time.perf_counter(), time.process_time()
    answer = registry.call("GET", COMPARISON + more)
    taken = (time.perf_counter() - clock) * 1e3, (time.process_time() - cpu) * 1e3
    assert answer.status_code == 200, answer.text[:500]
    return taken


def show(name: str, taken: list[tuple[float, float]]) -> None:
    clock, cpu = (statistics.median(one) for one in zip(*taken, strict=True))
    best = min(one[0] for one in taken)
    print(f"  {name:<24} {clock:8.1f} ms median, {best:8.1f} ms best, {cpu:8.1f} ms of CPU")


if __name__ == "__main__":
    main()
