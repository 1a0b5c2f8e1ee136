"""One reading of AsyncAPI 2.6 and 3.0: who sends, who receives, and what."""

from __future__ import annotations

from specs.asyncapi import event_operations
from specs.files import documents_root, read_contract
from specs.load import load_contract

TWO = """
asyncapi: 2.6.0
info: {title: t, version: 1.0.0}
channels:
  quote/approved:
    publish:
      operationId: takeQuoteApproved
      message: {$ref: '#/components/messages/QuoteApproved'}
    subscribe:
      message:
        oneOf:
          - {$ref: '#/components/messages/QuoteApproved'}
          - name: other
            payload: {type: object, properties: {type: {enum: [q2c.quote.rejected.v1]}}}
components:
  messages:
    QuoteApproved:
      contentType: application/json
      traits: [{contentType: application/cloudevents+json}]
      payload:
        allOf:
          - {$ref: '#/components/schemas/Event'}
          - {properties: {type: {const: q2c.quote.approved.v1}}}
  schemas: {Event: {type: object}}
"""

THREE = """
asyncapi: 3.0.0
info: {title: t, version: 1.0.0}
defaultContentType: application/cloudevents+json
channels:
  approved:
    address: q2c.quote.approved.v1
    messages:
      one: {$ref: '#/components/messages/QuoteApproved'}
      two: {payload: {schemaFormat: 'application/schema+json;version=draft-07', schema: {type: string}}}
  replies: {address: null, messages: {done: {payload: {type: object}}}}
operations:
  sendAll:
    action: send
    channel: {$ref: '#/channels/approved'}
  receiveOne:
    action: receive
    channel: {$ref: '#/channels/approved'}
    messages: [{$ref: '#/channels/approved/messages/one'}]
    reply: {channel: {$ref: '#/channels/replies'}}
components:
  messages:
    QuoteApproved:
      contentType: application/json
      traits: [{contentType: text/plain, name: quoteApproved}]
      headers: {properties: {ce_type: {const: q2c.quote.approved.v1}}}
      payload: {type: object}
"""


def test_version_2_is_told_from_the_applications_side() -> None:
    receive, send = event_operations(load_contract("a.yaml", TWO.encode()))

    assert (receive.operation_id, receive.action, receive.channel) == (
        "takeQuoteApproved",
        "receive",
        "quote/approved",
    )
    assert (send.action, send.address) == ("send", "quote/approved")
    assert [(m.name, m.event_type) for m in send.messages] == [
        ("QuoteApproved", "q2c.quote.approved.v1"),
        ("other", "q2c.quote.rejected.v1"),
    ]


def test_in_version_2_a_trait_wins_and_in_version_3_the_message() -> None:
    two, three = load_contract("a.yaml", TWO.encode()), load_contract("a.yaml", THREE.encode())

    assert event_operations(two)[0].messages[0].content_type == "application/cloudevents+json"
    assert event_operations(three)[1].messages[0].content_type == "application/json"
    assert event_operations(three)[1].messages[0].name == "quoteApproved"


def test_version_3_takes_all_messages_of_the_channel_unless_some_are_listed() -> None:
    send, receive = event_operations(load_contract("a.yaml", THREE.encode()))

    assert [message.name for message in send.messages] == ["quoteApproved", "two"]
    assert [message.name for message in receive.messages] == ["quoteApproved"]
    assert [message.name for message in receive.reply_messages] == ["done"]
    assert (send.channel, send.address) == ("approved", "q2c.quote.approved.v1")
    assert send.messages[0].event_type == "q2c.quote.approved.v1"
    assert send.messages[1].content_type == "application/cloudevents+json"


def test_a_multi_format_payload_is_unwrapped() -> None:
    send, _ = event_operations(load_contract("a.yaml", THREE.encode()))

    payload = send.messages[1].payload

    assert payload is not None
    assert payload.value == {"type": "string"}


def test_an_openapi_contract_has_no_events() -> None:
    assert event_operations(load_contract("a.yaml", b"openapi: 3.1.0")) == ()


def test_the_packaged_events_have_their_types() -> None:
    path = documents_root() / "events" / "commercial-events.v1.asyncapi.yaml"

    found = event_operations(read_contract(path, [documents_root()]))

    types = {message.event_type for operation in found for message in operation.messages}
    assert {"q2c.quote.approved.v1", "q2c.contract.activated.v1"} <= types
    assert {operation.action for operation in found} == {"send", "receive"}
