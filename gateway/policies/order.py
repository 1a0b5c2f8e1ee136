"""Which policies an operation has, and in which order: written down once, compiled per operation.

Cheap before dear, and each only once what it needs is known: who, for whom, still in service, from which
layer, with which right, how often, and only then with what content. Lifecycle stands after the consumer so
that calls to a version past its sunset are counted by name.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from gateway.model import Reject
from gateway.policies import (
    authentication,
    binding,
    consumers,
    layers,
    lifecycle,
    scopes,
    signatures,
    throttling,
)
from gateway.policies.facts import Facts
from gateway.streaming import RequestParts

Policy = Callable[[Facts], Reject | Awaitable[Reject | None] | None]
"""None lets the call go on; what only another server knows is awaited."""
ContentPolicy = Callable[[Facts, bytes | RequestParts], Reject | None]

ADMISSION: dict[str, Policy] = {
    "authentication": authentication.decide,
    "consumers": consumers.decide,
    "lifecycle": lifecycle.decide,
    "layers": layers.decide,
    "scopes": scopes.decide,
    "binding": binding.decide,
    "throttling": throttling.decide,
}
WITHIN_BUDGET: dict[str, Policy] = {**ADMISSION, "throttling": throttling.decide_within_budget}
CREDENTIALS = ("dpop", "certificates", "signatures", "api_keys")
"""Tried before `authentication` judges; tokens that are bound or opaque are known by themselves."""
CONTENT: dict[str, ContentPolicy] = {
    "signed_content": signatures.check_content,
    "body_binding": binding.check_content,
}
AFTER_ADMISSION = (
    "request_validation", "signed_content", "body_binding", "idempotency", "forwarding", "upstream",
    "response_validation", "write_only", "redaction",
)  # fmt: skip
OPTIONAL = frozenset({*CREDENTIALS, *CONTENT, "binding", "idempotency", "write_only", "redaction"})
NEEDS_TOKEN = frozenset({"authentication", "consumers", "layers", "scopes"})


def chain(*, asks_for_token: bool, idempotent: bool = False, used: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Names of an operation's policies, first to last; `used` are those of `OPTIONAL` that it has."""
    wanted = {*used, "idempotency"} if idempotent else set(used)
    named = (*CREDENTIALS, *ADMISSION, *AFTER_ADMISSION)
    left_out = OPTIONAL - wanted if asks_for_token else (OPTIONAL - wanted) | NEEDS_TOKEN
    return tuple(name for name in named if name not in left_out)


def admission(names: tuple[str, ...], *, within_budget: bool = False) -> tuple[Policy, ...]:
    """The functions behind the names that decide on admission."""
    decisions = WITHIN_BUDGET if within_budget else ADMISSION
    return tuple(decisions[name] for name in names if name in decisions)


def content_guards(names: tuple[str, ...]) -> tuple[ContentPolicy, ...]:
    """The functions behind the names that decide on a request together with its body."""
    return tuple(CONTENT[name] for name in names if name in CONTENT)
