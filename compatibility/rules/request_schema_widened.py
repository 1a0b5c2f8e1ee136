"""A request accepts more than before; nobody is hit, and taking it back later breaks those who use it."""

from __future__ import annotations

MIRROR = "response-schema-narrowed"
PROMISE = "json"


def told(what: str, _reason: str) -> tuple[str, str]:
    """Message and remedy for a place."""
    return (
        f"{what} now accepts more than before",
        "Nothing to do; taking it back later needs a new major version.",
    )
