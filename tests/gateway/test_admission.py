"""Who may call what and how often, and what a version's lifecycle does to its callers."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

ORDERS = "/system/orders/v1"
CHECKS = "/process/checks/v1/checks"


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


def test_a_client_of_no_consumer_is_403(gateway, upstream, tokens):
    response = gateway.client.get(f"{ORDERS}/orders", headers=bearer(tokens.sign(client="stranger")))
    assert (response.status_code, response.json()["code"]) == (403, "unknown_consumer")
    assert upstream.seen == []


def test_an_experience_consumer_may_not_call_a_system_whatever_its_scopes(gateway, upstream, tokens):
    response = gateway.client.get(f"{ORDERS}/orders", headers=bearer(tokens.sign(client="portal-client")))
    assert (response.status_code, response.json()["code"]) == (403, "layer_violation")
    upstream.answers(200, b"{}")
    token = tokens.sign(client="portal-client", scope="checks:run")
    assert gateway.client.post(CHECKS, json={}, headers=bearer(token)).status_code == 200


def test_a_scope_that_is_missing_is_named(gateway, upstream, tokens):
    headers = bearer(tokens.sign(scope="orders:read"))
    response = gateway.client.delete(f"{ORDERS}/orders/o-1", headers=headers)
    assert (response.status_code, response.json()["code"]) == (403, "insufficient_scope")
    assert response.headers["www-authenticate"] == (
        'Bearer realm="pactolus", error="insufficient_scope", scope="orders:write"'
    )
    assert upstream.seen == []


def test_one_alternative_of_security_is_enough_and_anonymous_is_one(gateway, upstream, tokens):
    upstream.answers(200, b"{}")
    assert (
        gateway.client.post(CHECKS, json={"note": None}, headers=bearer(tokens.sign(scope=""))).status_code
        == 200
    )
    assert gateway.client.post(CHECKS, json={"note": None}).status_code == 200
    assert upstream.seen[1].header("x-pactolus-consumer") is None
    assert gateway.client.post(CHECKS, json={}, headers=bearer("forged")).status_code == 401


def test_an_operation_that_asks_for_no_token_looks_at_none(gateway, upstream):
    upstream.answers(200, b"{}")
    assert gateway.client.get(f"{ORDERS}/health", headers=bearer("forged")).status_code == 200
    assert upstream.seen[0].header("authorization") is None


def test_calls_beyond_the_plan_are_429_with_the_wait_per_class(make_gateway, upstream, tokens):
    gateway = make_gateway(upstream.url)
    upstream.answers(200, b'{"items":[]}')
    headers = bearer(tokens.sign(client="modest-client"))
    answers = [gateway.client.get(f"{ORDERS}/orders", headers=headers) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 429, 429]
    assert [answer.headers["ratelimit"][:8] for answer in answers] == [
        '"T3";r=1',
        '"T3";r=0',
        '"T3";r=0',
        '"T3";r=0',
    ]
    refused = answers[2]
    assert refused.json()["code"] == "throttled"
    assert refused.json()["retryable"] is True
    assert refused.json()["violated-policies"] == ["T3"]
    assert 95 <= int(refused.headers["retry-after"]) <= 100
    assert refused.headers["ratelimit-policy"] == '"T3";q=2;w=200'
    assert len(upstream.seen) == 2
    created = gateway.client.post(f"{ORDERS}/orders", json={}, headers=headers)
    assert created.status_code == 400, "another throttling class has a bucket of its own"


def test_nothing_is_charged_for_a_refused_call(make_gateway, upstream, tokens):
    gateway = make_gateway(upstream.url)
    upstream.answers(200, b'{"items":[]}')
    for _ in range(5):
        wrong = bearer(tokens.sign(client="modest-client", scope="other"))
        assert gateway.client.get(f"{ORDERS}/orders", headers=wrong).status_code == 403
        assert gateway.client.get(f"{ORDERS}/orders", headers=bearer("forged")).status_code == 401
    good = bearer(tokens.sign(client="modest-client"))
    assert gateway.client.get(f"{ORDERS}/orders", headers=good).status_code == 200


def lifecycle(**values: str):
    def change(settings: dict) -> None:
        settings["lifecycles"]["orders.v1"] = values

    return change


def test_a_deprecated_version_says_since_when_until_when_and_where_to_go(make_gateway, upstream, tokens):
    gateway = make_gateway(
        upstream.url,
        lifecycle(state="deprecated", deprecatedAt="2026-06-30T23:59:59Z", sunsetAt="2126-12-31T00:00:00Z",
                  successor="2.0.0"),
    )  # fmt: skip
    upstream.answers(200, b'{"items":[]}', deprecation="true")
    for path, token, status in (
        ("/orders", tokens.sign(), 200),
        ("/orders?x=1", tokens.sign(), 422),
        ("/orders", "x", 401),
    ):
        response = gateway.client.get(ORDERS + path, headers=bearer(token))
        assert response.status_code == status
        assert response.headers.get_list("deprecation") == ["@1782863999"]
        assert response.headers["sunset"] == "Tue, 31 Dec 2126 00:00:00 GMT"
        assert response.headers["link"] == '</system/orders/v2>; rel="successor-version"'
    assert datetime.fromtimestamp(1782863999, UTC).isoformat() == "2026-06-30T23:59:59+00:00"


@pytest.mark.parametrize(
    "values", [{"state": "sunset", "sunsetAt": "2020-01-01T00:00:00Z"}, {"state": "sunset"}]
)
def test_a_version_past_its_sunset_is_410_for_those_it_knows(make_gateway, upstream, tokens, values):
    gateway = make_gateway(upstream.url, lifecycle(successor="2.0.0", **values))
    response = gateway.client.get(f"{ORDERS}/orders", headers=bearer(tokens.sign()))
    assert (response.status_code, response.json()["code"]) == (410, "version_gone")
    assert "/system/orders/v2" in response.json()["detail"]
    assert gateway.client.get(f"{ORDERS}/orders").status_code == 401
    assert upstream.seen == []
