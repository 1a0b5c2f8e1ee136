"""Handlers for environments: deployments, promotion, test evidence and freezes."""

from __future__ import annotations

from flask import Response

from registry.model import Outcome, moment, tests_said
from registry.usecases import environments, promotion
from registry.usecases.services import Services
from registry.web.change_rendering import obstacle_json
from registry.web.cursors import key_of, single_key
from registry.web.environment_rendering import deployment_json, evidence_json, freeze_json, moved_json
from registry.web.rendering import page_json
from registry.web.requests import actor, body, created, json_answer, no_content


class EnvironmentHandlers:
    """One method per operation, by its operationId in snake case."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def list_environments(self) -> Response:
        policy = self._services.environments
        shown = [{"name": name, "testsRequired": name in policy.tests_required_in} for name in policy.names]
        return json_answer({"environments": shown})

    def list_deployments(self, environment: str, limit: int, cursor: str | None = None) -> Response:
        found = environments.list_deployments(self._services, environment, key_of(cursor, 2), limit)
        return json_answer(page_json(found, deployment_json))

    def promote_version(self, environment: str) -> Response:
        asked = body()
        moved = promotion.promote(self._services, actor(), asked["contract"], asked["version"], environment)
        return json_answer(moved_json(moved), 201 if moved.changed else 200)

    def roll_back_version(self, environment: str) -> Response:
        asked = body()
        moved = promotion.roll_back(self._services, actor(), asked["contract"], asked["version"], environment)
        return json_answer(moved_json(moved))

    def can_i_promote(self, name: str, version: str, environment: str) -> Response:
        asked = promotion.can_i_promote(self._services, name, version, environment)
        answer = {
            "environment": environment,
            "contract": name,
            "version": str(asked.version.number),
            "bundleSha256": asked.version.bundle_sha256,
            "deployed": str(asked.deployed.number) if asked.deployed else None,
            "change": asked.change.id if asked.change else None,
            "allowed": asked.allowed,
            "reasons": [obstacle_json(one) for one in asked.obstacles],
        }
        return json_answer(answer)

    def record_test_evidence(self, name: str) -> Response:
        asked = body()
        made = environments.record_evidence(
            self._services,
            actor(),
            name,
            asked["bundleSha256"],
            asked["suite"],
            asked["run"],
            Outcome(asked["outcome"]),
            asked.get("url"),
        )
        return json_answer({**asked, "contract": name, "url": asked.get("url")}, 201 if made else 200)

    def list_test_evidence(self, name: str, bundle_sha256: str) -> Response:
        found = environments.list_evidence(self._services, name, bundle_sha256)
        answer = {"contract": name, "bundleSha256": bundle_sha256, "outcome": tests_said(found)}
        return json_answer({**answer, "runs": [evidence_json(one) for one in found]})

    def list_freezes(self, limit: int, cursor: str | None = None) -> Response:
        found = environments.list_freezes(self._services, single_key(cursor), limit)
        return json_answer(page_json(found, freeze_json))

    def create_freeze(self) -> Response:
        asked = body()
        freeze = environments.add_freeze(
            self._services,
            actor(),
            asked.get("environment"),
            moment(asked["startsAt"]),
            moment(asked["endsAt"]),
            asked["reason"],
        )
        return created(freeze_json(freeze), f"/freezes/{freeze.id}")

    def delete_freeze(self, id_: str) -> Response:
        environments.lift_freeze(self._services, actor(), id_)
        return no_content()
