"""Reads what an operation's `x-pactolus` says of whose data is asked for, and of who sees what of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from gateway.errors import PlanError
from gateway.plan.media_types import is_json
from gateway.plan.places import is_required, pointer_trim
from gateway.policies.binding import BodyRule, PathRule
from gateway.policies.redaction import Redaction
from specs.model import Node
from specs.openapi import MediaType, Operation
from specs.pointers import tokens_of
from specs.schema import self_contained


@dataclass(frozen=True, slots=True)
class Rules:
    """What binds a call to its caller, and what its caller does not see."""

    path: tuple[PathRule, ...] = ()
    body: tuple[BodyRule, ...] = ()
    redactions: tuple[Redaction, ...] = ()

    @property
    def policies(self) -> tuple[str, ...]:
        """Names of the policies that they take."""
        named = {"binding": self.path, "body_binding": self.body, "redaction": self.redactions}
        return tuple(name for name, rules in named.items() if rules)


def read_rules(operation: Operation, path_names: Sequence[str], *, asks_for_token: bool) -> Rules:
    """The rules of one operation; `PlanError` when one of them could not be enforced as written."""
    bind, redact = (operation.extension.get(name, []) for name in ("bind", "redact"))
    if not isinstance(bind, list) or not isinstance(redact, list):
        raise PlanError("contract.authorization", "bind and redact are lists")
    if bind and not asks_for_token:
        raise PlanError("contract.authorization", "bind needs a credential, and the operation serves without")
    path = tuple(_path_rule(rule, path_names) for rule in bind if "path" in rule)
    body = tuple(
        BodyRule(str(rule["body"]), tuple(_tokens(rule["body"])), str(rule.get("claim")))
        for rule in bind
        if "path" not in rule
    )
    if body:
        _check_body(operation)
    return Rules(path, body, tuple(_redaction(rule, operation) for rule in redact))


def _path_rule(rule: dict[str, Any], path_names: Sequence[str]) -> PathRule:
    name = str(rule["path"])
    if name not in path_names or "body" in rule:
        raise PlanError("contract.authorization", f"bind names path parameter {name}, which is not there")
    return PathRule(path_names.index(name), name, str(rule.get("claim")))


def _check_body(operation: Operation) -> None:
    content = operation.request_body.content if operation.request_body is not None else ()
    if not content or not all(is_json(media_type.name) for media_type in content):
        raise PlanError("contract.authorization", "bind names a body member: every body must be JSON")


def _redaction(rule: dict[str, Any], operation: Operation) -> Redaction:
    tokens = _tokens(rule.get("member"))
    for response in operation.responses:
        for media_type in response.content:
            if not is_json(media_type.name):
                raise PlanError("contract.authorization", "redact: every answer must be JSON")
            if _requires(media_type, tokens):
                detail = f"redact: {rule['member']} is required in answer {response.status}; make it optional"
                raise PlanError("contract.authorization", detail)
    return Redaction(str(rule.get("scope")), pointer_trim(tokens))


def _requires(media_type: MediaType, tokens: Sequence[str]) -> bool:
    node: Node | None = media_type.schema
    schema = self_contained(node) if node is not None else True
    return isinstance(schema, dict) and is_required(schema, tokens)


def _tokens(pointer: Any) -> list[str]:
    if not isinstance(pointer, str) or not pointer.startswith("/") or pointer.endswith("/*"):
        raise PlanError("contract.authorization", f"{pointer!r} is no JSON pointer to a member")
    return tokens_of(pointer)
