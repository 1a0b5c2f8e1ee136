"""Calls to the door for schema registry clients, in process."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from tests.registry.harness import RegistryUnderTest, basic


@dataclass(frozen=True)
class SchemaClient:
    """One client of the registry, by HTTP Basic."""

    registry: RegistryUnderTest
    client_id: str
    client_secret: str

    def send(self, method: str, path: str, **options: Any) -> httpx.Response:
        headers = basic(self.client_id, self.client_secret) | options.pop("headers", {})
        return self.registry.send(method, f"/confluent{path}", headers=headers, **options)

    def get(self, path: str, **options: Any) -> Any:
        return self.send("GET", path, **options).json()

    def register(self, subject: str, schema: Any, **more: Any) -> httpx.Response:
        return self.send("POST", f"/subjects/{subject}/versions", json=sent(schema, **more))

    def check(self, subject: str, schema: Any, version: str = "latest", **more: Any) -> Any:
        path = f"/compatibility/subjects/{subject}/versions/{version}?verbose=true"
        return self.send("POST", path, json=sent(schema, **more)).json()

    def level(self, subject: str, level: str, **more: str) -> None:
        response = self.send("PUT", f"/config/{subject}", json={"compatibility": level, **more})
        assert response.status_code == 200, response.text


def sent(schema: Any, **more: Any) -> Mapping[str, Any]:
    """A body; a schema that is text already goes as it is."""
    text = schema if isinstance(schema, str) else json.dumps(schema)
    return {"schema": text, "schemaType": "JSON", **more}


def members(*required: str, **properties: Any) -> dict[str, Any]:
    """An object's schema."""
    found: dict[str, Any] = {"type": "object", "properties": properties}
    return found | ({"required": list(required)} if required else {})


def administrator(registry: RegistryUnderTest) -> SchemaClient:
    return SchemaClient(registry, registry.admin["clientId"], registry.admin["clientSecret"])


def team(registry: RegistryUnderTest, name: str, scopes: Sequence[str] | None = None) -> SchemaClient:
    """A client of a team, made if it is new."""
    registry.call("POST", "/teams", json={"name": name})
    body = {"scopes": list(scopes)} if scopes else {}
    made = registry.call("POST", f"/teams/{name}/credentials", json=body).json()
    return SchemaClient(registry, made["clientId"], made["clientSecret"])


def refused(response: httpx.Response) -> tuple[int, int]:
    """The status and the code of a refusal, whose body has nothing else but its message."""
    body = response.json()
    assert set(body) == {"error_code", "message"}, body
    assert response.headers["content-type"] == "application/vnd.schemaregistry.v1+json"
    return response.status_code, body["error_code"]
