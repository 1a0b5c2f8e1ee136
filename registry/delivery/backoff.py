"""When a delivery is tried again. Pure."""

from __future__ import annotations

from datetime import timedelta

from registry.config import WebhookPolicy

SUCCESS = range(200, 300)
GONE = 410
"""The receiver asks not to be called any more (Standard Webhooks, "Status codes")."""


def wait_before(tries: int, spread: float, policy: WebhookPolicy) -> timedelta:
    """The wait after so many tries: it grows by a factor up to a limit, less up to half of it.

    ``spread`` is a random number from 0 to 1, so that those that failed together do not come back together.
    """
    longest = policy.retry_first_s * policy.retry_factor ** (tries - 1)
    wait_s = min(longest, policy.retry_wait_max_s)
    return timedelta(seconds=wait_s * (1 - spread / 2))
