"""What the databases promise: one write per key under concurrency, and clear words about a wrong file."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, insert, select

from quote_to_cash.config import IDEMPOTENCY_RECORD_TTL_S
from quote_to_cash.errors import ConfigurationInvalid, VersionConflict
from quote_to_cash.examples import example
from quote_to_cash.money import Money
from quote_to_cash.services import crm_quote
from quote_to_cash.storage.database import Database
from quote_to_cash.systems.crm.model import Quantity, Quote, QuoteContent, QuoteLine
from quote_to_cash.systems.crm.storage import open_crm

QUOTES = "/system/crm-quote/v2/quotes"
THREADS = 8


def test_concurrent_duplicates_make_one_quote_and_all_get_the_same_answer(world: Any) -> None:
    barrier = Barrier(THREADS)

    def post(_: int) -> Any:
        barrier.wait()
        return world.call("POST", QUOTES, example("contoso_quote"), key="create-01")

    with ThreadPoolExecutor(THREADS) as pool:
        answers = list(pool.map(post, range(THREADS)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert sum("Idempotent-Replayed" not in answer.headers for answer in answers) == 1
    assert len(world.call("GET", QUOTES).json()["items"]) == 1


def test_concurrent_writers_with_different_keys_all_write(world: Any) -> None:
    barrier = Barrier(THREADS)

    def post(number: int) -> Any:
        barrier.wait()
        return world.call("POST", QUOTES, example("contoso_quote"), key=f"create-{number:02d}")

    with ThreadPoolExecutor(THREADS) as pool:
        answers = list(pool.map(post, range(THREADS)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["number"] for answer in answers}) == THREADS


def test_concurrent_revisions_of_one_version_let_one_through(world: Any) -> None:
    quote = world.call("POST", QUOTES, example("contoso_quote"), key="create-01").json()
    barrier = Barrier(THREADS)

    def patch(number: int) -> int:
        barrier.wait()
        body = {"validUntil": f"2027-01-{number + 1:02d}"}
        path = f"{QUOTES}/{quote['id']}"
        return int(world.call("PATCH", path, body, headers={"If-Match": '"1"'}).status_code)

    with ThreadPoolExecutor(THREADS) as pool:
        statuses = sorted(pool.map(patch, range(THREADS)))
    assert statuses == [200] + [412] * (THREADS - 1)


def test_a_quote_is_stored_only_over_the_version_it_was_made_from(tmp_path: Path, clock: Any) -> None:
    moment = clock()
    line = QuoteLine(
        "lin_1", "svc_discovery", "NW-DE", Quantity(Decimal(1), "C62"), Money(Decimal(1), "EUR"), {}
    )
    content = QuoteContent("cus_1", "NW-DE", moment.date(), (line,))
    quote = Quote("quo_1", "Q-1", "txn_1", content, moment, moment)
    store = open_crm(tmp_path / "crm.sqlite", clock)
    with store.write() as unit:
        unit.add(quote)
        unit.replace(replace(quote, version=2), version_before=1)
        with pytest.raises(VersionConflict):
            unit.replace(replace(quote, number="Q-lost"), version_before=1)
        assert unit.quote("quo_1") == replace(quote, version=2)
    store.close()


def test_concurrent_approvals_ask_and_decide_once_for_all(world: Any) -> None:
    customer = "/system/erp-orders/v1/customers/cus_contoso"
    world.call("PUT", customer, example("contoso_customer"), headers={"If-None-Match": "*"})
    quote = world.call("POST", QUOTES, example("contoso_quote"), key="create-01").json()
    world.call("POST", f"{QUOTES}/{quote['id']}/submission", key="submit-01")
    barrier = Barrier(4)

    def approve(_: int) -> Any:
        barrier.wait()
        return world.call("POST", f"{QUOTES}/{quote['id']}/approval", key="approve-1")

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(approve, range(4)))
    assert {answer.status_code for answer in answers} == {200}
    assert len(world.call("GET", f"{QUOTES}/{quote['id']}").json()["approvals"]) == 1


def test_a_key_is_forgotten_after_its_time(world: Any) -> None:
    first = world.call("POST", QUOTES, example("contoso_quote"), key="create-01").json()
    world.clock.advance(IDEMPOTENCY_RECORD_TTL_S - 1)
    assert world.call("POST", QUOTES, example("contoso_quote"), key="create-01").json() == first
    world.clock.advance(2)
    later = world.call("POST", QUOTES, example("contoso_quote"), key="create-01")
    assert later.json()["id"] != first["id"]


def test_two_clients_may_choose_the_same_key(world: Any) -> None:
    ids = {
        world.call("POST", QUOTES, example("contoso_quote"), key="create-01", client=name).json()["id"]
        for name in ("one", "two")
    }
    assert len(ids) == 2


def test_quotes_outlive_the_service(tmp_path: Path, around: Any) -> None:
    file = tmp_path / "crm.sqlite"
    headers = {"Idempotency-Key": "create-01"}
    first = crm_quote(file, NoGateway(), around)
    made = first.application.test_client().post(QUOTES, json=example("contoso_quote_mixed"), headers=headers)
    first.close()
    second = crm_quote(file, NoGateway(), around)
    client = second.application.test_client()
    assert client.get(f"{QUOTES}/{made.json['id']}").json == made.json
    again = client.post(QUOTES, json=example("contoso_quote_mixed"), headers=headers)
    assert (again.json, again.headers["Idempotent-Replayed"]) == (made.json, "true")
    second.close()


class NoGateway:
    """A gateway nobody may call."""

    def send(self, call: Any) -> Any:
        raise AssertionError(call)


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"this is not a database, not at all" * 40, "not a usable"), (None, "another version")],
)
def test_a_wrong_file_is_told_before_the_service_starts(
    tmp_path: Path, around: Any, content: bytes | None, words: str
) -> None:
    file = tmp_path / "crm.sqlite"
    if content is None:
        with sqlite3.connect(file) as connection:
            connection.execute("CREATE TABLE quotes (id)")
        connection.close()
    else:
        file.write_bytes(content)
    with pytest.raises(ConfigurationInvalid, match=words):
        crm_quote(file, NoGateway(), around)


def test_a_folder_that_does_not_exist_is_told(tmp_path: Path, around: Any) -> None:
    with pytest.raises(ConfigurationInvalid, match="does not exist"):
        crm_quote(tmp_path / "nowhere" / "crm.sqlite", NoGateway(), around)


def test_a_reader_sees_a_snapshot_while_another_writes(tmp_path: Path) -> None:
    metadata = MetaData()
    table = Table("numbers", metadata, Column("value", Integer))
    database = Database(tmp_path / "numbers.sqlite", metadata, 1)
    with database.reading() as reader:
        assert reader.execute(select(table)).all() == []
        with database.writing() as writer:
            writer.execute(insert(table).values(value=1))
        assert reader.execute(select(table)).all() == []
    with database.reading() as reader:
        assert len(reader.execute(select(table)).all()) == 1
    database.close()


def test_a_failed_write_leaves_nothing(tmp_path: Path) -> None:
    metadata = MetaData()
    table = Table("numbers", metadata, Column("value", Integer))
    database = Database(tmp_path / "numbers.sqlite", metadata, 1)

    def write_and_fail() -> None:
        with database.writing() as writer:
            writer.execute(insert(table).values(value=1))
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        write_and_fail()
    with database.reading() as reader:
        assert reader.execute(select(table)).all() == []
    database.close()
