"""Which URLs an operation answers at: its servers, variables filled in (OpenAPI 3.1, Server Object).

The servers of an operation win over those of its path item, and these over those of the contract. A variable
with an `enum` stands for each of its values, an open one for any text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice, product
from typing import Any
from urllib.parse import urlsplit

from specs.model import Contract, Node
from specs.openapi import Operation

URLS_MAX = 200
PORTS = {"https": ":443", "http": ":80", "wss": ":443", "ws": ":80"}
"""The port that a URL without one means (RFC 3986 section 6.2.3)."""
OPEN = "{}"
VARIABLE = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True, slots=True)
class ServerUrl:
    """One URL of a server: `origin` is scheme and host (empty when relative), `base` the path before ours."""

    origin: str
    base: str

    @property
    def text(self) -> str:
        return (self.origin + self.base) or "/"


@dataclass(frozen=True, slots=True)
class Servers:
    """The servers that count for an operation, and the object that lists them; None when nobody does.

    `usual` are the URLs with every variable at its default, in document order.
    """

    holder: Node | None
    urls: tuple[ServerUrl, ...]
    usual: tuple[ServerUrl, ...]

    @property
    def of_contract(self) -> bool:
        return self.holder is None or self.holder.pointer in ("", "/servers")


NOWHERE = ServerUrl("", "")


def servers_of(operation: Operation) -> Servers:
    """The innermost servers that are listed; none at all is the URL `/`."""
    node, contract = operation.node, operation.node.contract
    item = contract.node(node.pointer.rpartition("/")[0], node.document.uri)
    for holder in (node, item):
        if isinstance(holder.value, dict) and holder.value.get("servers"):
            return servers_at(holder.child("servers"))
    return servers_of_contract(contract)


def servers_of_contract(contract: Contract) -> Servers:
    return servers_at(contract.root.child("servers"))


def servers_at(holder: Node | None) -> Servers:
    if holder is None:
        return Servers(None, (NOWHERE,), (NOWHERE,))
    memo: dict[str, Servers] = holder.contract.memo.setdefault("servers", {})
    key = f"{holder.document.uri} {holder.pointer}"
    if key not in memo:
        urls: dict[ServerUrl, None] = {}
        usual: dict[ServerUrl, None] = {}
        for server in holder.value if isinstance(holder.value, list) else ():
            value: dict[str, Any] = server if isinstance(server, dict) else {}
            url, variables = str(value.get("url", "")), value.get("variables")
            urls.update(dict.fromkeys(parted(one) for one in filled(url, variables)))
            usual[parted(by_default(url, variables))] = None
        memo[key] = Servers(holder, tuple(urls) or (NOWHERE,), tuple(usual) or (NOWHERE,))
    return memo[key]


def parted(url: str) -> ServerUrl:
    scheme, mark, rest = url.partition("://")
    if not mark:
        return ServerUrl("", url.rstrip("/"))
    host, _, path = rest.partition("/")
    try:
        known = urlsplit(f"{scheme}://{host}").netloc.lower()
    except ValueError:
        known = host
    known = known.removesuffix(PORTS.get(scheme.lower(), "/"))
    return ServerUrl(f"{scheme.lower()}://{known}", f"/{path}".rstrip("/"))


def filled(url: str, variables: object) -> list[str]:
    """The URL with every listed value of its variables; one that is open stands as `{}`."""
    held = variables if isinstance(variables, dict) else {}
    names = list(dict.fromkeys(VARIABLE.findall(url)))
    ways = [values_of(held.get(name)) for name in names]
    urls = []
    for values in islice(product(*ways), URLS_MAX):
        text = url
        for name, value in zip(names, values, strict=True):
            text = text.replace("{" + name + "}", value)
        urls.append(text)
    return urls


def values_of(variable: object) -> list[str]:
    listed = variable.get("enum") if isinstance(variable, dict) else None
    return [str(one) for one in listed] if isinstance(listed, list) and listed else [OPEN]


def by_default(url: str, variables: object) -> str:
    held = variables if isinstance(variables, dict) else {}

    def value(name: re.Match[str]) -> str:
        variable = held.get(name.group(1))
        return str(variable.get("default", OPEN)) if isinstance(variable, dict) else OPEN

    return VARIABLE.sub(value, url)


def answers(url: str, offered: str) -> bool:
    """Whether an offered URL, open parts as `{}`, takes in another."""
    if url == offered:
        return True
    pattern = "[^/]+".join(re.escape(part) for part in offered.split(OPEN))
    return OPEN in offered and re.fullmatch(pattern, url) is not None
