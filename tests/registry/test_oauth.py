"""The authorization server as an independent client meets it: tokens, keys, introspection, revocation."""

from __future__ import annotations

import base64
import json
from typing import Any

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from registry.storage import tables
from tests.registry.harness import GATEWAY_SCOPES, FakeClock, RegistryUnderTest, basic

GRANT = {"grant_type": "client_credentials"}


def ask(registry: RegistryUnderTest, client: dict[str, Any], **form: str) -> httpx.Response:
    headers = basic(client["clientId"], client["clientSecret"])
    return registry.send("POST", "/oauth/token", data=GRANT | form, headers=headers)


def claims_of(registry: RegistryUnderTest, text: str) -> dict[str, Any]:
    """Verified with the published keys by joserfc alone."""
    keys = KeySet.import_key_set(registry.send("GET", "/oauth/jwks").json())
    token = jwt.decode(text, keys, algorithms=["RS256"])
    assert token.header["typ"] == "at+jwt"
    assert token.header["kid"] in {key.kid for key in keys.keys}
    return dict(token.claims)


@pytest.fixture
def consumer(registry: RegistryUnderTest) -> dict[str, Any]:
    """A consumer's client with one API scope."""
    registry.team("account-team")
    return registry.consumer("portal", "account-team", ["crm.quote:read"])


def test_a_token_is_verified_by_the_published_keys(
    registry: RegistryUnderTest, consumer: dict[str, Any], clock: FakeClock
) -> None:
    response = ask(registry, consumer)

    assert response.headers["Cache-Control"] == "no-store"
    body = response.json()
    assert (body["token_type"], body["expires_in"]) == ("Bearer", 600)
    claims = claims_of(registry, body["access_token"])
    now = int(clock().timestamp())
    assert claims["iss"] == "http://registry.test"
    assert claims["sub"] == claims["client_id"] == consumer["clientId"]
    assert (claims["iat"], claims["exp"]) == (now, now + 600)
    assert claims["scope"] == body["scope"] == "crm.quote:read registry:read"
    assert claims["aud"] == ["urn:pactolus:registry", "urn:pactolus:gateway"]
    assert len(claims["jti"]) >= 20


@pytest.mark.parametrize(
    ("scope", "audience"),
    [("registry:read", ["urn:pactolus:registry"]), ("crm.quote:read", ["urn:pactolus:gateway"])],
)
def test_a_token_is_for_those_whom_its_scopes_concern(
    registry: RegistryUnderTest, consumer: dict[str, Any], scope: str, audience: list[str]
) -> None:
    token = ask(registry, consumer, scope=scope).json()["access_token"]

    assert claims_of(registry, token)["aud"] == audience


def test_the_published_keys_hold_nothing_private(registry: RegistryUnderTest) -> None:
    (key,) = registry.send("GET", "/oauth/jwks").json()["keys"]

    assert set(key) == {"kty", "n", "e", "kid", "use", "alg"}
    assert len(base64.urlsafe_b64decode(key["n"] + "==")) * 8 >= 2048


def test_a_secret_may_be_sent_in_the_form(registry: RegistryUnderTest, consumer: dict[str, Any]) -> None:
    form = {**GRANT, "client_id": consumer["clientId"], "client_secret": consumer["clientSecret"]}

    assert registry.send("POST", "/oauth/token", data=form).status_code == 200


def test_a_scope_that_was_not_granted_is_refused(
    registry: RegistryUnderTest, consumer: dict[str, Any]
) -> None:
    refused = ask(registry, consumer, scope="crm.quote:read erp.order:write")

    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_scope")


def test_whoever_does_not_exist_is_refused_like_a_wrong_secret(
    registry: RegistryUnderTest, consumer: dict[str, Any]
) -> None:
    wrong = ask(registry, {**consumer, "clientSecret": "wrong"})
    nobody = ask(registry, {"clientId": "nobody", "clientSecret": "wrong"})
    empty = ask(registry, {"clientId": "nobody", "clientSecret": ""})

    assert wrong.status_code == nobody.status_code == empty.status_code == 401
    assert wrong.json() == nobody.json()
    assert wrong.json() == {
        "error": "invalid_client",
        "error_description": "The client id or secret is wrong.",
    }
    assert "Basic" in wrong.headers["WWW-Authenticate"]


@pytest.mark.parametrize("path", ["token", "introspect", "revoke"])
def test_a_401_names_the_way_to_send_credentials_and_its_realm(
    registry: RegistryUnderTest, consumer: dict[str, Any], path: str
) -> None:
    form = {**GRANT, "token": "x"}
    wrong = registry.send("POST", f"/oauth/{path}", data=form, headers=basic(consumer["clientId"], "wrong"))
    posted = registry.send("POST", f"/oauth/{path}", data={**form, "client_id": "a", "client_secret": "b"})
    none = registry.send("POST", f"/oauth/{path}", data=form)

    for refused in (wrong, posted, none):
        assert refused.status_code == 401
        assert refused.headers["WWW-Authenticate"] == 'Basic realm="registry"'


