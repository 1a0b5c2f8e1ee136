"""What a security scheme tells about its tokens changed: their format, or the scopes that can be asked for.

`bearerFormat` is a hint for clients (OpenAPI 3.1, Security Scheme Object), and a scope that no operation asks
for is needed by nobody; which scopes an operation asks for is judged by security-tightened."""

from __future__ import annotations

from collections.abc import Iterator

from compatibility.changes import ContractChange, Draft
from compatibility.drafting import draft
from compatibility.event_security import event_scheme_pairs
from compatibility.openapi_security import used_schemes
from specs.model import Node

MIRROR = "itself: a hint that changes back is a change too"


def check(change: ContractChange) -> Iterator[Draft]:
    told: set[tuple[str, str]] = set()
    for one, two in (*used_schemes(change), *event_scheme_pairs(change)):
        for what, message in hints(one, two):
            if (one.pointer, what) not in told:
                told.add((one.pointer, what))
                yield draft(
                    "security-hint-changed",
                    None,
                    (one, two),
                    f"Security scheme {one.token}: {message}",
                    "Tell the clients that use it.",
                    ("hint", what),
                    level="info",
                    direction="none",
                )


def hints(one: Node, two: Node) -> Iterator[tuple[str, str]]:
    former, now = one.value.get("bearerFormat"), two.value.get("bearerFormat")
    if former is not None and former != now:
        yield "bearerFormat", f"the format of its tokens is now {now or 'not told'}, before {former}"
    gone = sorted(scopes(one) - scopes(two))
    if gone:
        yield f"scopes {' '.join(gone)}", f"{', '.join(gone)} can no longer be asked for"


def scopes(scheme: Node) -> set[str]:
    flows = scheme.child("flows")
    words = ("scopes", "availableScopes")
    listed = (
        [flow.value.get(word) for _, flow in flows.items() for word in words] if flows is not None else []
    )
    return {name for one in listed if isinstance(one, dict) for name in one}
