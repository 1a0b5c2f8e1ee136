"""Handlers for the compatibility policy of a contract."""

from __future__ import annotations

from typing import Any

from flask import Response

from registry.model import Compatibility, Contract
from registry.usecases import policies
from registry.usecases.services import Services
from registry.web.requests import JSON, REVALIDATE, actor, body, json_answer, json_bytes, precondition, tagged


class PolicyHandlers:
    """One method per operation, by its operationId in snake case."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def get_compatibility_policy(self, name: str) -> Response:
        found = policies.get_policy(self._services, name)
        return tagged(json_bytes(policy_json(found)), JSON, policies.policy_tag(found), REVALIDATE)

    def set_compatibility_policy(self, name: str) -> Response:
        asked = Compatibility(body()["policy"])
        found = policies.set_policy(self._services, actor(), name, asked, precondition())
        return json_answer(policy_json(found), headers={"ETag": f'"{policies.policy_tag(found)}"'})


def policy_json(contract: Contract) -> dict[str, Any]:
    """The policy and what it demands."""
    policy = contract.compatibility
    return {
        "contract": contract.name,
        "policy": policy.value,
        "directions": [direction.value for direction in policy.directions],
        "transitive": policy.is_transitive,
    }
