"""A token that is bound to a client certificate counts only over a connection with it (RFC 8705 section 3).

TLS ends at a proxy, which tells the certificate in a header line: as a byte sequence of its DER form
(RFC 9440), or as percent-encoded PEM (nginx, `$ssl_client_escaped_cert`). Only proxies that the operator
named are believed; from anybody else the line does not count, and it never reaches the system behind.
"""

from __future__ import annotations

import binascii
import re
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Sequence
from hashlib import sha256
from hmac import compare_digest
from ipaddress import IPv4Network, IPv6Network, ip_address
from urllib.parse import unquote_to_bytes

from gateway.model import TokenRefusal

HEADERS = ("client-cert", "x-client-cert", "x-ssl-client-cert")
"""Names that the line may have: none of them is ever passed on."""
_DER = re.compile(rb":([A-Za-z0-9+/]+={0,2}):")
_PEM = re.compile(rb"-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----\s*", re.ASCII)


def is_trusted(address: str, proxies: Sequence[IPv4Network | IPv6Network]) -> bool:
    """Whether the peer at `address` may tell certificates."""
    try:
        peer = ip_address(address)
    except ValueError:
        return False
    mapped = getattr(peer, "ipv4_mapped", None)
    return any((mapped or peer) in network for network in proxies)


def thumbprint(line: bytes) -> str | None:
    """`x5t#S256` of the certificate in the line; None when it holds none."""
    match = _DER.fullmatch(line)
    if match is None and line.startswith(b"-----BEGIN"):
        match = _PEM.fullmatch(unquote_to_bytes(line))
    if match is None:
        return None
    try:
        der = b64decode(b"".join(match[1].split()), validate=True)
    except binascii.Error:
        return None
    return urlsafe_b64encode(sha256(der).digest()).rstrip(b"=").decode()


def check(bound_to: str, lines: Sequence[bytes], *, trusted: bool) -> TokenRefusal | None:
    """Why the caller does not hold the certificate; `lines` are those of the configured name."""
    if not trusted or not lines:
        return TokenRefusal("the token is bound to a client certificate, and none came with the call")
    given = thumbprint(lines[0]) if len(lines) == 1 else None
    if given is None or not compare_digest(given, bound_to):
        return TokenRefusal("the token is bound to another client certificate")
    return None