@pytest.mark.parametrize("path", ["token", "introspect", "revoke"])
@pytest.mark.parametrize(
    ("query", "extra"),
    [
        ("", "grant_type=client_credentials"),
        ("", "token=y"),
        ("", "scope=crm.quote:read&scope=registry:read"),
        ("?grant_type=client_credentials&token=y", ""),
        ("?unknown=1", "unknown=1"),
    ],
)
def test_a_parameter_given_twice_is_an_invalid_request(
    registry: RegistryUnderTest, consumer: dict[str, Any], path: str, query: str, extra: str
) -> None:
    refused = registry.send(
        "POST",
        f"/oauth/{path}{query}",
        content=f"grant_type=client_credentials&token=x&{extra}",
        headers={
            **basic(consumer["clientId"], consumer["clientSecret"]),
            "Content-Type": "application/x-www-form-urlencoded",
        },
    )

    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_request")
    assert "twice" in refused.json()["error_description"]
    assert refused.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", ["token", "introspect", "revoke"])
def test_a_client_authenticates_in_one_way_at_a_time(
    registry: RegistryUnderTest, consumer: dict[str, Any], path: str
) -> None:
    form = {**GRANT, "token": "x"}
    name, secret = consumer["clientId"], consumer["clientSecret"]

    def answered(**more: str) -> tuple[int, str | None]:
        answer = registry.send("POST", f"/oauth/{path}", data={**form, **more}, headers=basic(name, secret))
        return answer.status_code, answer.json().get("error") if answer.content else None

    assert answered(client_id=name, client_secret=secret) == (400, "invalid_request")
    assert answered(client_secret=secret) == (400, "invalid_request")
    assert answered(client_id="another") == (400, "invalid_request")
    assert answered(client_id=name) == (200, None)


@pytest.mark.parametrize("path", ["token", "introspect", "revoke"])
def test_a_request_without_credentials_is_told_how_to_send_them(
    registry: RegistryUnderTest, path: str
) -> None:
    refused = registry.send("POST", f"/oauth/{path}", data={**GRANT, "token": "x"})

    assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client")
    assert "HTTP Basic" in refused.json()["error_description"]


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": 'a"\\☃'}, None),
        ({}, None),
        ({"grant_type": "client_credentials", "client_id": "x" * 5000, "client_secret": "y"}, None),
        ({"grant_type": "client_credentials", "client_id": "a\x00b", "client_secret": "y"}, None),
    ],
)
def test_a_request_that_makes_no_sense_is_refused_in_the_words_of_oauth(
    registry: RegistryUnderTest, form: dict[str, str], error: str | None
) -> None:
    refused = registry.send("POST", "/oauth/token", data=form)

    assert refused.status_code in (400, 401)
    assert refused.headers["Content-Type"].startswith("application/json")
    assert error is None or refused.json()["error"] == error


@pytest.mark.parametrize(
    "header", ["Basic", "Basic !!!", "Basic /////w==", "Basic Og==", "Bearer x", "x" * 900]
)
def test_credentials_that_cannot_be_read_are_refused(registry: RegistryUnderTest, header: str) -> None:
    refused = registry.send("POST", "/oauth/token", data=GRANT, headers={"Authorization": header})

    assert refused.status_code in (400, 401)
    assert "error" in refused.json()


def test_the_metadata_names_endpoints_that_answer(registry: RegistryUnderTest) -> None:
    metadata = registry.send("GET", "/.well-known/oauth-authorization-server").json()

    assert metadata["issuer"] == "http://registry.test"
    assert metadata["grant_types_supported"] == ["client_credentials"]
    assert "registry:publish" in metadata["scopes_supported"]
    assert registry.send("GET", httpx.URL(metadata["jwks_uri"]).path).status_code == 200
    for name in ("token_endpoint", "introspection_endpoint", "revocation_endpoint"):
        assert registry.send("POST", httpx.URL(metadata[name]).path).status_code in (400, 401)


def introspect(registry: RegistryUnderTest, by: dict[str, Any], token: str) -> dict[str, Any]:
    headers = basic(by["clientId"], by["clientSecret"])
    response = registry.send("POST", "/oauth/introspect", data={"token": token}, headers=headers)
    assert response.status_code == 200
    body: dict[str, Any] = response.json()
    return body


def test_a_token_is_introspected_by_its_client_and_by_gateways(
    registry: RegistryUnderTest, consumer: dict[str, Any]
) -> None:
    token = ask(registry, consumer).json()["access_token"]
    other = registry.consumer("mobile", "account-team")
    scopes = {"scopes": list(GATEWAY_SCOPES)}
    gateway = registry.call("POST", "/teams/account-team/credentials", json=scopes).json()

    own, seen = introspect(registry, consumer, token), introspect(registry, gateway, token)

    assert own == seen
    assert own["active"] is True
    assert (own["client_id"], own["token_type"]) == (consumer["clientId"], "Bearer")
    assert introspect(registry, other, token) == {"active": False}
    assert introspect(registry, consumer, "no.token.atall") == {"active": False}


