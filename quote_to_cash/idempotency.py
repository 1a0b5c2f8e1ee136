"""One write per Idempotency-Key: the record that makes a repeated request answer what the first one did.

The record is written in the transaction of the write it protects (draft-ietf-httpapi-idempotency-key-header):
either both are there or neither. A key belongs to one client and one operation.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from quote_to_cash.errors import IdempotencyKeyReused
from quote_to_cash.exchange import Answer, Call, Transactions

REPLAYED_HEADER = "Idempotent-Replayed"


@dataclass(frozen=True, slots=True)
class IdempotencyKey:
    """Who used which key on what, and the fingerprint of the request sent with it."""

    client: str
    operation: str
    key: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """What the first request with the key was answered."""

    fingerprint: str
    answer: Answer


class KeptAnswers(Protocol):
    """The records within one transaction; expired ones are as if absent."""

    def find(self, key: IdempotencyKey) -> StoredAnswer | None:
        """The record under client, operation and key, whatever its fingerprint."""

    def keep(self, key: IdempotencyKey, answer: Answer) -> None:
        """Keeps the answer; the transaction decides whether it stays."""


class IdempotencyUnit(Protocol):
    """A unit of work that keeps records beside what it writes."""

    @property
    def answers(self) -> KeptAnswers:
        """The records of the service."""


IdempotencyUnitT = TypeVar("IdempotencyUnitT", bound=IdempotencyUnit)


def idempotency_key(call: Call) -> IdempotencyKey | None:
    """The key of a call, or None when it carries none."""
    key = call.headers.get("idempotency-key")
    if not key:
        return None
    operation = f"{call.base_path} {call.operation_id}"
    # A String of RFC 9651 stands in double quotes; the bare form means the same key.
    bare = str(key).strip().removeprefix('"').removesuffix('"')
    return IdempotencyKey(call.client, operation, bare, fingerprint(call.path, call.body))


def fingerprint(path: Mapping[str, Any], body: Any) -> str:
    """A hash of what the request asks for; the order of members and white space do not count."""
    material = json.dumps([dict(path), body], sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(material.encode()).hexdigest()


def replayed(unit: IdempotencyUnit, key: IdempotencyKey) -> Answer | None:
    """The stored answer marked as replayed; IdempotencyKeyReused when the key came with another request."""
    stored = unit.answers.find(key)
    if stored is None:
        return None
    if stored.fingerprint != key.fingerprint:
        raise IdempotencyKeyReused("This Idempotency-Key was used with another request; choose a new key.")
    answer = stored.answer
    return Answer(answer.status, answer.body, {**answer.headers, REPLAYED_HEADER: "true"})


def write_once(
    store: Transactions[IdempotencyUnitT],
    key: IdempotencyKey,
    work: Callable[[IdempotencyUnitT], Answer],
) -> Answer:
    """Runs the work, or replays: concurrent duplicates wait for the write lock and then find the record."""
    with store.write() as unit:
        answer = replayed(unit, key)
        if answer is None:
            answer = work(unit)
            unit.answers.keep(key, answer)
    return answer
