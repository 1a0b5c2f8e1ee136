"""A response promises more than before: fewer values, a member that is always there. Nobody is hit, and
taking it back later breaks those who rely on it."""

from __future__ import annotations

MIRROR = "request-schema-widened"
PROMISE = "json"


def told(what: str, _reason: str) -> tuple[str, str]:
    """Message and remedy for a place."""
    return (
        f"{what} now promises more than before",
        "Nothing to do; taking it back later needs a new major version.",
    )
