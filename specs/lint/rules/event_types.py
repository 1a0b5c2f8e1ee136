"""An event's type is ``q2c.<entity>.<fact>.v<major>``, and its payload says so.

Subscribers choose by the type, and a new major version is another type beside the old one. The CloudEvents
attribute ``type`` is fixed in the payload's schema with ``const``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from specs.asyncapi import event_operations
from specs.lint.level import Level
from specs.model import Contract
from specs.problem import Problem, Severity

CODE = "lint.event_type"
SEVERITY: Severity = "warning"
LEVEL: Level = "silver"
SOURCE = "Zalando guideline 213; CloudEvents 1.0, attribute type"

EVENT_TYPE = re.compile(r"[a-z][a-z0-9]*\.[a-z][a-z0-9-]*\.[a-z][a-z0-9-]*\.v[1-9][0-9]*")


def check(contract: Contract) -> Iterator[Problem]:
    """Messages whose type is of another shape."""
    for operation in event_operations(contract):
        for message in operation.messages:
            if not EVENT_TYPE.fullmatch(message.event_type):
                yield message.node.problem(
                    CODE,
                    f"The event type {message.event_type!r} does not tell entity, fact and major version.",
                    "Fix the payload's member 'type' with const, for example q2c.quote.approved.v1.",
                    SEVERITY,
                )
