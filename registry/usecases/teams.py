"""Teams and their clients of the registry."""

from __future__ import annotations

from collections.abc import Sequence

from registry.audit.entries import state_hash
from registry.credentials import hash_of, new_client_id, new_secret
from registry.errors import Conflict
from registry.model import Actor, Client, ClientKind, Credentials, Team, name
from registry.ports import Transaction
from registry.usecases.services import Page, Services, known_team, page

TEAM_SCOPES = ("registry:publish", "registry:read")
"""What a team's client may do when nothing else is asked for."""


def create_team(services: Services, actor: Actor, team_name: str, title: str | None) -> Team:
    """Adds a team; `Conflict` when there is one of that name."""
    team = Team(name(team_name, "team"), title or team_name, services.clock())
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
    services: Services, actor: Actor, team_name: str, scopes: Sequence[str] | None
) -> Credentials:
    """A client that acts for the team; its secret is in the answer and nowhere else."""
    with services.store.writing() as transaction:
        team = known_team(transaction, team_name)
        granted = scopes if scopes is not None else TEAM_SCOPES
        made = add_client(services, transaction, ClientKind.TEAM, team.name, granted)
        detail = {"clientId": made.client_id, "scopes": list(made.scopes)}
        transaction.security.audit(
            services.entry(actor, "team.client_created", team.name, detail=detail, after=state_hash(detail))
        )
    return made


def add_client(
    services: Services, transaction: Transaction, kind: ClientKind, party: str, scopes: Sequence[str]
) -> Credentials:
    """Stores a client with the hash of a fresh secret; `Conflict` when the party has too many."""
    held = len(transaction.parties.clients_of(kind, party))
    if held >= services.limits.clients_per_party_max:
        raise Conflict("too_many_clients", f"{party} has {held} clients; withdraw one first.")
    secret = new_secret()
    granted = tuple(sorted(set(scopes)))
    client = Client(new_client_id(party), kind, party, hash_of(secret), granted, services.clock())
    transaction.parties.add_client(client)
    return Credentials(client.client_id, secret, granted)
