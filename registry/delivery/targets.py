"""Which addresses a webhook may reach. Pure.

A webhook makes the registry call an address that somebody else chose (OWASP: server-side request forgery).
Only addresses that anybody on the internet could call are taken, unless a network is allowed by name. The
address that was checked is the one connected to, so that a name which answers otherwise the next moment
(DNS rebinding) gains nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import SplitResult, urlsplit

from registry.errors import Invalid

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
URL_CHARS_MAX = 2_000

NEVER: tuple[Network, ...] = tuple(
    ip_network(text)
    for text in (
        "168.63.129.16/32",  # Azure's host agent: a public number that answers only from inside
        "64:ff9b::/96",  # NAT64 (RFC 6052), which holds any IPv4 address
        "64:ff9b:1::/48",  # local NAT64 (RFC 8215)
        "2002::/16",  # 6to4 (RFC 3056)
        "2001::/32",  # Teredo (RFC 4380)
        "192.0.0.0/24",  # protocol assignments (RFC 6890), Oracle's metadata among them
    )
)


def target_of(url: str, allowed: Sequence[Network]) -> SplitResult:
    """The parts of an address that may be stored; raises `Invalid` with ``target_refused``.

    Names are looked up when something is sent, since what they lead to changes.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise refused(f"{url!r} is no URL: {error}.") from None
    if not url.isascii() or not url.isprintable() or " " in url or len(url) > URL_CHARS_MAX:
        raise refused(f"The URL is at most {URL_CHARS_MAX} printable ASCII characters without a space.")
    if parts.scheme not in ("https", "http") or not parts.hostname or port == 0:
        raise refused("The URL is https://host[:port]/path.")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise refused("The URL holds no user, password or fragment; the signature tells who sends.")
    if parts.scheme == "http" and not allowed:
        raise refused("The URL is https; http is for networks that the registry's configuration allows.")
    literal = literal_address(parts.hostname)
    if literal is not None:
        reason = refusal(literal, parts.scheme, allowed)
        if reason is not None:
            raise refused(reason)
    return parts


def refused(detail: str) -> Invalid:
    """The refusal."""
    return Invalid("target_refused", detail)


def literal_address(host: str) -> Address | None:
    """The address that a host is written as, None for a name."""
    try:
        return ip_address(host)
    except ValueError:
        return None


def refusal(address: Address, scheme: str, allowed: Sequence[Network]) -> str | None:
    """Why an address is not called, None where it may be."""
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    meant: Address = mapped or address
    if any(meant in network for network in allowed):
        return None
    if any(meant in network for network in NEVER) or not meant.is_global or meant.is_multicast:
        return f"{meant} is not an address of the public internet, nor of an allowed network."
    if scheme != "https":
        return f"http to {meant} is refused: only allowed networks are called without TLS."
    return None


def checked(addresses: Sequence[str], scheme: str, allowed: Sequence[Network]) -> Address:
    """The first address that a name leads to, after every one of them was checked; raises `Invalid`.

    A name with one address inside and one outside is refused whole: nobody needs such a name.
    """
    found = [ip_address(text.partition("%")[0]) for text in addresses]
    if not found:
        raise refused("The name leads to no address.")
    for one in found:
        reason = refusal(one, scheme, allowed)
        if reason is not None:
            raise refused(reason)
    return found[0]
