"""``pactolus registry``: what is in force, over HTTP."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pactolus.addresses import require_free
from pactolus.errors import EXIT_REFUSED, PactolusError

if TYPE_CHECKING:
    from registry.ports import Clock, Store

DATABASE_HELP = "SQLAlchemy URL: sqlite:///registry.sqlite or postgresql+psycopg://user@host/name"


def database_option(command: Any) -> Any:
    """The database of the registry, as for the other commands."""
    return click.option(
        "--database",
        required=True,
        envvar="PACTOLUS_DATABASE",
        show_envvar=True,
        metavar="URL",
        help=DATABASE_HELP,
    )(command)


@click.group()
def registry() -> None:
    """Keep contracts, owners, consumers and their use; issue access tokens."""


@registry.command(
    epilog="""\b
Examples:
  pactolus registry init --database sqlite:///registry.sqlite
  pactolus registry init --database postgresql+psycopg://postgres@127.0.0.1/pactolus
"""
)
@database_option
def init(database: str) -> None:
    """Make the registry's store and its administrator.

    The administrator's secret is printed once, as JSON, and stored nowhere.
    """
    from registry.config import RegistryConfig
    from registry.errors import RegistryError
    from registry.serve import initialise_registry

    try:
        credentials = initialise_registry(RegistryConfig(database))
    except RegistryError as error:
        raise PactolusError(f"{error.code}: {error.detail}") from error
    click.echo(json.dumps({"clientId": credentials.client_id, "clientSecret": credentials.client_secret}))


@registry.command(
    epilog="""\b
Example:
  pactolus registry reindex --database sqlite:///registry.sqlite
"""
)
@click.option(
    "--database",
    required=True,
    envvar="PACTOLUS_DATABASE",
    show_envvar=True,
    metavar="URL",
    help=DATABASE_HELP,
)
def reindex(database: str) -> None:
    """Make the catalog's index anew from the published documents.

    Versions are indexed when they are published; this is for those that an earlier release published, and
    after a release that indexes more. It may run beside the server, be broken off and repeated.
    Exit status 1: a version could not be read.
    """
    from registry.config import RegistryConfig
    from registry.errors import RegistryError
    from registry.serve import reindex_catalog

    try:
        done = reindex_catalog(RegistryConfig(database))
    except RegistryError as error:
        raise PactolusError(f"{error.code}: {error.detail}") from error
    for contract, version, code in done.failed:
        click.echo(f"{contract} {version} {code}", err=True)
    click.echo(f"indexed {done.indexed} versions, {len(done.failed)} could not be read")
    if done.failed:
        sys.exit(EXIT_REFUSED)


@registry.command(
    epilog="""\b
Examples:
  pactolus registry serve --database sqlite:///registry.sqlite
  pactolus registry serve --database sqlite:///registry.sqlite --issuer https://registry.example.com
  pactolus registry serve --database sqlite:///registry.sqlite --webhook-network 10.20.0.0/16
"""
)
@database_option
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8700, show_default=True, type=click.IntRange(1, 65535))
@click.option("--issuer", metavar="URL", help="The public address that tokens name; else http://HOST:PORT.")
@click.option(
    "--limits-storage",
    default="memory://",
    show_default=True,
    metavar="URL",
    help="Where request counts are kept; redis://HOST:PORT shares them between processes. It must answer at "
    "the start; while it is away later, each process counts in its own memory.",
)
@click.option(
    "--webhook-network",
    "webhook_networks",
    multiple=True,
    metavar="CIDR",
    help="A private network that webhooks may reach, by http too, as 10.20.0.0/16; may be given again. "
    "Without it webhooks reach the public internet by https alone.",
)
@click.option(
    "--webhook-key-file",
    type=click.Path(path_type=Path, dir_okay=False),
    envvar="PACTOLUS_WEBHOOK_KEY_FILE",
    show_envvar=True,
    help="A file of 32 random bytes or more that secrets of new webhooks are derived from; else a key in "
    "the database.",
)
@click.option(
    "--oidc",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A YAML file that names the OpenID provider people sign in with, and what its groups mean here. Its "
    "secret is read from the environment variable PACTOLUS_OIDC_SECRET.",
)
@click.option(
    "--separate-duties-in",
    multiple=True,
    metavar="ENVIRONMENT",
    help="Nobody promotes to it what the same client published; may be given several times.",
)
def serve(
    database: str,
    host: str,
    port: int,
    issuer: str | None,
    limits_storage: str,
    webhook_networks: tuple[str, ...],
    webhook_key_file: Path | None,
    oidc: Path | None,
    separate_duties_in: tuple[str, ...],
) -> None:
    """Serve the registry, and bring events to webhooks, until told to stop (SIGINT or SIGTERM)."""
    from registry.config import AccessPolicy, RatePolicy, RegistryConfig, WebhookPolicy
    from registry.errors import RegistryError
    from registry.oidc_settings import read_oidc
    from registry.serve import run

    require_free(host, port)
    key = webhook_key(webhook_key_file) if webhook_key_file else None
    try:
        people = read_oidc(oidc.read_text("utf-8"), os.environ.get("PACTOLUS_OIDC_SECRET")) if oidc else None
        config = RegistryConfig(
            database,
            host=host,
            port=port,
            issuer=issuer,
            rates=RatePolicy(storage_url=limits_storage),
            access=AccessPolicy(separate_in=separate_duties_in),
            oidc=people,
            webhooks=WebhookPolicy(allowed_networks=webhook_networks, key=key),
        )
        run(config)
    except RegistryError as error:
        raise PactolusError(f"{error.code}: {error.detail}") from error


def webhook_key(path: Path) -> bytes:
    """The bytes of the file, which are not to be few."""
    from registry.delivery.signing import KEY_BYTES_MIN

    try:
        key = path.read_bytes()
    except OSError as error:
        raise PactolusError(f"cannot read {path}: {error.strerror}") from None
    if len(key) < KEY_BYTES_MIN:
        raise PactolusError(f"{path} has {len(key)} bytes; a key has {KEY_BYTES_MIN} or more")
    return key


@registry.group()
def account() -> None:
    """Keep the accounts of the people who sign in to the portal."""


password_option = click.option(
    "--password-stdin", is_flag=True, help="Read the password from standard input instead of the terminal."
)


@account.command(
    epilog="""\b
