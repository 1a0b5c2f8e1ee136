"""Steps between two versions: what goes up comes down, nothing is lost unsaid, and v1 is served by v2."""

from __future__ import annotations

import copy
import json
from contextlib import suppress

import orjson
import pytest
import yaml
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from gateway.config import Limits
from gateway.errors import ConfigError
from gateway.plan.transform_form import EXAMPLE, SCHEMA, read_transform
from gateway.plan.transforms import Unrepresentable, applied, path_of, pointer
from gateway.resilience.model import Tries, UpstreamSettings
from gateway.transform_files import read_transforms
from pactolus.commands.gateway import serve
from pactolus.errors import PactolusError

STEPS = [
    {"rename": "/customer", "to": "clientId"},
    {"move": "/zip", "to": "/address/postal/code"},
    {"rename": "/lines/*/qty", "to": "quantity"},
    {"move": "/lines/*/net", "to": "/lines/*/price/net"},
    {"default": "/currency", "value": "EUR"},
    {"default": "/lines/*/taxes", "value": {"rates": [19]}},
    {"values": "/status", "map": {"OPEN": "open", "DONE": "closed"}, "down": {"paused": "OPEN"}},
    {"values": "/lines/*/tags/*", "map": {"A": "a", "B": "b"}},
    {"drop": "/note", "side": "before"},
    {"drop": "/risk", "side": "after"},
    {"drop": "/legacy", "side": "before", "value": True},
]
V1 = {
    "type": "object", "required": ["customer", "lines", "legacy"], "additionalProperties": False,
    "properties": {
        "customer": {"type": "string"}, "zip": {"type": "string"}, "legacy": {"const": True}, "note": {},
        "status": {"enum": ["OPEN", "DONE", None]},
        "lines": {"type": "array", "items": {
            "type": "object", "required": ["qty"], "additionalProperties": False,
            "properties": {"qty": {"type": "integer"}, "net": {"type": "number"},
                           "tags": {"type": "array", "items": {"enum": ["A", "B"]}}}}},
    },
}  # fmt: skip
V2 = {
    "type": "object", "required": ["clientId", "lines", "currency"], "additionalProperties": False,
    "properties": {
        "clientId": {"type": "string"}, "currency": {"type": "string"}, "risk": {"type": "number"},
        "address": {"type": "object", "additionalProperties": False, "properties": {
            "postal": {"type": "object", "additionalProperties": False, "required": ["code"],
                       "properties": {"code": {"type": "string"}}}}},
        "status": {"enum": ["open", "closed", "paused", None]},
        "lines": {"type": "array", "items": {
            "type": "object", "required": ["quantity", "taxes"], "additionalProperties": False,
            "properties": {"quantity": {"type": "integer"}, "taxes": {"type": "object"},
                           "price": {"type": "object", "additionalProperties": False,
                                     "properties": {"net": {"type": "number"}}},
                           "tags": {"type": "array", "items": {"enum": ["a", "b"]}}}}},
    },
}  # fmt: skip
NUMBERS = st.integers(-3, 3) | st.floats(-2, 2)
LINE1 = st.fixed_dictionaries(
    {"qty": st.integers(0, 9)},
    optional={"net": NUMBERS, "tags": st.lists(st.sampled_from(["A", "B"]), max_size=2)},
)
BODY1 = st.fixed_dictionaries(
    {"customer": st.text(max_size=3), "lines": st.lists(LINE1, max_size=3), "legacy": st.just(True)},
    optional={"zip": st.text(max_size=3), "status": st.sampled_from(["OPEN", "DONE", None])},
)
LINE2 = st.fixed_dictionaries(
    {"quantity": st.integers(0, 9), "taxes": st.just({"rates": [19]})},
    optional={"price": st.fixed_dictionaries({"net": NUMBERS}),
              "tags": st.lists(st.sampled_from(["a", "b"]), max_size=2)},
)  # fmt: skip
BODY2 = st.fixed_dictionaries(
    {"clientId": st.text(max_size=3), "lines": st.lists(LINE2, max_size=3), "currency": st.just("EUR")},
    optional={"address": st.builds(lambda code: {"postal": {"code": code}}, st.text(max_size=3)),
              "status": st.sampled_from(["open", "closed", "paused", None]), "risk": NUMBERS},
)  # fmt: skip


def steps_of(told: list[dict]):
    operations = {"GET /x": {"request": told}}
    return (
        read_transform({"before": "x.v1", "after": "x.v2", "operations": operations})
        .operations["GET /x"]
        .request
    )


