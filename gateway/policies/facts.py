"""What is known about one request while the policies look at it, each adding what it alone decides."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple, Protocol, TypeVar

from gateway.model import Claims, Consumer, Request, ThrottlingPlan, TokenRefusal
from gateway.plan.model import Route

T = TypeVar("T")


class Buckets(Protocol):
    """Throttling state: the theoretical arrival time (GCRA) per key, on the clock of `elapsed`."""

    def update(self, key: tuple[str, str], now: float, decide: Callable[[float], tuple[T, float]]) -> T:
        """What `decide` makes of the arrival time kept for `key`; the time it gives is kept in its place."""


class Allowance(NamedTuple):
    """What throttling decided: calls left at once, and seconds until the next call and until all are back."""

    allowed: bool
    remaining: int
    retry_after_s: float
    reset_s: float


@dataclass(slots=True)
class Facts:
    """The growing record of one request.

    Given: everything down to `identity` (the verified token, why it is refused, or None without one). Added
    by their policies: `consumer` by `consumers`, `allowance` by `throttling`. Where `security` asks for more
    than a plain token, `met` are the alternatives whose credentials all came, as scopes needed and held of
    them, and `content_digest` is what a signed request says of its body.
    """

    request: Request
    route: Route
    consumers: Mapping[str, Consumer]
    buckets: Buckets
    anonymous_plan: ThrottlingPlan
    now: float
    elapsed: float
    identity: Claims | TokenRefusal | None = None
    consumer: Consumer | None = None
    allowance: Allowance | None = None
    met: tuple[tuple[frozenset[str], frozenset[str]], ...] | None = None
    content_digest: bytes | None = None
