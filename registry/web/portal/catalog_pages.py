"""Finding: the catalog with its search, and the applications that call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import render_template, request
from flask.typing import ResponseReturnValue

from registry.model import CatalogEntry, SearchResult, What
from registry.model.graph import Direction, EdgeKind, Graph
from registry.ports import CatalogFilter, SearchFilter
from registry.usecases import catalog, consumers, domains, search, teams
from registry.usecases.changes_inbox import changes_hitting
from registry.usecases.graph import graph_around
from registry.usecases.services import Services

ITEMS_MAX = 30
"""Contracts or consumers on one page."""
CHOICES_MAX = 200
"""Domains or teams offered as a filter."""
ASKED_CHARS_MAX = 200
SKIP_DIGITS_MAX = 6
NODES_MAX = 100
LAYERS = ("system", "process", "experience", "events", "platform")


@dataclass(frozen=True, slots=True)
class Piece:
    """Part of a text; ``is_hit`` when it is what was asked for."""

    text: str
    is_hit: bool


@dataclass(frozen=True, slots=True)
class ShownMatch:
    """An item that fits, cut into pieces."""

    what: str
    name: tuple[Piece, ...]
    text: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Hit:
    """A version in force that was found, with what of it fits."""

    result: SearchResult
    matches: tuple[ShownMatch, ...]


class CatalogPages:
    """One method per page."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def catalog(self) -> ResponseReturnValue:
        """All contracts by name, or what a search finds, the best first."""
        asked = {
            name: request.args.get(name, "").strip()[:ASKED_CHARS_MAX]
            for name in ("q", "layer", "domain", "owner", "what")
        }
        after = request.args.get("after") or None
        found: tuple[CatalogEntry, ...] = ()
        hits: list[Hit] = []
        if asked["q"]:
            hits, following = self._search(asked, after)
        else:
            wanted = CatalogFilter(asked["layer"] or None, asked["domain"] or None, asked["owner"] or None)
            listed = catalog.list_contracts(self._services, wanted, after, ITEMS_MAX)
            found = listed.items
            following = listed.following[0] if listed.following else None
        return render_template(
            "catalog.html",
            asked=asked,
            found=found,
            hits=hits,
            following=following,
            after=after,
            layers=LAYERS,
            kinds=[one.value for one in What],
            domains=[
                one.domain.name for one in domains.list_domains(self._services, None, CHOICES_MAX).items
            ],
            teams=[one.name for one in teams.list_teams(self._services, None, CHOICES_MAX).items],
            page="catalog",
        )

    def _search(self, asked: dict[str, str], after: str | None) -> tuple[list[Hit], str | None]:
        """What has every word, with the items that fit."""
        what = What(asked["what"]) if asked["what"] in set(What) else None
        wanted = SearchFilter(
            what=what,
            layer=asked["layer"] or None,
            domain=asked["domain"] or None,
            owner=asked["owner"] or None,
        )
        is_number = after is not None and after.isascii() and after.isdigit()
        skip = int(after[:SKIP_DIGITS_MAX]) if after is not None and is_number else 0
        found = search.search(self._services, asked["q"], wanted, skip, ITEMS_MAX)
        hits = [Hit(one, tuple(shown(one))) for one in found.items]
        return hits, found.following[0] if found.following else None

    def consumers(self) -> ResponseReturnValue:
        """Applications by name."""
        after = request.args.get("after") or None
        found = consumers.list_consumers(self._services, after, ITEMS_MAX)
        following = found.following[0] if found.following else None
        return render_template("consumers.html", found=found.items, following=following, page="consumers")

    def consumer(self, name: str) -> ResponseReturnValue:
        """What an application calls and declares, and what is about to change for it."""
        shown_one = consumers.get_consumer(self._services, name)
        days = self._services.publishing.usage_days
        around = graph_around(self._services, f"consumer:{name}", Direction.OUT, 1, days, NODES_MAX)
        declared = consumers.list_subscriptions(self._services, name, None, CHOICES_MAX)
        return render_template(
            "consumer.html",
            consumer=shown_one,
            calls=calls_of(around),
            declared=declared.items,
            days=days,
            changes=changes_hitting(self._services, name),
            page="consumers",
        )


def shown(result: SearchResult) -> Sequence[ShownMatch]:
    """The matches of a result, the contract's own line left out: its name stands above them."""
    return [
        ShownMatch(
            match.item.what.value,
            pieces(match.item.name, match.in_name),
            pieces(match.item.text, match.in_text),
        )
        for match in result.matches
        if match.item.what is not What.CONTRACT or match.item.text
    ]


def pieces(text: str, spans: Sequence[tuple[int, int]]) -> tuple[Piece, ...]:
    """The text cut where it has what was asked."""
    found, at = [], 0
    for begin, end in spans:
        found += [Piece(text[at:begin], is_hit=False), Piece(text[begin:end], is_hit=True)]
        at = end
    found.append(Piece(text[at:], is_hit=False))
    return tuple(one for one in found if one.text)


def calls_of(graph: Graph) -> list[tuple[str, int | None, int, str]]:
    """Contract, major version, calls and last call of what was called, the most called first."""
    rows = [
        (
            edge.target.name,
            edge.major,
            edge.calls or 0,
            edge.last_seen.strftime("%Y-%m-%d %H:%M") if edge.last_seen else "",
        )
        for edge in graph.edges
        if edge.kind is EdgeKind.CALLS
    ]
    return sorted(rows, key=lambda row: (-row[2], row[0]))
