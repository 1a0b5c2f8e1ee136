"""For whom the client calls: every client identifier belongs to one consumer that an owner answers for."""

from __future__ import annotations

from gateway.model import Claims, Reject
from gateway.policies.facts import Facts


def decide(facts: Facts) -> Reject | None:
    """403 for a client that no consumer holds; otherwise the consumer becomes known."""
    identity = facts.identity
    if not isinstance(identity, Claims):
        return None
    facts.consumer = facts.consumers.get(identity.client_id)
    if facts.consumer is None:
        return Reject("unknown_consumer", f"client {identity.client_id} belongs to no consumer")
    return None
