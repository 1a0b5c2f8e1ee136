"""What of an answer the caller does not see (OWASP API3:2023).

Members that the schema marks `writeOnly` are taken out of every answer. Members that the operation names
(`x-pactolus: {redact: [{member: /items/*/cost, scope: orders:cost}]}`) are taken out unless the caller holds
the scope. What stays is written as it was, numbers digit by digit. An answer that cannot be read cannot be
redacted, and does not pass. Digests of the body, and its length in an answer to HEAD, are of what the system
behind sent, so they go too.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import orjson

from gateway.model import Answer, Claims, Reject
from gateway.plan.places import Trim, apply
from gateway.policies.facts import Facts

_OF_THE_BODY = frozenset({b"content-digest", b"repr-digest", b"digest", b"content-md5", b"content-length"})


@dataclass(frozen=True, slots=True)
class Redaction:
    """What goes when the caller does not hold `scope`."""

    scope: str
    trim: Trim


def decide(facts: Facts, decided: Answer | Reject) -> Answer | Reject:
    """The answer without what the caller's scopes do not show."""
    identity = facts.identity
    scopes = identity.scopes if isinstance(identity, Claims) else frozenset()
    trims = [rule.trim for rule in facts.route.operation.redactions if rule.scope not in scopes]
    return without(decided, trims) if isinstance(decided, Answer) and trims else decided


def without(answer: Answer, trims: Iterable[Trim]) -> Answer | Reject:
    """The answer without what the trims take away."""
    lines = [line for line in answer.headers if line[0] not in _OF_THE_BODY]
    if answer.stream is None and not answer.body:
        return answer._replace(headers=lines)
    value = None if answer.stream is not None else _read(answer.body)
    if value is None:
        if answer.stream is not None:
            answer.stream.close()
        return Reject("contract_violation", "the answer cannot be redacted: it is not JSON")
    changed = [apply(value[0], trim) for trim in trims]
    if not any(changed):
        return answer
    try:
        return answer._replace(headers=lines, body=orjson.dumps(value[0]))
    except TypeError:  # a lone surrogate, or nested too deep
        return Reject(
            "contract_violation", "the answer cannot be redacted: it is not JSON that can be written"
        )


def _read(raw: bytes) -> tuple[Any] | None:
    """The value in a tuple, its numbers as they are written; None when it cannot be read."""
    try:
        return (json.loads(raw, parse_float=_number, parse_int=_number, parse_constant=_refuse),)
    except (ValueError, RecursionError):
        return None


def _number(text: str) -> orjson.Fragment:
    return orjson.Fragment(text.encode())


def _refuse(text: str) -> Any:
    raise ValueError(text)
