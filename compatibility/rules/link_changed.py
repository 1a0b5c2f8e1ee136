"""A link from a response to another operation was changed or removed.

Links are hints for clients that follow them; every request and response stays what it was
(policy `link_changed`)."""

from __future__ import annotations

from collections.abc import Iterator

from compatibility.changes import ContractChange, Draft
from compatibility.drafting import draft
from compatibility.openapi_matching import Match
from specs.model import Node

MIRROR = "there is none: a new link changes nothing for clients that know none"


def check(change: ContractChange) -> Iterator[Draft]:
    for match in change.matches:
        if not isinstance(match, Match) or match.before is None or match.after is None:
            continue
        partners = {one.status: one for one in match.after.operation.responses}
        for one in match.before.operation.responses:
            two = partners.get(one.status)
            now = links(two.node) if two is not None else {}
            for name, link in links(one.node).items() if two is not None else ():
                if name not in now or meant(now[name]) != meant(link):
                    yield draft(
                        "link-changed",
                        match.label,
                        (link, now.get(name)),
                        f"{match.label}: link `{name}` of the {one.status} response "
                        f"{'changed' if name in now else 'is gone'}",
                        "Tell consumers that follow links.",
                        ("link", name),
                        level=change.policy.link_changed,
                        direction="produced",
                    )


def meant(link: Node) -> dict[str, object]:
    """A link without the words about it."""
    return {name: value for name, value in link.value.items() if name != "description"}


def links(response: Node) -> dict[str, Node]:
    holder = response.child("links")
    return {name: link.resolved() for name, link in holder.items()} if holder is not None else {}
