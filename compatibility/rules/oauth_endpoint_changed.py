"""Tokens are now issued elsewhere or otherwise: an OAuth URL changed, or a flow is gone.

Requests are judged the same; clients that have the former URL in their settings, or that use the former flow,
get no token (policy `oauth_endpoint_changed`). Only schemes that an operation uses count."""

from __future__ import annotations

from collections.abc import Iterator

from compatibility.changes import ContractChange, Draft
from compatibility.drafting import NEW_MAJOR, draft
from compatibility.event_security import event_scheme_pairs
from compatibility.openapi_security import used_schemes
from specs.model import Node

MIRROR = "there is none: it is about whom clients ask for tokens, in neither direction of the API"
URLS = ("authorizationUrl", "tokenUrl", "refreshUrl")


def check(change: ContractChange) -> Iterator[Draft]:
    told: set[tuple[str, ...]] = set()
    for one, two in (*used_schemes(change), *event_scheme_pairs(change)):
        for delta, places, message in moved(one, two):
            if (one.pointer, *delta) not in told:
                told.add((one.pointer, *delta))
                yield draft(
                    "oauth-endpoint-changed",
                    None,
                    places,
                    message,
                    f"Keep the former one answering and tell the clients that use it, {NEW_MAJOR}",
                    ("oauth", *delta),
                    level=change.policy.oauth_endpoint_changed,
                    direction="none",
                )


def moved(one: Node, two: Node) -> Iterator[tuple[tuple[str, ...], tuple[Node, Node], str]]:
    """What of a scheme's flows is no longer where clients look for it."""
    former, now = one.child("flows"), two.child("flows")
    if former is None:
        return
    for flow, node in former.items():
        if flow.startswith("x-"):
            continue
        partner = now.child(flow) if now is not None else None
        if partner is None:
            yield (flow, "gone"), (node, two), f"The OAuth flow {flow} of {one.token} is no longer offered"
            continue
        for word in URLS:
            held, given = node.value.get(word), partner.value.get(word)
            if held is not None and held != given:
                what = f"is now {given} instead of {held}" if given else f"{held} is no longer told"
                yield (flow, word), (node, partner), f"The {word} of {one.token} ({flow}) {what}"
