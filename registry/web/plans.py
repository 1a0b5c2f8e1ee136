"""Handlers for deprecation plans, their calendar, and the inbox of a team."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Response

from registry.model import moment
from registry.model.plans import Milestone, NoticeKind, PlanDefinition, PlanState
from registry.usecases import deprecation_calendar, notices, plans
from registry.usecases.plans import PlanView
from registry.usecases.services import Services
from registry.web.calendar_file import CALENDAR, calendar_bytes
from registry.web.cursors import key_of, skipped, unknown_cursor
from registry.web.plan_rendering import entry_json, notice_json, plan_json, plan_view_json
from registry.web.rendering import page_json
from registry.web.requests import actor, body, json_answer, no_content, precondition


class PlanHandlers:
    """One method per operation, by its operationId in snake case."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def list_deprecation_plans(
        self, limit: int, contract: str | None = None, state: str | None = None, cursor: str | None = None
    ) -> Response:
        wanted = PlanState(state) if state else None
        found = plans.list_plans(self._services, contract, wanted, place(cursor), limit)
        return json_answer(page_json(found, plan_json))

    def get_deprecation_plan(self, name: str, major: int) -> Response:
        return shown(plans.get_plan(self._services, name, major))

    def put_deprecation_plan(self, name: str, major: int) -> Response:
        asked = definition(body())
        return shown(plans.put_plan(self._services, actor(), name, major, asked, precondition()))

    def withdraw_deprecation_plan(self, name: str, major: int) -> Response:
        plans.withdraw_plan(self._services, actor(), name, major)
        return no_content()

    def acknowledge_deprecation_plan(self, name: str, major: int) -> Response:
        asked = body()
        moves_by = moment(asked["movesBy"]) if asked.get("movesBy") else None
        consumer, text = asked["consumer"], asked.get("text")
        return shown(plans.acknowledge(self._services, actor(), name, major, consumer, text, moves_by))

    def list_deprecation_calendar(
        self, limit: int, from_: str | None = None, to: str | None = None, cursor: str | None = None
    ) -> Response:
        start, end = (moment(text) if text else None for text in (from_, to))
        found = deprecation_calendar.list_entries(self._services, start, end, skipped(cursor), limit)
        return json_answer(page_json(found, entry_json))

    def get_deprecation_calendar_file(self) -> Response:
        found = deprecation_calendar.entries(self._services, None, None)
        made = calendar_bytes(found, self._services.clock(), self._services.source)
        return Response(made, content_type=CALENDAR)

    def list_notices(
        self, team: str, limit: int, kind: str | None = None, cursor: str | None = None
    ) -> Response:
        wanted = NoticeKind(kind) if kind else None
        found = notices.list_notices(self._services, actor(), team, wanted, skipped(cursor), limit)
        return json_answer(page_json(found, notice_json))


def definition(asked: Mapping[str, Any]) -> PlanDefinition:
    """What the owner says."""
    milestones = tuple(Milestone(moment(one["at"]), one["title"]) for one in asked.get("milestones", ()))
    return PlanDefinition(
        deprecate_at=moment(asked["deprecateAt"]),
        sunset_at=moment(asked["sunsetAt"]),
        successor=asked.get("successor"),
        guide=asked.get("guide"),
        milestones=tuple(sorted(milestones, key=lambda one: (one.at, one.title))),
    )


def place(cursor: str | None) -> tuple[str, int] | None:
    """The contract and major version to go on after."""
    key = key_of(cursor, 2)
    if key is None:
        return None
    if not key[1].isascii() or not key[1].isdecimal() or len(key[1]) > 6:
        raise unknown_cursor()
    return key[0], int(key[1])


def shown(view: PlanView) -> Response:
    """A plan with its entity tag, which is its epoch."""
    return json_answer(plan_view_json(view), headers={"ETag": f'"{view.plan.epoch}"'})
