"""Handlers for teams, consumers, their clients and subscriptions."""

from __future__ import annotations

from flask import Response

from registry.model import Plan
from registry.usecases import consumers, teams
from registry.usecases.services import Services
from registry.web.access import expiry
from registry.web.cursors import single_key
from registry.web.rendering import (
    consumer_json,
    credentials_json,
    page_json,
    subscription_json,
    team_json,
)
from registry.web.requests import actor, body, created, json_answer, no_content, secret_answer


class PartyHandlers:
    """One method per operation, by its operationId in snake case."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def list_teams(self, limit: int, cursor: str | None = None) -> Response:
        return json_answer(page_json(teams.list_teams(self._services, single_key(cursor), limit), team_json))

    def create_team(self) -> Response:
        asked = body()
        team = teams.create_team(self._services, actor(), asked["name"], asked.get("title"))
        return created(team_json(team), f"/teams/{team.name}")

    def get_team(self, team: str) -> Response:
        return json_answer(team_json(teams.get_team(self._services, team)))

    def create_team_credentials(self, team: str) -> Response:
        asked = body() or {}
        made = teams.create_team_credentials(
            self._services, actor(), team, asked.get("scopes"), expiry(asked)
        )
        return secret_answer(credentials_json(made))

    def list_consumers(self, limit: int, cursor: str | None = None) -> Response:
        found = consumers.list_consumers(self._services, single_key(cursor), limit)
        return json_answer(page_json(found, consumer_json))

    def create_consumer(self) -> Response:
        asked = body()
        plan = Plan(float(asked["plan"]["requestsPerSecond"]), int(asked["plan"]["burst"]))
        consumer = consumers.create_consumer(
            self._services, actor(), asked["name"], asked["owner"], asked["layer"], plan
        )
        return created(consumer_json(consumer), f"/consumers/{consumer.name}")

    def get_consumer(self, name: str) -> Response:
        return json_answer(consumer_json(consumers.get_consumer(self._services, name)))

    def create_consumer_credentials(self, name: str) -> Response:
        asked = body()
        made = consumers.create_consumer_credentials(
            self._services, actor(), name, asked["scopes"], expiry(asked)
        )
        return secret_answer(credentials_json(made))

    def list_subscriptions(self, name: str, limit: int, cursor: str | None = None) -> Response:
        found = consumers.list_subscriptions(self._services, name, single_key(cursor), limit)
        return json_answer(page_json(found, subscription_json))

    def create_subscription(self, name: str) -> Response:
        asked = body()
        made = consumers.create_subscription(
            self._services, actor(), name, asked["contract"], int(asked["major"]), asked.get("operations", [])
        )
        return created(subscription_json(made), f"/consumers/{name}/subscriptions/{made.id}")

    def delete_subscription(self, name: str, id_: str) -> Response:
        consumers.delete_subscription(self._services, actor(), name, id_)
        return no_content()
