"""Options that several commands share."""

from __future__ import annotations

import sys
from pathlib import Path

import click


def asked_for(context: click.Context, parameter: click.Parameter, secret: str | None) -> str:
    """The secret given, or what a person types; without a terminal nobody can be asked."""
    if secret:
        return secret
    if not sys.stdin.isatty():
        raise click.MissingParameter(ctx=context, param=parameter)
    typed: str = click.prompt("Client secret", hide_input=True, err=True)
    return typed


registry_option = click.option(
    "--registry",
    "url",
    default="http://127.0.0.1:8700",
    envvar="PACTOLUS_REGISTRY",
    show_envvar=True,
    show_default=True,
)
secret_option = click.option(
    "--client-secret",
    envvar="PACTOLUS_CLIENT_SECRET",
    show_envvar=True,
    callback=asked_for,
    help="Better in the environment than on the command line; asked for on a terminal when it is not given.",
)
roots_option = click.option(
    "--root",
    "roots",
    multiple=True,
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="A folder that references may reach; by default the current one, or the document's own.",
)
mode_option = click.option(
    "--mode",
    type=click.Choice(["declared", "strict"]),
    default="declared",
    show_default=True,
    help="declared: writers send only members that the contract declares. strict: anything a schema takes.",
)
level_option = click.option(
    "--level",
    type=click.Choice(["wire", "json", "sdk", "docs"]),
    default="json",
    show_default=True,
    help="Which promises count: bytes and routes, JSON values, names in generated code, words for people.",
)
