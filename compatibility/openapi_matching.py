"""Which operation of an OpenAPI contract is which after the change: by method, effective path and shape.

The effective path is the server's base path and the path; parameters count by position, not by name.
Webhooks and callbacks are operations of the other side, so their direction is reversed.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

from compatibility.path_covering import Templates
from compatibility.servers import servers_of
from specs.model import Contract, Node
from specs.openapi import Operation, item_operations, operations, server_base_path

TEMPLATE = re.compile(r"\{[^{}]*\}")
MAJOR_SEGMENT = re.compile(r"/v\d+$")
Role = Literal["served", "called"]


@dataclass(frozen=True, slots=True)
class Reached:
    """An operation and how it is reached; `role` `called` for webhooks and callbacks, which we send.

    `shapes` are all effective paths with nameless parameters, one for each base path of its servers; `shape`
    is the first of them.
    """

    label: str
    shapes: tuple[str, ...]
    role: Role
    operation: Operation

    @property
    def shape(self) -> str:
        return self.shapes[0]


@dataclass(frozen=True, slots=True)
class Match:
    """The same operation before and after; None where it is missing."""

    before: Reached | None
    after: Reached | None

    @property
    def label(self) -> str:
        reached = self.before or self.after
        assert reached is not None
        return reached.label

    @property
    def role(self) -> Role:
        reached = self.before or self.after
        assert reached is not None
        return reached.role


def pairs(
    matches: Iterable[object], role: Role | None = None
) -> Iterator[tuple[Match, Operation, Operation]]:
    """The matches of OpenAPI operations that both sides have, with both operations; of one role, or all."""
    for match in matches:
        if not isinstance(match, Match) or match.before is None or match.after is None:
            continue
        if role in (None, match.role):
            yield match, match.before.operation, match.after.operation


def matched(before: Contract, after: Contract) -> tuple[Match, ...]:
    """Every operation of both sides once, in the order of the earlier contract, new ones last."""
    neutral = major_is_neutral(before, after)
    old, new = list(reached(before, neutral)), list(reached(after, neutral))
    taken: set[int] = set()
    partners: dict[int, Reached] = {}
    # Paths that differ in the names of their parameters only are told apart by these names, then by name.
    for trait in (path_of, name_of, nothing):
        pair_up(old, new, trait, partners, taken)
    templates = Templates()
    for place, one in enumerate(new):
        if one.role == "served":
            templates.add(place, one.operation, one.shape)
    for one in old:
        if id(one) not in partners and one.role == "served":
            wider = next(templates.taking(one.operation.method, one.shape), None)
            if wider is not None:
                partners[id(one)] = new[wider]
    moved(old, new, partners, taken)
    matches = [Match(one, partners.get(id(one))) for one in old]
    matches.extend(Match(None, one) for one in new if id(one) not in taken)
    return tuple(matches)


def moved(old: list[Reached], new: list[Reached], partners: dict[int, Reached], taken: set[int]) -> None:
    """Adds the operations whose path stays and whose server does not: server-removed says what is gone."""
    free: dict[tuple[str, str, str], deque[Reached]] = {}
    for two in new:
        if id(two) not in taken:
            free.setdefault(written(two), deque()).append(two)
    for one in old:
        if id(one) not in partners and free.get(written(one)):
            partners[id(one)] = two = free[written(one)].popleft()
            taken.add(id(two))


def written(reached: Reached) -> tuple[str, str, str]:
    """An operation as the document writes it, whatever its server and the names of its parameters are."""
    called = f" {reached.operation.path}" if reached.role == "called" else ""
    return reached.role, reached.operation.method, TEMPLATE.sub("{}", reached.label) + called


def pair_up(
    old: list[Reached],
    new: list[Reached],
    trait: Callable[[Reached], str | None],
    partners: dict[int, Reached],
    taken: set[int],
) -> None:
    """Adds each operation's first free partner of one effective path and trait; usual paths come first."""
    free: dict[tuple[str, str, str, str], deque[Reached]] = {}
    for place in range(max((len(one.shapes) for one in new), default=0)):
        for two in new:
            said = trait(two) if place < len(two.shapes) and id(two) not in taken else None
            if said is not None:
                free.setdefault((two.role, two.operation.method, two.shapes[place], said), deque()).append(
                    two
                )
    for one in old:
        said = None if id(one) in partners else trait(one)
        for shape in one.shapes if said is not None else ():
            waiting = free.get((one.role, one.operation.method, shape, said or ""), deque())
            while waiting and id(waiting[0]) in taken:
                waiting.popleft()
            if waiting:
                partners[id(one)] = two = waiting.popleft()
                taken.add(id(two))
                break


