"""A response may hold a value that was not promised, in a way that no other rule has words for.

The witness is such a value. Several keywords together, or an alternative as a whole, can do that."""

from __future__ import annotations

MIRROR = "request-schema-changed"
PROMISE = "json"


def told(what: str, _reason: str) -> tuple[str, str]:
    """Message and remedy for a place."""
    return (
        f"{what} may now hold values that were not promised before",
        "Stay within what was promised, or publish a new major version.",
    )
