"""A server speaks another protocol, or is gone: clients of the former one cannot connect.

A server is its host, its path and its protocol; values of variables are filled in. A channel that lists its
own servers is reached at those only."""

from __future__ import annotations

from collections.abc import Iterator

from compatibility.asyncapi_matching import EventMatch, channel_of
from compatibility.changes import ContractChange, Draft
from compatibility.drafting import NEW_MAJOR, draft
from compatibility.event_servers import Endpoint, endpoints, endpoints_of, lost
from specs.model import Kind, Node

MIRROR = "there is none: a new server takes nothing away"


def check(change: ContractChange) -> Iterator[Draft]:
    if change.before.kind is not Kind.ASYNCAPI:
        return
    former, now = endpoints(change.before), endpoints(change.after)
    places = change.before.root.child("servers"), change.after.root.child("servers") or change.after.root
    gone = lost(former, now)
    for one in gone:
        yield missing(None, places, one)
    for match in change.matches:
        if not isinstance(match, EventMatch) or match.before is None or match.after is None:
            continue
        channels = channel_of(match.before), channel_of(match.after)
        if channels[0] is None or channels[1] is None:
            continue
        for one in lost(endpoints_of(channels[0]), endpoints_of(channels[1])):
            if one not in gone:
                yield missing(match.label, channels, one)


def missing(label: str | None, places: tuple[Node | None, Node | None], one: Endpoint) -> Draft:
    what = f"{one.address} no longer speaks {one.protocol}"
    return draft(
        "event-server-changed",
        label,
        places,
        what if label is None else f"{label}: {one.address} ({one.protocol}) is no longer a server of it",
        f"Keep the server beside the new one, {NEW_MAJOR}",
        ("event server", one.address, one.protocol),
        direction="both",
    )
