"""The pages for reading: catalog, contract, reference, comparison, consumers, deprecations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from registry.model import State, Usage
from registry.ports import CatalogFilter
from registry.reference import Entry, Reference
from registry.usecases import catalog, comparison, consumers, traffic
from registry.usecases.references import References
from registry.usecases.services import Services

ITEMS_MAX = 50
"""Contracts, versions or consumers on one page."""
USAGE_ROWS_MAX = 1_000
DRIFT_ROWS_MAX = 20
LAYERS = ("system", "process", "experience", "events", "platform")


@dataclass(frozen=True, slots=True)
class Caller:
    """A consumer of a contract with its counts, and its share of the busiest one's calls in percent."""

    name: str
    owner: str | None
    calls: int
    errors: int
    last_seen: str
    operations: tuple[str, ...]
    share: int


class Pages:
    """One method per page."""

    def __init__(self, services: Services, references: References) -> None:
        self._services = services
        self._references = references

    def catalog(self) -> ResponseReturnValue:
        asked = {name: request.args.get(name, "").strip()[:200] for name in ("q", "layer", "domain", "owner")}
        wanted = CatalogFilter(
            asked["layer"] or None, asked["domain"] or None, asked["owner"] or None, asked["q"] or None
        )
        after = request.args.get("after") or None
        found = catalog.list_contracts(self._services, wanted, after, ITEMS_MAX)
        following = found.following[0] if found.following else None
        return render_template(
            "catalog.html", found=found.items, asked=asked, layers=LAYERS, following=following, page="catalog"
        )

    def contract(self, name: str) -> ResponseReturnValue:
        entry = catalog.get_contract(self._services, name)
        latest = str(entry.versions[0][0])
        shown = catalog.get_version(self._services, name, latest)
        days = self._services.publishing.usage_days
        usage = traffic.list_usage(self._services, name, days, None, USAGE_ROWS_MAX)
        drift = traffic.list_drift(self._services, name, None, DRIFT_ROWS_MAX)
        versions = catalog.list_versions(self._services, name, None, ITEMS_MAX)
        return render_template(
            "contract.html",
            entry=entry,
            latest=shown,
            versions=versions.items,
            more_versions=len(entry.versions) - len(versions.items),
            callers=callers_of(usage.items),
            days=days,
            drift=drift.items,
            page="catalog",
        )

    def reference(self, name: str, version: str) -> ResponseReturnValue:
        shown = catalog.get_version(self._services, name, version)
        reference = self._references.of(self._services, shown.version)
        anchor = request.args.get("operation")
        entry = chosen(reference, anchor)
        if anchor and entry is None:
            abort(404)
        return render_template(
            "reference.html", shown=shown, reference=reference, entry=entry, page="catalog"
        )

    def content(self, name: str, version: str) -> ResponseReturnValue:
        """The author's bytes, as a file to keep."""
        found = catalog.get_content(self._services, name, version)
        headers = {
            "Content-Type": "application/octet-stream",
            "Content-Disposition": f'attachment; filename="{name}-{version}.txt"',
        }
        return found.raw, 200, headers

    def compare(self, name: str) -> ResponseReturnValue:
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
        )

    def consumers(self) -> ResponseReturnValue:
        after = request.args.get("after") or None
        found = consumers.list_consumers(self._services, after, ITEMS_MAX)
        following = found.following[0] if found.following else None
        return render_template("consumers.html", found=found.items, following=following, page="consumers")

    def deprecations(self) -> ResponseReturnValue:
        found = ending(self._services)
        return render_template("deprecations.html", found=found, page="deprecations")


def chosen(reference: Reference, anchor: str | None) -> Entry | None:
    """The operation asked for; the first when none is."""
    if anchor is None:
        return reference.entries[0] if reference.entries else None
    return next((entry for entry in reference.entries if entry.anchor == anchor), None)


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
            max(row.last_seen for row in group).strftime("%Y-%m-%d %H:%M"),
            tuple(sorted({row.operation for row in group})),
            max(1, round(100 * calls / most)),
        )
        for name, group in by_name.items()
    ]
    return sorted(found, key=lambda one: (-one.calls, one.name))


def ending(services: Services) -> list[Any]:
    """Major versions that are deprecated or past it, the one that ends first at the top."""
    with services.store.reading() as transaction:
        latest = transaction.catalog.latest()
    found = [one for one in latest if one[2].state is not State.PUBLISHED]
    far = "9999"
    return sorted(found, key=lambda one: (str(one[2].sunset_at or far), one[0].name))