ALL_STEPS = steps_of(STEPS)


@given(BODY1)
def test_what_goes_up_is_valid_there_and_comes_down_as_it_was(body):
    up = applied(ALL_STEPS, copy.deepcopy(body), "up")
    assert Draft202012Validator(V2).is_valid(up), up
    assert applied(ALL_STEPS, up, "down") == body


@given(BODY2)
def test_an_answer_comes_down_valid_and_goes_up_as_it_was_but_for_what_may_be_lost(body):
    down = applied(ALL_STEPS, copy.deepcopy(body), "down")
    assert Draft202012Validator(V1).is_valid(down), down
    kept = {name: value for name, value in body.items() if name != "risk"}
    if kept.get("status") == "paused":
        kept["status"] = "open"
    assert applied(ALL_STEPS, down, "up") == kept


ANY = st.recursive(
    st.none() | st.booleans() | st.integers(0, 2) | st.sampled_from(["OPEN", "open", "EUR"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(["customer", "clientId", "zip", "address", "postal", "lines", "qty",
                                       "quantity", "status", "tags", "currency", "risk"]), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@given(ANY, st.sampled_from(["up", "down"]))
def test_any_value_is_changed_or_refused(value, direction):
    with suppress(Unrepresentable):
        applied(ALL_STEPS, value, direction)


@pytest.mark.parametrize(
    ("direction", "body", "place"),
    [
        ("down", {"currency": "USD"}, "/currency"),
        ("down", {"currency": True}, "/currency"),
        ("up", {"status": "NEW"}, "/status"),
        ("up", {"status": 1}, "/status"),
        ("down", {"status": "new"}, "/status"),
        ("up", {"customer": "a", "clientId": "b"}, "/clientId"),
        ("up", {"zip": "1", "address": "x"}, "/address/postal/code"),
        ("down", {"lines": [{"taxes": {"rates": [7]}}]}, "/lines/*/taxes"),
        ("down", {"lines": [{"taxes": {"rates": [19.0, 19]}}]}, "/lines/*/taxes"),
        ("up", {"lines": [{"tags": ["A", "C"]}]}, "/lines/*/tags/*"),
    ],
)
def test_what_the_other_version_cannot_say_is_refused_with_its_place(direction, body, place):
    with pytest.raises(Unrepresentable) as caught:
        applied(ALL_STEPS, body, direction)
    assert caught.value.pointer == place


def test_steps_that_build_on_each_other_are_undone_in_the_opposite_order():
    steps = steps_of(
        [{"rename": "/a", "to": "b"}, {"move": "/b", "to": "/c/d"}, {"values": "/c/d", "map": {"x": "y"}},
         {"rename": "/f", "to": "a"}]
    )  # fmt: skip
    body = {"a": "x", "f": 1}
    assert applied(steps, copy.deepcopy(body), "up") == {"c": {"d": "y"}, "a": 1}
    assert applied(steps, {"c": {"d": "y"}, "a": 1}, "down") == body


@pytest.mark.parametrize(
    ("value", "answered", "fits"),
    [(1, True, False), (True, 1, False), (1, 1.0, True), ({"a": [1]}, {"a": [True]}, False),
     ({"a": [1]}, {"a": [1, 1]}, False), ({"a": 1}, {"b": 1}, False), (None, None, True),
     ([0], [False], False)],
)  # fmt: skip
def test_a_default_is_told_from_other_values_as_json_tells_them(value, answered, fits):
    steps = steps_of([{"default": "/x", "value": value}])
    if fits:
        assert applied(steps, {"x": answered}, "down") == {}
    else:
        with pytest.raises(Unrepresentable):
            applied(steps, {"x": answered}, "down")


def test_a_default_is_a_value_of_its_own_in_every_item():
    up = applied(ALL_STEPS, {"lines": [{"qty": 1}, {"qty": 2}]}, "up")
    up["lines"][0]["taxes"]["rates"].append(7)
    assert up["lines"][1]["taxes"] == {"rates": [19]}


@given(st.lists(st.text(min_size=1, max_size=3), min_size=1, max_size=4))
def test_a_pointer_is_read_as_it_is_written(names):
    assert path_of(pointer(tuple(names))) == tuple(names)


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        ({"before": "orders"}, "/before"),
        ({"after": "orders.v1"}, "the same"),
        ({"extra": 1}, "extra"),
        ({"operations": {"orders": {}}}, "orders"),
        ({"operations": {"GET /x": {"query": {"a": "c", "b": "c"}}}}, "two query parameters"),
        ({"operations": {"GET /x": {"responses": {"2": []}}}}, "responses"),
        ({"operations": {"GET /x": {"request": [{"move": "zip", "to": "/b"}]}}}, "request/0"),
        ({"operations": {"GET /x": {"request": [{"move": "/a", "to": "/b", "x": 1}]}}}, "request/0"),
        ({"operations": {"GET /x": {"request": [{"move": "/l/*/a", "to": "/b"}]}}}, "step 1"),
        ({"operations": {"GET /x": {"request": [{"move": "/l/*/a", "to": "/m/*/a"}]}}}, "step 1"),
        ({"operations": {"GET /x": {"request": [{"move": "/l/*", "to": "/m/*"}]}}}, "step 1"),
        ({"operations": {"GET /x": {"request": [{"drop": "/l/*", "side": "after"}]}}}, "step 1"),
        ({"operations": {"GET /x": {"request": [{"values": "/a", "map": {"x": "z", "y": "z"}}]}}},
         "no way back"),
        ({"operations": {"GET /x": {"request": [{"values": "/a", "map": {"x": "z"}, "down": {"z": "y"}}]}}},
         "two ways back"),
    ],
)  # fmt: skip
def test_a_wrong_file_is_told_with_its_place(tmp_path, change, wanted):
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"before": "orders.v1", "after": "orders.v2", **change}))
    with pytest.raises(ConfigError) as caught:
        read_transforms(tmp_path, Limits())
    assert str(path) in str(caught.value)
    assert wanted in str(caught.value)


