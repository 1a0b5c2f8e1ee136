"""The security schemes that OpenAPI operations use, before and after."""

from __future__ import annotations

from collections.abc import Iterator

from compatibility.changes import ContractChange
from compatibility.openapi_matching import pairs
from compatibility.security import instance
from specs.model import Node
from specs.openapi import Operation


def used_schemes(change: ContractChange) -> Iterator[tuple[Node, Node]]:
    """Each scheme a served operation used with the one that is the same on the wire now."""
    for _, before, after in pairs(change.matches, "served"):
        former, now = schemes(before), schemes(after)
        yield from ((scheme, now[name]) for name, scheme in former.items() if name in now)


def schemes(operation: Operation) -> dict[str, Node]:
    return {instance(use): use.scheme for alternative in operation.security for use in alternative}
