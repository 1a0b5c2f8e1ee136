"""``pactolus check``: may this contract change so? Judged with a witness for each break."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pactolus.commands.options import level_option, mode_option, registry_option, roots_option
from pactolus.errors import EXIT_OK, EXIT_REFUSED, EXIT_UNUSABLE, PactolusError
from pactolus.report_outputs import Output, OutputType, known_formats, outputs, spare, write
from specs.errors import SpecError

if TYPE_CHECKING:
    from compatibility.model import Report
    from pactolus.sources import RegistryAccess


def explain(context: click.Context, _: click.Parameter, rule: str | None) -> None:
    """Prints the manual of a rule and ends the command."""
    if rule is not None:
        from pactolus.rule_manual import manual_of

        click.echo(manual_of(rule), nl=False)
        context.exit()


@click.command(
    epilog="""\b
Each of BEFORE and AFTER is
  a file                  orders.yaml
  git:REVISION:PATH       git:main:api/orders.yaml  git:HEAD~1:./orders.yaml
  registry:NAME@VERSION   registry:erp-orders@1.0.0  registry:erp-orders@latest
  -                       standard input
\b
Examples:
  pactolus check erp-orders.1.0.yaml erp-orders.1.1.yaml
  pactolus check git:main:api/orders.yaml api/orders.yaml --format html=report.html
  pactolus check registry:erp-orders@latest orders.yaml --usage registry:erp-orders
  pactolus check git:origin/main:orders.yaml orders.yaml --format github --format sarif=orders.sarif
  pactolus check before.yaml after.yaml --waivers waivers.yaml --fail-on breaking
  pactolus check before.yaml after.yaml --format json | jq .verdict
  pactolus check --explain request-member-required
"""
)
@click.argument("before")
@click.argument("after")
@roots_option
@click.option(
    "--format",
    "formats",
    type=OutputType(),
    multiple=True,
    metavar="FORMAT[=FILE]",
    help=f"One of {', '.join(known_formats())}; may be repeated with a file each. Standard output "
    "is text when no other format goes there.",
)
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False, writable=True),
    help="A file for the format that would go to standard output.",
)
@click.option(
    "--fail-on",
    type=click.Choice(["breaking", "unknown", "info", "never"]),
    default="unknown",
    show_default=True,
    help="The least finding that makes the exit status 1; waived ones do not.",
)
@mode_option
@level_option
@click.option(
    "--waivers",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="A file of waivers: fingerprint, reason, owner, expires; perhaps operations and consumers.",
)
@click.option(
    "--usage",
    help="Who calls what, to name the consumers of each finding: a file, or registry:NAME.",
)
@registry_option
@click.option(
    "--client-id",
    envvar="PACTOLUS_CLIENT_ID",
    show_envvar=True,
    help="A credential that may read the registry.",
)
@click.option(
    "--client-secret",
    envvar="PACTOLUS_CLIENT_SECRET",
    show_envvar=True,
    help="Better in the environment than on the command line.",
)
@click.option(
    "--explain",
    metavar="RULE",
    is_eager=True,
    expose_value=False,
    callback=explain,
    help="Print the manual of a rule and end.",
)
def check(
    before: str,
    after: str,
    roots: tuple[Path, ...],
    formats: tuple[Output, ...],
    output: Path | None,
    fail_on: str,
    url: str,
    client_id: str | None,
    client_secret: str | None,
    **judged: Any,
) -> None:
    """Judge the change from the contract BEFORE to the contract AFTER.

    Exit status 0: nothing that fails. 1: breaking, or unknown (see --fail-on). 2: unusable input.
    """
    from pactolus.memory import collect_rarely
    from pactolus.sources import RegistryAccess

    collect_rarely()
    wanted = outputs(formats, output)
    spare(wanted, (before, after, judged["waivers"], judged["usage"]))
    access = RegistryAccess(url, client_id, client_secret)
    try:
        report = judge(before, after, roots, access, **judged)
    except SpecError as error:
        if Output("json") not in wanted:
            raise
        click.echo(json.dumps([problem.as_json() for problem in error.problems], indent=2))
        sys.exit(EXIT_UNUSABLE)
    write(report, wanted)
    sys.exit(EXIT_REFUSED if fails(report, fail_on) else EXIT_OK)


def judge(
    before: str,
    after: str,
    roots: tuple[Path, ...],
    access: RegistryAccess,
    *,
    mode: Any,
    level: Any,
    waivers: Path | None,
    usage: str | None,
) -> Report:
    """The report, with consumers and waivers when they are given; all input is read before any work."""
    from compatibility import compare
    from compatibility.errors import CompatibilityError
    from pactolus.evidence_files import called_nowhere, usage_named, waivers_from
    from pactolus.progress import Steps
    from pactolus.sources import usable_pair

    with Steps(3) as steps:
        with steps.step("reading usage and waivers"):
            known = usage_named(usage, access) if usage is not None else None
            granted = waivers_from(waivers) if waivers is not None else ()
        with steps.step("reading both contracts"):
            *sides, borne = usable_pair(before, after, roots, access)
        with steps.step("judging the change"):
            try:
                report = compare(*sides, mode=mode, level=level).with_problems_before(borne)
            except CompatibilityError as error:
                raise PactolusError(str(error), "give two contracts of one kind") from error
            if known is not None:
                report = report.with_usage(known)
                if told := called_nowhere(known, *sides):
                    click.echo(
                        f"pactolus: {told}\nfix: write them as reports name them, `POST /orders`", err=True
                    )
            if waivers is not None:
                report = report.with_waivers(granted, datetime.now(UTC).date())
    return report


def fails(report: Report, fail_on: str) -> bool:
    """Whether the exit status is 1; a waived finding never makes it so."""
    if fail_on == "never":
        return False
    if fail_on == "info" and any(finding.waived is None for finding in report.findings):
        return True
    return report.verdict == "breaking" or (report.verdict == "unknown" and fail_on != "breaking")
