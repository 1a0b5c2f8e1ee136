"""Which policies an operation has, and in which order: written down once, compiled per operation.

Cheap before dear, and each only once what it needs is known: who, for whom, still in service, from which
layer, with which right, how often, and only then with what content. Lifecycle stands after the consumer so
that calls to a version past its sunset are counted by name.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from gateway.model import Reject
from gateway.policies import authentication, consumers, layers, lifecycle, scopes, throttling
from gateway.policies.facts import Facts

Policy = Callable[[Facts], Reject | Awaitable[Reject | None] | None]
"""None lets the call go on; what only another server knows is awaited."""

ADMISSION: dict[str, Policy] = {
    "authentication": authentication.decide,
    "consumers": consumers.decide,
    "lifecycle": lifecycle.decide,
    "layers": layers.decide,
    "scopes": scopes.decide,
    "throttling": throttling.decide,
}
WITHIN_BUDGET: dict[str, Policy] = {**ADMISSION, "throttling": throttling.decide_within_budget}
AFTER_ADMISSION = ("request_validation", "idempotency", "forwarding", "upstream", "response_validation")
NEEDS_TOKEN = frozenset({"authentication", "consumers", "layers", "scopes"})


def chain(*, asks_for_token: bool, idempotent: bool = False) -> tuple[str, ...]:
    """Names of an operation's policies, first to last."""
    admission = tuple(name for name in ADMISSION if asks_for_token or name not in NEEDS_TOKEN)
    return admission + tuple(name for name in AFTER_ADMISSION if idempotent or name != "idempotency")


def admission(names: tuple[str, ...], *, within_budget: bool = False) -> tuple[Policy, ...]:
    """The functions behind the names that decide on admission."""
    decisions = WITHIN_BUDGET if within_budget else ADMISSION
    return tuple(decisions[name] for name in names if name in decisions)
