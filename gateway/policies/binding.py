"""A caller asks only for what is its own: a value of the call must be one of a claim's (OWASP API1:2023).

`x-pactolus: {bind: [{path: entityId, claim: legal_entity}, {body: /owner, claim: sub}]}` in an operation. The
claim is a text or a list of texts of the credential. A call whose credential lacks the claim, or whose body
lacks the member, is refused like one with another value: what is not proved is not granted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gateway.model import Claims, Reject
from gateway.policies.facts import Facts
from gateway.streaming import RequestParts
from gateway.strict_json import NotStrict, parse

_NONE: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class PathRule:
    """The path parameter at `index` of the template must be a value of `claim`."""

    index: int
    name: str
    claim: str


@dataclass(frozen=True, slots=True)
class BodyRule:
    """The members at `pointer` of the body must be values of `claim`; `*` is every item of a list."""

    pointer: str
    tokens: tuple[str, ...]
    claim: str


def decide(facts: Facts) -> Reject | None:
    """403 when a path parameter is not the caller's."""
    route = facts.route
    for rule in route.operation.path_rules:
        if route.path_values[rule.index] not in _values(facts, rule.claim):
            return _refusal(f"path parameter {rule.name}", rule.claim)
    return None


def check_content(facts: Facts, content: bytes | RequestParts) -> Reject | None:
    """403 when a member of the body is not the caller's, or cannot be found."""
    try:
        value = parse(content) if isinstance(content, bytes) else None
    except NotStrict:
        value = None
    for rule in facts.route.operation.body_rules:
        allowed = _values(facts, rule.claim)
        found = _found(value, rule.tokens)
        if not found or not all(_text(one) in allowed for one in found):
            return _refusal(f"body member {rule.pointer}", rule.claim)
    return None


def _values(facts: Facts, claim: str) -> frozenset[str]:
    identity = facts.identity
    if not isinstance(identity, Claims):
        return _NONE
    if claim == "sub":
        return frozenset({identity.subject})
    return identity.attributes.get(claim, _NONE)


def _found(value: Any, tokens: tuple[str, ...]) -> list[Any]:
    """What stands at the pointer; a place that is missing is there as None, which is no claim's value."""
    found = [value]
    for step in tokens:
        below: list[Any] = []
        for one in found:
            if step == "*" and isinstance(one, list):
                below += one
            else:
                below.append(one.get(step) if isinstance(one, dict) else None)
        found = below
    return found


def _text(value: Any) -> str | None:
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value if isinstance(value, str) else None


def _refusal(what: str, claim: str) -> Reject:
    return Reject("binding_violation", f"{what} is not among the values of the caller's claim {claim}")
