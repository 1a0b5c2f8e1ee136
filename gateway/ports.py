"""What the exchange needs from outside, each as a protocol of a few methods.

The adapters are `upstream`, `registry_client`, `folder`, `state_folder`, `usage`, `access_log` and the clock
of `serve`; tests give their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from gateway.model import Answer, KeptPlan, Snapshot, UpstreamRequest, UpstreamResponse
from gateway.policies.idempotency import InFlight, Stored


class Clock(Protocol):
    """Two clocks: `now` in Unix seconds for dates, `elapsed` in seconds that never run back for rates."""

    def now(self) -> float: ...

    def elapsed(self) -> float: ...


class Fresh(Protocol):
    """Where new identifiers come from."""

    def correlation_id(self) -> str:
        """A UUID (version 4) in its canonical form."""

    def trace_id(self) -> str:
        """32 lower-case hexadecimal digits, not all zero."""

    def parent_id(self) -> str:
        """16 lower-case hexadecimal digits, not all zero."""


class Body(Protocol):
    """The request's body, read when a policy needs it and not before."""

    async def read(self, bytes_max: int, timeout_s: float) -> bytes:
        """The whole body; raises `BodyTooLarge`, `BodyTimeout` or `ClientGone` of `gateway.streaming`."""

    async def next(self, timeout_s: float) -> bytes:
        """What has come since the last call, empty at the end; raises `BodyTimeout` or `ClientGone`."""


class Upstreams(Protocol):
    """The systems behind, by contract key (`name.v<major>`)."""

    async def send(self, key: str, request: UpstreamRequest) -> UpstreamResponse:
        """One exchange; raises `errors.UpstreamError`."""


class IdempotencyRecords(Protocol):
    """Which calls under an Idempotency-Key are under way, and what those that ended were answered."""

    async def claim(self, key: bytes, fingerprint: bytes, now: float) -> int | InFlight | Stored:
        """The holder's number when nobody has the key, who may then go on; else what is known of it."""

    async def keep(self, key: bytes, holder: int, fingerprint: bytes, answer: Answer, now: float) -> bool:
        """Keeps the answer of who holds the key; False when it cannot be kept or is held no more."""

    async def release(self, key: bytes, holder: int) -> None:
        """The key is as if it had never been used, unless another holds it by now."""


class ContractSource(Protocol):
    """Where contracts and consumers come from."""

    async def poll(self) -> Snapshot | None:
        """The snapshot when it changed since the last call, else None; raises `errors.SourceError`."""

    async def document(self, sha256: str) -> bytes:
        """The bytes of one document, digest checked; raises `errors.SourceError`."""

    async def keys(self, url: str) -> Mapping[str, Any]:
        """A JWK set (RFC 7517 section 5); raises `errors.SourceError`."""


class PlanKeeper(Protocol):
    """Where the last good plan is kept; what cannot be kept or read is told there and never raised."""

    def load(self) -> KeptPlan | None:
        """The plan kept last; None when there is none that can be used."""

    def save(self, kept: KeptPlan) -> None:
        """Keeps this plan in the place of the one before."""

    def document(self, sha256: str) -> bytes | None:
        """The bytes of a kept document, digest checked."""

    def save_document(self, sha256: str, raw: bytes) -> None:
        """Keeps a document until a plan is kept that does not refer to it."""


class Reports(Protocol):
    """Where counts and drift go."""

    async def usage(self, batch: Mapping[str, Any]) -> None:
        """Takes one batch; the same batchId twice counts once; raises `errors.SourceError`."""

    async def drift(self, batch: Mapping[str, Any]) -> None:
        """Takes one batch of drift records; raises `errors.SourceError`."""


class LogSink(Protocol):
    """Where access log lines go."""

    def write(self, line: bytes) -> None:
        """Takes one line with its line feed; never blocks."""
