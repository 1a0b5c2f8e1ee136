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
from pactolus.errors import EXIT_OK, EXIT_REFUSED, PactolusError, RegistryRefused
from pactolus.registry_client import RegistryClient
from pactolus.report_lines import report_lines


@click.command(
    epilog="""\b
Examples:
  export PACTOLUS_CLIENT_SECRET=...
  pactolus publish specs/documents/system/erp-orders.v1.openapi.yaml --root specs/documents \\
      --registry http://127.0.0.1:8700 --client-id erp-team
  pactolus publish --dry-run contract.yaml --client-id erp-team
  pactolus publish specs/documents --client-id admin
"""
)
@click.argument(
    "paths", nargs=-1, required=True, metavar="PATH...", type=click.Path(path_type=Path, exists=True)
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
    paths: tuple[Path, ...],
    url: str,
    client_id: str,
    client_secret: str,
    roots: tuple[Path, ...],
    dry_run: bool,
    format_: str,
) -> None:
    """Publish contract files in the order given, or all contracts of a FOLDER at once.

    Of a folder, all contracts are published or none, in the order of their references: every document with
    x-pactolus at its root, canonical schemas first. Publishing the same content again changes nothing.

    Exit status 0: all published. 1: one was refused (of files, those before it are in force; of a folder,
    none). 2: unusable input.
    """
    if any(path.is_dir() for path in paths):
        if len(paths) > 1:
            raise click.UsageError("give one folder, or files")
        with RegistryClient(url, client_id, client_secret, "registry:read registry:publish") as client:
            sys.exit(_publish_folder(client, paths[0], roots, dry_run, format_))
    from specs.files import read_contract
    from specs.governance import governance_of

    contracts = [read_contract(path, roots) for path in paths]
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


def _publish_folder(
    client: RegistryClient, folder: Path, roots: tuple[Path, ...], dry_run: bool, format_: str
) -> int:
    """All contracts of the folder or none; the exit status."""
    from pactolus.contract_folder import contracts_below

    contracts = contracts_below(folder, roots)
    if not contracts:
        raise PactolusError(f"{folder} has no contract", "a contract has x-pactolus at its root")
    try:
        answer: dict[str, Any] = client.publish_all(contracts, dry_run=dry_run)
        status = EXIT_OK
    except RegistryRefused as refusal:
        answer, status = {"status": refusal.status, "code": refusal.code, **refusal.problem}, EXIT_REFUSED
    if format_ == "json":
        click.echo(json.dumps(answer, indent=2, ensure_ascii=False))
    elif status == EXIT_OK:
        _tell_published(standard_output(), answer)
    else:
        _tell_refused(standard_output(), answer)
    return status


def _tell_published(console: Console, answer: dict[str, Any]) -> None:
    for one in answer["publications"]:
        done = "would be published" if answer["dryRun"] else "is in force"
        said = done if one["created"] else "is in force already"
        console.print(
            f"[green]{escape(one['contract'])} {one['version']} {said}[/]  sha256 {one['sha256'][:12]}"
        )


def _tell_refused(console: Console, answer: dict[str, Any]) -> None:
    refused = f"{answer['status']} {answer['code']}  {answer.get('detail', '')}"
    console.print(f"[bold red]nothing is published:[/] {escape(refused)}")
    for one in answer.get("results", []):
        if one["outcome"] == "refused":
            _tell(console, one["contract"] or one["document"], {"status": "", **one}, dry_run=False)
        else:
            console.print(escape(f"{one['contract']} {one['version']} {one['outcome']}"))


def _tell(console: Console, name: str, answer: dict[str, Any], dry_run: bool) -> None:
    if "status" not in answer:
        done = "would be published" if dry_run else "is in force"
        console.print(f"[green]{escape(name)} {answer['version']} {done}[/]  sha256 {answer['sha256'][:12]}")
        for problem in answer.get("problems", []):
            console.print(f"  [yellow]warning[/] {escape(str(problem['code']))}")
            console.print(f"      {escape(str(problem['detail']))}")
        return
    refused = escape(f"{answer['status']} {answer['code']}  {answer.get('detail', '')}".strip())
    console.print(f"[bold red]{escape(name)} refused:[/] {refused}")
    for error in answer.get("errors", []):
        place = error.get("uri", "") + (f":{error['line']}" if error.get("line") else "")
        console.print(escape(f"  {place} {error.get('code')}  {error.get('detail')}"))
        if error.get("fix"):
            console.print(escape(f"      fix {error['fix']}"))
    for text in report_lines(answer.get("report") or {}):
        console.print(escape(f"  {text}"))
