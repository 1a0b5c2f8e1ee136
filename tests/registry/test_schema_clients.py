"""Confluent's own client for Python, unchanged, over HTTP."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from confluent_kafka.schema_registry import Schema, SchemaReference, SchemaRegistryClient
from confluent_kafka.schema_registry.error import SchemaRegistryError
from confluent_kafka.schema_registry.json_schema import JSONDeserializer, JSONSerializer
from confluent_kafka.serialization import MessageField, SerializationContext

from registry.config import RegistryConfig
from registry.serve import create_app, initialise_registry, server_options
from tests.ports import free_port
from tests.registry.schema_client import members

TEXT = {"type": "string"}
ORDER = members("reference", reference=TEXT) | {"title": "Order"}
VALUE = SerializationContext("orders", MessageField.VALUE)


@pytest.fixture
def settings(tmp_path: Path) -> Iterator[dict[str, str]]:
    """How the client reaches a registry that serves over HTTP."""
    config = RegistryConfig(f"sqlite:///{tmp_path / 'registry.db'}", port=free_port(), log_level="error")
    made = initialise_registry(config)
    started = threading.Event()

    class Server(uvicorn.Server):
        async def startup(self, sockets: Any = None) -> None:
            await super().startup(sockets)
            started.set()

    server = Server(uvicorn.Config(create_app(config), **server_options(config)))
    thread = threading.Thread(target=server.run)
    thread.start()
    assert started.wait(30)
    yield {
        "url": f"http://127.0.0.1:{config.port}/confluent",
        "basic.auth.user.info": f"{made.client_id}:{made.client_secret}",
    }
    server.should_exit = True
    thread.join()


@pytest.fixture
def client(settings: dict[str, str]) -> Iterator[SchemaRegistryClient]:
    with SchemaRegistryClient(settings) as opened:
        yield opened


def schema(value: Any, references: list[SchemaReference] | None = None) -> Schema:
    return Schema(json.dumps(value), "JSON", references or [])


def test_messages_are_written_and_read_by_schemas_kept_here(
    settings: dict[str, str], client: SchemaRegistryClient
) -> None:
    wire = JSONSerializer(json.dumps(ORDER), client)({"reference": "A-1"}, VALUE)

    assert wire is not None
    assert int.from_bytes(wire[1:5], "big") == client.get_latest_version("orders-value").schema_id
    with SchemaRegistryClient(settings) as reader:
        deserialize = JSONDeserializer(None, schema_registry_client=reader)
        assert deserialize(wire, VALUE) == {"reference": "A-1"}


def test_a_schema_that_breaks_is_refused_to_the_client(client: SchemaRegistryClient) -> None:
    client.register_schema("orders-value", schema(members(reference=TEXT)))

    assert client.test_compatibility("orders-value", schema(ORDER)) is False
    with pytest.raises(SchemaRegistryError) as caught:
        client.register_schema("orders-value", schema(ORDER))

    assert (caught.value.http_status_code, caught.value.error_code) == (409, 409)
    assert "'reference' is a required property" in caught.value.error_message


def test_the_client_manages_subjects(client: SchemaRegistryClient) -> None:
    identifier = client.register_schema("orders/eu-value", schema(ORDER))
    money = SchemaReference("order.json", "orders/eu-value", 1)
    client.register_schema("returns", schema(members(order={"$ref": "order.json"}), [money]))

    assert client.get_subjects() == ["orders/eu-value", "returns"]
    assert json.loads(str(client.get_schema(identifier).schema_str)) == ORDER
    assert client.lookup_schema("orders/eu-value", schema(ORDER)).version == 1
    assert client.get_version("returns", 1).schema.references[0].subject == "orders/eu-value"
    assert client.get_compatibility() == "BACKWARD"
    client.set_compatibility("returns", "FULL_TRANSITIVE")
    assert client.get_compatibility("returns") == "FULL_TRANSITIVE"
    assert client.delete_subject("returns") == [1]
    assert client.delete_version("orders/eu-value", 1) == 1
    with pytest.raises(SchemaRegistryError) as caught:
        client.get_versions("orders/eu-value")
    assert caught.value.error_code == 40401
