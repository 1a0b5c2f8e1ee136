"""What a protocol needs to know changed: a Kafka topic, an AMQP exchange or queue, a delivery guarantee.

Fields that are part of the address, of the bytes or of the guarantee are breaking when they change, others (a
consumer group, a retention time) are noted; `compatibility.bindings` lists them. A field of a protocol that
is not listed there is not decided. Schemas in bindings are compared like payloads."""

from __future__ import annotations

from collections.abc import Iterator

from compatibility.asyncapi_matching import EventMatch, address_of, binding_pairs
from compatibility.bindings import KAFKA_TOPIC, BindingChange, binding_changes
from compatibility.changes import ContractChange, Draft
from compatibility.config import Level, Policy
from compatibility.drafting import NEW_MAJOR, draft
from compatibility.event_servers import by_endpoint
from compatibility.layers import merged
from specs.model import Contract, Kind, Node

MIRROR = "itself: it is judged the same way in both directions"


def check(change: ContractChange) -> Iterator[Draft]:
    if change.before.kind is not Kind.ASYNCAPI:
        return
    for match in change.matches:
        if not isinstance(match, EventMatch) or match.before is None or match.after is None:
            continue
        address = address_of(match.before)
        same = address is not None and address == address_of(match.after)
        for place, one, two in binding_pairs(match):
            for found in binding_changes(place, one, two, address if same else None):
                if found.meaning != "schema":
                    yield changed_field(match.label, (one, two), found, change.policy)
    for (name, one), (_, two) in paired_servers(change.before, change.after):
        for found in binding_changes("server", one, two, None):
            yield changed_field(f"server {name}", (one, two), found, change.policy)


def changed_field(label: str, nodes: tuple[Node, Node], found: BindingChange, policy: Policy) -> Draft:
    level = level_of(found, policy)
    what = f"{label}: the {found.protocol} binding `{found.field}` changed"
    operation = None if label.startswith("server ") else label
    return draft(
        "event-binding-changed",
        operation,
        nodes,
        what + (", and whether that breaks anybody is not decided" if level == "unknown" else ""),
        f"Keep the former binding, {NEW_MAJOR}",
        ("binding", found.place, found.protocol, found.field),
        level=level,
        direction="both",
    )


def level_of(found: BindingChange, policy: Policy) -> Level:
    if found.meaning is None:
        return "unknown"
    if found.meaning == "partitions":
        return policy.partitions_changed
    if found.meaning == "guarantee":
        return policy.delivery_weakened if lower(found.before, found.after) else "info"
    decisive = found.meaning == "decisive" and (
        found.before is not None or (found.place, found.protocol, found.field) == KAFKA_TOPIC
    )
    return "breaking" if decisive else "info"


def lower(before: object, after: object) -> bool:
    """Whether a guarantee is weaker; without a number it is the weakest."""
    ranks = [value if isinstance(value, int) else 0 for value in (before, after)]
    return ranks[1] < ranks[0]


def paired_servers(before: Contract, after: Contract) -> list[tuple[tuple[str, Node], tuple[str, Node]]]:
    """The bindings of servers that both sides have, by protocol and address; empty where there are none."""
    old, new = by_endpoint(before), by_endpoint(after)
    found = []
    for name, server in old.items():
        if name in new:
            held = [merged(node, "bindings") or node_without(node) for node in (server, new[name])]
            found.append(((name, held[0]), (name, held[1])))
    return found


def node_without(node: Node) -> Node:
    return Node(node.contract, node.document, node.pointer, {})
