"""Event operations and servers keep their partners whatever they are called in the document."""

from __future__ import annotations

from typing import Any

from compatibility import compare


def contract(operations: dict[str, str], server: str = "main", url: str = "https://r") -> dict[str, Any]:
    """Operations by name, each sending one message of one channel."""
    messages = {
        name: {"name": name, "payload": {"type": "object", "required": [name], "properties": {name: {}}}}
        for name in ("A", "B")
    }
    bindings = {"kafka": {"schemaRegistryUrl": url}}
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "T", "version": "1.0.0"},
        "servers": {server: {"host": "h.example", "protocol": "kafka", "bindings": bindings}},
        "channels": {"c": {"address": "c", "messages": messages}},
        "operations": {
            name: {
                "action": "send",
                "channel": {"$ref": "#/channels/c"},
                "messages": [{"$ref": f"#/channels/c/messages/{message}"}],
            }
            for name, message in operations.items()
        },
    }


def broken(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    found = [one.rule for one in compare(before, after).findings if one.level == "breaking"]
    return [rule for rule in found if rule != "version-bump-too-small"]


def test_renamed_operations_of_one_channel_are_told_apart_by_their_messages() -> None:
    before, after = contract({"one": "A", "two": "B"}), contract({"second": "B", "first": "A"})

    assert broken(before, after) == []


def test_a_renamed_server_is_the_same_server_and_its_bindings_count() -> None:
    before = contract({"one": "A"})

    assert broken(before, contract({"one": "A"}, server="other")) == []
    assert broken(before, contract({"one": "A"}, server="other", url="https://s")) == [
        "event-binding-changed"
    ]
