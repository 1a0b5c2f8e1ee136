"""What a level lets through: judged by the engine, refused with a witness, never let through undecided."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest

from registry.json_schemas import JsonSchemaJudge
from registry.ports.schemas import SchemaSource
from tests.registry.harness import RegistryUnderTest
from tests.registry.schema_client import SchemaClient, members, refused, team

TEXT, NUMBER = {"type": "string"}, {"type": "number"}
PLAIN = members(a=TEXT)
STRICTER = members("a", a=TEXT)
"""Refuses what `PLAIN` takes, and not the reverse."""
WITH_MORE = members(a=TEXT, b=NUMBER)
OTHER = members(a=NUMBER)
"""Each refuses what the other takes."""


@pytest.fixture
def client(registry: RegistryUnderTest) -> SchemaClient:
    return team(registry, "erp-team")


@pytest.mark.parametrize(
    ("level", "before", "after", "compatible"),
    [
        ("NONE", PLAIN, OTHER, True),
        ("BACKWARD", PLAIN, STRICTER, False),
        ("BACKWARD", STRICTER, PLAIN, True),
        ("BACKWARD", PLAIN, WITH_MORE, True),
        ("FORWARD", PLAIN, STRICTER, True),
        ("FORWARD", STRICTER, PLAIN, False),
        ("FULL", PLAIN, STRICTER, False),
        ("FULL", STRICTER, PLAIN, False),
        ("FULL", PLAIN, PLAIN | {"title": "Order"}, True),
    ],
)
def test_a_level_judges_in_its_directions(
    client: SchemaClient, level: str, before: Any, after: Any, compatible: bool
) -> None:
    client.level("s", level)
    client.register("s", before)

    assert client.check("s", after)["is_compatible"] is compatible
    answer = client.register("s", after)
    assert answer.status_code == (200 if compatible else 409)
    if not compatible:
        assert refused(answer) == (409, 409)


def test_a_transitive_level_judges_every_version(client: SchemaClient) -> None:
    client.level("s", "NONE")
    for schema in (members(a=TEXT), members(b=NUMBER), members(c=TEXT)):
        client.register("s", schema)
    after = members(a=NUMBER)

    client.level("s", "BACKWARD")
    assert client.check("s", after, "")["is_compatible"] is True
    client.level("s", "BACKWARD_TRANSITIVE")
    verdict = client.check("s", after, "")
    assert verdict["is_compatible"] is False
    assert [message.partition(" accepts")[0] for message in verdict["messages"]] == ["version 1"]
    assert client.check("s", after, "2")["is_compatible"] is True


def test_deleted_versions_are_not_judged_against(client: SchemaClient) -> None:
    client.register("s", STRICTER)
    client.register("s", PLAIN)
    assert client.register("s", STRICTER).json()["version"] == 1
    client.send("DELETE", "/subjects/s/versions/2")

    assert client.register("s", members("a", "b", a=TEXT, b=TEXT)).status_code == 409
    client.send("DELETE", "/subjects/s/versions/1")
    assert client.register("s", members("a", "b", a=TEXT, b=TEXT)).json()["version"] == 3


def test_a_witness_is_told_and_holds(client: SchemaClient) -> None:
    client.register("s", PLAIN)

    (message,) = client.check("s", STRICTER)["messages"]

    assert message == "version 1 accepts what the new schema refuses: {} ('a' is a required property)"
    jsonschema.validate({}, PLAIN)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({}, STRICTER)


def test_what_cannot_be_decided_is_not_compatible(client: SchemaClient) -> None:
    client.register("s", {"type": "string", "pattern": r"^(a|b)\1$"})

    verdict = client.check("s", {"type": "string", "pattern": r"^(b|a)\1$"})

    assert verdict["is_compatible"] is False
    assert verdict["messages"][0].startswith("against version 1: not decided")


def test_a_strict_policy_counts_members_that_nobody_declared(client: SchemaClient) -> None:
    client.register("s", PLAIN)
    assert client.check("s", WITH_MORE)["is_compatible"] is True

    client.level("s", "BACKWARD", compatibilityPolicy="STRICT")

    assert client.check("s", WITH_MORE)["is_compatible"] is False


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"enum": ["a", "b"]}, {"enum": ["a"]}),
        ({"type": "object"}, {"type": "object", "additionalProperties": False}),
        ({"multipleOf": 2}, {"multipleOf": 10}),
        ({"const": 1}, {"const": 2}),
        ({"not": {"const": 1}}, {"not": {"type": "integer"}}),
        ({}, {"if": {"type": "string"}, "then": {"maxLength": 3}}),
        ({"type": "object"}, {"type": "object", "dependencies": {"a": ["b"]}}),
    ],
)
def test_breaks_that_other_registries_let_through_are_refused(before: Any, after: Any) -> None:
    import json

    judge = JsonSchemaJudge()
    sources = [SchemaSource(str(side), json.dumps(side)) for side in (before, after)]

    judgement = judge.judge(sources[0], sources[1], "consumed", "strict")

    assert not judgement.compatible
    assert not judgement.message.startswith("not decided")


def test_with_nothing_to_compare_a_schema_is_compatible(client: SchemaClient) -> None:
    assert client.check("nobody", PLAIN) == {"is_compatible": True, "messages": []}
    path = "/compatibility/subjects/nobody/versions/3"
    body = {"schema": "{}", "schemaType": "JSON"}
    assert refused(client.send("POST", path, json=body)) == (404, 40402)


def test_a_schema_without_dialect_is_read_as_draft_07(client: SchemaClient) -> None:
    client.register("s", {"items": [TEXT]})

    assert client.check("s", {"items": [NUMBER]})["is_compatible"] is False
    verdict = client.check("s", {"$schema": "https://json-schema.org/draft/2020-12/schema"})
    assert "different dialects" in verdict["messages"][0]
