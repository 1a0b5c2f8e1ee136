"""Whether, and when, a call is sent again: the retry budget, the wait, and Retry-After (RFC 9110 10.2.3).

The budget holds retries to a share of the calls, so that a system in trouble is not called more for it: each
call pays in the share, each retry takes out one.
"""

from __future__ import annotations

from email.utils import parsedate_to_datetime

from gateway.model import Headers, UpstreamRequest
from gateway.resilience.model import Tries

IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE"})


def is_repeatable(request: UpstreamRequest) -> bool:
    """Whether it may be sent twice (RFC 9110 section 9.2.2, or its contract's Idempotency-Key)."""
    return (request.keyed or request.method in IDEMPOTENT) and request.parts is None


def deposit(tokens: float, tries: Tries) -> float:
    """The budget after one more call."""
    return min(tokens + tries.budget_share, tries.budget_burst)


def withdraw(tokens: float) -> float | None:
    """The budget after one more retry; None when it has none left."""
    return tokens - 1.0 if tokens >= 1.0 else None


def backoff_s(tries: Tries, made: int, drawn: float) -> float:
    """The wait after `made` tries; `drawn` is a number from 0 up to 1 (full jitter)."""
    return drawn * min(tries.backoff_max_s, tries.backoff_s * 2.0 ** min(made - 1, 30))


def retry_after_s(headers: Headers, now: float) -> float | None:
    """Seconds that an answer asks to wait: delay-seconds or an HTTP-date; None when it asks for nothing.

    `now` is in Unix seconds. What is no such value is passed over.
    """
    for name, value in headers:
        if name == b"retry-after":
            text = value.decode("latin-1").strip()
            if text.isascii() and text.isdigit():
                return float(text[:9])
            try:
                return max(0.0, parsedate_to_datetime(text).timestamp() - now)
            except (ValueError, OverflowError):
                return None
    return None