def test_introspection_needs_a_client(registry: RegistryUnderTest) -> None:
    assert registry.send("POST", "/oauth/introspect", data={"token": "x"}).status_code == 401


def test_a_revoked_token_counts_no_more_and_gateways_learn_of_it(
    registry: RegistryUnderTest, consumer: dict[str, Any]
) -> None:
    token = ask(registry, consumer).json()["access_token"]
    jti = claims_of(registry, token)["jti"]
    gateway = registry.team("integration-team", GATEWAY_SCOPES)
    before = registry.call("GET", "/snapshot", token=gateway).headers["ETag"]

    headers = basic(consumer["clientId"], consumer["clientSecret"])
    revoked = registry.send("POST", "/oauth/revoke", data={"token": token}, headers=headers)

    assert revoked.status_code == 200
    assert introspect(registry, consumer, token) == {"active": False}
    refused = registry.call("GET", "/teams", token=token)
    assert (refused.status_code, refused.json()["code"]) == (401, "token_invalid")
    snapshot = registry.call("GET", "/snapshot", token=gateway)
    assert snapshot.headers["ETag"] != before
    assert [one["jti"] for one in snapshot.json()["revokedTokens"]] == [jti]


def test_the_token_of_another_client_is_not_revoked(
    registry: RegistryUnderTest, consumer: dict[str, Any]
) -> None:
    token = ask(registry, consumer).json()["access_token"]
    other = registry.consumer("mobile", "account-team")

    headers = basic(other["clientId"], other["clientSecret"])
    refused = registry.send("POST", "/oauth/revoke", data={"token": token}, headers=headers)

    assert refused.status_code == 400
    assert introspect(registry, consumer, token)["active"] is True


def test_a_withdrawn_client_is_out_at_once(registry: RegistryUnderTest, consumer: dict[str, Any]) -> None:
    token = ask(registry, consumer).json()["access_token"]
    path = f"/consumers/portal/credentials/{consumer['clientId']}"

    assert registry.call("DELETE", path).status_code == 204

    assert registry.call("GET", "/teams", token=token).status_code == 401
    assert ask(registry, consumer).status_code == 401
    assert registry.call("DELETE", path).status_code == 404
    assert registry.call("GET", "/consumers/portal").json()["clientIds"] == []


def test_an_expired_token_is_refused(
    registry: RegistryUnderTest, consumer: dict[str, Any], clock: FakeClock
) -> None:
    token = ask(registry, consumer).json()["access_token"]
    clock.pass_time(seconds=599)
    assert registry.call("GET", "/teams", token=token).status_code == 200

    clock.pass_time(seconds=1)

    refused = registry.call("GET", "/teams", token=token)
    assert (refused.status_code, refused.json()["code"]) == (401, "token_invalid")
    assert 'error="invalid_token"' in refused.headers["WWW-Authenticate"]


def test_a_token_for_the_gateway_alone_does_not_open_the_registry(
    registry: RegistryUnderTest, consumer: dict[str, Any]
) -> None:
    token = ask(registry, consumer, scope="crm.quote:read").json()["access_token"]

    assert registry.call("GET", "/teams", token=token).status_code == 401


def tampered(token: str, **changes: Any) -> str:
    header, payload, signature = token.split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "==")) | changes
    body = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"{header}.{body}.{signature}"


def test_a_token_that_was_changed_or_is_none_is_refused(
    registry: RegistryUnderTest, consumer: dict[str, Any]
) -> None:
    token = ask(registry, consumer).json()["access_token"]
    unsigned = base64.urlsafe_b64encode(b'{"alg":"none","typ":"at+jwt"}').decode().rstrip("=")
    forged = [
        tampered(token, scope="registry:admin registry:read"),
        f"{unsigned}.{token.split('.')[1]}.",
        token[:-6],
        "x" * 9000,
        "\xe9",
        "a.b",
    ]

    for text in forged:
        refused = registry.send(
            "GET", "/registry/v1/teams", headers={"Authorization": f"Bearer {text}".encode("latin1")}
        )
        assert refused.status_code == 401, text[:50]
        assert refused.headers["Content-Type"] == "application/problem+json"


def test_an_operation_needs_a_token_and_its_scopes(
    registry: RegistryUnderTest, consumer: dict[str, Any]
) -> None:
    token = ask(registry, consumer).json()["access_token"]

    none = registry.call("GET", "/teams", token=None)
    few = registry.call("POST", "/teams", token=token, json={"name": "own-team"})

    assert (none.status_code, none.json()["code"]) == (401, "token_required")
    assert none.headers["WWW-Authenticate"] == 'Bearer realm="registry"'
    assert (few.status_code, few.json()["code"]) == (403, "insufficient_scope")


def test_no_secret_is_stored(registry: RegistryUnderTest, consumer: dict[str, Any]) -> None:
    with registry.store.reading() as transaction:
        everything = [
            str(transaction.connection.execute(table.select()).all())
            for table in tables.metadata.sorted_tables
        ]

    for client in (consumer, registry.admin):
        assert not any(client["clientSecret"] in text for text in everything)
