"""What a call showed of its contract: every name and declared value that it sent, and nothing else of it."""

from __future__ import annotations

import asyncio
from typing import Any

import orjson
import pytest
import yaml
from hypothesis import HealthCheck, given
from hypothesis import settings as checked
from hypothesis import strategies as st

from gateway.config import Limits
from gateway.errors import SourceError
from gateway.model import ContractRecord, DocumentRef, Reject, Request, ThrottlingPlan
from gateway.plan.compile import compile_contract
from gateway.plan.model import ApiPlan, Plan, Route
from gateway.plan.sights import LOOKED
from gateway.policies import request_validation
from gateway.seeing import sent_by
from gateway.usage import Meter, Shown
from specs.load import load_contract
from specs.pointers import MISSING
from tests.gateway.test_properties import ANY_JSON, CONTRACTS, ORDER

RAW = (CONTRACTS / "orders.v1.openapi.yaml").read_bytes()
VALUE: dict[str, Any] = yaml.safe_load(RAW)
RECORD = ContractRecord(
    "orders", "openapi", "1.0.0", 1, "system", "erp-team", DocumentRef("system/orders.v1.openapi.yaml", "")
)
KEY = (b"idempotency-key", b"key-12345678")


def compiled(value: dict[str, Any] | None = None, **limits: int) -> ApiPlan:
    raw = RAW if value is None else yaml.safe_dump(value).encode()
    return compile_contract(load_contract(RECORD.document.uri, raw), RECORD, Limits(**limits))