@pytest.mark.parametrize(
    ("files", "wanted"),
    [
        ([("a.v1", "a.v2"), ("a.v1", "a.v3")], "another transform"),
        ([("a.v1", "a.v2"), ("a.v2", "a.v3")], "served by another"),
    ],
)
def test_a_contract_has_one_transform_to_a_version_that_serves_itself(tmp_path, files, wanted):
    for number, (before, after) in enumerate(files):
        (tmp_path / f"{number}.json").write_text(json.dumps({"before": before, "after": after}))
    with pytest.raises(ConfigError, match=wanted):
        read_transforms(tmp_path, Limits())


def test_a_folder_is_bounded(tmp_path):
    (tmp_path / "a.json").write_text("{")
    with pytest.raises(ConfigError, match=r"a\.json"):
        read_transforms(tmp_path, Limits())
    with pytest.raises(ConfigError, match="above 0 bytes"):
        read_transforms(tmp_path, Limits(transform_bytes_max=0))
    with pytest.raises(ConfigError, match="more than 0"):
        read_transforms(tmp_path, Limits(transforms_max=0))


def test_the_example_fits_the_schema_as_an_independent_validator_reads_it():
    Draft202012Validator(SCHEMA).validate(json.loads(EXAMPLE))
    assert read_transform(json.loads(EXAMPLE)).operations["POST /orders"].after == "POST /purchase-orders"


def test_the_command_tells_of_a_wrong_transform_before_it_serves(tmp_path):
    (tmp_path / "a.json").write_text('{"before": "orders.v1"}')
    result = CliRunner().invoke(
        serve, ["--contracts", str(tmp_path), "--transforms", str(tmp_path), "--port", "0"]
    )
    assert isinstance(result.exception, PactolusError)
    assert "a.json: /after is required" in str(result.exception)


# through the gateway

V1_PATH, V2_PATH = "/system/orders/v1", "/system/orders/v2"
KEYS = (f"transforms-{number}" for number in range(1000))
TRANSFORM = {
    "before": "orders.v1",
    "after": "orders.v2",
    "operations": {
        "GET /orders": {"query": {"limit": "pageSize", "filter": "where"}},
        "POST /orders": {
            "after": "POST /purchase-orders",
            "request": [{"rename": "/customer", "to": "clientId"}, {"drop": "/due", "side": "before"}],
            "responses": {"201": [{"rename": "/id", "to": "number"}]},
        },
        "GET /orders/{orderId}": {
            "after": "GET /purchase-orders/{orderId}",
            "responses": {
                "2XX": [{"rename": "/id", "to": "number"}, {"default": "/currency", "value": "EUR"}]
            },
        },
    },
}


