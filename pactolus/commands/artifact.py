"""``pactolus artifact`` and ``pactolus vendor``: what a registry keeps beside contracts, from files."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import click
from rich.console import Console
from rich.markup import escape

from pactolus.commands.options import registry_option, secret_option
from pactolus.console import standard_output
from pactolus.errors import EXIT_OK, EXIT_REFUSED, PactolusError, RegistryRefused
from pactolus.registry_client import RegistryClient
from specs.config import LIMITS

WRITE = "registry:read registry:publish"
STYLES = {"breaking": "bold red", "unknown": "yellow", "warning": "yellow"}

client_id_option = click.option(
    "--client-id",
    required=True,
    envvar="PACTOLUS_CLIENT_ID",
    show_envvar=True,
    help="The owner team's credential.",
)
file_argument = click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
name_option = click.option("--name", required=True, help="What the registry calls it.")
version_option = click.option("--version", required=True, help="The version; it never changes once kept.")
owner_option = click.option("--owner", required=True, help="The team that answers for it.")
dry_run_option = click.option("--dry-run", is_flag=True, help="Examine it, and keep nothing.")
format_option = click.option(
    "--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True
)


@click.group()
def artifact() -> None:
    """Keep mappings and rulesets in a registry, as versions that never change."""


@artifact.command(
    name="publish",
    epilog="""\b
Examples:
  export PACTOLUS_CLIENT_SECRET=...
  pactolus artifact publish ruleset finance.yaml --name finance-rules --version 1.0.0 \\
      --owner enterprise-architecture --client-id enterprise-architecture-0a1b
  pactolus artifact publish mapping ledger-invoice.yaml --name ledger-invoice --version 1.0.0 \\
      --owner integration-engineering --client-id integration-4f2c --dry-run
""",
)
@click.argument("kind", type=click.Choice(["mapping", "ruleset"]))
@file_argument
@name_option
@version_option
@owner_option
@registry_option
@client_id_option
@secret_option
@dry_run_option
@format_option
def publish_artifact(
    kind: str,
    file: Path,
    name: str,
    version: str,
    owner: str,
    url: str,
    client_id: str,
    client_secret: str,
    dry_run: bool,
    format_: str,
) -> None:
    """Keep a mapping or a ruleset. The same content again under the same version changes nothing.

    Exit status 0: kept. 1: refused. 2: unusable input.
    """
    body = body_of(file, version, owner)
    with RegistryClient(url, client_id, client_secret, WRITE) as client:
        answered(lambda: kept(client, kind, name, body, dry_run), format_, told(dry_run))


@click.group()
def vendor() -> None:
    """Keep a vendor's OpenAPI and AsyncAPI releases, and see which mappings a new one breaks."""


@vendor.command(
    name="import",
    epilog="""\b
Examples:
  export PACTOLUS_CLIENT_SECRET=...
  pactolus vendor import xero-13.yaml --name xero-accounting --vendor Xero --product Accounting \\
      --version 13.0.0 --owner integration-engineering --client-id integration-4f2c
""",
)
@file_argument
@name_option
@click.option("--vendor", "vendor_name", required=True, help="Who publishes the document.")
@click.option("--product", required=True, help="What it describes.")
@version_option
@owner_option
@registry_option
@client_id_option
@secret_option
@dry_run_option
@format_option
def import_release(
    file: Path,
    name: str,
    vendor_name: str,
    product: str,
    version: str,
    owner: str,
    url: str,
    client_id: str,
    client_secret: str,
    dry_run: bool,
    format_: str,
) -> None:
    """Keep a vendor's release as it is, and compare it with the one kept last.

    Exit status 0: kept, and no mapping in use breaks. 1: refused, or kept and a mapping breaks or could not
    be judged. 2: unusable input.
    """
    body = body_of(file, version, owner) | {"vendor": vendor_name, "product": product}
    with RegistryClient(url, client_id, client_secret, WRITE) as client:
        answered(lambda: kept(client, "vendor-document", name, body, dry_run), format_, told(dry_run))


