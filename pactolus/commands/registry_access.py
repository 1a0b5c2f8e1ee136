"""``pactolus registry grant``: roles, given and taken back on the registry's own database."""

from __future__ import annotations

from datetime import datetime

import click

from pactolus.commands.registry import accounts_store, database_option


@click.group()
def grant() -> None:
    """Give roles to teams, accounts and clients, and take them back.

    What is not granted is denied. Without grants the team that a contract names as its owner publishes,
    deprecates and promotes it, the board approves, and an administrator's client administers.
    """


@grant.command(
    epilog="""\b
Examples:
  pactolus registry grant add releaser --team finance-systems --domain finance --environment prod
  pactolus registry grant add auditor --account anna
  pactolus registry grant add publisher --client ci-3f0a --contract erp-orders --until 2027-06-01T00:00:00Z
"""
)
@click.argument("role")
@click.option("--team", help="The team that is given the role.")
@click.option("--account", help="The account of the portal that is given the role.")
@click.option("--client", help="The client that is given the role.")
@click.option("--domain", help="Only for contracts of this domain.")
@click.option("--contract", help="Only for this contract, or this subject of schemas.")
@click.option("--environment", help="Only for what happens in this environment.")
@click.option("--until", type=click.DateTime(["%Y-%m-%dT%H:%M:%SZ"]), help="When the role ends, in UTC.")
@database_option
def add(
    role: str,
    team: str | None,
    account: str | None,
    client: str | None,
    domain: str | None,
    contract: str | None,
    environment: str | None,
    until: datetime | None,
    database: str,
) -> None:
    """Give a role.

    ROLE is one of reader, contributor, publisher, owner, approver, steward, releaser, auditor and
    administrator.
    """
    from datetime import UTC

    from registry.model.access import AccessRole, AccessScope, Held, SubjectKind
    from registry.serve import local_services
    from registry.usecases.roles import LOCAL, add_grant

    named = {SubjectKind.TEAM: team, SubjectKind.ACCOUNT: account, SubjectKind.CLIENT: client}
    given = [(kind, name) for kind, name in named.items() if name is not None]
    if len(given) != 1:
        raise click.UsageError("give one of --team, --account and --client")
    if role not in set(AccessRole):
        raise click.UsageError(f"there is no role {role}; there are {', '.join(AccessRole)}")
    held = Held(AccessRole(role), AccessScope(domain, contract, environment))
    until = until.replace(tzinfo=UTC) if until else None
    with accounts_store(database) as (store, clock):
        made = add_grant(local_services(store, clock), LOCAL, given[0], held, until)
    click.echo(made.id)


@grant.command("list")
@database_option
def list_(database: str) -> None:
    """List who was given which role, and where it holds."""
    from registry.serve import local_services
    from registry.usecases.roles import LOCAL, list_grants, shown

    with accounts_store(database) as (store, clock):
        services = local_services(store, clock)
        found = list_grants(services, LOCAL, None, None, services.access.grants_max)
    for one in found.items:
        parts = " ".join(f"{name}={value}" for name, value in (shown(one) or {}).items())
        click.echo(f"{one.id} {parts}")


@grant.command()
@click.argument("grant_id")
@database_option
def remove(grant_id: str, database: str) -> None:
    """Take a role back, by the identifier of its grant."""
    from registry.serve import local_services
    from registry.usecases.roles import LOCAL, remove_grant

    with accounts_store(database) as (store, clock):
        remove_grant(local_services(store, clock), LOCAL, grant_id, lambda _: True)
    click.echo(f"removed {grant_id}")
