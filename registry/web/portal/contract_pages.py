"""One contract: overview, versions, reference, comparison, callers, graph and scorecard."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from flask import abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from registry.errors import Invalid, Overloaded
from registry.model import CatalogEntry, ChangeState, Deployment, Usage
from registry.model.graph import Direction, NodeId, NodeKind
from registry.ports import ChangeFilter
from registry.reference import Entry, Reference
from registry.usecases import catalog, changes_reading, comparison, traffic
from registry.usecases.graph import graph_around
from registry.usecases.references import References
from registry.usecases.scorecards import Scorecards
from registry.usecases.services import Services
from registry.web.portal.drawings.graph import draw_graph
from registry.web.portal.drawings.usage import draw_usage
from specs.lint import all_rules

VERSIONS_MAX = 50
USAGE_ROWS_MAX = 1_000
DAILY_ROWS_MAX = 5_000
DRIFT_ROWS_MAX = 20
CHANGES_MAX = 20
NODES_MAX = 40
"""Boxes of one drawing; the page says when there is more."""
DEPTHS = ("1", "2", "3")
Read = TypeVar("Read")


@dataclass(frozen=True, slots=True)
class Caller:
    """A consumer of a contract with its counts, and its share of the busiest one's calls in percent."""

    name: str
    owner: str | None
    calls: int
    errors: int
    refused: int
    last_seen: str
    operations: tuple[str, ...]
    versions: tuple[str, ...]
    share: int