def later(contract: dict) -> dict:
    """Orders v2."""
    contract = copy.deepcopy(contract)
    contract["info"]["version"], contract["servers"] = "2.0.0", [{"url": V2_PATH}]
    paths, schemas = contract["paths"], contract["components"]["schemas"]
    paths["/purchase-orders"] = {"post": paths["/orders"].pop("post")}
    item = paths["/orders/{orderId}"]
    paths["/purchase-orders/{orderId}"] = {"parameters": item["parameters"], "get": item.pop("get")}
    for parameter in paths["/orders"]["get"]["parameters"]:
        parameter["name"] = {"limit": "pageSize", "filter": "where"}.get(parameter["name"], parameter["name"])
    order = schemas["NewOrder"]
    order["properties"]["clientId"] = {"type": "string", "minLength": 1, "maxLength": 5}
    del order["properties"]["customer"], order["properties"]["due"]
    order["required"] = ["clientId", "lines"]
    schemas["Order"]["properties"]["number"] = schemas["Order"]["properties"].pop("id")
    schemas["Order"]["properties"]["currency"] = {"type": "string"}
    schemas["Order"]["required"] = ["number"]
    return contract


def in_force(gateway, change=lambda contract: None) -> None:
    """Publishes v2 beside v1."""
    contract = later(yaml.safe_load((gateway.folder / "orders.v1.openapi.yaml").read_text()))
    change(contract)
    (gateway.folder / "orders.v2.openapi.yaml").write_text(yaml.safe_dump(contract))
    gateway.wait_for(lambda routes: len(routes["contracts"]) == 3)


@pytest.fixture(scope="module")
def bridged(make_gateway, _upstream_server, tmp_path_factory):
    folder = tmp_path_factory.mktemp("transforms")
    (folder / "orders.json").write_text(json.dumps(TRANSFORM))
    transforms = read_transforms(folder, Limits())
    gateway = make_gateway(
        _upstream_server.url, upstreams={"orders.v2": _upstream_server.url}, transforms=transforms
    )
    assert "transform orders.v1" in gateway.client.get("/-/ready").json()["problems"]
    in_force(gateway)
    assert gateway.client.get("/-/ready").json()["problems"] == {}
    return gateway


def post(gateway, read, body: dict):
    head = {**read, "idempotency-key": next(KEYS), "content-type": "application/json"}
    return gateway.client.post(f"{V1_PATH}/orders", content=orjson.dumps(body), headers=head)


ORDER = {"customer": "c-1", "lines": [{"quantity": 1}]}


def test_a_call_of_v1_is_answered_by_the_system_of_v2(bridged, upstream, read):
    upstream.answers(201, b'{"number":"7"}', location=f"{V2_PATH}/purchase-orders/7", content_digest="x")
    response = post(bridged, read, {**ORDER, "due": "2026-01-01"})
    assert (response.status_code, response.json()) == (201, {"id": "7"})
    assert response.headers["location"] == f"{V1_PATH}/purchase-orders/7"
    assert "content-digest" not in response.headers
    (seen,) = upstream.seen
    assert (seen.method, seen.path) == ("POST", f"{V2_PATH}/purchase-orders".encode())
    assert json.loads(seen.body) == {"clientId": "c-1", "lines": [{"quantity": 1}]}


def test_path_values_and_names_in_the_query_cross_over(bridged, upstream, read):
    upstream.answers(200, b'{"number":"7","currency":"EUR"}', etag='"1"')
    response = bridged.client.get(f"{V1_PATH}/orders/a-%31", headers=read)
    assert (response.json(), upstream.seen[0].path) == (
        {"id": "7"},
        f"{V2_PATH}/purchase-orders/a-1".encode(),
    )
    upstream.answers(200, b'{"items":[{"number":"7"}]}')
    response = bridged.client.get(
        f"{V1_PATH}/orders?limit=5&status=OPEN&filter%5Bfrom%5D=2026-01-01&open=true", headers=read
    )
    assert upstream.seen[1].query == b"pageSize=5&status=OPEN&where[from]=2026-01-01&open=true"
    assert (response.status_code, response.json()["code"]) == (409, "version_unrepresentable")
    assert response.json()["errors"][0]["pointer"] == "/items/0/id", "v1 promises it, and no step makes it"


def test_head_crosses_over_without_the_length_of_another_body(bridged, upstream, read):
    upstream.answers(200, b'{"number":"7"}', etag='"1"')
    response = bridged.client.head(f"{V1_PATH}/orders/a", headers=read)
    assert (response.status_code, upstream.seen[0].method) == (200, "HEAD")
    assert "content-length" not in response.headers


