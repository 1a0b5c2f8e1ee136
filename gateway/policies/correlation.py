"""One identifier for one business action across systems, and one trace across hops.

`X-Correlation-ID` is taken from the caller when well-formed and made otherwise; it goes to the system
behind, the log and the answer. `traceparent` follows W3C Trace Context: the trace is continued with a
parent of our own, and a malformed one starts a new trace (section 3.2.2.5), without its `tracestate`.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_CORRELATION = re.compile(rb"[A-Za-z0-9][A-Za-z0-9._~:+/=-]{0,127}")
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_PARENT = re.compile(
    rb"(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})(-.*)?"
)
TRACESTATE_BYTES_MAX = 512
HEADER = b"x-correlation-id"


class Trace(NamedTuple):
    """The trace as the next hop sees it."""

    trace_id: str
    traceparent: bytes
    tracestate: bytes | None


def accept(given: bytes | None) -> str | None:
    """The caller's correlation identifier when well-formed: up to 128 letters, digits and `._~:+/=-`."""
    return given.decode("ascii") if given is not None and _CORRELATION.fullmatch(given) else None


def instance(correlation_id: str, path: bytes) -> str:
    """`instance` of the problem details: the identifier as a URN when it is a UUID, else the path."""
    return f"urn:uuid:{correlation_id}" if _UUID.fullmatch(correlation_id) else path.decode("latin-1")


def follow(traceparent: bytes | None, tracestate: bytes | None, trace_id: str, parent_id: str) -> Trace:
    """Continues the given trace under `parent_id`, or begins `trace_id` (both fresh) when there is none."""
    match = _PARENT.fullmatch(traceparent) if traceparent is not None else None
    if match is None or (match[1] == b"00" and match[4] is not None):
        return Trace(trace_id, f"00-{trace_id}-{parent_id}-01".encode(), None)
    kept = tracestate if tracestate is not None and len(tracestate) <= TRACESTATE_BYTES_MAX else None
    known = match[2].decode("ascii")
    flags = match[3].decode("ascii") if match[1] == b"00" else f"{int(match[3], 16) & 1:02x}"
    return Trace(known, f"00-{known}-{parent_id}-{flags}".encode(), kept)
