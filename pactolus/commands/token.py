"""``pactolus token``: an access token for a call by hand."""

from __future__ import annotations

import click

from pactolus.commands.options import registry_option, secret_option
from pactolus.registry_client import RegistryClient


@click.command(
    epilog="""\b
Examples:
  export PACTOLUS_CLIENT_ID=... PACTOLUS_CLIENT_SECRET=...
  curl -H "Authorization: Bearer $(pactolus token)" http://127.0.0.1:8710/system/erp-orders/v1/orders
  pactolus token --scope "erp.order:read erp.customer:read"
"""
)
@registry_option
@click.option("--client-id", required=True, envvar="PACTOLUS_CLIENT_ID", show_envvar=True)
@secret_option
@click.option("--scope", default="", help="Separated by spaces; by default all that was granted.")
def token(url: str, client_id: str, client_secret: str, scope: str) -> None:
    """Print an access token (OAuth 2 client credentials), good for ten minutes.

    Exit status 1 when the registry refuses, 2 when it does not answer.
    """
    with RegistryClient(url, client_id, client_secret, scope) as client:
        click.echo(client.access_token())
