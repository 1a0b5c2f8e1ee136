"""What is known about one request while the policies look at it, each adding what it alone decides."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol, TypeVar

from gateway.model import Claims, Consumer, Limit, Request, ThrottlingPlan, TokenRefusal
from gateway.plan.model import Route

T = TypeVar("T")


class Allowance(NamedTuple):
    """What a limit says: units left at once, and seconds until the next try and until all are back."""

    allowed: bool
    remaining: int
    retry_after_s: float
    reset_s: float


class Ask(NamedTuple):
    """One limit that a call must keep: whose state it is, and how many units the call costs."""

    key: tuple[str, str]
    limit: Limit
    cost: int


class Taken(NamedTuple):
    """What all limits of a call say together: charged to all of them, or to none.

    `places` are what is to be given back of limits that count places, as their store knows them. `is_far`
    where that store is on another machine.
    """

    allowed: bool
    asks: Sequence[Ask]
    allowances: Sequence[Allowance]
    places: Sequence[bytes] = ()
    is_far: bool = False


class Buckets(Protocol):
    """Throttling state on the clock of `elapsed`: arrival times (GCRA) and places taken, by key."""

    def update(self, key: tuple[str, str], now: float, decide: Callable[[float], tuple[T, float]]) -> T:
        """What `decide` makes of the arrival time kept for `key`; the time it gives is kept in its place."""

    def take(self, asks: Sequence[Ask], now: float) -> Taken | Awaitable[Taken | None] | None:
        """Charges all of `asks` or none; awaited where the state is elsewhere, None when that is away."""

    def settle(self, taken: Taken, bytes_used: int, now: float) -> None:
        """A call that was let in has ended: its places are given back, and its bytes charged in full."""


@dataclass(slots=True)
class Facts:
    """The growing record of one request.

    Given: everything down to `identity` (the verified token, why it is refused, or None without one). Added
    by their policies: `consumer` by `consumers`; by `throttling`, `allowance` where one limit holds, `taken`
    where several do. Where `security` asks for more than a plain token, `met` are the alternatives whose
    credentials all came, as scopes needed and held of them, and `content_digest` is what a signed request
    says of its body. `told_limits` is what the system behind said of its own.
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
    taken: Taken | None = None
    told_limits: list[tuple[bytes, bytes]] | None = None
