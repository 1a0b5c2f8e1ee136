"""``pactolus lint``: is this a valid contract, and does it keep the governance rules?"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pactolus.console import print_problems, standard_error, standard_output
from pactolus.errors import EXIT_OK, EXIT_REFUSED, EXIT_UNUSABLE
from specs.errors import SpecError

if TYPE_CHECKING:
    from specs.lint.exceptions import Excepted, LintException
    from specs.lint.scorecard import Scorecard
    from specs.lint.spectral import Ruleset
    from specs.model import Contract, Problem

FILE = click.Path(path_type=Path, dir_okay=False, exists=True)


@click.command(
    epilog="""\b
Examples:
  pactolus lint specs/documents/system/erp-orders.v1.openapi.yaml
  pactolus lint --format json contracts/*.yaml > problems.json
  pactolus lint --ruleset .spectral.yaml --exceptions exceptions.yaml contracts/*.yaml
  pactolus lint --scorecard contracts/*.yaml
"""
)
@click.argument("files", nargs=-1, required=True, type=FILE)
@click.option(
    "--root",
    "roots",
    multiple=True,
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="A folder that references may reach; by default the current one, or the document's own.",
)
@click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "json", "sarif", "junit", "github"]),
    default="text",
    show_default=True,
)
@click.option("--strict", is_flag=True, help="Let warnings fail too.")
@click.option(
    "--ruleset", "ruleset_file", type=FILE, help="Rules in Spectral's YAML, in place of the house rules."
)
@click.option("--exceptions", "exceptions_file", type=FILE, help="Who may break which rule until when.")
@click.option("--scorecard", "as_scorecard", is_flag=True, help="Show each contract's level instead.")
def lint(
    files: tuple[Path, ...],
    roots: tuple[Path, ...],
    format_: str,
    strict: bool,
    ruleset_file: Path | None,
    exceptions_file: Path | None,
    as_scorecard: bool,
) -> None:
    """Check contracts: OpenAPI 3.0 and 3.1, AsyncAPI 2.6 and 3.0, JSON Schema.

    Exit status 0: nothing that fails. 1: errors (with --strict: warnings). 2: unusable input.
    """
    if as_scorecard and format_ not in ("text", "json"):
        raise click.UsageError("--scorecard is written as text or json")
    if as_scorecard and ruleset_file is not None:
        raise click.UsageError("--scorecard is about the house rules; leave --ruleset away")
    run = _Run(roots, datetime.now(UTC).date(), ruleset_file)
    try:
        run.prepare(exceptions_file)
    except SpecError as error:
        print_problems(standard_error(), error.problems)
        sys.exit(EXIT_UNUSABLE)
    for path in files:
        try:
            run.judge(path)
        except SpecError as error:
            run.unusable += error.problems
    run.finish()
    failing = [one for one in run.problems if one.severity == "error" or (strict and one.severity != "info")]
    _tell(run, format_, as_scorecard, len(failing))
    sys.exit(EXIT_UNUSABLE if run.unusable else EXIT_REFUSED if failing else EXIT_OK)


@dataclass(slots=True)
class _Run:
    """What is collected over all files."""

    roots: tuple[Path, ...]
    today: date
    ruleset_file: Path | None = None
    ruleset: Ruleset | None = None
    exceptions: tuple[LintException, ...] = ()
    read: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    excepted: list[Excepted] = field(default_factory=list)
    unusable: list[Problem] = field(default_factory=list)
    cards: list[Scorecard] = field(default_factory=list)
    about_exceptions: tuple[Problem, ...] = ()
    uncovered: dict[str, None] = field(default_factory=dict)

    def prepare(self, exceptions_file: Path | None) -> None:
        """Reads what is given beside the contracts; SpecError."""
        from pactolus.lint_files import exceptions_from, ruleset_from

        if self.ruleset_file is not None:
            self.ruleset = ruleset_from(self.ruleset_file)
            self.problems += self.ruleset.notes
        if exceptions_file is not None:
            self.exceptions = exceptions_from(exceptions_file)

    def judge(self, path: Path) -> None:
        """What is invalid, else what breaks a rule: rules speak of valid contracts."""
        from specs.files import read_contract
        from specs.lint import all_rules
        from specs.lint.exceptions import judged
        from specs.lint.scorecard import scorecard
        from specs.validity import validity_problems

        contract = read_contract(path, self.roots)
        invalid = validity_problems(contract)
        found = judged(invalid or self.rules_say(contract, path), contract, self.exceptions, self.today)
        self.read.append(contract.document.uri)
        self.problems += found.left
        self.excepted += found.excepted
        name = contract.title or contract.document.uri
        self.cards.append(scorecard(name, contract.version, all_rules(), found.left, found.excepted))

    def rules_say(self, contract: Contract, path: Path) -> tuple[Problem, ...]:
        """The findings of the ruleset, of the house rules where none is given."""
        if self.ruleset is None or self.ruleset_file is None:
            from specs.lint import lint as lint_rules

            return lint_rules(contract)
        from pactolus.lint_files import path_from
        from specs.lint.spectral import lint_by

        place = path_from(self.ruleset_file, path)
        self.uncovered |= dict.fromkeys(self.ruleset.for_document(place).uncovered)
        return lint_by(self.ruleset, contract, place)

    def finish(self) -> None:
        """Exceptions that expired are findings, and those that covered nothing when all could be read."""
        from specs.lint.exceptions import exception_problems

        used = self.exceptions if self.unusable else [one.by for one in self.excepted]
        self.about_exceptions = exception_problems(self.exceptions, used, self.today)
        self.problems += self.about_exceptions


def _tell(run: _Run, format_: str, as_scorecard: bool, failing: int) -> None:
    if run.uncovered:
        names = ", ".join(sorted(run.uncovered))
        standard_error().print(f"not checked, no rule here is like them: {names}", markup=False)
    if format_ != "text" and not as_scorecard:
        from pactolus.lint_formats import FORMATS, Found

        found = Found(tuple(run.read), (*run.unusable, *run.problems), tuple(run.excepted))
        click.echo(FORMATS[format_](found), nl=False)
        return
    print_problems(standard_error(), run.unusable)
    if as_scorecard and format_ == "json":
        click.echo(json.dumps([card.as_json() for card in run.cards], indent=2))
        print_problems(standard_error(), run.about_exceptions)
    elif as_scorecard:
        for card in run.cards:
            _print_card(card)
        print_problems(standard_output(), run.about_exceptions)
    else:
        print_problems(standard_output(), run.problems)
        if not run.unusable:
            standard_output().print(_summary(run, failing))


def _print_card(card: Scorecard) -> None:
    out = standard_output()
    excepted = f", {card.excepted} findings excepted" if card.excepted else ""
    level = card.level or "below baseline"
    out.print(f"{card.contract} {card.version}: {level}{excepted}", markup=False, style="bold")
    for score in card.levels:
        out.print(f"  {score.level:<9}{score.kept:>3} of {score.rules:>2}  {score.promise}", markup=False)
    for one in card.missing:
        times = f"{one.findings} times, first at" if one.findings > 1 else "at"
        line = f":{one.first.position.line}" if one.first.position else ""
        where = f"{one.first.uri}{line} {one.first.pointer}".rstrip()
        out.print(f"  for {card.next_level}: {one.code} {times} {where}", markup=False)


def _summary(run: _Run, failing: int) -> str:
    files, problems = len(run.read), len(run.problems)
    read = f"{files} contract{'s' if files > 1 else ''} read"
    excepted = f", {len(run.excepted)} excepted" if run.excepted else ""
    if not problems:
        return f"[green]{read}, nothing to mend{excepted}[/]"
    return f"{read}: {problems} problem{'s' if problems > 1 else ''}, {failing} of them failing{excepted}"
