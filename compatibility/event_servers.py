"""Where an event contract is reached: hosts with their protocols (AsyncAPI Server Object)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from compatibility.servers import answers, filled
from specs.model import Contract, Node


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One address (host and path, open variables as `{}`) and what is spoken there."""

    address: str
    protocol: str


def endpoints(contract: Contract) -> tuple[Endpoint, ...]:
    """Every endpoint of every server."""
    return tuple(dict.fromkeys(one for server in servers(contract) for one in endpoints_at(server)))


def servers(contract: Contract) -> Iterator[Node]:
    holder = contract.root.child("servers")
    for _, written in holder.items() if holder is not None else ():
        yield written.resolved()


def endpoints_of(channel: Node) -> tuple[Endpoint, ...]:
    """The endpoints of the servers a channel lists; all of the contract's when it lists none."""
    listed = channel.child("servers")
    if listed is None or not listed.value:
        return endpoints(channel.contract)
    found: dict[Endpoint, None] = {}
    for server in (node for _, node in listed.items()):
        named: Node | None = server
        if isinstance(server.value, str):  # 2.6 names servers, 3.0 refers to them
            named = channel.contract.root.child("servers", server.value)
        if named is not None:
            found.update(dict.fromkeys(endpoints_at(named.resolved())))
    return tuple(found)


def endpoints_at(server: Node) -> list[Endpoint]:
    value = server.value if isinstance(server.value, dict) else {}
    url = str(value.get("url") or str(value.get("host", "")) + str(value.get("pathname", "")))
    address = url.partition("://")[2] or url
    held = server.child("variables")
    variables = {name: one.resolved().value for name, one in held.items()} if held is not None else {}
    protocol = str(value.get("protocol", "")).lower()
    return [Endpoint(one, protocol) for one in filled(address, variables)]


def lost(former: Iterable[Endpoint], now: tuple[Endpoint, ...]) -> list[Endpoint]:
    """The endpoints that clients knew and that no longer answer."""
    return [
        one
        for one in former
        if not any(one.protocol == two.protocol and answers(one.address, two.address) for two in now)
    ]


def by_endpoint(contract: Contract) -> dict[str, Node]:
    """Every server by protocol and address: what it is called in the document says nothing."""
    return {
        f"{one.protocol}://{one.address}": node for node in servers(contract) for one in endpoints_at(node)
    }
