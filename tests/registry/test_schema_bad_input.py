"""What the door for schema registry clients refuses: with their errors, all of it, and without a fetch."""

from __future__ import annotations

import json
from typing import Any

import pytest

from registry.config import Limits, RatePolicy
from tests.registry.harness import FakeClock, RegistryUnderTest, basic, start
from tests.registry.schema_client import SchemaClient, members, refused, sent, team

DEEP = "[" * 5_000 + "]" * 5_000


@pytest.fixture
def client(registry: RegistryUnderTest) -> SchemaClient:
    return team(registry, "erp-team")


@pytest.mark.parametrize(
    "schema",
    [
        "{",
        "[]",
        "null",
        '{"type": "objec"}',
        '{"pattern": "("}',
        '{"$ref": "#/definitions/nothing"}',
        '{"$ref": "http://169.254.169.254/latest"}',
        '{"$ref": "file:///etc/passwd"}',
        '{"$schema": "http://example.com/own"}',
        '{"$schema": 7}',
        '{"a": 1, "a": 2}',
        '{"const": 1e999}',
        '{"const": NaN}',
        '{"const": "\\ud800"}',
        f'{{"const": {DEEP}}}',
        " ",
    ],
)
def test_what_is_no_schema_is_refused(client: SchemaClient, schema: str) -> None:
    assert refused(client.register("s", schema)) == (422, 42201)
    assert client.get("/subjects") == []


@pytest.mark.parametrize("schema_type", ["AVRO", "PROTOBUF", None, "", "json"])
def test_other_types_are_refused_by_name(client: SchemaClient, schema_type: str | None) -> None:
    answer = client.register("s", members(), schemaType=schema_type)

    assert refused(answer) == (422, 42201)
    assert (schema_type or "AVRO") in answer.json()["message"]
    assert client.get("/schemas/types") == ["JSON"]


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"\xff", b'{"schema": "{}", "schema": "{}"}', DEEP.encode()],
)
def test_what_is_no_body_is_refused(client: SchemaClient, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}

    answer = client.send("POST", "/subjects/s/versions", content=body, headers=headers)

    assert refused(answer) == (400, 400)


@pytest.mark.parametrize(
    "member",
    [
        {"schema": 7},
        {"schemaType": 7},
        {"references": {"a": 1}},
        {"references": [7]},
        {"references": [{"name": "a", "subject": "b"}]},
        {"references": [{"name": "a", "subject": "b\x00", "version": 1}]},
        {"references": [{"name": "a", "subject": "b", "version": 2**70}]},
        {"references": [{"name": "a", "subject": "b", "version": 1}] * 2},
        {"version": "one"},
        {"version": 7},
    ],
)
def test_members_of_the_wrong_kind_are_refused(client: SchemaClient, member: dict[str, Any]) -> None:
    answer = client.send("POST", "/subjects/s/versions", json={**sent({}), **member})

    assert refused(answer) == (422, 42201)


def test_members_that_are_not_known_are_left_aside(client: SchemaClient) -> None:
    answer = client.register("s", {}, metadata={"owner": "me"}, ruleSet=None, newer=[1], id=-1, version=-1)

    assert answer.status_code == 200
    assert refused(client.register("s", {"type": "object"}, id=7)) == (422, 42205)


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/subjects/s/versions/0", 422, 42202),
        ("/subjects/s/versions/two", 422, 42202),
        ("/subjects/s/versions/99999999999", 422, 42202),
        ("/subjects/s/versions/2", 404, 40402),
        ("/subjects/nobody/versions/1", 404, 40401),
        ("/subjects/a%00b/versions", 422, 42208),
        ("/subjects?subjectPrefix=%00", 422, 42208),
        ("/subjects?deleted=perhaps", 400, 400),
        ("/subjects?limit=many", 400, 400),
        ("/subjects?limit=1&limit=2", 400, 400),
        ("/schemas/ids/0", 404, 40403),
        ("/schemas/ids/x", 404, 40403),
        ("/schemas/ids/99999999999999999999", 404, 40403),
        ("/schemas/guids/nothing", 404, 40403),
        ("/nowhere", 404, 404),
        ("/subjects/s/versions/1/2/3", 404, 404),
    ],
)
def test_addresses_that_lead_nowhere(client: SchemaClient, path: str, status: int, code: int) -> None:
    client.register("s", {})

    assert refused(client.send("GET", path)) == (status, code)


def test_an_unknown_method_is_told_the_known_ones(client: SchemaClient) -> None:
    answer = client.send("PATCH", "/subjects/s")

    assert refused(answer) == (405, 405)
    assert answer.headers["allow"] == "DELETE, POST"


def test_a_subject_has_a_printable_name_of_bounded_length(client: SchemaClient) -> None:
    assert refused(client.register("s" * 256, {})) == (422, 42208)
    assert refused(client.register("a%0Ab", {})) == (422, 42208)
    assert client.register("s" * 255, {}).status_code == 200


def test_large_bodies_are_refused_before_they_are_kept(client: SchemaClient) -> None:
    limits = Limits()
    large = json.dumps({"description": "x" * 1024 * 1024})

    assert refused(client.register("s", large)) == (422, 42209)
    body = b"x" * (limits.schema_body_bytes_max + 1)
    headers = {"Content-Type": "application/json"}
    assert refused(client.send("POST", "/subjects/s", content=body, headers=headers)) == (413, 413)

    async def endless() -> Any:
        for _ in range(100):
            yield b"x" * 1024 * 1024

    assert refused(client.send("POST", "/subjects/s", content=endless(), headers=headers)) == (413, 413)


def test_a_body_that_is_not_said_to_be_json_is_refused(client: SchemaClient) -> None:
    headers = {"Content-Type": "text/plain"}

    answer = client.send("POST", "/subjects/s/versions", content=b"{}", headers=headers)

    assert refused(answer) == (415, 415)


def test_who_shows_nothing_that_counts_is_refused(registry: RegistryUnderTest, client: SchemaClient) -> None:
    wrong = [
        {},
        basic(client.client_id, "wrong"),
        basic("nobody", client.client_secret),
        basic("a\x00b", "x"),
        {"Authorization": "Basic !"},
        {"Authorization": "Basic YQ=="},
        {"Authorization": "Bearer x"},
        {"Authorization": "Digest x"},
    ]

    for headers in wrong:
        answer = registry.send("GET", "/confluent/subjects", headers=headers)
        assert refused(answer) == (401, 401)
        assert "Basic" in answer.headers["www-authenticate"]
    token = registry.token(client.client_id, client.client_secret)
    bearer = {"Authorization": f"Bearer {token}"}
    assert registry.send("GET", "/confluent/subjects", headers=bearer).json() == []
    twice = [("Authorization", f"Bearer {token}")] * 2
    assert registry.send("GET", "/confluent/subjects", headers=twice).status_code == 401


def test_a_client_without_the_scope_registers_nothing(registry: RegistryUnderTest) -> None:
    reader = team(registry, "data-team", ["registry:read"])

    assert refused(reader.register("s", {})) == (403, 40301)
    assert reader.check("s", {}) == {"is_compatible": True, "messages": []}


def test_too_many_requests_are_told_when_to_come_again(tmp_path: Any, clock: FakeClock) -> None:
    registry = start(f"sqlite:///{tmp_path / 'r.db'}", clock, rates=RatePolicy(schemas="3 per hour"))
    client = SchemaClient(registry, registry.admin["clientId"], registry.admin["clientSecret"])

    answers = [client.send("GET", "/subjects") for _ in range(4)]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert 0 < int(answers[3].headers["retry-after"]) <= 3_600
    registry.close()
