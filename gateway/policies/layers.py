"""Which layer may call which: experience on top, process below it, system at the bottom.

An experience consumer that reached into a system API would tie a screen to a ledger; process APIs stand
between. System may call process because approval in a system starts a process; platform consumers may call
all.
"""

from __future__ import annotations

from gateway.model import Reject
from gateway.policies.facts import Facts

MAY_CALL: dict[str, frozenset[str]] = {
    "experience": frozenset({"experience", "process"}),
    "process": frozenset({"process", "system"}),
    "system": frozenset({"system", "process"}),
    "platform": frozenset({"experience", "process", "system", "platform", "events"}),
}


def decide(facts: Facts) -> Reject | None:
    """403 when the consumer's layer may not call the contract's; an unknown layer may call nothing."""
    consumer = facts.consumer
    if consumer is None:
        return None
    called = facts.route.api.record.layer
    if called in MAY_CALL.get(consumer.layer, ()):
        return None
    detail = f"{consumer.name} is a consumer of layer {consumer.layer} and may not call layer {called}"
    return Reject("layer_violation", detail)
