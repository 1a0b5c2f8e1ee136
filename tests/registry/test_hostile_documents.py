"""Documents made to harm, at every door that takes one: refused with reasons, in bounds, nothing fetched."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from tests.registry.harness import RegistryUnderTest, audited
from tests.registry.packaged import real_registry
from tests.registry.schema_client import SchemaClient, administrator, refused

NAME = "hostile"
FLOWS = {"clientCredentials": {"tokenUrl": "/oauth/token", "scopes": {"orders:write": "Write orders."}}}


class Listener:
    """A server on this machine that documents name; nobody may call."""

    def __init__(self) -> None:
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.socket.setblocking(False)
        self.address = f"http://127.0.0.1:{self.socket.getsockname()[1]}"

    def was_called(self) -> bool:
        try:
            self.socket.accept()[0].close()
        except BlockingIOError:
            return False
        return True


@pytest.fixture(scope="module")
def listener() -> Iterator[Listener]:
    made = Listener()
    yield made
    made.socket.close()


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RegistryUnderTest]:
    """With the real reader and judge, and one harmless contract in force."""
    made = real_registry(tmp_path_factory.mktemp("hostile"))
    published = publish(made, text_of(document()))
    assert published.status_code == 201, published.text
    yield made
    made.close()


def document(version: str = "1.0.0", **schemas: Any) -> dict[str, Any]:
    """A small valid contract whose one operation takes the schema ``Order``."""
    schemas.setdefault("Order", {"type": "object", "properties": {"id": {"type": "string"}}})
    body = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Order"}}}}
    operation = {
        "operationId": "createOrder",
        "requestBody": body,
        "responses": {"204": {"description": "Done."}},
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": "Hostile", "version": version, "x-audience": "company-internal"},
        "servers": [{"url": "/system/hostile/v1"}],
        "x-api-id": "3d0c3ef5-9a37-4ff5-8a25-1f5ac3f0b1de",
        "x-audience": "company-internal",
        "x-pactolus": {"name": NAME, "owner": "erp-team", "layer": "system", "domain": "finance"},
        "paths": {"/orders": {"post": operation}},
        "security": [{"oauth2": ["orders:write"]}],
        "components": {"schemas": schemas, "securitySchemes": {"oauth2": {"type": "oauth2", "flows": FLOWS}}},
    }


def text_of(value: Any) -> str:
    return json.dumps(value)


def later(**schemas: Any) -> str:
    """The next version of the contract, as text."""
    return text_of(document("1.1.0", **schemas))


def nested(depth: int, opening: str, closing: str, core: str = "{}") -> str:
    return opening * depth + core + closing * depth


def laughs() -> str:
    lines = ["openapi: 3.1.0", "a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    for number in range(1, 12):
        parts = ", ".join([f"*a{number - 1}"] * 10)
        lines.append(f"a{number}: &a{number} [{parts}]")
    return "\n".join(lines)


def refused_texts(address: str) -> dict[str, str]:
    """Texts that no door takes as a contract."""
    plain = later()
    return {
        "a reference to another host": later(Order={"$ref": f"{address}/order.json"}),
        "a reference to a file": later(Order={"$ref": "file:///etc/passwd"}),
        "a reference beside the document": later(Order={"$ref": "../../../etc/passwd"}),
        "a reference by ftp": later(Order={"$ref": "ftp://127.0.0.1/order.json"}),
        "a reference to a cloud's metadata": later(Order={"$ref": "http://169.254.169.254/latest/meta-data"}),
        "a path of another host": text_of({**document("1.1.0"), "paths": {"/x": {"$ref": f"{address}/x"}}}),
        "a reference into nowhere": later(Order={"$ref": "#/components/schemas/None"}),
        "a reference to itself": later(Order={"$ref": "#/components/schemas/Order"}),
        "references in a ring": later(
            Order={"$ref": "#/components/schemas/A"},
            A={"$ref": "#/components/schemas/B"},
            B={"$ref": "#/components/schemas/A"},
        ),
        "a dialect of another host": later(Order={"$schema": f"{address}/dialect", "type": "object"}),
        "aliases of aliases": laughs(),
        "a tag that makes objects": "openapi: !!python/object/apply:os.system ['true']",
        "deep arrays": nested(100_000, "[", "]", ""),
        "deep objects": nested(50_000, '{"a":', "}"),
        "deep schemas": later(Order=json.loads(nested(400, '{"not":', "}"))),
        "deep flow of YAML": "a: " + nested(20_000, "[", "]", ""),
        "a name twice": plain.replace('"openapi": "3.1.0"', '"openapi": "3.1.0", "openapi": "3.0.0"'),
        "a name twice, spelled in two ways": plain.replace(
            '"openapi": "3.1.0"', '"openapi": "3.1.0", "\\u006fpenapi": "3.0.0"'
        ),
        "half of a pair": plain.replace("Hostile", "\\ud800"),
        "a number without end": later(Order={"maximum": 1}).replace('"maximum": 1', '"maximum": 1e999999'),
        "an integer of a million digits": later(Order={"maximum": 1}).replace(
            '"maximum": 1', '"maximum": ' + "9" * 1_000_000
        ),
        "not a number": later(Order={"maximum": 1}).replace('"maximum": 1', '"maximum": NaN'),
        "a name of a million characters": later(**{"x" * 1_000_000: {}}),
        "no contract": "[]",
        "nothing": " ",
        "markup": "<?xml version='1.0'?><!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>",
        "two documents": "openapi: 3.1.0\n---\nopenapi: 3.1.0",
    }


REFUSED = sorted(refused_texts(""))


def submission(text: str) -> dict[str, Any]:
    return {"document": {"uri": f"{NAME}.json", "content": text}}


def publish(registry: RegistryUnderTest, text: str, query: str = "") -> httpx.Response:
    return registry.call("POST", f"/contracts/{NAME}/versions{query}", json=submission(text))


def rehearse(registry: RegistryUnderTest, text: str) -> httpx.Response:
    return publish(registry, text, "?dryRun=true")


def compare(registry: RegistryUnderTest, text: str) -> httpx.Response:
    body = {"before": submission(text_of(document())), "after": submission(text)}
    return registry.call("POST", "/compatibility-checks", json=body)


def compare_with(registry: RegistryUnderTest, text: str) -> httpx.Response:
    body = {"before": submission(text), "after": submission(text_of(document()))}
    return registry.call("POST", "/compatibility-checks", json=body)


def ask(registry: RegistryUnderTest, text: str) -> httpx.Response:
    plan = {"type": "normal", "title": "Harm", "justification": "None.", "environments": ["prod"]}
    return registry.call("POST", f"/contracts/{NAME}/changes", json={**submission(text), "plan": plan})


DOORS: dict[str, Callable[[RegistryUnderTest, str], httpx.Response]] = {
    "publish": publish,
    "dry run": rehearse,
    "compare": compare,
    "compare with": compare_with,
    "change": ask,
}


@pytest.fixture
def unheard(listener: Listener) -> Iterator[None]:
    """Nobody was called, whatever was sent."""
    yield
    assert not listener.was_called()


@pytest.mark.parametrize("what", REFUSED)
@pytest.mark.usefixtures("unheard")
def test_a_hostile_document_is_refused_at_every_door(
    registry: RegistryUnderTest, listener: Listener, what: str
) -> None:
    text = refused_texts(listener.address)[what]

    for door, send in DOORS.items():
        response = send(registry, text)

        assert response.status_code in (400, 413, 422), (door, response.text[:500])
        assert response.headers["Content-Type"] == "application/problem+json"
        problem = response.json()
        assert problem["retryable"] is False
        assert problem.get("errors") or problem["code"] in ("json_invalid", "contract_invalid"), (
            door,
            problem,
        )
        assert len(response.content) < 100_000
        assert "root:" not in response.text
    assert registry.call("GET", f"/contracts/{NAME}").json()["latest"] == "1.0.0"


def test_every_problem_of_a_document_is_told(registry: RegistryUnderTest, listener: Listener) -> None:
    text = later(
        Order={"$ref": f"{listener.address}/order.json"}, Other={"$ref": "#/components/schemas/None"}
    )

    problem = publish(registry, text).json()

    places = " ".join(error["pointer"] for error in problem["errors"])
    assert [name for name in ("Order", "Other") if name not in places] == []
    assert not listener.was_called()


def test_documents_of_two_kinds_are_not_compared(registry: RegistryUnderTest) -> None:
    events = text_of(
        {
            "asyncapi": "3.0.0",
            "info": {"title": "Events", "version": "1.0.0"},
            "channels": {},
            "operations": {},
        }
    )

    answers = [compare(registry, events), compare_with(registry, events)]

    assert [(one.status_code, one.json()["code"]) for one in answers] == [(422, "contract_invalid")] * 2


def wide(branches: int, kind: str, **more: Any) -> dict[str, Any]:
    """A schema of many branches, each of many members."""
    members = {f"m{number}": {"type": ["string", "null"]} for number in range(10)}
    parts = [
        {"type": "object", "properties": members, "required": [f"m{n % 10}"], **more} for n in range(branches)
    ]
    return {kind: parts}


# An answer at all is the proof: left to themselves, most of these would take longer than anybody waits.
COSTLY = {
    "branches against branches": {"Order": {"allOf": [wide(8, "anyOf", minProperties=n) for n in range(6)]}},
    "exclusive branches": {"Order": {"oneOf": [wide(6, "oneOf", minProperties=n) for n in range(6)]}},
    "negated branches": {"Order": {"not": {"not": {"not": wide(40, "anyOf")}}}},
    "a tree without end": {
        "Order": {
            "type": "object",
            "properties": {f"p{n}": {"$ref": "#/components/schemas/Order"} for n in range(30)},
        }
    },
    "doubling references": {
        "Order": {"$ref": "#/components/schemas/D0"},
        **{
            f"D{n}": {"allOf": [{"$ref": f"#/components/schemas/D{n + 1}"}] * 2 if n < 30 else [{}]}
            for n in range(31)
        },
    },
    "an expression that backtracks": {
        "Order": {"type": "string", "pattern": "^(a+)+$", "example": "a" * 40 + "!"}
    },
    "an expression that is none": {"Order": {"type": "string", "pattern": "("}},
    "a counted expression": {"Order": {"type": "string", "pattern": "^((a{1,100}){1,100}){1,100}$"}},
    "tiny steps": {"Order": {"type": "number", "multipleOf": 1e-300, "maximum": 1e300}},
    "a long list of values": {"Order": {"enum": [f"v{n}" for n in range(20_000)]}},
    "names that turn around": {
        "Order": {"type": "object", "properties": {"\u202eid\u2066": {}, "\u200bid": {}}}
    },
}


@pytest.mark.parametrize("what", sorted(COSTLY))
@pytest.mark.usefixtures("unheard")
def test_a_document_that_costs_much_is_answered_within_bounds(registry: RegistryUnderTest, what: str) -> None:
    for send in (rehearse, compare, compare_with):
        response = send(registry, later(**COSTLY[what]))

        assert response.status_code in (200, 409, 422), response.text[:500]


@pytest.mark.usefixtures("unheard")
def test_bytes_that_are_no_text_and_bodies_that_are_too_deep_are_400(registry: RegistryUnderTest) -> None:
    begin = b'{"document": {"uri": "a.json", "content": "'
    for body in (begin + b'\xff\xfe"}}', begin + b'\\ud800"}}', begin + b'\\u0000"}}', b"[" * 200_000):
        response = registry.call(
            "POST",
            f"/contracts/{NAME}/versions",
            content=body,
            headers={"Content-Type": "application/json"},
        )
        assert (response.status_code, response.json()["code"]) == (400, "json_invalid")


def registered(client: SchemaClient, schema: str) -> httpx.Response:
    return client.register("s", schema)


def looked_up(client: SchemaClient, schema: str) -> httpx.Response:
    body = {"schema": schema, "schemaType": "JSON"}
    return client.send("POST", "/subjects/s", json=body)


def checked(client: SchemaClient, schema: str) -> httpx.Response:
    body = {"schema": schema, "schemaType": "JSON"}
    return client.send("POST", "/compatibility/subjects/s/versions/latest", json=body)


@pytest.fixture(scope="module")
def schemas(registry: RegistryUnderTest) -> SchemaClient:
    client = administrator(registry)
    assert client.register("s", {"type": "object"}).status_code == 200
    return client


def refused_schemas(address: str) -> dict[str, str]:
    return {
        "a reference to another host": text_of({"$ref": f"{address}/a.json"}),
        "a reference within an identity of another host": text_of({"$id": f"{address}/a", "$ref": "b"}),
        "a dialect of another host": text_of({"$schema": f"{address}/dialect"}),
        "a reference to a file": text_of({"$ref": "file:///etc/passwd"}),
        "deep": nested(5_000, '{"not":', "}"),
        "a name twice": '{"type": "object", "type": "string"}',
        "half of a pair": '{"title": "\\ud800"}',
        "a number without end": '{"maximum": 1e999999}',
        "an expression that is none": '{"pattern": "("}',
        "an integer of a million digits": '{"maximum": ' + "9" * 900_000 + "}",
    }


@pytest.mark.parametrize("what", sorted(refused_schemas("")))
@pytest.mark.usefixtures("unheard")
def test_a_hostile_schema_is_refused_at_every_door(
    schemas: SchemaClient, listener: Listener, what: str
) -> None:
    for send in (registered, looked_up, checked):
        status, code = refused(send(schemas, refused_schemas(listener.address)[what]))

        assert (status, code) in ((422, 42201), (404, 40403)), (send.__name__, status, code)
    assert schemas.get("/subjects/s/versions") == [1]


@pytest.mark.parametrize("what", sorted(COSTLY))
@pytest.mark.usefixtures("unheard")
def test_a_schema_that_costs_much_is_answered_within_bounds(schemas: SchemaClient, what: str) -> None:
    text = text_of({"$ref": "#/$defs/Order", "$defs": COSTLY[what]}).replace(
        "#/components/schemas/", "#/$defs/"
    )

    for send in (checked, registered):
        assert send(schemas, text).status_code in (200, 409, 422)


def test_the_audit_survived_it_all(registry: RegistryUnderTest) -> None:
    refusals = audited(registry.store, "contract.publication_refused")

    assert all(one["outcome"] == "denied" for one in refusals)
