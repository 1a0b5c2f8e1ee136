"""Whether requests that were fine are still accepted is not decided.

The budget is spent, or a keyword has no model. It is neither called compatible nor breaking, and the
message carries the reason."""

from __future__ import annotations

MIRROR = "response-schema-not-decided"
PROMISE = "json"


def told(what: str, reason: str) -> tuple[str, str]:
    """Message and remedy for a place."""
    return (
        f"{what} changed, and whether that breaks a consumer is not decided: {reason}",
        "Have the owner review this change, or express it in simpler keywords.",
    )
