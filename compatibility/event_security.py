"""Who may use an event server or operation: alternatives of security schemes (AsyncAPI 2.6 and 3.0).

In 2.6 a requirement names schemes with their scopes; in 3.0 each item of `security` is a scheme with its own
scopes. Any one of them is enough.
"""

from __future__ import annotations

from collections.abc import Iterator

from compatibility.asyncapi_matching import EventMatch
from compatibility.changes import ContractChange
from compatibility.event_servers import by_endpoint
from compatibility.layers import said
from compatibility.security import Alternative, instance_of
from specs.model import Kind, Node


def event_alternatives(listed: Node | None) -> list[Alternative]:
    """The alternatives a `security` list offers; none when there is no list: anybody may."""
    found: list[Alternative] = []
    for _, written in listed.items() if listed is not None else ():
        scheme = written.resolved()
        value = scheme.value if isinstance(scheme.value, dict) else {}
        if "type" in value:
            found.append({instance_of(value): frozenset(map(str, value.get("scopes") or ()))})
        else:
            found.append(named_schemes(scheme))
    return found


def event_schemes(listed: Node | None) -> dict[str, Node]:
    """Every scheme of a `security` list by what it is on the wire."""
    found: dict[str, Node] = {}
    for _, written in listed.items() if listed is not None else ():
        scheme = written.resolved()
        if isinstance(scheme.value, dict) and "type" in scheme.value:
            found[instance_of(scheme.value)] = scheme
            continue
        for name in scheme.value if isinstance(scheme.value, dict) else ():
            held = scheme.contract.root.child("components", "securitySchemes", name)
            if held is not None:
                found[instance_of(held.resolved().value)] = held.resolved()
    return found


def secured_pairs(change: ContractChange) -> Iterator[tuple[str | None, str, Node, Node]]:
    """Servers and event operations that both sides have: operation, name, and both objects.

    Servers are the same by protocol and address: what a server is called in the document says nothing.
    """
    if change.before.kind is not Kind.ASYNCAPI:
        return
    former, now = by_endpoint(change.before), by_endpoint(change.after)
    for name, server in former.items():
        if name in now:
            yield None, f"server {name}", server, now[name]
    for match in change.matches:
        if isinstance(match, EventMatch) and match.before is not None and match.after is not None:
            yield match.label, match.label, match.before.node, match.after.node


def event_scheme_pairs(change: ContractChange) -> Iterator[tuple[Node, Node]]:
    """Each scheme that was used with the one that is the same on the wire now."""
    for _, _, one, two in secured_pairs(change):
        former, now = event_schemes(said(one, "security")), event_schemes(said(two, "security"))
        yield from ((scheme, now[name]) for name, scheme in former.items() if name in now)


def named_schemes(requirement: Node) -> Alternative:
    """A requirement of 2.6: all the schemes it names, with scopes."""
    found: Alternative = {}
    root = requirement.contract.root
    for name, scopes in requirement.items():
        scheme = root.child("components", "securitySchemes", name)
        value = scheme.resolved().value if scheme is not None else {"type": name}
        listed = scopes.value if isinstance(scopes.value, list) else []
        found[instance_of(value)] = frozenset(map(str, listed))
    return found
