"""Schemas under subjects, through the door for schema registry clients, on each kind of database."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import select

from registry.storage import tables
from tests.registry.harness import RegistryUnderTest
from tests.registry.harness import audited as entries_of
from tests.registry.schema_client import SchemaClient, administrator, members, refused, sent, team

TEXT = {"type": "string"}
ORDER = members(reference=TEXT)


@pytest.fixture
def orders(anywhere: RegistryUnderTest) -> SchemaClient:
    return team(anywhere, "erp-team")


def audited(registry: RegistryUnderTest) -> list[tuple[str, str, str, Any]]:
    entries = entries_of(registry.store, "schema.")
    return [(one["actor"], one["action"], one["subject"], one["detail"]) for one in entries]


def test_a_schema_is_read_back_as_it_was_written(orders: SchemaClient) -> None:
    text = '{\n  "type": "object",  "properties": {"b": {}, "a": {"const": 1.0}}}'

    made = orders.register("orders-value", text).json()

    assert (made["version"], made["schemaType"]) == (1, "JSON")
    by_id = orders.get(f"/schemas/ids/{made['id']}")
    assert (by_id["schema"], by_id["guid"]) == (text, made["guid"])
    assert orders.send("GET", "/subjects/orders-value/versions/1/schema").text == text
    assert orders.send("GET", f"/schemas/ids/{made['id']}/schema").text == text
    assert orders.get(f"/schemas/guids/{made['guid']}")["schema"] == text
    assert orders.get(f"/schemas/guids/{made['guid']}/ids") == [{"context": ".", "id": made["id"]}]


def test_equal_content_has_one_id_wherever_it_is_registered(orders: SchemaClient) -> None:
    first = orders.register("orders-value", '{"type": "object", "title": "Order"}').json()

    again = orders.register("orders-value", '{"title":"Order","type":"object"}').json()
    elsewhere = orders.register("returns-value", '{"title":"Order","type":"object"}').json()

    assert (again["id"], again["version"]) == (first["id"], 1)
    assert (elsewhere["id"], elsewhere["version"]) == (first["id"], 1)
    assert orders.get(f"/schemas/ids/{first['id']}/subjects") == ["orders-value", "returns-value"]


def test_ids_and_numbers_never_return(orders: SchemaClient) -> None:
    one = orders.register("orders-value", ORDER).json()
    orders.send("DELETE", "/subjects/orders-value")
    orders.send("DELETE", "/subjects/orders-value?permanent=true")
    assert refused(orders.send("GET", f"/schemas/ids/{one['id']}")) == (404, 40403)

    two = orders.register("orders-value", members(other=TEXT)).json()
    same = orders.register("orders-value", ORDER).json()

    assert (two["version"], same["version"], same["id"]) == (2, 3, one["id"])
    assert two["id"] > one["id"]
    assert orders.get("/subjects/orders-value/versions") == [2, 3]


def test_a_deletion_is_soft_before_it_is_permanent(orders: SchemaClient) -> None:
    orders.register("orders-value", ORDER)
    subject, version = "/subjects/orders-value", "/subjects/orders-value/versions/1"

    assert refused(orders.send("DELETE", f"{version}?permanent=true")) == (404, 40407)
    assert refused(orders.send("DELETE", f"{subject}?permanent=true")) == (404, 40405)
    assert orders.send("DELETE", version).json() == 1
    assert refused(orders.send("DELETE", version)) == (404, 40406)
    assert refused(orders.send("DELETE", subject)) == (404, 40404)
    assert refused(orders.send("GET", version)) == (404, 40401)
    assert orders.get(f"{version}?deleted=true")["version"] == 1
    assert (orders.get("/subjects"), orders.get("/subjects?deleted=true")) == ([], ["orders-value"])
    assert orders.get("/subjects?deletedOnly=true") == ["orders-value"]
    assert orders.send("DELETE", f"{subject}?permanent=true").json() == [1]
    assert orders.get("/subjects?deleted=true") == []
    assert refused(orders.send("DELETE", f"{subject}?permanent=true")) == (404, 40401)


def test_a_lookup_tells_an_unknown_subject_from_an_unknown_schema(orders: SchemaClient) -> None:
    orders.register("orders-value", ORDER)

    found = orders.send("POST", "/subjects/orders-value", json=sent(ORDER))
    assert (found.json()["version"], found.json()["subject"]) == (1, "orders-value")
    assert refused(orders.send("POST", "/subjects/nobody", json=sent(ORDER))) == (404, 40401)
    assert refused(orders.send("POST", "/subjects/orders-value", json=sent(True))) == (404, 40403)


def test_a_subject_belongs_to_the_team_that_used_it_first(
    anywhere: RegistryUnderTest, orders: SchemaClient
) -> None:
    orders.register("orders-value", ORDER)
    other = team(anywhere, "crm-team")

    assert refused(other.register("orders-value", members(b=TEXT))) == (403, 40301)
    assert refused(other.send("DELETE", "/subjects/orders-value")) == (403, 40301)
    assert refused(other.send("PUT", "/config/orders-value", json={"compatibility": "NONE"})) == (403, 40301)
    assert refused(other.send("PUT", "/mode", json={"mode": "READONLY"})) == (403, 40301)
    assert administrator(anywhere).register("orders-value", members(b=TEXT)).json()["version"] == 2
    entries = audited(anywhere)
    assert [(actor, action) for actor, action, _, _ in entries] == [
        (orders.client_id, "schema.registered"),
        (other.client_id, "schema.registration_refused"),
        (anywhere.admin["clientId"], "schema.registered"),
    ]
    assert entries[1][3] == {"code": "not_owner"}


def test_each_denied_attempt_to_change_something_is_audited_once(
    anywhere: RegistryUnderTest, orders: SchemaClient
) -> None:
    orders.register("orders-value", ORDER)
    other = team(anywhere, "crm-team")
    stranger = SchemaClient(anywhere, other.client_id, "wrong")

    other.register("orders-value", members(b=TEXT))
    other.send("DELETE", "/subjects/orders-value")
    other.send("PUT", "/mode", json={"mode": "READONLY"})
    stranger.register("orders-value", ORDER)
    stranger.send("POST", "/subjects/orders-value", json=sent(ORDER))
    stranger.send("GET", "/subjects")

    with anywhere.store.reading() as transaction:
        log = tables.audit_log.c
        query = select(log.actor, log.action, log.subject).where(log.outcome == "denied")
        denied = [tuple(row) for row in transaction.connection.execute(query.order_by(log.position))]
    assert denied == [
        (other.client_id, "schema.registration_refused", "orders-value"),
        (other.client_id, "access.denied", "/confluent/subjects/orders-value"),
        (other.client_id, "access.denied", "/confluent/mode"),
        ("anonymous", "access.denied", "/confluent/subjects/orders-value/versions"),
    ]


def test_of_concurrent_registrations_each_has_its_own_number(orders: SchemaClient) -> None:
    orders.level("orders-value", "NONE")
    with ThreadPoolExecutor(6) as threads:
        answers = list(
            threads.map(lambda name: orders.register("orders-value", members(**{name: TEXT})), "abcdef")
        )

    assert [answer.status_code for answer in answers] == [200] * 6
    assert sorted(answer.json()["version"] for answer in answers) == [1, 2, 3, 4, 5, 6]
    assert len({answer.json()["id"] for answer in answers}) == 6


def test_concurrent_registrations_of_equal_content_make_one_version(orders: SchemaClient) -> None:
    with ThreadPoolExecutor(6) as threads:
        answers = list(threads.map(lambda _: orders.register("orders-value", ORDER), range(6)))

    assert {(answer.json()["id"], answer.json()["version"]) for answer in answers} == {(1, 1)}
    assert orders.get("/subjects/orders-value/versions") == [1]


def test_a_name_with_a_slash_and_every_letter_is_a_subject(orders: SchemaClient) -> None:
    path = "com%2Facme%3A%C3%A9-value"

    assert orders.register(path, ORDER).status_code == 200
    assert orders.get("/subjects") == ["com/acme:é-value"]
    assert orders.get(f"/subjects/{path}/versions/latest")["subject"] == "com/acme:é-value"
    assert orders.get("/subjects?subjectPrefix=com/") == ["com/acme:é-value"]
    assert orders.get("/subjects?subjectPrefix=COM/") == []


def test_lists_are_cut_as_asked(orders: SchemaClient) -> None:
    for number in range(4):
        orders.register(f"s{number}", members(**{f"m{number}": TEXT}))
    orders.register("s1", members(m1=TEXT, more=TEXT))

    assert orders.get("/subjects?offset=1&limit=2") == ["s1", "s2"]
    listed = orders.get("/schemas?subjectPrefix=s1&latestOnly=true")
    assert [(one["subject"], one["version"]) for one in listed] == [("s1", 2)]
    assert [one["version"] for one in orders.get("/schemas?subjectPrefix=s1")] == [1, 2]
    assert len(orders.get("/schemas?limit=3")) == 3


def test_a_read_only_subject_takes_nothing(anywhere: RegistryUnderTest, orders: SchemaClient) -> None:
    orders.register("orders-value", ORDER)
    assert orders.send("PUT", "/mode/orders-value", json={"mode": "READONLY"}).json() == {"mode": "READONLY"}

    assert refused(orders.register("orders-value", members(b=TEXT))) == (422, 42205)
    assert orders.register("orders-value", ORDER).json()["version"] == 1
    assert refused(orders.send("DELETE", "/subjects/orders-value")) == (422, 42205)
    assert orders.send("DELETE", "/mode/orders-value").json() == {"mode": "READONLY"}
    assert refused(orders.send("GET", "/mode/orders-value")) == (404, 40409)
    assert orders.get("/mode/orders-value?defaultToGlobal=true") == {"mode": "READWRITE"}
    assert orders.register("orders-value", members(b=TEXT)).status_code == 200
    assert administrator(anywhere).send("PUT", "/mode", json={"mode": "READONLY"}).status_code == 200
    assert refused(orders.register("new", ORDER)) == (422, 42205)


def test_a_schema_refers_to_what_is_registered(orders: SchemaClient) -> None:
    money = members("amount", amount=TEXT)
    orders.register("money", money)
    reference = {"name": "money.json", "subject": "money", "version": 1}
    line = members(price={"$ref": "money.json"}, net={"$ref": "money.json#/properties/amount"})

    made = orders.register("line", line, references=[reference]).json()

    assert made["references"] == [reference]
    assert orders.get("/subjects/money/versions/latest/referencedby") == [made["id"]]
    assert refused(orders.send("DELETE", "/subjects/money/versions/1")) == (422, 42206)
    dearer = members(price={"$ref": "money.json", "type": "object"}, net={"type": "integer"})
    verdict = orders.check("line", dearer, references=[reference])
    assert verdict["is_compatible"] is False
    assert '{"net": ""}' in verdict["messages"][0]
    unknown = {"name": "x.json", "subject": "nobody", "version": 1}
    assert refused(orders.register("l", members(x={"$ref": "x.json"}), references=[unknown])) == (422, 42201)


def test_settings_hold_for_a_subject_or_for_all(anywhere: RegistryUnderTest, orders: SchemaClient) -> None:
    admin = administrator(anywhere)

    assert orders.get("/config") == {"compatibilityLevel": "BACKWARD", "compatibilityPolicy": "LENIENT"}
    assert admin.send("PUT", "/config", json={"compatibility": "FULL"}).json() == {"compatibility": "FULL"}
    assert refused(orders.send("GET", "/config/orders-value")) == (404, 40408)
    assert orders.get("/config/orders-value?defaultToGlobal=true")["compatibilityLevel"] == "FULL"
    orders.level("orders-value", "FORWARD")
    assert orders.get("/config/orders-value")["compatibilityLevel"] == "FORWARD"
    assert refused(orders.send("PUT", "/config/x", json={"compatibility": "SIDEWAYS"})) == (422, 42203)
    assert orders.send("DELETE", "/config/orders-value").json() == {"compatibilityLevel": "FORWARD"}
    assert refused(orders.send("GET", "/config/orders-value")) == (404, 40408)
    changes = [detail for _, action, _, detail in audited(anywhere) if action == "schema.settings_changed"]
    assert changes[0]["after"]["compatibility"] == "FULL"
