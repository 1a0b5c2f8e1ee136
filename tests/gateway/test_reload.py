"""A new contract is enforced without a restart and without a lost call; a broken one never takes over."""

from __future__ import annotations

import threading
import time

import httpx
import pytest
import yaml

ORDERS = "/system/orders/v1"


def edit(path, change):
    """Writes a contract anew in one step, as a deployment would."""
    value = yaml.safe_load(path.read_text())
    change(value)
    beside = path.with_suffix(".new")
    beside.write_text(yaml.safe_dump(value))
    beside.rename(path)


def operations_of(routes, contract="orders"):
    found = [api for api in routes["contracts"] if api["contract"] == contract]
    return {operation["operation"] for api in found for operation in api["operations"]}


@pytest.fixture
def own(make_gateway, upstream):
    return make_gateway(upstream.url)


def test_a_new_version_is_served_while_calls_go_on_and_none_fails(own, upstream, read):
    upstream.answers(200, b'{"items":[]}')
    statuses: list[int] = []
    stop = threading.Event()

    def call() -> None:
        with httpx.Client(base_url=own.url, headers=read, trust_env=False, timeout=20) as client:
            while not stop.is_set():
                statuses.append(client.get(f"{ORDERS}/orders").status_code)

    callers = [threading.Thread(target=call) for _ in range(4)]
    for caller in callers:
        caller.start()
    contract = own.folder / "orders.v1.openapi.yaml"
    for minor in range(1, 4):
        edit(contract, lambda value, minor=minor: (
            value["info"].update(version=f"1.{minor}.0"),
            value["paths"].update({f"/added/{minor}": value["paths"]["/health"]}),
        ))  # fmt: skip
        changed = time.monotonic()
        own.wait_for(lambda routes, minor=minor: f"GET /added/{minor}" in operations_of(routes))
        assert time.monotonic() - changed < 2
        so_far = len(statuses)
        own.wait_for(lambda _, so_far=so_far: len(statuses) > so_far + 20)
    stop.set()
    for caller in callers:
        caller.join(20)
    assert len(statuses) > 60
    assert set(statuses) == {200}


BROKEN = {
    "a schema that is none": lambda value: value["components"]["schemas"]["Line"].update(type="nonsense"),
    "paths that are ambiguous": lambda value: value["paths"].update(
        {"/{any}/recent2": value["paths"]["/health"] | {"parameters": [ANY]},
         "/orders/{x}": value["paths"]["/health"]}),
    "a path parameter nobody declares": lambda value: value["paths"].update(
        {"/x/{y}": value["paths"]["/health"]}),
    "a security scheme we cannot check": lambda value: value["components"]["securitySchemes"].update(
        oauth={"type": "apiKey", "in": "cookie", "name": "x"}),
    "a reference that leads nowhere": lambda value: value["components"]["schemas"].update(
        NewOrder={"$ref": "#/components/schemas/Nobody"}),
    "a pattern that is none": lambda value: value["components"]["schemas"]["Line"]["properties"].update(
        price={"type": "string", "pattern": "("}),
    "no owner": lambda value: value["x-pactolus"].pop("owner"),
}  # fmt: skip
ANY = {"name": "any", "in": "path", "required": True, "schema": {"type": "string"}}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_contract_that_cannot_be_enforced_never_replaces_the_last_good_one(own, upstream, read, kind):
    upstream.answers(200, b'{"items":[]}')

    def breaking(value):
        value["info"]["version"] = "1.1.0"
        BROKEN[kind](value)

    before = own.client.get("/-/routes").json()
    edit(own.folder / "orders.v1.openapi.yaml", breaking)
    edit(own.folder / "checks.v1.openapi.yaml", lambda value: value["info"].update(version="1.3.0"))
    after = own.wait_for(lambda routes: routes["contracts"][0]["version"] == "1.3.0")
    assert after["contracts"][1] == before["contracts"][1]
    assert own.client.get(f"{ORDERS}/orders", headers=read).status_code == 200
    problems = own.client.get("/-/ready").json()["problems"]
    assert list(problems) in (["orders.v1 1.1.0"], ["orders.v1.openapi.yaml"])


def test_a_file_that_is_no_yaml_leaves_all_as_it_was_and_a_good_one_heals(own, upstream, read):
    upstream.answers(200, b'{"items":[]}')
    contract = own.folder / "orders.v1.openapi.yaml"
    good = contract.read_text()
    revision = own.client.get("/-/routes").json()["revision"]
    contract.write_text("openapi: [")
    own.wait_for(lambda routes: routes["revision"] != revision)
    assert own.client.get(f"{ORDERS}/orders", headers=read).status_code == 200
    assert "not YAML" in own.client.get("/-/ready").json()["problems"]["orders.v1.openapi.yaml"]
    contract.write_text(good.replace("version: 1.0.0", "version: 1.0.1"))
    own.wait_for(lambda routes: routes["contracts"][1]["version"] == "1.0.1")
    assert own.client.get("/-/ready").json()["problems"] == {}


def test_a_contract_taken_away_is_no_longer_served(own, read):
    (own.folder / "orders.v1.openapi.yaml").unlink()
    own.wait_for(lambda routes: len(routes["contracts"]) == 1)
    assert own.client.get(f"{ORDERS}/orders", headers=read).status_code == 404


def test_consumers_and_revocations_change_without_a_restart(own, upstream, tokens):
    upstream.answers(200, b'{"items":[]}')
    token = tokens.sign(jti="to-be-revoked")
    headers = {"authorization": f"Bearer {token}"}
    assert own.client.get(f"{ORDERS}/orders", headers=headers).status_code == 200
    revision = own.client.get("/-/routes").json()["revision"]
    values = yaml.safe_load(own.settings_file.read_text())
    values["revokedTokens"].append({"jti": "to-be-revoked", "exp": 1})
    own.settings_file.write_text(yaml.safe_dump(values))
    own.wait_for(lambda routes: routes["revision"] != revision)
    assert own.client.get(f"{ORDERS}/orders", headers=headers).status_code == 401


def test_settings_that_cannot_be_read_leave_the_plan_and_a_start_without_any_is_not_ready(
    own, make_gateway, upstream
):
    own.settings_file.write_text("issuer: [")
    own.wait_for(lambda _: "source_reachable 0" in own.client.get("/-/metrics").text)
    assert own.client.get("/-/ready").status_code == 200
    empty = make_gateway(upstream.url, lambda values: values.pop("issuer"))
    assert empty.client.get("/-/ready").status_code == 503
    response = empty.client.get(f"{ORDERS}/orders")
    assert (response.status_code, response.json()["code"]) == (503, "not_ready")
