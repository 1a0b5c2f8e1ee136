"""Which header lines pass, in both directions (RFC 9110 section 7.6).

Connection-bound lines go, with all that Connection names; only after that are ours added, so no caller can
name them away. The token stays here: the system behind learns who calls from X-Pactolus-*, which callers
cannot send. Address claims of callers (Forwarded, X-Forwarded-*) are dropped. Bodies are asked for without
content coding, because they are validated on the way back.
"""

from __future__ import annotations

from gateway.model import Claims, Consumer, Headers

HOP_BY_HOP = frozenset(
    {
        b"connection", b"keep-alive", b"proxy-connection", b"proxy-authenticate", b"proxy-authorization",
        b"te", b"trailer", b"transfer-encoding", b"upgrade", b"http2-settings",
    }
)  # fmt: skip
_REQUEST_DROPPED = HOP_BY_HOP | {
    b"authorization", b"host", b"content-length", b"expect", b"accept-encoding", b"forwarded", b"traceparent",
    b"tracestate", b"x-correlation-id", b"x-http-method-override", b"x-http-method", b"x-method-override",
    b"x-original-url", b"x-rewrite-url", b"via", b"dpop", b"client-cert", b"client-cert-chain",
    b"x-client-cert", b"x-ssl-client-cert",
}  # fmt: skip
_RESPONSE_DROPPED = HOP_BY_HOP | {
    b"content-length", b"server", b"x-powered-by", b"x-correlation-id", b"via", b"deprecation", b"sunset",
    b"traceparent", b"tracestate", b"ratelimit", b"ratelimit-policy",
}  # fmt: skip
_LIMITS = frozenset({b"ratelimit", b"ratelimit-policy"})
_OURS = (b"x-pactolus-", b"x-forwarded-")
# Seen in nearly every message, and known to begin with none of ours and to hold no underscore.
_PLAIN = frozenset(
    {
        b"accept", b"user-agent", b"content-type", b"idempotency-key", b"if-match", b"if-none-match", b"etag",
        b"location", b"date", b"cache-control", b"vary", b"link", b"last-modified",
    }
)  # fmt: skip
_PERSISTENCE = (b"keep-alive", b"close", b"Keep-Alive")
_NONE: frozenset[bytes] = frozenset()
PSEUDONYM = b"pactolus"


def connection_names(headers: Headers) -> frozenset[bytes]:
    """Names that Connection binds to the hop."""
    named = [value for name, value in headers if name == b"connection" and value not in _PERSISTENCE]
    if not named:
        return _NONE
    return frozenset(part.strip().lower() for value in named for part in value.split(b","))


def to_upstream(
    headers: Headers,
    correlation_id: str,
    trace_lines: list[tuple[bytes, bytes]],
    identity: Claims | None,
    consumer: Consumer | None,
) -> list[tuple[bytes, bytes]]:
    """Header lines for the system behind, without framing and Host."""
    lines = _passing(headers, _REQUEST_DROPPED)
    lines.append((b"accept-encoding", b"identity"))
    lines.append((b"x-correlation-id", correlation_id.encode()))
    lines.extend(trace_lines)
    if identity is not None and consumer is not None:
        lines.append((b"x-pactolus-consumer", consumer.name.encode()))
        lines.append((b"x-pactolus-client-id", identity.client_id.encode()))
        lines.append((b"x-pactolus-scopes", identity.scope_line))
    return lines


def to_caller(headers: Headers, limits: list[tuple[bytes, bytes]] | None = None) -> list[tuple[bytes, bytes]]:
    """Header lines of the system behind that the caller sees, before ours are added.

    What it says of its own rate limits is put into `limits`, to be told together with ours.
    """
    return _passing(headers, _RESPONSE_DROPPED, limits)


def _passing(
    headers: Headers, dropped: frozenset[bytes], limits: list[tuple[bytes, bytes]] | None = None
) -> list[tuple[bytes, bytes]]:
    bound = connection_names(headers)
    lines = []
    via = b""
    for line in headers:
        name = line[0]
        if name in dropped:
            if name == b"via":
                via += line[1] + b", "
            elif limits is not None and name in _LIMITS:
                limits.append(line)
        # A name with an underscore looks like one with a hyphen to CGI and WSGI (RFC 3875 section 4.1.18).
        elif (name in _PLAIN or (not name.startswith(_OURS) and b"_" not in name)) and name not in bound:
            lines.append(line)
    lines.append((b"via", via + b"1.1 " + PSEUDONYM))
    return lines