class ContractPages:
    """One method per page."""

    def __init__(self, services: Services, references: References, scorecards: Scorecards) -> None:
        self._services = services
        self._references = references
        self._scorecards = scorecards

    def contract(self, name: str) -> ResponseReturnValue:
        """What somebody who meets the contract for the first time has to know."""
        entry = catalog.get_contract(self._services, name)
        shown = catalog.get_version(self._services, name, "latest")
        drift = traffic.list_drift(self._services, name, None, DRIFT_ROWS_MAX)
        opened = ChangeFilter(contract=name, state=ChangeState.OPEN)
        return render_template(
            "contract.html",
            entry=entry,
            latest=shown,
            reference=settled(lambda: self._references.of(self._services, shown.version)),
            card=settled(lambda: self._scorecards.of_version(self._services, shown.version)),
            drift=drift.items,
            deployed=self._deployed(entry),
            changes=changes_reading.list_changes(self._services, opened, None, CHANGES_MAX).items,
            **self._usage(name),
            page="catalog",
            tab="overview",
        )

    def callers(self, name: str) -> ResponseReturnValue:
        """Who calls it: every consumer counted, and the days as a drawing."""
        entry = catalog.get_contract(self._services, name)
        return render_template(
            "callers.html", entry=entry, **self._usage(name), page="catalog", tab="callers"
        )

    def versions(self, name: str) -> ResponseReturnValue:
        """All versions with their verdicts, and the form to compare any two."""
        entry = catalog.get_contract(self._services, name)
        after = request.args.get("after") or None
        found = catalog.list_versions(self._services, name, after, VERSIONS_MAX)
        return render_template(
            "versions.html",
            entry=entry,
            versions=found.items,
            numbers=[str(number) for number, _ in entry.versions],
            following=found.following[0] if found.following else None,
            page="catalog",
            tab="versions",
        )

    def reference(self, name: str, version: str) -> ResponseReturnValue:
        """One operation or schema at a time, beside the list of all."""
        entry = catalog.get_contract(self._services, name)
        shown = catalog.get_version(self._services, name, version)
        reference = self._references.of(self._services, shown.version)
        anchor = request.args.get("operation")
        part = chosen(reference, anchor)
        if anchor and part is None:
            abort(404)
        return render_template(
            "reference.html",
            entry=entry,
            shown=shown,
            reference=reference,
            part=part,
            numbers=[str(number) for number, _ in entry.versions],
            page="catalog",
            tab="reference",
        )

    def latest_reference(self, name: str) -> ResponseReturnValue:
        """The reference of the version that a form chose, else of the highest."""
        number = request.args.get("version") or str(catalog.get_contract(self._services, name).versions[0][0])
        return redirect(url_for("portal.reference", name=name, version=number), 303)

    def content(self, name: str, version: str) -> ResponseReturnValue:
        """The author's bytes, as a file to keep."""
        found = catalog.get_content(self._services, name, version)
        headers = {
            "Content-Type": "application/octet-stream",
            "Content-Disposition": f'attachment; filename="{name}-{version}.txt"',
        }
        return found.raw, 200, headers

    def compare(self, name: str) -> ResponseReturnValue:
        """The change between any two versions, with its proofs."""
        entry = catalog.get_contract(self._services, name)
        numbers = [str(number) for number, _ in entry.versions]
        before, after = request.args.get("before", ""), request.args.get("after", "")
        if not before or not after:
            latest = numbers[0]
            older = numbers[1] if len(numbers) > 1 else latest
            return redirect(url_for("portal.compare", name=name, before=older, after=latest), 303)
        report: Any = None
        if before != after:
            report = comparison.compare_versions(self._services, name, before, after)
        return render_template(
            "compare.html",
            entry=entry,
            numbers=numbers,
            before=before,
            after=after,
            report=report,
            page="catalog",
            tab="compare",
        )

    def graph(self, name: str) -> ResponseReturnValue:
        """Who uses it, what it rests on, and what rests on the same."""
        entry = catalog.get_contract(self._services, name)
        asked = request.args.get("depth", "1")
        depth = asked if asked in DEPTHS else "1"
        days = self._services.publishing.usage_days
        focus = NodeId(NodeKind.CONTRACT, name)
        found = graph_around(self._services, str(focus), Direction.BOTH, int(depth), days, NODES_MAX)
        return render_template(
            "graph.html",
            entry=entry,
            graph=found,
            titles={str(node.id): node.title for node in found.nodes},
            drawing=draw_graph(found, focus),
            depth=depth,
            depths=DEPTHS,
            days=days,
            page="catalog",
            tab="graph",
        )

    def scorecard(self, name: str) -> ResponseReturnValue:
        """The level of the highest version, and what lifts it to the next."""
        entry = catalog.get_contract(self._services, name)
        shown = catalog.get_version(self._services, name, "latest")
        return render_template(
            "scorecard.html",
            entry=entry,
            latest=shown,
            card=self._scorecards.of_version(self._services, shown.version),
            manuals={rule.code: rule.manual for rule in all_rules()},
            page="catalog",
            tab="scorecard",
        )

    def _usage(self, name: str) -> dict[str, Any]:
        """The callers and the drawing of their days."""
        days = self._services.publishing.usage_days
        rows = traffic.list_usage(self._services, name, days, None, USAGE_ROWS_MAX)
        daily = traffic.daily_usage(self._services, name, days, DAILY_ROWS_MAX)
        return {
            "callers": callers_of(rows.items),
            "chart": draw_usage(daily, self._services.clock().date(), days),
            "days": days,
            "is_cut": rows.following is not None or len(daily) == DAILY_ROWS_MAX,
        }

    def _deployed(self, entry: CatalogEntry) -> list[tuple[str, list[Deployment]]]:
        """What is in service in each environment, the highest major version first."""
        majors = sorted({number.major for number, _ in entry.versions}, reverse=True)
        with self._services.store.reading() as transaction:
            return [
                (
                    environment,
                    [
                        one
                        for major in majors
                        if (one := transaction.environments.deployed(environment, entry.contract.name, major))
                    ],
                )
                for environment in self._services.environments.names
            ]


def settled(read: Callable[[], Read]) -> Read | None:
    """What is read of the author's documents; None when they cannot be read, or too much else is read now."""
    try:
        return read()
    except (Invalid, Overloaded):
        return None


def chosen(reference: Reference, anchor: str | None) -> Entry | None:
    """The operation or schema asked for; the first operation when none is."""
    entries = (*reference.entries, *reference.schemas)
    if anchor is None:
        return entries[0] if entries else None
    return next((entry for entry in entries if entry.anchor == anchor), None)


def callers_of(rows: Sequence[Usage]) -> list[Caller]:
    """Usage added up per consumer, the busiest first."""
    by_name: dict[str, list[Usage]] = {}
    for row in rows:
        by_name.setdefault(row.consumer, []).append(row)
    most = max((sum(row.calls for row in group) for group in by_name.values()), default=1) or 1
    found = [
        Caller(
            name,
            group[0].owner,
            (calls := sum(row.calls for row in group)),
            sum(row.errors for row in group),
            sum(row.refused for row in group),
            max(row.last_seen for row in group).strftime("%Y-%m-%d %H:%M"),
            tuple(sorted({row.operation for row in group})),
            tuple(sorted({row.version for row in group})),
            max(1, round(100 * calls / most)),
        )
        for name, group in by_name.items()
    ]
    return sorted(found, key=lambda one: (-one.calls, one.name))
