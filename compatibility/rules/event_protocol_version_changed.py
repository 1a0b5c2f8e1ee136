"""A server speaks another version of its protocol.

Some versions live side by side (Kafka), others do not (AMQP 0-9-1 and 1.0, MQTT 3 and 5), and a contract does
not say which: whether clients of the former version can connect is not decided."""

from __future__ import annotations

from collections.abc import Iterator

from compatibility.changes import ContractChange, Draft
from compatibility.drafting import NEW_MAJOR, draft
from compatibility.event_servers import endpoints_at, servers
from specs.model import Contract, Kind, Node

MIRROR = "itself: a version that goes back is another version too"


def check(change: ContractChange) -> Iterator[Draft]:
    if change.before.kind is not Kind.ASYNCAPI:
        return
    former, now = versions(change.before), versions(change.after)
    for key, (node, version) in former.items():
        if version and key in now and now[key][1] != version:
            yield draft(
                "event-protocol-version-changed",
                None,
                (node, now[key][0]),
                f"{key[0]} speaks {key[1]} {now[key][1] or 'of a version not told'}, before {version}; "
                "whether clients of that version can connect is not decided",
                f"Have the owner of the broker confirm that {version} still works, {NEW_MAJOR}",
                ("protocol version", *key, version, now[key][1]),
                level="unknown",
                direction="both",
            )


def versions(contract: Contract) -> dict[tuple[str, str], tuple[Node, str]]:
    """Each endpoint with the version of its protocol, empty when none is told."""
    return {
        (one.address, one.protocol): (server, str(server.value.get("protocolVersion", "")))
        for server in servers(contract)
        for one in endpoints_at(server)
    }
