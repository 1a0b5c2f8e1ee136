"""Handlers for change requests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Response

from registry.errors import Conflict
from registry.model import ChangePlan, ChangeState, ChangeType, ChangeWindow, moment
from registry.ports import ChangeFilter
from registry.usecases import (
    changes,
    changes_decision,
    changes_exports,
    changes_reading,
    changes_review,
    changes_use,
)
from registry.usecases.services import Services
from registry.web.catalog import submission
from registry.web.change_rendering import change_json, change_summary_json, gate_json, review_json
from registry.web.cursors import single_key
from registry.web.rendering import page_json
from registry.web.reports import report_answer
from registry.web.requests import actor, body, created, json_answer, precondition


class ChangeHandlers:
    """One method per operation, by its operationId in snake case."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def list_changes(
        self,
        limit: int,
        contract: str | None = None,
        state: str | None = None,
        team: str | None = None,
        cursor: str | None = None,
    ) -> Response:
        wanted = ChangeFilter(contract, ChangeState(state) if state else None, team)
        found = changes_reading.list_changes(self._services, wanted, single_key(cursor), limit)
        return json_answer(page_json(found, change_summary_json))

    def open_change(self, name: str) -> Response:
        asked = body()
        opened = changes.open_change(self._services, actor(), name, submission(asked), plan(asked["plan"]))
        shown = self._shown(changes_reading.get_change(self._services, opened.change.id))
        if not opened.created:
            return shown
        answer = created(shown.get_json(), f"/changes/{opened.change.id}")
        answer.headers["ETag"] = shown.headers["ETag"]
        return answer

    def get_change(self, id_: str) -> Response:
        return self._shown(changes_reading.get_change(self._services, id_))

    def revise_change(self, id_: str) -> Response:
        asked = body()
        changes.revise_change(
            self._services, actor(), id_, submission(asked), plan(asked["plan"]), precondition()
        )
        return self._shown(changes_reading.get_change(self._services, id_))

    def decide_change(self, id_: str) -> Response:
        asked = body()
        decide = changes_decision.approve if asked["decision"] == "approve" else changes_decision.reject
        return self._shown(decide(self._services, actor(), id_, asked["digest"], asked.get("text")))

    def comment_on_change(self, id_: str) -> Response:
        return self._shown(changes_decision.comment(self._services, actor(), id_, body()["text"]))

    def withdraw_change(self, id_: str) -> Response:
        text = (body() or {}).get("text")
        return self._shown(changes_decision.withdraw(self._services, actor(), id_, text))

    def get_change_gate(self, id_: str, environment: str) -> Response:
        gate = changes_use.gate(self._services, id_, environment)
        if gate.open:
            return json_answer(gate_json(gate))
        problems = [{"code": one.code, "detail": one.detail} for one in gate.obstacles]
        raise Conflict("gate_closed", " ".join(one.detail for one in gate.obstacles), problems=problems)

    def get_change_report(self, id_: str, format_: str) -> Response:
        change = changes_reading.get_change(self._services, id_).change
        return report_answer(change.assessment.report, format_)

    def export_change(self, id_: str, system: str) -> Response:
        view = changes_reading.get_change(self._services, id_)
        export = changes_exports.service_now if system == "servicenow" else changes_exports.jira
        return json_answer(export(view))

    def review_change(self, id_: str) -> Response:
        return json_answer(review_json(changes_review.review(self._services, id_)))

    def _shown(self, view: changes_reading.ChangeView) -> Response:
        tag = changes.change_tag(view.change)
        return json_answer(change_json(view), headers={"ETag": f'"{tag}"'})


def plan(asked: Mapping[str, Any]) -> ChangePlan:
    """The author's part."""
    start, end = asked.get("windowStart"), asked.get("windowEnd")
    window = ChangeWindow(moment(start) if start else None, moment(end) if end else None)
    environments = tuple(dict.fromkeys(asked["environments"]))
    changes_use.refuse_plan(environments, window.start, window.end)
    return ChangePlan(
        type=ChangeType(asked["type"]),
        title=asked["title"],
        justification=asked["justification"],
        environments=environments,
        window=window,
        implementation=asked.get("implementation"),
        backout=asked.get("backout"),
    )
