"""Teams and their clients of the registry."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from registry.audit.entries import state_hash
from registry.errors import Conflict
from registry.model import Actor, ClientKind, Credentials, Team, name
from registry.usecases.clients import Party, add_client
from registry.usecases.services import Page, Services, demand_administrator, known_team, page

TEAM_SCOPES = ("registry:publish", "registry:read")
"""What a team's client may do when nothing else is asked for."""


def create_team(services: Services, actor: Actor, team_name: str, title: str | None) -> Team:
    """Adds a team; `Conflict` when there is one of that name."""
    team = Team(name(team_name, "team"), title or team_name, services.clock())
    demand_administrator(actor)
    with services.store.writing() as transaction:
        if transaction.parties.team(team.name) is not None:
            raise Conflict("team_exists", f"There is a team {team.name} already.")
        transaction.parties.add_team(team)
        transaction.security.audit(
            services.entry(actor, "team.created", team.name, after=state_hash([team.name, team.title]))
        )
    return team


def list_teams(services: Services, after: str | None, count: int) -> Page[Team]:
    """Teams by name."""
    with services.store.reading() as transaction:
        return page(transaction.parties.teams(after, count + 1), count, lambda team: (team.name,))


def get_team(services: Services, team_name: str) -> Team:
    """The team, or `NotFound`."""
    with services.store.reading() as transaction:
        return known_team(transaction, team_name)


def create_team_credentials(
    services: Services,
    actor: Actor,
    team_name: str,
    scopes: Sequence[str] | None,
    expires_at: datetime | None = None,
) -> Credentials:
    """A client that acts for the team; its secret is in the answer and nowhere else."""
    demand_administrator(actor)
    with services.store.writing() as transaction:
        team = known_team(transaction, team_name)
        granted = scopes if scopes is not None else TEAM_SCOPES
        made = add_client(services, transaction, Party(ClientKind.TEAM, team.name), granted, expires_at)
        detail = {"clientId": made.client_id, "scopes": list(made.scopes)}
        transaction.security.audit(
            services.entry(actor, "team.client_created", team.name, detail=detail, after=state_hash(detail))
        )
    return made
