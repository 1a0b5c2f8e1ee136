"""One effect for one Idempotency-Key (draft-ietf-httpapi-idempotency-key-header-07).

A key counts for one consumer and one operation of one major version, so nobody is answered with what another
was told. The first call goes through; while it is under way a second one is 409; afterwards it gets the
answer of the first one again, with `Idempotent-Replayed: true`; the same key with another payload is 422
(section 2.6). An answer of 5xx, and a call that got none, leave nothing behind: the key may be tried again.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b

from gateway.model import Answer, Reject, Request
from gateway.policies.facts import Facts

KEY_LINE = b"idempotency-key"
REPLAYED = (b"idempotent-replayed", b"true")
DIGEST_BYTES = 16


@dataclass(frozen=True, slots=True)
class InFlight:
    """A call with this key is under way; `fingerprint` is that of its payload."""

    fingerprint: bytes


@dataclass(frozen=True, slots=True)
class Stored:
    """A call with this key was answered; `fingerprint` is that of its payload."""

    fingerprint: bytes
    answer: Answer


def key_of(facts: Facts, given: bytes) -> bytes:
    """16 bytes that stand for the key, its caller and the operation."""
    caller = "" if facts.consumer is None else facts.consumer.name
    address = facts.request.client if facts.consumer is None else ""
    route = facts.route
    text = "\0".join((caller, address, route.api.record.key, route.operation.key)).encode()
    return blake2b(text + b"\0" + given, digest_size=DIGEST_BYTES).digest()


def fingerprint_of(request: Request, content: bytes) -> bytes:
    """16 bytes that stand for what is asked: method, target, media type and body."""
    media = next((value for name, value in request.headers if name == b"content-type"), b"")
    head = b"\0".join((request.method.encode(), request.path, request.query, media))
    return blake2b(head + b"\0" + content, digest_size=DIGEST_BYTES).digest()


def decide(found: InFlight | Stored, fingerprint: bytes) -> Answer | Reject:
    """What a second call with a key is answered."""
    if found.fingerprint != fingerprint:
        detail = "the Idempotency-Key was used for another payload; send a new key for a new wish"
        return Reject("idempotency_key_reused", detail)
    if isinstance(found, InFlight):
        detail = "a call with this Idempotency-Key is under way; ask again for its answer"
        return Reject("idempotency_in_flight", detail, headers=((b"retry-after", b"1"),))
    answer = found.answer
    return Answer(answer.status, [*answer.headers, REPLAYED], answer.body)


def is_kept(decided: Answer | Reject) -> bool:
    """Whether a call with the same key is answered alike from now on."""
    return isinstance(decided, Answer) and decided.status < 500 and decided.stream is None