def test_a_request_that_v2_refuses_is_409_and_not_sent(bridged, upstream, read):
    response = post(bridged, read, {**ORDER, "customer": "too-long"})
    problem = response.json()
    assert (response.status_code, problem["code"], upstream.seen) == (409, "version_unrepresentable", [])
    assert [error["pointer"] for error in problem["errors"]] == ["/clientId"]
    assert "too-long" not in response.text


def test_an_answer_that_v1_cannot_say_is_409(bridged, upstream, read):
    upstream.answers(200, b'{"number":"7","currency":"USD"}', etag='"1"')
    response = bridged.client.get(f"{V1_PATH}/orders/a", headers=read)
    assert (response.status_code, response.json()["code"]) == (409, "version_unrepresentable")
    assert [error["pointer"] for error in response.json()["errors"]] == ["/currency"]


def test_an_answer_off_the_contract_of_v2_is_502(bridged, upstream, read):
    upstream.answers(200, b'{"number":7}', etag='"1"')
    response = bridged.client.get(f"{V1_PATH}/orders/a", headers=read)
    assert (response.status_code, response.json()["code"]) == (502, "contract_violation")


def test_a_call_of_v1_is_held_to_v1_and_a_call_of_v2_passes_unchanged(bridged, upstream, read):
    assert post(bridged, read, {"clientId": "c-1", "lines": [{"quantity": 1}]}).status_code == 422
    upstream.answers(200, b'{"number":"7","currency":"USD"}', etag='"1"')
    response = bridged.client.get(f"{V2_PATH}/purchase-orders/a", headers=read)
    assert response.json() == {"number": "7", "currency": "USD"}


@pytest.mark.parametrize(("keyed_in_v2", "sent"), [(True, 3), (False, 1)])
def test_a_keyed_call_is_repeated_only_where_the_later_version_knows_the_key_too(
    make_gateway, upstream, read, keyed_in_v2, sent
):
    gateway = make_gateway(
        upstream.url,
        upstreams={"orders.v2": upstream.url},
        transforms={"orders.v1": read_transform(TRANSFORM)},
        resilience={"orders.v2": UpstreamSettings(tries=Tries(tries_max=3, backoff_s=0.001))},
    )

    def change(contract: dict) -> None:
        if not keyed_in_v2:
            contract["paths"]["/purchase-orders"]["post"]["x-pactolus"] = {}

    in_force(gateway, change)
    upstream.answers(503, b"{}")
    assert post(gateway, read, ORDER).status_code == 502
    assert len(upstream.seen) == sent


def test_an_error_of_the_system_passes_as_it_is(bridged, upstream, read):
    upstream.answers(404, b'{"code":"none"}', content_type="application/problem+json")
    response = bridged.client.get(f"{V1_PATH}/orders/a", headers=read)
    assert (response.status_code, response.json()) == (404, {"code": "none"})


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        ({"GET /never": {}}, "orders.v1 has no GET /never"),
        ({"GET /orders": {"after": "GET /nowhere"}}, "orders.v2 has no GET /nowhere"),
        ({"GET /orders": {"after": "GET /purchase-orders/{orderId}"}}, "path parameters"),
    ],
)
def test_a_transform_that_does_not_fit_its_contracts_is_a_problem_of_the_plan(bridged, change, wanted):
    from gateway.plan.bridges import bridged as bind

    apis = plan_of(bridged)
    problems: dict[str, str] = {}
    transform = read_transform({**TRANSFORM, "operations": {**TRANSFORM["operations"], **change}})
    bound = bind(apis, {"orders.v1": transform}, problems)
    assert wanted in problems["transform orders.v1"]
    assert bound["orders.v1"].bridge is None


def plan_of(gateway) -> dict:
    """The contracts of the folder, compiled again."""
    from gateway.model import ContractRecord, DocumentRef
    from gateway.plan.compile import compile_contract
    from specs.load import load_contract

    apis = {}
    for major in (1, 2):
        uri = f"orders.v{major}.openapi.yaml"
        contract = load_contract(uri, (gateway.folder / uri).read_bytes(), {})
        record = ContractRecord("orders", "openapi", f"{major}.0.0", major, "system", "erp-team",
                                DocumentRef(uri, contract.document.sha256))  # fmt: skip
        apis[record.key] = compile_contract(contract, record, Limits())
    return apis
