"""Secrets of clients: shown once, two at a time to change from one to the other, with expiry and last use."""

from __future__ import annotations

from typing import Any

import pytest

from tests.registry.harness import FakeClock, RegistryUnderTest, audited, basic


@pytest.fixture(params=["team", "consumer"])
def client(request: pytest.FixtureRequest, anywhere: RegistryUnderTest) -> tuple[RegistryUnderTest, str, Any]:
    """A client of a team or of a consumer: the registry, the address of its clients, and its credentials."""
    anywhere.team("erp-team")
    if request.param == "consumer":
        made = anywhere.consumer("portal", "erp-team")
        return anywhere, "/consumers/portal/credentials", made
    anywhere.call("POST", "/teams", json={"name": "other-team"})
    made = anywhere.call("POST", "/teams/other-team/credentials", json={}).json()
    return anywhere, "/teams/other-team/credentials", made


def opens(registry: RegistryUnderTest, client_id: str, secret: str) -> bool:
    form = {"grant_type": "client_credentials"}
    answer = registry.send("POST", "/oauth/token", data=form, headers=basic(client_id, secret))
    assert answer.status_code in (200, 401)
    return bool(answer.status_code == 200)


def test_a_client_changes_from_one_secret_to_the_other(client: tuple[RegistryUnderTest, str, Any]) -> None:
    registry, path, made = client
    identifier, old = made["clientId"], made["clientSecret"]
    secrets = f"{path}/{identifier}/secrets"
    second = registry.call("POST", secrets)
    new = second.json()["clientSecret"]

    assert second.headers["Cache-Control"] == "no-store"
    assert [opens(registry, identifier, one) for one in (old, new)] == [True, True]
    third = registry.call("POST", secrets)
    assert (third.status_code, third.json()["code"]) == (409, "too_many_secrets")
    assert registry.call("DELETE", f"{secrets}/{made['secretId']}").status_code == 204
    assert [opens(registry, identifier, one) for one in (old, new)] == [False, True]
    assert registry.call("DELETE", f"{secrets}/{made['secretId']}").status_code == 404
    assert registry.call("POST", secrets).status_code == 201


def test_a_secret_is_told_once_and_kept_as_a_hash(client: tuple[RegistryUnderTest, str, Any]) -> None:
    registry, path, made = client
    registry.call("POST", f"{path}/{made['clientId']}/secrets")
    listed = registry.call("GET", path)
    with registry.store.reading() as transaction:
        kept = transaction.clients.client(made["clientId"])

    assert kept is not None
    assert all(one.secret_hash.startswith("sha256:") for one in kept.secrets)
    assert made["clientSecret"] not in listed.text
    assert "pcs_" not in listed.text
    assert "sha256" not in listed.text
    (told,) = listed.json()["clients"]
    assert made["secretId"] in [one["id"] for one in told["secrets"]]
    assert not any(made["clientSecret"] in str(entry) for entry in audited(registry.store))


def test_a_secret_expires_and_makes_room(
    client: tuple[RegistryUnderTest, str, Any], clock: FakeClock
) -> None:
    registry, path, made = client
    identifier = made["clientId"]
    secrets = f"{path}/{identifier}/secrets"
    body = {"expiresAt": "2026-11-02T08:10:00Z"}
    second = registry.call("POST", secrets, json=body).json()
    assert second["expiresAt"] == body["expiresAt"]
    assert opens(registry, identifier, second["clientSecret"])

    clock.pass_time(minutes=10)
    registry.tokens.clear()

    assert not opens(registry, identifier, second["clientSecret"])
    assert registry.call("POST", secrets).status_code == 201
    past = registry.call("POST", secrets, json={"expiresAt": "2026-11-01T00:00:00Z"})
    assert past.status_code in (409, 422)


def test_the_last_use_is_noted_every_few_minutes(
    client: tuple[RegistryUnderTest, str, Any], clock: FakeClock
) -> None:
    registry, path, made = client

    def noted() -> Any:
        registry.tokens.clear()
        return registry.call("GET", path).json()["clients"][0]["secrets"][0]["lastUsedAt"]

    assert noted() is None
    opens(registry, made["clientId"], "wrong")
    assert noted() is None
    opens(registry, made["clientId"], made["clientSecret"])
    assert noted() == "2026-11-02T08:00:00Z"
    clock.pass_time(minutes=4)
    opens(registry, made["clientId"], made["clientSecret"])
    assert noted() == "2026-11-02T08:00:00Z"
    clock.pass_time(minutes=2)
    opens(registry, made["clientId"], made["clientSecret"])
    assert noted() == "2026-11-02T08:06:00Z"


def test_a_withdrawn_client_opens_nothing(client: tuple[RegistryUnderTest, str, Any]) -> None:
    registry, path, made = client
    identifier = made["clientId"]
    token = registry.token(identifier, made["clientSecret"])

    assert registry.call("DELETE", f"{path}/{identifier}").status_code == 204

    assert not opens(registry, identifier, made["clientSecret"])
    assert registry.call("GET", "/teams", token=token).status_code == 401
    assert registry.call("POST", f"{path}/{identifier}/secrets").status_code == 404
    assert registry.call("GET", path).json() == {"clients": []}


def test_a_client_is_reached_by_its_own_party_only(client: tuple[RegistryUnderTest, str, Any]) -> None:
    registry, _, made = client
    for path in ("/teams/erp-team/credentials", "/teams/nobody/credentials"):
        for method, more in (
            ("DELETE", ""),
            ("POST", "/secrets"),
            ("DELETE", f"/secrets/{made['secretId']}"),
        ):
            assert registry.call(method, f"{path}/{made['clientId']}{more}").status_code == 404


def test_each_step_is_in_the_audit(client: tuple[RegistryUnderTest, str, Any]) -> None:
    registry, path, made = client
    kind = path.split("/")[1].rstrip("s")
    second = registry.call("POST", f"{path}/{made['clientId']}/secrets").json()
    registry.call("DELETE", f"{path}/{made['clientId']}/secrets/{second['secretId']}")
    registry.call("DELETE", f"{path}/{made['clientId']}")

    entries = [one for one in audited(registry.store, f"{kind}.") if "client_created" not in one["action"]]
    assert [one["action"] for one in entries if one["action"] != f"{kind}.created"] == [
        f"{kind}.secret_added",
        f"{kind}.secret_withdrawn",
        f"{kind}.client_withdrawn",
    ]


def test_wrong_secrets_are_in_the_audit_within_a_bound(registry: RegistryUnderTest) -> None:
    for _ in range(3):
        opens(registry, registry.admin["clientId"], "wrong")

    found = audited(registry.store, "access.denied")

    assert [(one["subject"], one["detail"]["code"]) for one in found] == [
        ("/oauth/token", "invalid_client")
    ] * 3
