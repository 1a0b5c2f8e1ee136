"""Handlers for roles, and for the clients of teams and consumers with their secrets."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import Response

from registry.errors import Invalid
from registry.model import Client, ClientKind, Grant, Held, moment
from registry.model.access import VERBS, AccessRole, AccessScope, SubjectKind
from registry.usecases import clients, roles
from registry.usecases.clients import Party
from registry.usecases.services import Services
from registry.web.cursors import single_key
from registry.web.rendering import credentials_json, moment_json, page_json
from registry.web.requests import (
    JSON,
    REVALIDATE,
    actor,
    body,
    created,
    json_answer,
    json_bytes,
    no_content,
    precondition,
    secret_answer,
    tagged,
)

Json = dict[str, Any]


class AccessHandlers:
    """One method per operation, by its operationId in snake case."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def list_grants(
        self,
        limit: int,
        subject_kind: str | None = None,
        subject: str | None = None,
        cursor: str | None = None,
    ) -> Response:
        if (subject_kind is None) != (subject is None):
            raise Invalid("subject_incomplete", "subjectKind and subject go together.")
        wanted = (SubjectKind(subject_kind), subject) if subject_kind and subject else None
        found = roles.list_grants(self._services, actor(), wanted, single_key(cursor), limit)
        return json_answer(page_json(found, grant_json))

    def create_grant(self) -> Response:
        asked = body()
        subject = (SubjectKind(asked["subjectKind"]), asked["subject"])
        grant = roles.add_grant(self._services, actor(), subject, held(asked), expiry(asked))
        answer = created(grant_json(grant), f"/grants/{grant.id}")
        answer.headers["ETag"] = f'"{roles.grant_tag(grant)}"'
        return answer

    def get_grant(self, id_: str) -> Response:
        grant = roles.get_grant(self._services, actor(), id_)
        return tagged(json_bytes(grant_json(grant)), JSON, roles.grant_tag(grant), REVALIDATE)

    def change_grant(self, id_: str) -> Response:
        asked = body()
        grant = roles.change_grant(self._services, actor(), id_, held(asked), expiry(asked), precondition())
        return json_answer(grant_json(grant), headers={"ETag": f'"{roles.grant_tag(grant)}"'})

    def delete_grant(self, id_: str) -> Response:
        roles.remove_grant(self._services, actor(), id_, precondition())
        return no_content()

    def list_team_clients(self, team: str) -> Response:
        return self._clients(Party(ClientKind.TEAM, team))

    def delete_team_credentials(self, team: str, client_id: str) -> Response:
        return self._withdrawn(Party(ClientKind.TEAM, team), client_id)

    def create_team_secret(self, team: str, client_id: str) -> Response:
        return self._secret(Party(ClientKind.TEAM, team), client_id)

    def delete_team_secret(self, team: str, client_id: str, secret_id: str) -> Response:
        return self._secret_withdrawn(Party(ClientKind.TEAM, team), client_id, secret_id)

    def list_consumer_clients(self, name: str) -> Response:
        return self._clients(Party(ClientKind.CONSUMER, name))

    def delete_consumer_credentials(self, name: str, client_id: str) -> Response:
        return self._withdrawn(Party(ClientKind.CONSUMER, name), client_id)

    def create_consumer_secret(self, name: str, client_id: str) -> Response:
        return self._secret(Party(ClientKind.CONSUMER, name), client_id)

    def delete_consumer_secret(self, name: str, client_id: str, secret_id: str) -> Response:
        return self._secret_withdrawn(Party(ClientKind.CONSUMER, name), client_id, secret_id)

    def _clients(self, party: Party) -> Response:
        found = clients.list_clients(self._services, actor(), party)
        return json_answer({"clients": [client_json(client) for client in found]})

    def _withdrawn(self, party: Party, client_id: str) -> Response:
        clients.withdraw_client(self._services, actor(), party, client_id)
        return no_content()

    def _secret(self, party: Party, client_id: str) -> Response:
        made = clients.add_secret(self._services, actor(), party, client_id, expiry(body() or {}))
        return secret_answer(credentials_json(made))

    def _secret_withdrawn(self, party: Party, client_id: str, secret_id: str) -> Response:
        clients.withdraw_secret(self._services, actor(), party, client_id, secret_id)
        return no_content()


def held(asked: Mapping[str, Any]) -> Held:
    """The role and where it holds."""
    scope = AccessScope(asked.get("domain"), asked.get("contract"), asked.get("environment"))
    return Held(AccessRole(asked["role"]), scope)


def expiry(asked: Mapping[str, Any]) -> datetime | None:
    """The moment asked for, None for never."""
    text = asked.get("expiresAt")
    return moment(text) if text else None


def grant_json(grant: Grant) -> Json:
    scope = grant.held.scope
    return {
        "id": grant.id,
        "subjectKind": grant.subject_kind.value,
        "subject": grant.subject,
        "role": grant.held.role.value,
        "verbs": sorted(verb.value for verb in VERBS[grant.held.role]),
        "domain": scope.domain,
        "contract": scope.contract,
        "environment": scope.environment,
        "expiresAt": moment_json(grant.expires_at),
        "createdAt": moment_json(grant.created_at),
        "createdBy": grant.created_by,
    }


def client_json(client: Client) -> Json:
    """A client with what may be told of its secrets."""
    return {
        "clientId": client.client_id,
        "scopes": list(client.scopes),
        "createdAt": moment_json(client.created_at),
        "secrets": [
            {
                "id": secret.id,
                "createdAt": moment_json(secret.created_at),
                "expiresAt": moment_json(secret.expires_at),
                "lastUsedAt": moment_json(secret.last_used_at),
            }
            for secret in client.secrets
        ],
    }
