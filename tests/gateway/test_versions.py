"""Major versions that an API does not have, or not any more: the answer names those it has."""

from __future__ import annotations

import shutil

import pytest
import yaml

ORDERS = "/system/orders"


@pytest.fixture
def own(make_gateway, upstream):
    """A gateway with orders v1, v2 and v10."""
    gateway = make_gateway(upstream.url)
    for major in (10, 2):
        path = gateway.folder / f"orders.v{major}.openapi.yaml"
        shutil.copy(gateway.folder / "orders.v1.openapi.yaml", path)
        value = yaml.safe_load(path.read_text())
        value["info"]["version"] = f"{major}.0.0"
        path.write_text(yaml.safe_dump(value))
    gateway.wait_for(lambda routes: len(routes["contracts"]) == 4)
    return gateway


def refused(gateway, path: str) -> dict:
    response = gateway.client.get(path)
    problem = response.json()
    assert (response.status_code, problem["code"]) == (404, "version_not_found"), response.text
    assert problem["correlationId"] == response.headers["x-correlation-id"]
    return problem


@pytest.mark.parametrize("path", [f"{ORDERS}/v3/orders", f"{ORDERS}/v0", f"{ORDERS}/v1000000/orders/o-1"])
def test_a_major_version_that_never_was_is_404_with_those_in_force(own, upstream, path):
    problem = refused(own, path)
    assert problem["versionsInForce"] == [f"{ORDERS}/v1", f"{ORDERS}/v2", f"{ORDERS}/v10"]
    assert problem["detail"] == (
        f"orders has no such major version; in force: {ORDERS}/v1, {ORDERS}/v2, {ORDERS}/v10"
    )
    assert upstream.seen == []


def test_a_major_version_taken_away_is_404_with_those_left(own):
    (own.folder / "orders.v1.openapi.yaml").unlink()
    own.wait_for(lambda routes: len(routes["contracts"]) == 3)
    assert refused(own, f"{ORDERS}/v1/orders")["versionsInForce"] == [f"{ORDERS}/v2", f"{ORDERS}/v10"]


def test_a_major_version_past_its_sunset_is_not_named_as_one_in_force(own):
    values = yaml.safe_load(own.settings_file.read_text())
    values["lifecycles"] = {
        "orders.v1": {"state": "sunset"},
        "orders.v2": {"state": "deprecated", "sunsetAt": "2020-01-01T00:00:00Z"},
        "orders.v10": {"state": "deprecated", "sunsetAt": "2999-01-01T00:00:00Z"},
    }
    own.settings_file.write_text(yaml.safe_dump(values))
    own.wait_for(lambda routes: routes["contracts"][1]["lifecycle"] != "published")
    assert refused(own, f"{ORDERS}/v3/orders")["versionsInForce"] == [f"{ORDERS}/v10"]


@pytest.mark.parametrize("path", ["/process/orders/v1", f"{ORDERS}/1/orders", ORDERS, "/system/nobody/v1"])
def test_what_is_no_version_of_a_known_api_stays_a_path_that_nobody_promises(own, path):
    assert own.client.get(path).json()["code"] == "route_not_found"
