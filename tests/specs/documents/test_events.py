"""The events: one channel each, handed in by one publisher, given to subscribers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jsonschema_rs

from specs.asyncapi import event_operations
from specs.governance import governance_of
from specs.model import Contract
from specs.schema import self_contained

EVENTS = "events/commercial-events.v1.asyncapi.yaml"
TYPES = {
    "q2c.quote.approved.v1",
    "q2c.contract.activated.v1",
    "q2c.contract.amended.v1",
    "q2c.customer.changed.v1",
}

Read = Callable[[str], Contract]


def test_the_events_are_governed(contract: Read) -> None:
    governance = governance_of(contract(EVENTS))

    assert (governance.name, governance.layer, governance.owner) == (
        "commercial-events",
        "events",
        "sales-operations",
    )


def test_each_event_is_received_from_a_publisher_and_sent_to_subscribers(contract: Read) -> None:
    found = {
        (operation.action, message.event_type)
        for operation in event_operations(contract(EVENTS))
        for message in operation.messages
    }

    assert found == {(action, event) for action in ("receive", "send") for event in TYPES}


def test_each_channel_is_addressed_by_the_type_of_its_event(contract: Read) -> None:
    for operation in event_operations(contract(EVENTS)):
        (message,) = operation.messages
        assert operation.address == message.event_type
        assert message.content_type == "application/cloudevents+json"


def test_publishing_each_event_needs_a_scope_of_its_own_and_subscribing_needs_one(documents: Any) -> None:
    schemes = documents.values[EVENTS]["components"]["securitySchemes"]
    publish, subscribe = [], set()
    for operation in documents.values[EVENTS]["operations"].values():
        (use,) = operation["security"]
        (scope,) = schemes[use["$ref"].rpartition("/")[2]]["scopes"]
        if operation["action"] == "receive":
            publish.append(scope)
        else:
            subscribe.add(scope)

    assert len(publish) == len(set(publish)) == len(TYPES)
    assert subscribe == {"q2c.commercial-events:subscribe"}


def test_an_event_shown_passes_the_schema_of_its_own_channel_only(contract: Read, documents: Any) -> None:
    examples = {
        message["examples"][0]["payload"]["type"]: message["examples"][0]["payload"]
        for message in documents.values[EVENTS]["components"]["messages"].values()
    }
    assert set(examples) == TYPES
    for operation in event_operations(contract(EVENTS)):
        (message,) = operation.messages
        assert message.payload is not None
        validator = jsonschema_rs.Draft202012Validator(self_contained(message.payload))
        for event_type, example in examples.items():
            assert validator.is_valid(example) is (event_type == message.event_type)


def test_the_envelope_refuses_an_event_without_what_delivery_needs(documents: Any) -> None:
    envelope = documents.validator("https://documents.test/canonical/cloud-event.v1.schema.yaml")
    message = documents.values[EVENTS]["components"]["messages"]["QuoteApproved"]
    event = message["examples"][0]["payload"]

    assert envelope.is_valid(event)
    for member in ("id", "source", "type", "time", "correlationid", "partitionkey", "sequence", "data"):
        assert not envelope.is_valid({key: value for key, value in event.items() if key != member}), member
    assert not envelope.is_valid({**event, "specversion": "0.3"})
    assert not envelope.is_valid({**event, "sequence": 1})
