"""A request no longer accepts every value that was fine, in a way that no other rule has words for.

The witness is such a value. Several keywords together, or an alternative as a whole, can do that."""

from __future__ import annotations

MIRROR = "response-schema-changed"
PROMISE = "json"


def told(what: str, _reason: str) -> tuple[str, str]:
    """Message and remedy for a place."""
    return (
        f"{what} no longer accepts every value that was fine",
        "Keep every former value valid, or publish a new major version.",
    )
