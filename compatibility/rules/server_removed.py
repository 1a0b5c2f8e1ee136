"""A server that consumers use is gone: its host, its base path, or a value of a variable in its URL.

Base paths belong to the operations, so a segment that moves between server and path changes nothing here.
Servers of a path or an operation count in place of those of the contract. A base path that says another major
version, while the contract stays in its major, moves every operation. An operation whose path is written as
before and whose server is another one is not gone: its server is."""

from __future__ import annotations

from collections.abc import Iterator

from compatibility.changes import ContractChange, Draft
from compatibility.drafting import NEW_MAJOR, draft
from compatibility.openapi_matching import TEMPLATE, based, major_is_neutral, moved_base, pairs
from compatibility.servers import ServerUrl, answers, servers_of
from specs.model import Kind, Node
from specs.openapi import Operation

MIRROR = "there is none: a new server takes nothing away"


def check(change: ContractChange) -> Iterator[Draft]:
    if change.before.kind is not Kind.OPENAPI:
        return
    servers = (
        change.before.root.child("servers"),
        change.after.root.child("servers") or change.after.root,
    )
    moved = moved_base(change.before, change.after)
    if moved is not None:
        yield draft(
            "server-removed",
            None,
            servers,
            f"the base path `{moved[0]}` is now `{moved[1]}`, and the contract's version does not say so: "
            f"every call to `{moved[0]}` now fails",
            f"Keep `{moved[0]}`, or raise the major version of the contract with the base path.",
            ("base", *moved),
            every_request=True,
        )
    neutral = major_is_neutral(change.before, change.after)
    served = list(pairs(change.matches, "served"))
    gone = [list(lost(before, after, neutral=neutral)) for _, before, after in served]
    of_contract = [
        set(urls) for (_, before, _), urls in zip(served, gone, strict=True) if servers_of(before).of_contract
    ]
    everywhere = set.intersection(*of_contract) if of_contract else set[ServerUrl]()
    told: set[ServerUrl] = set()
    for (match, before, after), urls in zip(served, gone, strict=True):
        former = servers_of(before)
        whole = len(urls) == len(former.urls)
        for url in urls:
            shared = former.of_contract and url in everywhere
            if not shared or url not in told:
                yield removed(None if shared else match.label, former.holder, after, url, whole)
            told.add(url)


def removed(label: str | None, holder: Node | None, after: Operation, url: ServerUrl, whole: bool) -> Draft:
    owner = "this contract" if label is None else label
    return draft(
        "server-removed",
        label,
        (holder, servers_of(after).holder or after.node),
        f"`{url.text}` is no longer a server of {owner}",
        f"Keep {url.text}, {NEW_MAJOR}",
        ("server", url.text),
        every_request=whole,
    )


def lost(before: Operation, after: Operation, *, neutral: bool) -> Iterator[ServerUrl]:
    """The earlier URLs at which the operation no longer answers, whatever its base path is made of."""
    former, now = servers_of(before), servers_of(after)
    if former.urls == now.urls and before.path == after.path:
        return
    offered = (*now.urls, *now.usual)
    for url in former.urls:
        paths = [
            effective(one, after, neutral=neutral)
            for one in offered
            if not url.origin or answers(url.origin, one.origin)
        ]
        if not any(answers(effective(url, before, neutral=neutral), path) for path in paths):
            yield url


def effective(url: ServerUrl, operation: Operation, *, neutral: bool) -> str:
    return based(url.base, neutral=neutral) + TEMPLATE.sub("{}", operation.path)
