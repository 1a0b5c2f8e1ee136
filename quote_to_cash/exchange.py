"""What a handler sees of a request and what it answers with; no web framework behind these names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar

from quote_to_cash.errors import PreconditionRequired, VersionConflict

UnitT = TypeVar("UnitT")
UnitT_co = TypeVar("UnitT_co", covariant=True)

Clock = Callable[[], datetime]
"""The time now, aware, UTC."""


@dataclass(frozen=True, slots=True)
class Trace:
    """What ties calls of one business transaction together; passed on to every upstream.

    ``deadline_s`` is the monotonic time in seconds by which all calls made for the request must have ended;
    None leaves each call a deadline of its own.
    """

    correlation_id: str
    traceparent: str = ""
    deadline_s: float | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """One request, already valid under the contract.

    ``path``, ``query`` and ``headers`` hold typed parameters (header names in lower case); ``body`` is
    plain JSON. ``client`` is the identity the gateway established, empty without one.
    """

    operation_id: str
    base_path: str
    trace: Trace
    client: str = ""
    path: Mapping[str, Any] = field(default_factory=dict)
    query: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, Any] = field(default_factory=dict)
    body: Any = None


@dataclass(frozen=True, slots=True)
class Answer:
    """A response within the contract; ``body`` None means no content."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Write(Generic[UnitT]):
    """A change to be made in one transaction. The edge runs it, together with the idempotency record.

    ``work`` must do nothing but read and write through the unit it is given: it runs at most once per
    Idempotency-Key, and everything it did is undone when it raises.
    """

    work: Callable[[UnitT], Answer]


Handler = Callable[[Call], Answer | Write[UnitT]]


class Transactions(Protocol[UnitT_co]):
    """A service's store: units of work to read in, and to write in under the write lock."""

    def read(self) -> AbstractContextManager[UnitT_co]:
        """A consistent view; nothing is written."""

    def write(self) -> AbstractContextManager[UnitT_co]:
        """Committed when the block ends well, rolled back when it raises."""


def etag(version: int) -> str:
    """The strong entity tag of a version (RFC 9110 section 8.8.3)."""
    return f'"{version}"'


def require_match(call: Call, version: int) -> None:
    """If-Match must be given and name the current version (RFC 9110 section 13.1.1, RFC 6585 section 3)."""
    condition = call.headers.get("if-match")
    if not condition:
        raise PreconditionRequired("Send If-Match with the ETag you last read.")
    if condition.strip() != "*" and etag(version) not in _tags(condition):
        raise VersionConflict(f"The current version is {etag(version)}; read it again and redo the change.")


def _tags(condition: str) -> list[str]:
    return [tag.strip() for tag in condition.split(",")]
