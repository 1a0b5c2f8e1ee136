"""What a firm governs by: what waits for a decision, what ends when, and how good contracts are."""

from __future__ import annotations

from itertools import groupby

from flask import g, render_template, request
from flask.typing import ResponseReturnValue

from registry.model import Account
from registry.ports import CatalogFilter
from registry.usecases import environments
from registry.usecases.accounts import account_id
from registry.usecases.changes_inbox import inbox
from registry.usecases.ending import list_ending
from registry.usecases.scorecards import Scorecards
from registry.usecases.services import Services
from registry.web.portal.drawings.timeline import draw_timeline
from specs.lint.level import LEVELS, PROMISES

ENDING_MAX = 100
FREEZES_MAX = 50
CARDS_MAX = 20
"""Contracts on a page of scorecards: each may have to be judged first."""


class GovernancePages:
    """One method per page."""

    def __init__(self, services: Services, scorecards: Scorecards) -> None:
        self._services = services
        self._scorecards = scorecards

    def inbox(self) -> ResponseReturnValue:
        """What waits for the reader's team."""
        account: Account = g.account
        found = None
        if account.team:
            ending, _ = list_ending(self._services, ENDING_MAX)
            found = inbox(self._services, account.team, account_id(account.name), ending)
        return render_template("inbox.html", inbox=found, now=self._services.clock(), page="inbox")

    def deprecations(self) -> ResponseReturnValue:
        """The calendar of what ends, and of the times in which nothing moves."""
        now = self._services.clock()
        found, more = list_ending(self._services, ENDING_MAX)
        months = [
            (month, list(group))
            for month, group in groupby(
                found,
                key=lambda one: one.lifecycle.sunset_at.strftime("%B %Y") if one.lifecycle.sunset_at else "",
            )
        ]
        return render_template(
            "deprecations.html",
            found=found,
            months=months,
            more=more,
            timeline=draw_timeline(found, now),
            freezes=environments.list_freezes(self._services, None, FREEZES_MAX).items,
            now=now,
            days=self._services.publishing.usage_days,
            page="deprecations",
        )

    def scorecards(self) -> ResponseReturnValue:
        """The level of each contract, by name."""
        owner = request.args.get("owner", "").strip() or None
        after = request.args.get("after") or None
        found = self._scorecards.list(self._services, CatalogFilter(owner=owner), after, CARDS_MAX)
        return render_template(
            "scorecards.html",
            found=found.items,
            owner=owner,
            following=found.following[0] if found.following else None,
            levels=[(level, PROMISES[level]) for level in LEVELS],
            page="scorecards",
        )
