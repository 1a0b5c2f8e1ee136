"""Security as alternatives of scheme and scope sets (OpenAPI 3.1, Security Requirement Object)."""

from __future__ import annotations

import json
from typing import Any

from compatibility.openapi_matching import Match
from specs.model import Node
from specs.openapi import SchemeUse

Alternative = dict[str, frozenset[str]]
ANYBODY: Alternative = {}


def places(match: Match) -> tuple[Node, Node]:
    """Where the security of both sides is written: at the operation, or once for all of the contract."""
    assert match.before is not None
    assert match.after is not None
    before, after = match.before.operation.node, match.after.operation.node
    if before.child("security") is not None or after.child("security") is not None:
        return before, after
    roots = before.contract.root, after.contract.root
    return roots[0].child("security") or roots[0], roots[1].child("security") or roots[1]


def alternatives(security: tuple[tuple[SchemeUse, ...], ...]) -> list[Alternative]:
    """Each alternative as scheme -> scopes; no requirement at all is one that anybody meets."""
    found = [{instance(use): frozenset(use.scopes) for use in one} for one in security]
    return found or [ANYBODY]


def instance(use: SchemeUse) -> str:
    """What a scheme is on the wire, whatever it is called in the document."""
    return instance_of(use.scheme.value)


def instance_of(value: dict[str, Any]) -> str:
    """The members of a security scheme that decide what a client must send."""
    kept = ("type", "in", "name", "scheme", "openIdConnectUrl")
    words = {name: value[name] for name in kept if name in value}
    if words.get("type") == "http":
        words["scheme"] = str(words.get("scheme", "")).lower()
    if value.get("type") == "apiKey" and value.get("in") == "header":
        words["name"] = str(value.get("name", "")).lower()
    return json.dumps(words, sort_keys=True)


def satisfies(held: Alternative, asked: Alternative) -> bool:
    """Whether credentials good for one alternative are good for another."""
    return all(scheme in held and scopes <= held[scheme] for scheme, scopes in asked.items())


def written(alternative: Alternative) -> str:
    """An alternative for people."""
    if not alternative:
        return "no credentials"
    parts = []
    for scheme, scopes in sorted(alternative.items()):
        words = json.loads(scheme)
        name = " ".join(str(words[one]) for one in ("type", "scheme", "in", "name") if one in words)
        parts.append(f"{name} ({', '.join(sorted(scopes))})" if scopes else name)
    return " and ".join(parts)
