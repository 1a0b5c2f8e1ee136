"""``pactolus service``: the quote-to-cash services behind the gateway."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from pactolus.addresses import require_free
from pactolus.errors import PactolusError

if TYPE_CHECKING:
    from quote_to_cash.config import GatewayAccess

SERVICES = ("crm-quote", "erp-orders", "master-data", "quote-validation")
CALLING = ("crm-quote", "quote-validation")
STATELESS = ("quote-validation",)


@click.group()
def service() -> None:
    """The quote-to-cash services that the business contracts speak of."""


@service.command(
    epilog="""\b
Examples:
  pactolus service serve erp-orders --port 8722 --database erp.sqlite
  export PACTOLUS_CLIENT_SECRET=...
  pactolus service serve quote-validation --port 8724 --gateway http://127.0.0.1:8710 \\
      --token-url http://127.0.0.1:8700/oauth/token --client-id ID
"""
)
@click.argument("name", type=click.Choice(SERVICES))
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", required=True, type=click.IntRange(0, 65535))
@click.option(
    "--database", type=click.Path(path_type=Path, dir_okay=False), help="The service's own SQLite file."
)
@click.option("--gateway", "gateway_url", help="Where the other services are reached.")
@click.option("--token-url", help="The authorization server's token endpoint.")
@click.option(
    "--client-id", envvar="PACTOLUS_CLIENT_ID", show_envvar=True, help="The service's own credential."
)
@click.option(
    "--client-secret",
    envvar="PACTOLUS_CLIENT_SECRET",
    show_envvar=True,
    help="Better in the environment than on the command line.",
)
def serve(
    name: str,
    host: str,
    port: int,
    database: Path | None,
    gateway_url: str | None,
    token_url: str | None,
    client_id: str | None,
    client_secret: str | None,
) -> None:
    """Serve one service until it is told to stop (SIGINT or SIGTERM)."""
    from quote_to_cash.config import ServiceConfig
    from quote_to_cash.errors import QuoteToCashError
    from quote_to_cash.serve import run

    if database is None and name not in STATELESS:
        raise PactolusError(f"{name} keeps a database", "say where with --database FILE")
    require_free(host, port)
    access = None
    if name in CALLING:
        access = _access(name, gateway_url, token_url, client_id, client_secret)
    try:
        run(ServiceConfig(name=name, host=host, port=port, database=database, gateway=access))
    except QuoteToCashError as error:
        raise PactolusError(str(error)) from error


def _access(
    name: str,
    gateway_url: str | None,
    token_url: str | None,
    client_id: str | None,
    client_secret: str | None,
) -> GatewayAccess:
    from quote_to_cash.config import GatewayAccess

    if gateway_url and token_url and client_id and client_secret:
        return GatewayAccess(gateway_url.rstrip("/"), token_url, client_id, client_secret)
    raise PactolusError(
        f"{name} calls other services through the gateway",
        "give --gateway, --token-url, --client-id and PACTOLUS_CLIENT_SECRET",
    )
