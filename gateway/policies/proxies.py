"""Who stands before this gateway: whose word on the caller's address counts, and whether a call came round.

The address is read from Forwarded (RFC 7239) or X-Forwarded-For from the right: hops of trusted networks are
passed over, the first other one is the caller. What stands further left anybody may have written. A hop that
is no address ends the walk. A call has come round when this gateway's name stands in its Via (RFC 9110
section 7.6.3) as often as it may pass.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from gateway.model import Headers

HOPS_MAX = 64
Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address


@dataclass(frozen=True, slots=True)
class Proxies:
    """Trusted networks and the field they write; the name in Via, and how often a call may pass it."""

    trusted: tuple[Network, ...] = ()
    field: bytes = b"x-forwarded-for"
    pseudonym: bytes = b"pactolus"
    passes_max: int = 3


def client_of(peer: str, headers: Headers, rules: Proxies) -> str:
    """The caller's address, as far as trusted networks vouch for it."""
    client = peer
    if not is_trusted(_address(peer), rules.trusted):
        return client
    for hop in _hops(headers, rules.field):
        address = _address(hop)
        if address is None:
            return client
        client = str(address)
        if not is_trusted(address, rules.trusted):
            return client
    return client


@lru_cache(maxsize=4096)
def is_trusted(address: Address | None, trusted: tuple[Network, ...]) -> bool:
    """Whether the address is of one of the networks."""
    return address is not None and any(address in network for network in trusted)


def is_loop(headers: Headers, rules: Proxies) -> bool:
    """Whether the call has passed here as often as it may."""
    passes = 0
    for name, value in headers:
        if name == b"via":
            for entry in value.split(b","):
                words = entry.split()
                passes += len(words) > 1 and words[1].lower() == rules.pseudonym
    return passes >= rules.passes_max


def _hops(headers: Headers, field: bytes) -> Iterator[str]:
    """What each hop said about the one before it, nearest first."""
    text = ",".join(value.decode("latin-1") for name, value in headers if name == field)
    if field == b"x-forwarded-for":
        hops = text.split(",")
    else:
        hops = [_for_of(element) for element in split_unquoted(text, ",")]
    yield from (hop.strip() for hop in hops[: -HOPS_MAX - 1 : -1])


def split_unquoted(text: str, separator: str) -> list[str]:
    """The parts between separators that do not stand in a quoted string (RFC 9110 section 5.6.4)."""
    parts, begin, quoted, escaped = [], 0, False, False
    for index, char in enumerate(text):
        if escaped:
            escaped = False
        elif quoted and char == "\\":
            escaped = True
        elif char == '"':
            quoted = not quoted
        elif char == separator and not quoted:
            parts.append(text[begin:index])
            begin = index + 1
    parts.append(text[begin:])
    return parts


def _for_of(element: str) -> str:
    """The value of `for` in a forwarded-element, unquoted; empty without one."""
    for pair in split_unquoted(element, ";"):
        name, _, value = pair.partition("=")
        if name.strip().lower() == "for":
            value = value.strip()
            return value[1:-1] if len(value) > 1 and value[0] == value[-1] == '"' else value
    return ""


def _address(text: str) -> Address | None:
    """An address, with or without brackets and port; None for a name, `unknown` or anything else."""
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text)
    except ValueError:
        return None
    mapped = getattr(address, "ipv4_mapped", None)
    return address if mapped is None else mapped
