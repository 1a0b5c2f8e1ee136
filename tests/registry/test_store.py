"""One suite over every database that the registry keeps its store in."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from registry.errors import Contention
from registry.model import (
    AuditEntry,
    Client,
    ClientKind,
    Consumer,
    Contract,
    DocumentReference,
    Drift,
    Lifecycle,
    Operation,
    Plan,
    RevokedToken,
    SemanticVersion,
    SigningKey,
    State,
    Subscription,
    Team,
    UsageCount,
    Version,
)
from registry.ports import CatalogFilter
from registry.storage import tables
from registry.storage.store import SqlStore

AT = datetime(2026, 11, 2, 8, 0, 0, 123456, tzinfo=UTC)
ORDERS = Contract("orders", "id-1", "openapi", "ERP Orders", "system", "finance", "erp-team", "internal", 1)
CONSUMER = Consumer("portal", "erp-team", "experience", Plan(2.5, 10), AT)


def version(number: str = "1.0.0", contract: str = "orders", **changes: object) -> Version:
    made = Version(
        contract=contract,
        number=SemanticVersion(*(int(part) for part in number.split("."))),
        sha256="a" * 64,
        canonical_sha256="b" * 64,
        bundle_sha256="c" * 64,
        owner="erp-team",
        published_at=AT,
        published_by="client",
        on_behalf_of=None,
        document=DocumentReference("orders.yaml", "a" * 64),
        references=(DocumentReference("money.yaml", "d" * 64),),
        operations=(Operation("createOrder", "POST /orders"), Operation("getOrder", "GET /orders/{id}")),
        problems=({"code": "lint.example", "detail": "No example."},),
        report={"verdict": "compatible", "digest": "x"},
    )
    return replace(made, **changes)  # type: ignore[arg-type]


CONTENT = {"a" * 64: b"\x00raw\xff", "d" * 64: b"money"}


def with_orders(store: SqlStore, *numbers: str) -> None:
    with store.writing() as transaction:
        transaction.catalog.add_contract(ORDERS)
        for number in numbers:
            transaction.catalog.add_version(version(number), CONTENT)


def usage(**changes: object) -> UsageCount:
    made = UsageCount(
        "portal", "orders", "1.0.0", "POST /orders", 201, date(2026, 11, 2), 3, AT, AT + timedelta(minutes=5)
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def test_a_version_comes_back_as_it_was_stored(store: SqlStore) -> None:
    with_orders(store, "1.0.0")

    with store.reading() as transaction:
        found = transaction.catalog.version("orders", SemanticVersion(1, 0, 0))
        documents = transaction.catalog.documents(version())

    assert found == version()
    assert documents == [(version().document, b"\x00raw\xff"), (version().references[0], b"money")]


def test_versions_are_ordered_by_precedence_not_by_text(store: SqlStore) -> None:
    with_orders(store, "1.9.0", "1.10.0", "2.0.0", "1.10.2")

    with store.reading() as transaction:
        numbers = [str(number) for number in transaction.catalog.numbers("orders")]
        latest = [str(found.number) for _, found, _ in transaction.catalog.latest()]

    assert numbers == ["2.0.0", "1.10.2", "1.10.0", "1.9.0"]
    assert latest == ["1.10.2", "2.0.0"]


def test_a_retired_major_version_is_not_served(store: SqlStore) -> None:
    with_orders(store, "1.0.0", "2.0.0")
    retired = Lifecycle(State.RETIRED, AT, AT, "2.0.0")

    with store.writing() as transaction:
        transaction.catalog.set_lifecycle("orders", 1, Lifecycle(State.DEPRECATED))
        transaction.catalog.set_lifecycle("orders", 1, retired)

    with store.reading() as transaction:
        assert transaction.catalog.lifecycle("orders", 1) == retired
        assert transaction.catalog.lifecycle("orders", 2) == Lifecycle()
        assert [str(found.number) for _, found, _ in transaction.catalog.latest()] == ["2.0.0"]


def test_the_same_bytes_are_stored_once(store: SqlStore) -> None:
    with_orders(store, "1.0.0", "1.0.1")

    with store.reading() as transaction:
        blobs = transaction.connection.execute(tables.blobs.select()).all()

    assert len(blobs) == 2


def test_an_epoch_admits_one_of_two_writers(store: SqlStore) -> None:
    with_orders(store, "1.0.0")

    with store.writing() as transaction:
        first = transaction.catalog.update_contract(replace(ORDERS, title="First"))
        second = transaction.catalog.update_contract(replace(ORDERS, title="Second"))

    assert (first, second) == (True, False)
    with store.reading() as transaction:
        assert transaction.catalog.contract("orders") == replace(ORDERS, title="First", epoch=2)


def publish_half(store: SqlStore) -> None:
    with store.writing() as transaction:
        transaction.catalog.add_contract(ORDERS)
        transaction.catalog.add_version(version(), CONTENT)
        transaction.security.audit(AuditEntry(AT, "client", "contract.published", "orders", "r"))
        raise ZeroDivisionError


def test_what_fails_half_way_leaves_nothing(store: SqlStore) -> None:
    with pytest.raises(ZeroDivisionError):
        publish_half(store)

    with store.reading() as transaction:
        assert transaction.catalog.contract("orders") is None
        assert transaction.catalog.content("a" * 64) is None
        assert transaction.log.range(0, 5) == []


def test_a_second_row_of_the_same_key_is_contention(store: SqlStore) -> None:
    with_orders(store)

    with pytest.raises(Contention), store.writing() as transaction:
        transaction.catalog.add_contract(ORDERS)


def test_a_row_that_refers_to_nothing_is_refused(store: SqlStore) -> None:
    with pytest.raises(Contention), store.writing() as transaction:
        transaction.parties.add_consumer(replace(CONSUMER, owner="nobody"))


def test_the_catalog_is_searched_by_every_filter(store: SqlStore) -> None:
    with_orders(store, "1.0.0")
    other = replace(ORDERS, name="quotes", api_id="id-2", layer="process", domain="sales", title="50%_Off")
    with store.writing() as transaction:
        transaction.parties.add_team(Team("crm-team", "CRM", AT))
        transaction.catalog.add_contract(replace(other, owner="crm-team"))
        transaction.catalog.add_version(version(contract="quotes"), CONTENT)

    def found(**wanted: str) -> list[str]:
        with store.reading() as transaction:
            return [
                entry.contract.name for entry in transaction.catalog.search(CatalogFilter(**wanted), None, 9)
            ]

    assert found() == ["orders", "quotes"]
    assert found(layer="system") == found(domain="finance") == found(owner="erp-team") == ["orders"]
    assert found(text="eRP o") == ["orders"]
    assert found(text="%_") == ["quotes"]
    assert found(text="UOTE") == ["quotes"]
    assert found(layer="system", owner="crm-team") == []


def test_a_search_goes_on_after_a_name_and_knows_every_version(store: SqlStore) -> None:
    with_orders(store, "1.0.0", "2.0.0")
    with store.writing() as transaction:
        transaction.catalog.set_lifecycle("orders", 1, Lifecycle(State.DEPRECATED))

    with store.reading() as transaction:
        (entry,) = transaction.catalog.search(CatalogFilter(), "nothing", 5)
        assert transaction.catalog.search(CatalogFilter(), "orders", 5) == []

    assert [(str(number), state) for number, state in entry.versions] == [
        ("2.0.0", State.PUBLISHED),
        ("1.0.0", State.DEPRECATED),
    ]


def test_moments_keep_their_instant_whatever_the_offset(store: SqlStore) -> None:
    east = datetime(2026, 11, 2, 14, 0, tzinfo=timezone(timedelta(hours=5, minutes=30)))
    with store.writing() as transaction:
        transaction.parties.add_team(Team("east-team", "East", east))

    with store.reading() as transaction:
        found = transaction.parties.team("east-team")

    assert found is not None
    assert found.created_at == datetime(2026, 11, 2, 8, 30, tzinfo=UTC)
    assert found.created_at.tzinfo == UTC


def test_clients_of_a_consumer_are_listed_until_withdrawn(store: SqlStore) -> None:
    one, two = (
        Client(f"portal-{n}", ClientKind.CONSUMER, "portal", (), ("a:read", "b:read"), AT) for n in (1, 2)
    )
    namesake = Client("portal-3", ClientKind.TEAM, "portal", (), (), AT)
    with store.writing() as transaction:
        transaction.parties.add_consumer(CONSUMER)
        for client in (one, two, namesake):
            transaction.clients.add(client)

    with store.writing() as transaction:
        assert transaction.clients.client("portal-1") == one
        assert transaction.clients.withdraw("portal-1", AT) is True
        assert transaction.clients.withdraw("portal-1", AT) is False

    with store.reading() as transaction:
        assert transaction.clients.client("portal-1") is None
        assert transaction.clients.clients_of(ClientKind.CONSUMER, "portal") == [two]
        expected = replace(CONSUMER, client_ids=("portal-2",))
        assert transaction.parties.consumer("portal") == expected
        assert transaction.parties.consumers(None, None) == [expected]
        assert transaction.parties.consumers("portal", 5) == []


def test_subscriptions_name_the_team_behind_them(store: SqlStore) -> None:
    with_orders(store, "1.0.0")
    subscription = Subscription("sub_1", "portal", "orders", 1, ("createOrder",), AT)
    with store.writing() as transaction:
        transaction.parties.add_consumer(CONSUMER)
        transaction.parties.add_subscription(subscription)

    with store.writing() as transaction:
        assert transaction.parties.subscriptions("portal", None, 5) == [subscription]
        assert transaction.parties.subscribers("orders", 1) == [(subscription, "erp-team")]
        assert transaction.parties.subscribers("orders", 2) == []
        assert transaction.parties.remove_subscription("other", "sub_1") is False
        assert transaction.parties.remove_subscription("portal", "sub_1") is True
        assert transaction.parties.subscriptions("portal", None, 5) == []


def test_a_batch_counts_once(store: SqlStore) -> None:
    with store.writing() as transaction:
        assert transaction.traffic.begin_batch("usage", "gateway", "batch", AT) is True
        assert transaction.traffic.begin_batch("usage", "gateway", "batch", AT) is False
        assert transaction.traffic.begin_batch("drift", "gateway", "batch", AT) is True
        assert transaction.traffic.begin_batch("usage", "other", "batch", AT) is True

    with store.writing() as transaction:
        transaction.traffic.forget_batches(AT + timedelta(seconds=1))
        assert transaction.traffic.begin_batch("usage", "gateway", "batch", AT) is True


def test_usage_adds_up_where_it_stands(store: SqlStore) -> None:
    later = AT + timedelta(hours=1)
    with store.writing() as transaction:
        transaction.parties.add_consumer(CONSUMER)
        transaction.traffic.add_usage([usage(), usage(calls=2, first_seen=later, last_seen=later)])
        transaction.traffic.add_usage([usage(status=422, calls=4), usage(consumer="unknown", calls=1)])
        transaction.traffic.add_usage([usage(day=date(2026, 10, 1), calls=100)])
        transaction.traffic.add_usage([usage(contract="quotes", calls=1000)])
        transaction.traffic.add_usage([])

    with store.reading() as transaction:
        first, second = transaction.traffic.usage("orders", date(2026, 11, 1), None, 10)
        rest = transaction.traffic.usage("orders", date(2026, 11, 1), ("portal", "1.0.0", "POST /orders"), 10)

    assert (first.consumer, first.owner, first.calls, first.errors) == ("portal", "erp-team", 9, 4)
    assert first.last_seen == later
    assert (second.consumer, second.owner, second.calls) == ("unknown", None, 1)
    assert rest == [second]


def test_old_usage_is_deleted_some_rows_at_a_time_the_oldest_first(store: SqlStore) -> None:
    days = [date(2026, 10, day) for day in (3, 1, 2, 4)]
    with store.writing() as transaction:
        transaction.traffic.add_usage([usage(day=day) for day in days])

    def days_left() -> list[int]:
        with store.reading() as transaction:
            return sorted(row.day.day for row in transaction.connection.execute(tables.usage.select()))

    with store.writing() as transaction:
        transaction.traffic.forget_usage(date(2026, 10, 4), 2, 2)
    first = days_left()
    with store.writing() as transaction:
        transaction.traffic.forget_usage(date(2026, 10, 4), 2, 2)

    assert (first, days_left()) == ([3, 4], [4])


def test_usage_of_a_major_version_is_the_busiest_first_and_no_other_major(store: SqlStore) -> None:
    with store.writing() as transaction:
        transaction.traffic.add_usage(
            [
                usage(version="1.0.0", calls=1),
                usage(version="1.2.0", calls=5, operation="GET /orders"),
                usage(version="11.0.0", calls=50),
                usage(version="1.2.0", calls=9, operation="GET /orders", status=403),
                usage(version="1.2.0", calls=2, operation="GET /orders", status=404),
            ]
        )

    with store.reading() as transaction:
        found = transaction.traffic.usage_of_major("orders", 1, date(2026, 11, 1), 10)

    assert [(row.version, row.calls) for row in found] == [("1.2.0", 7), ("1.0.0", 1)]


def test_equal_drift_adds_up(store: SqlStore) -> None:
    with_orders(store, "1.0.0")
    errors = ({"pointer": "/total", "detail": "is not of type string"},)
    drift = Drift("drf_1", "orders", "1.0.0", "GET /orders", "http://erp", 200, 2, AT, AT, errors)
    earlier = AT - timedelta(days=1)
    with store.writing() as transaction:
        transaction.traffic.add_drift([drift])
        transaction.traffic.add_drift([replace(drift, first_seen=earlier), replace(drift, id="drf_0")])

    with store.reading() as transaction:
        zero, one = transaction.traffic.drift("orders", None, 10)
        assert transaction.traffic.drift(None, "drf_0", 10) == [one]
        assert transaction.traffic.drift("quotes", None, 10) == []

    assert one == replace(drift, owner="erp-team", count=4, first_seen=earlier)
    assert zero.id == "drf_0"


def test_revoked_tokens_are_known_until_they_expire(store: SqlStore) -> None:
    with store.writing() as transaction:
        transaction.security.revoke(RevokedToken("one", 100), AT)
        transaction.security.revoke(RevokedToken("one", 100), AT)
        transaction.security.revoke(RevokedToken("two", 200), AT)

    with store.writing() as transaction:
        assert transaction.security.is_revoked("one")
        assert not transaction.security.is_revoked("three")
        assert transaction.security.revoked(100, 5) == [RevokedToken("two", 200)]
        transaction.security.forget_revoked(100)
        assert not transaction.security.is_revoked("one")


def test_the_newest_key_comes_first(store: SqlStore) -> None:
    old, new = SigningKey("old", "pem", AT), SigningKey("new", "pem", AT + timedelta(days=1))
    with store.writing() as transaction:
        transaction.security.add_key(new)
        transaction.security.add_key(old)

    with store.reading() as transaction:
        assert transaction.security.keys() == [new, old]


def test_the_revision_counts_up(store: SqlStore) -> None:
    with store.writing() as transaction:
        before = transaction.revision()
        transaction.advance_revision()

    with store.reading() as transaction:
        assert transaction.revision() == before + 1


def test_a_view_does_not_change_while_others_write(store: SqlStore) -> None:
    with store.reading() as view:
        before = view.revision()
        with store.writing() as transaction:
            transaction.advance_revision()
        assert view.revision() == before
