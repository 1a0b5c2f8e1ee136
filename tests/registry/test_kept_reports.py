"""Judgements are made once per pair of contents and joined with the traffic of now."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, update

from registry.config import ReportKeeping
from registry.judgement import KeptReports, judge
from registry.model import ReportKey
from registry.ports import Judgement
from registry.serve import create_app
from registry.storage import tables
from registry.storage.store import SqlStore
from specs.files import documents_root
from tests.registry.harness import GATEWAY_SCOPES, START, RegistryUnderTest
from tests.registry.packaged import body_of, real_registry

ORDERS = documents_root() / "system" / "erp-orders.v1.openapi.yaml"
COMPARISON = "/contracts/erp-orders/comparison?before=1.0.0&after=1.1.0"


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RegistryUnderTest]:
    """With two versions of erp-orders in force, the second with a member more."""
    registry = real_registry(tmp_path_factory.mktemp("kept"))
    name, body = body_of(ORDERS)
    text = body["document"]["content"]
    more = text.replace("version: 1.0.0", "version: 1.1.0", 1).replace("ERP orders", "Orders of the ERP", 1)
    for content in (text, more):
        document = {**body["document"], "content": content}
        made = registry.call("POST", f"/contracts/{name}/versions", json={**body, "document": document})
        assert made.status_code == 201, made.text
    yield registry
    registry.close()


def counting(real: RegistryUnderTest, keeping: ReportKeeping | None = None) -> list[str]:
    """Puts an application in place, with an empty memory, that notes each judgement that is made."""
    made: list[str] = []

    def noted(before: Any, after: Any, usage: Any) -> Judgement:
        made.append(after.version)
        return judge(before, after, usage)

    real.app = create_app(real.config, store=real.store, judging=noted, clock=real.clock)
    return made


def empty(real: RegistryUnderTest) -> None:
    with real.store.writing() as transaction:
        transaction.connection.execute(tables.reports.delete())


def test_a_publication_leaves_its_judgement_for_comparisons(real: RegistryUnderTest) -> None:
    made = counting(real)

    assert real.call("GET", COMPARISON).status_code == 200
    assert real.call("GET", f"{COMPARISON}&format=html").headers["Content-Type"].startswith("text/html")
    assert made == []


def test_a_comparison_is_judged_once_and_kept_over_restarts(real: RegistryUnderTest) -> None:
    empty(real)
    made = counting(real)
    first = real.call("GET", COMPARISON).json()
    again = real.call("GET", COMPARISON).json()

    after_restart = counting(real)
    from_database = real.call("GET", COMPARISON).json()

    assert first == again == from_database
    assert (made, after_restart) == (["1.1.0"], [])


def test_traffic_is_joined_with_what_is_kept_and_never_kept_with_it(real: RegistryUnderTest) -> None:
    real.call("GET", COMPARISON)
    made = counting(real)
    reverse = "/contracts/erp-orders/comparison?before=1.1.0&after=1.0.0"
    quiet = real.call("GET", reverse).json()
    record = {
        "consumer": "quote-app",
        "contract": "erp-orders",
        "version": "1.1.0",
        "operation": "POST /orders",
        "status": 201,
        "count": 12,
        "firstSeen": "2026-11-02T07:00:00Z",
        "lastSeen": "2026-11-02T07:30:00Z",
    }
    gateway = real.team("integration-engineering", GATEWAY_SCOPES)
    batch = {"gateway": "g", "batchId": "kept", "records": [record]}
    assert real.call("POST", "/usage", token=gateway, json=batch).status_code == 204

    busy = real.call("GET", reverse).json()

    assert made == ["1.0.0"]
    assert quiet["digest"] == busy["digest"]
    assert (quiet["window"], busy["window"] is not None) == (None, True)
    with real.store.reading() as transaction:
        contents = transaction.connection.execute(select(tables.reports.c.content)).scalars().all()
    assert not any(b"quote-app" in one for one in contents)


def test_what_cannot_be_read_any_more_is_judged_anew(real: RegistryUnderTest) -> None:
    real.call("GET", COMPARISON)
    with real.store.writing() as transaction:
        transaction.connection.execute(update(tables.reports).values(content=b"not a report"))
    made = counting(real)

    assert real.call("GET", COMPARISON).status_code == 200

    assert made == ["1.1.0"]


def key(number: int) -> ReportKey:
    return ReportKey(hashlib.sha256(bytes([number])).hexdigest(), "a" * 64, "1", "o")


def test_the_oldest_judgements_go_first(store: SqlStore) -> None:
    with store.writing() as transaction:
        for number in range(5):
            transaction.reports.put(key(number), b"x" * 10, START + timedelta(seconds=number))
        transaction.reports.trim(4, 1_000)
        transaction.reports.trim(100, 25)

    with store.reading() as transaction:
        left = [number for number in range(5) if transaction.reports.content(key(number))]
        count = transaction.connection.execute(select(func.count()).select_from(tables.reports)).scalar_one()
    assert (left, count) == ([3, 4], 2)


def test_a_judgement_is_kept_in_place_of_one_that_cannot_be_read(store: SqlStore) -> None:
    with store.writing() as transaction:
        transaction.reports.put(key(1), b"first", START)
        transaction.reports.put(key(1), b"second", START)

    with store.reading() as transaction:
        assert transaction.reports.content(key(1)) == b"second"


def test_memory_holds_a_bounded_amount(tmp_path: Path) -> None:
    from specs.files import read_contract

    contract = read_contract(ORDERS, (documents_root(),))
    other = read_contract(documents_root() / "system" / "crm-quote.v1.openapi.yaml", (documents_root(),))
    content = judge(contract, other, ()).kept
    assert content is not None
    joiner = KeptReports(ReportKeeping(memory_bytes_max=1))

    assert joiner.hold(key(1), content)
    assert joiner.hold(key(2), content)

    assert joiner.held(key(1), ()) is None
    assert joiner.held(key(2), ()) is not None
    assert not joiner.hold(key(3), content[:-10])


def test_options_are_part_of_what_a_judgement_is_kept_under() -> None:
    joiner = KeptReports()

    assert len(joiner.options) == 64
    assert joiner.engine.count(".") == 1