@vendor.command(name="compare")
@click.argument("name")
@click.option("--before", required=True, help="The earlier release.")
@click.option("--after", default="latest", show_default=True, help="The later release.")
@registry_option
@client_id_option
@secret_option
@format_option
def compare_releases(
    name: str, before: str, after: str, url: str, client_id: str, client_secret: str, format_: str
) -> None:
    """Compare two releases that the registry keeps. Exit status as for `import`."""
    with RegistryClient(url, client_id, client_secret, "registry:read") as client:
        path = f"/registry/v1/vendor-documents/{quote(name)}/comparison"
        asked = {"before": before, "after": after}
        answered(lambda: {"impact": client.call("GET", path, params=asked)}, format_, tell_impact)


def body_of(file: Path, version: str, owner: str) -> dict[str, str]:
    """The request for a file; its bytes must be text."""
    if file.stat().st_size > LIMITS.document_bytes_max:
        raise PactolusError(
            f"{file} has more than {LIMITS.document_bytes_max} bytes",
            "give the document itself",
        )
    try:
        content = file.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise PactolusError(f"{file} is not UTF-8: {error}", "write it in UTF-8") from error
    return {"version": version, "owner": owner, "uri": file.name, "content": content}


def kept(client: RegistryClient, kind: str, name: str, body: dict[str, str], dry_run: bool) -> dict[str, Any]:
    """What the registry answers to a publication."""
    path = f"/registry/v1/artifacts/{kind}/{quote(name)}/versions"
    return client.call("POST", path, body, params={"dryRun": "true"} if dry_run else None)


def answered(
    ask: Callable[[], dict[str, Any]], format_: str, tell: Callable[[Console, dict[str, Any]], None]
) -> None:
    """Asks, tells the answer or the refusal, and ends with the exit status."""
    console = standard_output()
    try:
        answer = ask()
    except RegistryRefused as refusal:
        if format_ == "json":
            click.echo(json.dumps(refusal.problem, indent=2, ensure_ascii=False))
        else:
            tell_refusal(console, refusal)
        sys.exit(EXIT_REFUSED)
    if format_ == "json":
        click.echo(json.dumps(answer, indent=2, ensure_ascii=False))
    else:
        tell(console, answer)
    fields = (answer.get("impact") or {}).get("fields", [])
    sys.exit(EXIT_REFUSED if any(one["level"] in ("breaking", "unknown") for one in fields) else EXIT_OK)


def told(dry_run: bool) -> Callable[[Console, dict[str, Any]], None]:
    """What is said of a version that is, or would be, kept."""
    done = "would be kept" if dry_run else "is kept"

    def tell(console: Console, answer: dict[str, Any]) -> None:
        version = answer["version"]
        console.print(
            f"[green]{escape(version['name'])} {escape(version['version'])} {done}[/]"
            f"  sha256 {version['sha256'][:12]}"
        )
        tell_impact(console, answer)

    return tell


def tell_impact(console: Console, answer: dict[str, Any]) -> None:
    """The verdict between two releases, and each field of a mapping that is touched."""
    impact = answer.get("impact")
    if impact is None:
        return
    if impact["before"] is None:
        console.print("the first release: there is none to compare with")
        return
    report = impact["report"]
    counts = report["summary"]
    console.print(
        escape(
            f"since {impact['before']}: {report['verdict']}; {counts['breaking']} breaking, "
            f"{counts['unknown']} not decided, {counts['info']} noted"
        )
    )
    console.print(
        f"mappings in use that name it: {impact['mappings']}; fields touched: {len(impact['fields'])}"
    )
    if impact["leftOut"]:
        console.print("[yellow]there are more mappings than one comparison reads[/]")
    for one in impact["fields"]:
        head = f"{one['mapping']} {one['version']} of {one['owner']}: {one['change'].replace('_', ' ')}"
        console.print(f"[{STYLES.get(one['level'], '')}]{one['level']}[/] {escape(head)}")
        console.print(escape(f"    {one['pointer']} -> {one['counterpart']}"))
        console.print(escape(f"    {one['detail']}"))
        console.print(escape(f"    to do: {one['advice']}"))


def tell_refusal(console: Console, refusal: RegistryRefused) -> None:
    """Code, detail and each problem with its line."""
    said = escape(f"{refusal.status} {refusal.code}  {refusal.problem.get('detail', '')}")
    console.print(f"[bold red]refused:[/] {said}")
    for error in refusal.problem.get("errors", []):
        place = str(error.get("uri", "")) + (f":{error['line']}" if error.get("line") else "")
        console.print(escape(f"  {place} {error.get('code')}  {error.get('detail')}"))
        if error.get("fix"):
            console.print(escape(f"      fix {error['fix']}"))
