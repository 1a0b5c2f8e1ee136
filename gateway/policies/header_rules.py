"""Header lines that an operator sets or removes, towards the system behind and towards the caller.

They come last, so nothing undoes them. Lines that frame a message, bind it to the hop, decide how its body is
read or are the gateway's own word are not theirs to change.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from gateway.model import Headers

UNTOUCHABLE = frozenset(
    {
        b"connection", b"keep-alive", b"proxy-connection", b"proxy-authenticate", b"proxy-authorization",
        b"te", b"trailer", b"transfer-encoding", b"upgrade", b"http2-settings", b"host", b"content-length",
        b"expect", b"content-type", b"content-encoding", b"accept-encoding", b"via", b"date",
        b"x-correlation-id", b"traceparent", b"tracestate", b"idempotency-key",
    }
)  # fmt: skip
UNTOUCHABLE_PREFIXES = (b"x-pactolus-", b"access-control-")
SECURITY: Headers = (
    (b"strict-transport-security", b"max-age=31536000"),
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
)


@dataclass(frozen=True, slots=True)
class Rules:
    """`fixed` replaces lines of the same name, `removed` goes, `missing` is added where there is none."""

    fixed: Headers = ()
    removed: frozenset[bytes] = frozenset()
    missing: Headers = ()


@dataclass(frozen=True, slots=True)
class HeaderRules:
    """The rules of one contract in both directions; None changes nothing."""

    request: Rules | None = None
    response: Rules | None = None


@dataclass(frozen=True, slots=True)
class HeaderSettings:
    """Rules by contract key, and those of all others and of answers that belong to none."""

    general: HeaderRules = HeaderRules()
    contracts: Mapping[str, HeaderRules] = field(default_factory=dict)

    def of(self, key: str) -> HeaderRules:
        """The rules of one contract."""
        return self.contracts.get(key, self.general)


def is_touchable(name: bytes) -> bool:
    """Whether an operator may set or remove lines of this name (in lower case)."""
    return name not in UNTOUCHABLE and not name.startswith(UNTOUCHABLE_PREFIXES)


def applied(rules: Rules, lines: Headers) -> list[tuple[bytes, bytes]]:
    """The lines as the rules have them."""
    replaced = {name for name, _ in rules.fixed}
    kept = [line for line in lines if line[0] not in rules.removed and line[0] not in replaced]
    kept += rules.fixed
    if rules.missing:
        there = {name for name, _ in kept}
        kept += [line for line in rules.missing if line[0] not in there]
    return kept