def shown(
    api: ApiPlan,
    method: str = "POST",
    body: bytes = b"",
    query: bytes = b"",
    headers: tuple[tuple[bytes, bytes], ...] = (),
    path: bytes = b"/orders",
) -> tuple[bool, dict[tuple[str, str, str], int]]:
    """Whether a call was wholly looked at, and what of it was told."""
    plan = Plan("r", {api.prefix: api}, {}, frozenset(), ThrottlingPlan(1, 1))
    lines = [KEY, *headers]
    if body:
        lines += [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    request = Request(method, b"/system/orders/v1" + path, query, lines)
    found = dict(lines)
    route = plan.route(method, request.path)
    assert isinstance(route, Route)
    head = request_validation.check_head(request, found, route.operation, route.path_values, 256, 50)
    assert not isinstance(head, Reject)
    reject = request_validation.check_body(route.operation, head, body, 100_000, 50)
    sent = sent_by(request, found, route, head, body, refused=reject is not None)
    assert route.operation.sights is not None
    told = Shown(route.operation.sights)
    told.add(sent, 10)
    places = {
        (one["where"], one["path"], repr(one["value"]) if "value" in one else ""): one["calls"]
        for one in told.records()
    }
    return bool(told.looked), places


def listed(value: Any, path: str = "") -> set[str]:
    """The second opinion: every path of a value, by walking it."""
    if isinstance(value, dict):
        inner = {f"{path}.{name}" if path else name: each for name, each in value.items()}
        return set(inner).union(*(listed(each, name) for name, each in inner.items()))
    if isinstance(value, list) and value:
        return {f"{path}[]"}.union(*(listed(each, f"{path}[]") for each in value))
    return set()


API = compiled()
NESTED = st.builds(lambda order, part: {**order, "parent": part}, ORDER, ORDER)


@checked(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.one_of(ORDER, NESTED, st.builds(lambda order, part: {**order, "parent": part}, ORDER, NESTED)))
def test_of_a_body_exactly_the_members_it_has_are_told(value):
    looked, places = shown(API, body=orjson.dumps(value))
    assert looked
    assert {path for where, path, _ in places if where == "request"} == {"", *listed(value)}
    assert set(places.values()) == {1}


@checked(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(ANY_JSON)
def test_nothing_that_is_not_in_the_contract_is_told(value):
    _, places = shown(API, body=orjson.dumps(value))
    sights = API.operations[1].sights
    assert API.operations[1].key == "POST /orders"
    assert {path for where, path, _ in places if where == "request"} <= {
        one.path for one in sights.coordinates
    }
    assert not any("other" in path for _, path, _ in places)


def with_new_order(**keywords: Any) -> ApiPlan:
    value = yaml.safe_load(RAW)
    value["components"]["schemas"]["NewOrder"] |= keywords
    return compiled(value)


def test_a_member_that_no_schema_names_leaves_the_call_not_looked_at():
    api = with_new_order(additionalProperties=True)
    order = {"customer": "c", "lines": [{"quantity": 1}]}
    assert shown(api, body=orjson.dumps(order))[0]
    looked, places = shown(api, body=orjson.dumps({**order, "secret-name": 1}))
    assert not looked
    assert ("request", "customer", "") in places
    assert not any("secret" in path for _, path, _ in places)


def test_a_body_deeper_than_the_bound_leaves_the_call_not_looked_at():
    value: dict[str, Any] = {"customer": "c", "lines": [{"quantity": 1}]}
    for _ in range(12):
        value = {"customer": "c", "lines": [{"quantity": 1}], "parent": value}
    assert not shown(API, body=orjson.dumps(value))[0]


def test_beyond_the_bound_of_places_the_shallow_ones_are_told_and_the_rest_is_not_passed_for_absent():
    api = compiled(coordinates_per_operation_max=5)
    looked, places = shown(api, body=orjson.dumps({"customer": "c", "lines": [{"quantity": 1}]}))
    assert not looked
    assert ("request", "customer", "") in places
    assert len(places) <= 5


@pytest.mark.parametrize(
    ("schema", "value", "told", "looked"),
    [
        ({"enum": ["A", "B", 1, None]}, "A", {"'A'"}, True),
        ({"enum": ["A", "B", 1, None]}, 1, {"1"}, True),
        ({"enum": ["A", True, None]}, True, {"True"}, True),
        ({"enum": [1, True]}, 1, {"1"}, True),
        ({"enum": ["A", None]}, None, {"None"}, True),
        ({"const": "A"}, "A", {"'A'"}, True),
        ({"anyOf": [{"enum": ["A"]}, {"type": "string"}]}, "free text", set(), True),
        ({"anyOf": [{"$ref": "#/components/schemas/Kind"}, {"type": "null"}]}, "K", {"'K'"}, True),
        ({"type": "string"}, "free text", set(), True),
        ({"type": "object"}, {"free": 1}, set(), False),
        ({"type": "object"}, {}, set(), True),
        ({}, ["free"], set(), False),
        ({"type": "array", "prefixItems": [{"type": "string"}]}, ["A"], set(), False),
        ({"type": "object", "additionalProperties": {"type": "string"}}, {"free": "x"}, set(), False),
    ],
)
def test_values_are_told_where_the_contract_declares_them(schema, value, told, looked):
    contract = yaml.safe_load(RAW)
    contract["components"]["schemas"]["Kind"] = {"enum": ["K", "L"]}
    contract["components"]["schemas"]["NewOrder"]["properties"]["kind"] = schema
    order = {"customer": "c", "lines": [{"quantity": 1}], "kind": value}
    whole, places = shown(compiled(contract), body=orjson.dumps(order))
    assert whole is looked
    assert ("request", "kind", "") in places
    assert {text for _, path, text in places if path == "kind" and text} == told
    assert not any("free" in path + text for _, path, text in places)


def test_a_free_value_among_declared_ones_in_a_list_leaves_the_call_not_looked_at():
    contract = yaml.safe_load(RAW)
    kinds = {"type": "array", "items": {"anyOf": [{"enum": ["A", "B"]}, {"type": "string"}]}}
    contract["components"]["schemas"]["NewOrder"]["properties"]["kinds"] = kinds
    api = compiled(contract)
    order = {"customer": "c", "lines": [{"quantity": 1}]}
    assert shown(api, body=orjson.dumps({**order, "kinds": ["A", "B"]}))[0]
    assert not shown(api, body=orjson.dumps({**order, "kinds": ["A", "free"]}))[0]


def test_parameters_are_told_by_name_and_declared_value():
    looked, places = shown(
        API, "GET", query=b"limit=5&status=OPEN&status=CLOSED&filter%5Bdeep%5D=true",
        headers=((b"cookie", b"session=abc"),),
    )  # fmt: skip
    assert looked
    assert set(places) == {
        ("query parameter `limit`", "", ""),
        ("query parameter `status`", "", ""),
        ("query parameter `status`", "[]", ""),
        ("query parameter `status`", "[]", "'OPEN'"),
        ("query parameter `status`", "[]", "'CLOSED'"),
        ("query parameter `filter`", "", ""),
        ("query parameter `filter`", "deep", ""),
        ("cookie parameter `session`", "", ""),
    }


def test_path_and_header_parameters_are_told_under_the_name_that_the_contract_writes():
    _, places = shown(API, "GET", path=b"/orders/o-1")
    assert ("path parameter `orderId`", "", "") in places
    _, places = shown(API, body=orjson.dumps({"customer": "c", "lines": [{"quantity": 1}]}))
    assert ("header parameter `Idempotency-Key`", "", "") in places


def test_an_object_that_has_all_its_members_is_told_without_being_walked():
    contract = yaml.safe_load(RAW)
    amount = {
        "type": "object", "required": ["value", "unit"], "additionalProperties": False,
        "properties": {"value": {"type": "string"}, "unit": {"type": "string"}},
    }  # fmt: skip
    contract["components"]["schemas"]["NewOrder"]["properties"]["amounts"] = {
        "type": "array",
        "items": amount,
    }
    order = {"customer": "c", "lines": [{"quantity": 1}], "amounts": [{"value": "1", "unit": "h"}]}
    looked, places = shown(compiled(contract), body=orjson.dumps(order))
    assert looked
    assert {path for where, path, _ in places if where == "request"} == {"", *listed(order)}


def test_a_refused_call_is_looked_at_and_one_that_is_not_json_is_not():
    assert shown(API, body=b'{"customer": "", "other": 1}')[0]
    assert not shown(API, body=b"{")[0]


class Taken:
    def __init__(self) -> None:
        self.batches: list[Any] = []
        self.away = False

    async def usage(self, batch: Any) -> None:
        if self.away:
            raise SourceError("source.away", "away")
        self.batches.append(batch)

    async def drift(self, batch: Any) -> None:
        raise AssertionError("no drift here")


def metered(taken: Taken, **limits: int) -> tuple[Meter, Any]:
    sights = compiled().operations[1].sights
    assert sights is not None
    sights.head((), {}, {})
    return Meter("g", taken, lambda: "b", Limits(**limits)), sights


def test_calls_are_added_up_by_place_however_many_shapes_they_have():
    taken = Taken()
    meter, sights = metered(taken, shapes_per_row_max=2)
    for shape in (4, 8, 12, 4, 16, 4 | 16):
        meter.count("app", RECORD, "POST /orders", 201, 0.0, sights, shape | LOOKED)
    assert asyncio.run(meter.flush())
    (record,) = taken.batches[0]["records"]
    assert (record["count"], record["looked"]) == (6, 6)
    expected = {sights.coordinates[0]: 4, sights.coordinates[1]: 2, sights.coordinates[2]: 2}
    assert {one.value for one in expected} == {MISSING}
    assert record["seen"] == [one.as_json(calls) for one, calls in expected.items()]


def test_batches_are_no_larger_than_one_request_may_be():
    taken = Taken()
    meter, sights = metered(taken, usage_records_per_batch_max=2, usage_places_per_batch_max=3)
    for status in (200, 201, 202, 203, 204):
        meter.count("app", RECORD, "POST /orders", status, 0.0, sights, 4 | 8 | LOOKED)
    assert asyncio.run(meter.flush())
    assert [len(batch["records"]) for batch in taken.batches] == [1] * 5
    for status in (200, 201, 202):
        meter.count("app", RECORD, "POST /orders", status, 0.0, sights, LOOKED)
    assert asyncio.run(meter.flush())
    assert [len(batch["records"]) for batch in taken.batches[5:]] == [2, 1]


def test_while_the_registry_is_away_calls_stay_counted_and_beyond_a_bound_nothing_is_told_of_them():
    taken = Taken()
    meter, sights = metered(taken, usage_places_kept_max=3)
    taken.away = True
    for _ in range(3):
        meter.count("app", RECORD, "POST /orders", 201, 0.0, sights, 4 | 8 | LOOKED)
        assert not asyncio.run(meter.flush())
    taken.away = False
    assert asyncio.run(meter.flush())
    records = [batch["records"][0] for batch in taken.batches]
    assert [(one["count"], one["looked"], len(one["seen"])) for one in records] == [
        (1, 1, 2), (1, 0, 0), (1, 0, 0),
    ]  # fmt: skip
    meter.count("app", RECORD, "POST /orders", 201, 0.0, sights, 4 | 8 | LOOKED)
    assert asyncio.run(meter.flush())
    assert taken.batches[-1]["records"][0]["looked"] == 1


def test_calls_by_another_plan_of_the_contract_are_not_looked_at_until_the_next_batch():
    taken = Taken()
    meter, sights = metered(taken)
    _, others = metered(taken)
    meter.count("app", RECORD, "POST /orders", 201, 0.0, sights, 4 | LOOKED)
    meter.count("app", RECORD, "POST /orders", 201, 0.0, others, 8 | LOOKED)
    assert asyncio.run(meter.flush())
    (record,) = taken.batches[0]["records"]
    assert (record["count"], record["looked"], len(record["seen"])) == (2, 1, 1)
