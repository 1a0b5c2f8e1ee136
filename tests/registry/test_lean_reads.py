"""The short way to bytes that never change: the same answers as the long one, and the same refusals."""

from __future__ import annotations

import pytest

from registry.web.kept import KeptAnswers, kept_answer
from tests.registry.harness import FakeClock, RegistryUnderTest, basic, contract
from tests.registry.schema_client import SchemaClient, members, refused, team

CONTENT = "/contracts/orders/versions/1.0.0/content"
FOREVER = "private, max-age=31536000, immutable"


@pytest.fixture
def token(registry: RegistryUnderTest) -> str:
    """Of the team that published version 1.0.0 of orders."""
    owner = registry.team("erp-team")
    assert registry.publish(owner, contract(), "orders").status_code == 201
    return owner


def test_bytes_of_a_version_are_those_that_were_published(registry: RegistryUnderTest, token: str) -> None:
    first, second = (registry.call("GET", CONTENT, token=token) for _ in range(2))

    assert first.content == second.content == contract().encode()
    assert second.headers["cache-control"] == FOREVER
    assert second.headers["content-type"] == "application/octet-stream"
    assert second.headers["x-content-type-options"] == "nosniff"
    assert len(second.headers["x-correlation-id"]) == 36
    digest = second.headers["etag"].strip('"')
    assert registry.call("GET", f"/documents/{digest}", token=token).content == contract().encode()


@pytest.mark.parametrize("tag", ["{}", "W/{}", '"other", {}', "*"])
def test_who_has_the_bytes_is_told_so(registry: RegistryUnderTest, token: str, tag: str) -> None:
    known = registry.call("GET", CONTENT, token=token).headers["etag"]

    again = registry.call("GET", CONTENT, token=token, headers={"If-None-Match": tag.format(known)})

    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", known)
    assert again.headers["cache-control"] == FOREVER
    assert "content-type" not in again.headers


def test_what_is_not_answered_from_memory_is_answered_as_ever(
    registry: RegistryUnderTest, token: str
) -> None:
    registry.call("GET", CONTENT, token=token)

    assert registry.call("GET", CONTENT, token=None).status_code == 401
    assert registry.call("GET", CONTENT, token="wrong").json()["code"] == "token_invalid"
    assert registry.call("GET", CONTENT + "?x=1", token=token).status_code == 400
    assert registry.call("POST", CONTENT, token=token).status_code == 405
    missing = registry.call("GET", "/contracts/orders/versions/9.0.0/content", token=token)
    assert (missing.status_code, missing.json()["code"]) == (404, "version_not_found")
    latest = registry.call("GET", "/contracts/orders/versions/latest/content", token=token)
    assert (latest.content, latest.headers["cache-control"]) == (contract().encode(), "private, no-cache")


def test_a_token_without_the_scope_reads_nothing(registry: RegistryUnderTest, token: str) -> None:
    registry.call("GET", CONTENT, token=token)
    other = registry.team("night-team", ["registry:publish"])

    assert registry.call("GET", CONTENT, token=other).json()["code"] == "insufficient_scope"


def test_a_second_authorization_is_refused(registry: RegistryUnderTest, token: str) -> None:
    registry.call("GET", CONTENT, token=token)
    headers = [("Authorization", f"Bearer {token}")] * 2

    answer = registry.send("GET", f"/registry/v1{CONTENT}", headers=headers)

    assert answer.json()["code"] == "request_invalid"


def test_a_revoked_token_is_refused_within_two_seconds(
    registry: RegistryUnderTest, token: str, clock: FakeClock
) -> None:
    made = registry.call("POST", "/teams/erp-team/credentials", json={}).json()
    mine = registry.token(made["clientId"], made["clientSecret"])
    assert registry.call("GET", CONTENT, token=mine).status_code == 200
    form = {"token": mine}
    headers = basic(made["clientId"], made["clientSecret"])
    assert registry.send("POST", "/oauth/revoke", data=form, headers=headers).status_code == 200

    clock.pass_time(seconds=2)

    assert registry.call("GET", CONTENT, token=mine).status_code == 401
    assert registry.call("GET", CONTENT, token=token).status_code == 200


def test_a_token_is_refused_once_it_has_expired(
    registry: RegistryUnderTest, token: str, clock: FakeClock
) -> None:
    clock.pass_time(seconds=599.5)
    assert registry.call("GET", CONTENT, token=token).status_code == 200

    clock.pass_time(seconds=0.5)

    assert registry.call("GET", CONTENT, token=token).json()["code"] == "token_invalid"


def test_a_clock_set_back_trusts_nothing_remembered(
    registry: RegistryUnderTest, token: str, clock: FakeClock
) -> None:
    made = registry.consumer("portal", "erp-team")
    mine = registry.token(made["clientId"], made["clientSecret"])
    assert registry.call("GET", CONTENT, token=mine).status_code == 200
    path = f"/consumers/portal/credentials/{made['clientId']}"
    assert registry.call("DELETE", path).status_code == 204

    clock.pass_time(seconds=-5)

    assert registry.call("GET", CONTENT, token=mine).status_code == 401


@pytest.fixture
def client(registry: RegistryUnderTest) -> SchemaClient:
    return team(registry, "erp-team")


def test_a_schema_by_id_says_that_it_never_changes(client: SchemaClient) -> None:
    made = client.register("s", members(a={"type": "string"})).json()
    path = f"/schemas/ids/{made['id']}"

    first, second = (client.send("GET", path) for _ in range(2))

    assert first.json() == second.json() == {key: made[key] for key in ("schema", "schemaType", "guid")}
    assert first.headers["etag"] == second.headers["etag"]
    assert first.headers["cache-control"] == second.headers["cache-control"] == FOREVER
    known = {"If-None-Match": second.headers["etag"]}
    assert client.send("GET", path, headers=known).status_code == 304
    assert client.get(f"{path}?subject=s") == first.json()
    assert client.get(f"{path}?fetchMaxId=true")["maxId"] == made["id"]


def test_a_schema_deleted_for_good_leaves_memory_within_two_seconds(
    client: SchemaClient, clock: FakeClock
) -> None:
    made = client.register("s", True).json()
    path = f"/schemas/ids/{made['id']}"
    client.send("GET", path)
    assert client.send("GET", path).status_code == 200
    client.send("DELETE", "/subjects/s")
    client.send("DELETE", "/subjects/s?permanent=true")

    clock.pass_time(seconds=2)

    client.send("GET", "/subjects")  # the credentials are verified again
    assert refused(client.send("GET", path)) == (404, 40403)


def test_memory_lets_the_longest_unused_go() -> None:
    kept = KeptAnswers(bytes_max=30_000)
    answers = [kept_answer(bytes(1_000), str(number), "text/plain") for number in range(20)]
    for number, answer in enumerate(answers):
        kept.keep(str(number), answer)
        kept.get("0")

    assert kept.get("0") is answers[0]
    assert kept.get("1") is None
    assert sum(kept.get(str(number)) is not None for number in range(20)) == 15
    kept.keep("large", kept_answer(bytes(3_000), "large", "text/plain"))
    assert kept.get("large") is None
