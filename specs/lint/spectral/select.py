"""The places of a contract that a path of a ruleset names, found over its graph of references."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from specs.config import LIMITS
from specs.lint.spectral.evaluate import holds
from specs.lint.spectral.match import Match
from specs.lint.spectral.path import Every, Filter, Index, JsonPath, Name, Parent, Range, Step
from specs.lint.spectral.values import followed
from specs.model import Node

Selector = Name | Every | Index | Range | Filter


class TooManySteps(Exception):
    """The path would be tried at more places than the limit allows."""


@dataclass(slots=True)
class Budget:
    """Places still to be tried."""

    left: int = LIMITS.path_steps_max

    def spend(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise TooManySteps


def select(path: JsonPath, start: Node, *, follows: bool, budget: Budget | None = None) -> Iterator[Match]:
    """Each place the path names, once for each parent it is reached from.

    ``follows``: references are followed, as Spectral does for all rules but those with ``resolved: false``.
    """
    budget = budget or Budget()
    matches: Iterable[Match] = (Match(start, followed(start) if follows else start, None, None),)
    for segment in path.segments:
        if isinstance(segment, Parent):
            matches = _once([match.parent for match in matches if match.parent is not None])
        else:
            matches = _once(_stepped(matches, segment, follows, budget))
    yield from matches


def children(match: Match, *, follows: bool) -> Iterator[Match]:
    """Members and items of a place."""
    is_list = isinstance(match.node.value, list)
    for name, written in match.node.items():
        node = followed(written) if follows else written
        yield Match(written, node, int(name) if is_list else name, match)


def _stepped(matches: Iterable[Match], step: Step, follows: bool, budget: Budget) -> Iterator[Match]:
    for match in _below(matches, follows, budget) if step.descends else matches:
        length = len(match.node.value) if isinstance(match.node.value, list) else 0
        for child in _candidates(match, step.selectors, follows):
            budget.spend()
            for selector in step.selectors:
                if isinstance(selector, Filter):
                    chosen = holds(selector.expression, child, follows=follows)
                else:
                    chosen = _is_chosen(selector, child.name, length)
                if chosen:
                    yield child
                    break


def _candidates(match: Match, selectors: tuple[Selector, ...], follows: bool) -> Iterator[Match]:
    """All children, but only the named ones where nothing else is asked for."""
    if isinstance(match.node.value, dict) and all(isinstance(one, Name) for one in selectors):
        for selector in selectors:
            written = match.node.child(selector.name) if isinstance(selector, Name) else None
            if written is not None and isinstance(selector, Name):
                yield Match(written, followed(written) if follows else written, selector.name, match)
        return
    yield from children(match, follows=follows)


def _is_chosen(selector: Name | Every | Index | Range, name: str | int | None, length: int) -> bool:
    if isinstance(selector, Every):
        return True
    if isinstance(selector, Name):
        return str(name) == selector.name
    if isinstance(selector, Index):
        if isinstance(name, str):
            return name == str(selector.number)
        return name == (selector.number if selector.number >= 0 else length + selector.number)
    return (
        isinstance(name, int) and name in range(length)[slice(selector.start, selector.stop, selector.step)]
    )


def _below(matches: Iterable[Match], follows: bool, budget: Budget) -> Iterator[Match]:
    """The places themselves and all below them, each place once: the graph may have circles."""
    seen: set[tuple[str, str]] = set()
    pending = list(matches)[::-1]
    while pending:
        match = pending.pop()
        key = (match.node.document.uri, match.node.pointer)
        if key in seen:
            continue
        seen.add(key)
        budget.spend()
        yield match
        pending.extend(
            child for child in children(match, follows=follows) if isinstance(child.node.value, dict | list)
        )


def _once(matches: Iterable[Match]) -> Iterator[Match]:
    seen: set[tuple[str, str, str]] = set()
    for match in matches:
        above = match.parent.node.pointer if match.parent is not None else ""
        key = (match.written.document.uri, match.written.pointer, above)
        if key not in seen:
            seen.add(key)
            yield match