def path_of(one: Reached) -> str | None:
    return one.operation.path


def name_of(one: Reached) -> str | None:
    return one.operation.operation_id or None


def nothing(_one: Reached) -> str | None:
    return ""


def base_paths(before: Contract, after: Contract) -> tuple[str, str]:
    """Both base paths; when only their major version segment differs it is left out on both sides."""
    one, two = server_base_path(before), server_base_path(after)
    moved = MAJOR_SEGMENT.search(one) and MAJOR_SEGMENT.search(two)
    if one != two and moved and MAJOR_SEGMENT.sub("", one) == MAJOR_SEGMENT.sub("", two):
        return MAJOR_SEGMENT.sub("", one), MAJOR_SEGMENT.sub("", two)
    return one, two


def major_is_neutral(before: Contract, after: Contract) -> bool:
    return base_paths(before, after) != (server_base_path(before), server_base_path(after))


def moved_base(before: Contract, after: Contract) -> tuple[str, str] | None:
    """Both base paths when their major version segment changed and the contract's major did not go along."""
    one, two = server_base_path(before), server_base_path(after)
    segments = MAJOR_SEGMENT.search(one), MAJOR_SEGMENT.search(two)
    if one == two or segments[0] is None or segments[1] is None or base_paths(before, after) == (one, two):
        return None
    spoken = tuple(int(segment.group()[2:]) for segment in segments if segment is not None)
    majors = tuple(contract.version.partition(".")[0] for contract in (before, after))
    if (
        all(major.isdecimal() for major in majors)
        and int(majors[1]) - int(majors[0]) == spoken[1] - spoken[0]
    ):
        return None
    return one, two


def reached(contract: Contract, neutral: bool) -> Iterator[Reached]:
    """Every operation; `neutral`: base paths count without their major version segment."""
    for operation in operations(contract):
        label = f"{operation.method} {operation.path}"
        served = Reached(label, shapes(operation, neutral=neutral), "served", operation)
        yield served
        yield from callbacks(served)
    webhooks = contract.root.child("webhooks")
    for name, item in webhooks.items() if webhooks is not None else ():
        for operation in called(item, name):
            yield Reached(f"webhook {name} {operation.method}", (f"webhook {name}",), "called", operation)


def shapes(operation: Operation, *, neutral: bool) -> tuple[str, ...]:
    """The effective paths of an operation, the usual ones first; names of parameters say nothing."""
    servers = servers_of(operation)
    path = TEMPLATE.sub("{}", operation.path)
    bases = [url.base for url in (*servers.usual, *servers.urls)]
    return tuple(dict.fromkeys(based(base, neutral=neutral) + path for base in bases))


def based(base: str, *, neutral: bool) -> str:
    """A base path; `neutral`: without its major version segment."""
    return MAJOR_SEGMENT.sub("", base) if neutral else base


def callbacks(served: Reached) -> Iterator[Reached]:
    """What an operation calls back, known by the effective paths of the operation and by its own URL.

    What a callback is called in the document says nothing.
    """
    operation, label = served.operation, served.label
    holder = operation.node.child("callbacks")
    seen: dict[str, int] = {}
    for name, callback in holder.items() if holder is not None else ():
        for expression, item in callback.resolved().items():
            if expression.startswith("x-"):
                continue
            for call in called(item, expression):
                key = f"{call.method} {expression}"
                seen[key] = seen.get(key, 0) + 1
                number = f" {seen[key]}" if seen[key] > 1 else ""
                shapes = (f"callback {operation.method} {one} {expression}{number}" for one in served.shapes)
                yield Reached(f"{label} callback {name} {call.method}", tuple(shapes), "called", call)


def called(written: Node, path: str) -> Iterator[Operation]:
    """What a webhook or callback calls, with the credentials it sends only where it says so itself.

    The security of the whole contract is about calls to it, not about those it makes.
    """
    for operation in item_operations(written, path):
        own = operation.security if operation.node.child("security") is not None else ()
        yield replace(operation, security=own)
