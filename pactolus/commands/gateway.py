"""``pactolus gateway``: the data plane that enforces what is published."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from pactolus.addresses import require_free
from pactolus.errors import PactolusError

if TYPE_CHECKING:
    from gateway.config import FolderSource, RegistrySource
    from specs.ed25519 import PublicKey


@click.group()
def gateway() -> None:
    """Enforce published contracts in front of the services they speak of."""


@gateway.command(
    epilog="""\b
Examples:
  export PACTOLUS_CLIENT_SECRET=...
  pactolus gateway serve --registry http://127.0.0.1:8700 --client-id ID \\
      --upstream erp-orders.v1=http://127.0.0.1:8722
  pactolus gateway serve --contracts contracts/ --settings gateway.yaml \\
      --upstream erp-orders.v1=http://127.0.0.1:8722
"""
)
@click.option(
    "--registry", "url", envvar="PACTOLUS_REGISTRY", show_envvar=True, help="The registry's address."
)
@click.option(
    "--client-id",
    envvar="PACTOLUS_CLIENT_ID",
    show_envvar=True,
    help="The gateway's credential at the registry.",
)
@click.option(
    "--client-secret",
    envvar="PACTOLUS_CLIENT_SECRET",
    show_envvar=True,
    help="Better in the environment than on the command line.",
)
@click.option(
    "--registry-key",
    "key_texts",
    multiple=True,
    metavar="KEY",
    help="A public key that contracts must be signed with (GET /registry/v1/signing-keys); may be repeated. "
    "Without one, the keys met first are kept in the state folder and count from then on.",
)
@click.option(
    "--contracts",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="Instead of a registry: a folder of contracts.",
)
@click.option(
    "--settings",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="With --contracts: a YAML file of the issuer, the consumers and the lifecycles.",
)
@click.option(
    "--upstream",
    "upstreams",
    multiple=True,
    metavar="NAME.vN=URL",
    help="Where a contract's service is; may be repeated.",
)
@click.option(
    "--config",
    "operator_file",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="A YAML file of what an operator sets for this environment: docs/reference/gateway-settings.md.",
)
@click.option(
    "--workers",
    default=1,
    show_default=True,
    type=click.IntRange(1, 64),
    help="Processes behind the port; they share limits and the metrics page.",
)
@click.option(
    "--redis",
    envvar="PACTOLUS_REDIS",
    show_envvar=True,
    metavar="URL",
    help="Where gateways on several machines share limits and keyed answers: redis://host:port/0.",
)
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8710, show_default=True, type=click.IntRange(0, 65535))
@click.option(
    "--access-log", type=click.Path(path_type=Path, dir_okay=False), help="A file; else standard output."
)
@click.option(
    "--state-dir",
    envvar="PACTOLUS_STATE_DIR",
    show_envvar=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="Where the last good plan is kept, for a start while the registry is away; one gateway each."
    "  [default: .pactolus/gateway-PORT]",
)
def serve(
    url: str | None,
    client_id: str | None,
    client_secret: str | None,
    key_texts: tuple[str, ...],
    contracts: Path | None,
    settings: Path | None,
    upstreams: tuple[str, ...],
    operator_file: Path | None,
    workers: int,
    redis: str | None,
    host: str,
    port: int,
    access_log: Path | None,
    state_dir: Path | None,
) -> None:
    """Serve the gateway until it is told to stop (SIGINT or SIGTERM)."""
    from gateway.config import GatewayConfig, Limits
    from gateway.errors import GatewayError
    from gateway.operator import OperatorSettings, read_operator_settings
    from gateway.serve import run

    require_free(host, port)
    try:
        told = (
            OperatorSettings() if operator_file is None else read_operator_settings(operator_file, Limits())
        )
    except GatewayError as error:
        raise PactolusError(str(error)) from error
    source = _source(url, client_id, client_secret, contracts, settings)
    named = dict(_upstream(text) for text in upstreams)
    config = GatewayConfig(
        source=source,
        upstreams=named,
        host=host,
        port=port,
        workers=workers,
        validation=told.validation,
        authentication=told.authentication,
        operator_limits=told.limits,
        redis=redis,
        redis_fallback=told.redis,
        access_log=access_log,
        registry_keys=tuple(_registry_key(text) for text in key_texts),
        state_folder=(state_dir or Path(".pactolus") / f"gateway-{port}").absolute(),
    )
    try:
        status = run(config)
    except GatewayError as error:
        raise PactolusError(str(error)) from error
    if status:
        raise SystemExit(status)


@gateway.command("api-key")
@click.option("--client", required=True, help="The client identifier that the key stands for.")
@click.option("--scope", "scopes", multiple=True, help="What it may do; may be repeated.")
@click.option(
    "--pepper",
    envvar="PACTOLUS_API_KEY_PEPPER",
    show_envvar=True,
    required=True,
    help="The secret of the digests, as the gateway has it; better in the environment.",
)
def api_key(client: str, scopes: tuple[str, ...], pepper: str) -> None:
    """Make a key for a client: what the client is given, and what the settings hold of it."""
    import secrets

    from gateway.operator.authentication import PEPPER_BYTES_MIN
    from gateway.policies.api_keys import digest, id_of, new_key

    if len(pepper.encode()) < PEPPER_BYTES_MIN:
        raise PactolusError(
            f"the pepper is shorter than {PEPPER_BYTES_MIN} bytes", "make one: openssl rand -base64 32"
        )
    key = new_key(secrets.choice)
    click.echo(f"key, told this once: {key}")
    click.echo("entry of apiKeys:")
    kept = digest(pepper.encode(), key.encode()).hex()
    click.echo(f"  - id: {id_of(key)}\n    client: {client}\n    digest: {kept}")
    if scopes:
        click.echo(f"    scopes: [{', '.join(scopes)}]")


def _source(
    url: str | None,
    client_id: str | None,
    client_secret: str | None,
    contracts: Path | None,
    settings: Path | None,
) -> RegistrySource | FolderSource:
    from gateway.config import FolderSource, RegistrySource

    if contracts is not None and settings is not None and url is None:
        return FolderSource(contracts, settings)
    if url and client_id and client_secret and contracts is None:
        return RegistrySource(url.rstrip("/"), client_id, client_secret)
    raise PactolusError(
        "the gateway needs one source of contracts",
        "give --registry with --client-id and PACTOLUS_CLIENT_SECRET, or --contracts with --settings",
    )


def _registry_key(text: str) -> PublicKey:
    from specs.ed25519 import KeyTextError, public_key

    try:
        return public_key(text)
    except KeyTextError as error:
        raise PactolusError(
            f"--registry-key {text} is no public key: {error}", "take it from GET /registry/v1/signing-keys"
        ) from error


def _upstream(text: str) -> tuple[str, str]:
    name, separator, url = text.partition("=")
    if not separator or not url.startswith(("http://", "https://")):
        raise PactolusError(
            f"--upstream {text} is not NAME.vN=URL",
            "for example --upstream erp-orders.v1=http://127.0.0.1:8722",
        )
    return name, url.rstrip("/")
