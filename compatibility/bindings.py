"""What each field of an AsyncAPI binding means for those on the other side.

Protocols and fields are those of the AsyncAPI bindings repository, in all their versions. A protocol or field
that is not listed here is not guessed: a change of it is said to be undecided.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from specs.model import Node

Meaning = Literal["decisive", "noted", "schema", "partitions", "guarantee"]
"""`decisive`: part of the address, of the bytes, or of who may connect. `guarantee`: must not get lower."""
Table = dict[str, dict[str, tuple[str, ...]]]
"""Place, protocol, fields; a place is server, channel, operation or message."""

DECISIVE: Table = {
    "server": {
        "kafka": ("schemaRegistryUrl", "schemaRegistryVendor"),
        "mqtt": ("maximumPacketSize",),
        "jms": ("jmsConnectionFactory",),
        "ibmmq": ("ccdtQueueManagerName", "cipherSpec"),
        "solace": ("msgVpn", "msvVpn"),
        "pulsar": ("tenant",),
    },
    "channel": {
        "kafka": ("topic",),
        "ws": ("method",),
        "amqp": ("is", "exchange", "queue"),
        "anypointmq": ("destination", "destinationType"),
        "jms": ("destination", "destinationType"),
        "sns": ("name", "ordering", "policy"),
        "sqs": ("queue",),
        "ibmmq": ("destinationType", "queue", "topic", "maxMsgLength"),
        "googlepubsub": ("schemaSettings", "topic"),
        "pulsar": ("namespace", "persistence"),
    },
    "operation": {
        "http": ("method", "type"),
        "amqp": ("cc", "replyTo"),
        "mqtt": ("retain",),
        "nats": ("queue",),
        "sns": ("topic",),
        "sqs": ("queues",),
        "solace": ("destinations",),
    },
    "message": {
        "http": ("statusCode",),
        "amqp": ("contentEncoding", "messageType"),
        "mqtt": ("payloadFormatIndicator", "contentType", "responseTopic"),
        "kafka": ("schemaIdLocation", "schemaIdPayloadEncoding"),
        "ibmmq": ("type", "headers"),
        "googlepubsub": ("orderingKey", "schema"),
    },
}
SCHEMAS: Table = {
    "channel": {"ws": ("query", "headers")},
    "operation": {"http": ("query",)},
    "message": {
        "http": ("headers",),
        "kafka": ("key",),
        "mqtt": ("correlationData",),
        "anypointmq": ("headers",),
        "jms": ("headers",),
    },
}
NOTED: Table = {
    "server": {
        "mqtt": ("clientId", "cleanSession", "lastWill", "keepAlive", "sessionExpiryInterval"),
        "jms": ("properties", "clientID"),
        "ibmmq": ("groupId", "multiEndpointServer", "heartBeatInterval"),
        "solace": ("clientName",),
    },
    "channel": {
        "kafka": ("replicas", "topicConfiguration"),
        "sns": ("tags",),
        "sqs": ("deadLetterQueue",),
        "googlepubsub": ("labels", "messageRetentionDuration", "messageStoragePolicy"),
        "pulsar": ("compaction", "geo-replication", "retention", "ttl", "deduplication"),
    },
    "operation": {
        "kafka": ("groupId", "clientId"),
        "mqtt": ("messageExpiryInterval",),
        "amqp": ("expiration", "userId", "priority", "mandatory", "bcc", "timestamp", "ack"),
        "sns": ("consumers", "deliveryPolicy"),
        "solace": ("timeToLive", "priority", "dmqEligible"),
    },
    "message": {
        "kafka": ("schemaLookupStrategy",),
        "ibmmq": ("description", "expiry"),
        "googlepubsub": ("attributes",),
    },
}
GUARANTEES = {("operation", "mqtt", "qos"), ("operation", "amqp", "deliveryMode")}
PARTITIONS = {("channel", "kafka", "partitions")}
VERSION = "bindingVersion"
KAFKA_TOPIC = ("channel", "kafka", "topic")


@dataclass(frozen=True, slots=True)
class BindingChange:
    """One field of one protocol that differs; the values are None where the field is missing."""

    place: str
    protocol: str
    field: str
    before: Any
    after: Any

    @property
    def meaning(self) -> Meaning | None:
        return meaning(self.place, self.protocol, self.field)


def meaning(place: str, protocol: str, field: str) -> Meaning | None:
    """What a field of a binding means; None when it is not known."""
    key = (place, protocol, field)
    if key in GUARANTEES:
        return "guarantee"
    if key in PARTITIONS:
        return "partitions"
    tables: tuple[tuple[Meaning, Table], ...] = (
        ("decisive", DECISIVE),
        ("schema", SCHEMAS),
        ("noted", NOTED),
    )
    for found, table in tables:
        if field in table.get(place, {}).get(protocol, ()):
            return found
    return None


def schemas_of(place: str) -> Iterator[tuple[str, str]]:
    """The protocols and fields at a place that hold schemas."""
    for protocol, fields in SCHEMAS.get(place, {}).items():
        yield from ((protocol, field) for field in fields)


def binding_changes(place: str, before: Node, after: Node, address: str | None) -> Iterator[BindingChange]:
    """The fields that differ between two bindings objects.

    A Kafka topic that is not written is the channel's address (Kafka channel binding, `topic`).
    """
    former, now = members(before.value), members(after.value)
    for protocol in sorted({*former, *now}):
        one, two = members(former.get(protocol)), members(now.get(protocol))
        for field in sorted({*one, *two} - {VERSION}):
            values = [held.get(field) for held in (one, two)]
            if (place, protocol, field) == KAFKA_TOPIC and address is not None:
                values = [address if value is None else value for value in values]
            if values[0] != values[1]:
                yield BindingChange(place, protocol, field, values[0], values[1])


def members(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