Examples:
  pactolus registry account add anna --title "Anna Berg" --team erp-team
  pactolus registry account add root --admin --password-stdin < password.txt
"""
)
@click.argument("name")
@click.option("--title", default="", help="The person's name; by default the account's.")
@click.option("--team", help="The team that the person belongs to.")
@click.option("--admin", is_flag=True, help="An administrator, of no team.")
@password_option
@database_option
def add(name: str, title: str, team: str | None, admin: bool, password_stdin: bool, database: str) -> None:
    """Add a person, of a team or as an administrator."""
    from registry.usecases.accounts import add_account

    if (team is None) != admin:
        raise click.UsageError("give --team, or --admin")
    with accounts_store(database) as (store, clock):
        add_account(store, clock, name, title, team, password_asked(password_stdin))
    click.echo(f"added {name}")


@account.command()
@click.argument("name")
@password_option
@database_option
def password(name: str, password_stdin: bool, database: str) -> None:
    """Set another password and end the account's sessions."""
    from registry.usecases.accounts import set_password

    with accounts_store(database) as (store, clock):
        set_password(store, clock, name, password_asked(password_stdin))
    click.echo(f"changed the password of {name}")


@account.command()
@click.argument("name")
@database_option
def withdraw(name: str, database: str) -> None:
    """End an account and its sessions; its name is not given again."""
    from registry.usecases.accounts import withdraw_account

    with accounts_store(database) as (store, clock):
        withdraw_account(store, clock, name)
    click.echo(f"withdrew {name}")


@contextmanager
def accounts_store(database: str) -> Iterator[tuple[Store, Clock]]:
    """The store of a registry that was initialised; refusals become messages."""
    from registry.config import RegistryConfig
    from registry.errors import RegistryError
    from registry.serve import now, open_store

    try:
        store = open_store(RegistryConfig(database))
        try:
            yield store, now
        finally:
            store.engine.dispose()
    except RegistryError as error:
        raise PactolusError(f"{error.code}: {error.detail}") from error


def password_asked(from_stdin: bool) -> str:
    """The password, from standard input or asked for twice on the terminal."""
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    answer: str = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    return answer


@registry.command(
    epilog="""\b
Examples:
  pactolus registry add-key --for contracts --database sqlite:///registry.sqlite
"""
)
@click.option(
    "--database",
    required=True,
    envvar="PACTOLUS_DATABASE",
    show_envvar=True,
    metavar="URL",
    help=DATABASE_HELP,
)
@click.option(
    "--for",
    "purpose",
    required=True,
    type=click.Choice(["audit", "contracts"]),
    help="What the key signs: checkpoints of the audit log, or published versions.",
)
def add_key(database: str, purpose: str) -> None:
    """Add a key to sign with, and print its public part.

    The new key and the one before it both sign from now on, so that who trusts the old one has time to learn
    the new one. A server that runs takes the key up by itself.
    """
    from registry.config import RegistryConfig
    from registry.errors import RegistryError
    from registry.model import KeyPurpose
    from registry.serve import add_vouching_key

    try:
        click.echo(add_vouching_key(RegistryConfig(database), KeyPurpose(purpose)))
    except RegistryError as error:
        raise PactolusError(f"{error.code}: {error.detail}") from error
