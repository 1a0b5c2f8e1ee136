"""The page that shows the API to a person: from this host alone, and what is met at the root of it."""

from __future__ import annotations

import re

import pytest

from tests.registry.harness import RegistryUnderTest, basic

PAGE = "/registry/v1/ui/"


@pytest.mark.parametrize(
    ("address", "page"), [("/", "/portal/"), ("/portal", "/portal/"), ("/registry/v1/ui", PAGE)]
)
def test_a_person_is_led_to_the_page(registry: RegistryUnderTest, address: str, page: str) -> None:
    led = registry.send("GET", address)

    assert (led.status_code, led.headers["Location"]) == (307, page)


def test_the_page_and_all_it_loads_come_from_this_host(registry: RegistryUnderTest) -> None:
    page = registry.send("GET", PAGE)

    assert page.status_code == 200
    assert page.headers["Content-Type"].startswith("text/html")
    loaded = re.findall(r'(?:src|href)="([^"]*)"', page.text)
    assert len(loaded) > 4
    for address in loaded:
        assert address.startswith("./")
        assert registry.send("GET", PAGE + address[2:]).status_code == 200
    assert 'url: "/registry/v1/openapi.json"' in page.text
    assert "validatorUrl: null" in page.text


def test_a_browser_is_told_to_load_nothing_else(registry: RegistryUnderTest) -> None:
    policy = registry.send("GET", PAGE).headers["Content-Security-Policy"]

    assert "default-src 'none'" in policy
    assert "http" not in policy
    assert "Content-Security-Policy" not in registry.call("GET", "/health").headers


def test_the_page_gets_its_token_from_our_endpoint(registry: RegistryUnderTest) -> None:
    served = registry.send("GET", "/registry/v1/openapi.json").json()

    flow = served["components"]["securitySchemes"]["oauth"]["flows"]["clientCredentials"]
    assert flow["tokenUrl"] == "/oauth/token"
    answer = registry.send(
        "POST",
        flow["tokenUrl"],
        data={"grant_type": "client_credentials", "scope": "registry:read"},
        headers=basic(registry.admin["clientId"], registry.admin["clientSecret"]),
    )
    assert answer.json()["scope"] == "registry:read"


@pytest.mark.parametrize("address", ["nothing", "%2e%2e/__init__.py", "../../app.py"])
def test_nothing_else_is_there(registry: RegistryUnderTest, address: str) -> None:
    missing = registry.send("GET", PAGE + address)

    assert (missing.status_code, missing.json()["code"]) == (404, "not_found")


def test_the_root_takes_no_other_method(registry: RegistryUnderTest) -> None:
    refused = registry.send("POST", "/")

    assert (refused.status_code, refused.json()["code"]) == (405, "method_not_allowed")
    assert "GET" in refused.headers["Allow"]
