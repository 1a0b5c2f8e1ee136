"""``pactolus publish``: bring contracts into force at a registry."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.markup import escape

from pactolus.commands.options import registry_option, roots_option, secret_option
from pactolus.console import standard_output
from pactolus.errors import EXIT_OK, EXIT_REFUSED, RegistryRefused
from pactolus.registry_client import RegistryClient
from pactolus.report_lines import report_lines


@click.command(
    epilog="""\b
Examples:
  export PACTOLUS_CLIENT_SECRET=...
  pactolus publish specs/documents/system/erp-orders.v1.openapi.yaml --root specs/documents \\
      --registry http://127.0.0.1:8700 --client-id erp-team
  pactolus publish --dry-run contract.yaml --client-id erp-team
"""
)
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(path_type=Path, dir_okay=False, exists=True)
)
@registry_option
@click.option(
    "--client-id",
    required=True,
    envvar="PACTOLUS_CLIENT_ID",
    show_envvar=True,
    help="The owner team's credential.",
)
@secret_option
@roots_option
@click.option("--dry-run", is_flag=True, help="Judge as if publishing, and store nothing.")
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
def publish(
    files: tuple[Path, ...],
    url: str,
    client_id: str,
    client_secret: str,
    roots: tuple[Path, ...],
    dry_run: bool,
    format_: str,
) -> None:
    """Publish contract FILES in the order given. Publishing the same content again changes nothing.

    Exit status 0: all published. 1: one was refused (those before it are in force). 2: unusable input.
    """
    from specs.files import read_contract
    from specs.governance import governance_of

    contracts = [read_contract(path, roots) for path in files]
    named = [(governance_of(contract).name, contract) for contract in contracts]
    console = standard_output()
    answers: list[dict[str, Any]] = []
    status = EXIT_OK
    with RegistryClient(url, client_id, client_secret, "registry:read registry:publish") as client:
        for name, contract in named:
            try:
                answers.append(client.publish(name, contract, dry_run=dry_run))
            except RegistryRefused as refusal:
                answers.append({"status": refusal.status, "code": refusal.code, **refusal.problem})
                status = EXIT_REFUSED
            if format_ == "text":
                _tell(console, name, answers[-1], dry_run)
            if status != EXIT_OK:
                break
    if format_ == "json":
        click.echo(json.dumps(answers, indent=2, ensure_ascii=False))
    sys.exit(status)


def _tell(console: Console, name: str, answer: dict[str, Any], dry_run: bool) -> None:
    if "status" not in answer:
        done = "would be published" if dry_run else "is in force"
        console.print(f"[green]{escape(name)} {answer['version']} {done}[/]  sha256 {answer['sha256'][:12]}")
        for problem in answer.get("problems", []):
            console.print(f"  [yellow]warning[/] {escape(str(problem['code']))}")
            console.print(f"      {escape(str(problem['detail']))}")
        return
    refused = escape(f"{answer['status']} {answer['code']}  {answer.get('detail', '')}")
    console.print(f"[bold red]{escape(name)} refused:[/] {refused}")
    for error in answer.get("errors", []):
        place = error.get("uri", "") + (f":{error['line']}" if error.get("line") else "")
        console.print(escape(f"  {place} {error.get('code')}  {error.get('detail')}"))
        if error.get("fix"):
            console.print(escape(f"      fix {error['fix']}"))
    for text in report_lines(answer.get("report") or {}):
        console.print(escape(f"  {text}"))
