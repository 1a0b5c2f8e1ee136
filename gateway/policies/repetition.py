"""Header lines that may stand once: of two, the system behind may take the other one (RFC 9110 section 5.3).

A second Authorization is refused as RFC 6750 section 3.1 has it (`invalid_request`, 400), whether the
operation asks for a token or not.
"""

from __future__ import annotations

from gateway.model import Headers, Reject

ONCE = {
    b"authorization": "Authorization",
    b"content-type": "Content-Type",
    b"content-encoding": "Content-Encoding",
    b"content-length": "Content-Length",
    b"transfer-encoding": "Transfer-Encoding",
    b"idempotency-key": "Idempotency-Key",
}


def decide(headers: Headers) -> Reject | None:
    """400 when one of `ONCE` was sent more than once."""
    names = [name for name, _ in headers]
    for name, written in ONCE.items():
        count = names.count(name)
        if count > 1:
            return Reject("malformed_request", f"{written} was sent {count} times; send it once")
    return None
