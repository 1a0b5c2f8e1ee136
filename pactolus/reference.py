"""Writes the reference pages from the code: ``python -m pactolus.reference docs/reference``."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

MADE = "<!-- Written from the code by `make reference`; change the code, not this page. -->"


def pages() -> dict[str, str]:
    """File name to text of each generated page."""
    return {
        "lint-rules.md": "\n".join(_lint_rules()) + "\n",
        "compatibility-rules.md": "\n".join(_compatibility_rules()) + "\n",
        "gateway-problems.md": "\n".join(_gateway_problems()) + "\n",
        "gateway-settings.md": "\n".join(_gateway_settings()) + "\n",
        "transforms.md": "\n".join(_transforms()) + "\n",
        "report-formats.md": "\n".join(_report_formats()) + "\n",
    }


def _lint_rules() -> Iterator[str]:
    from specs.lint import all_rules

    yield from ("# Lint rules", "", MADE, "")
    yield "What `pactolus lint` and a publication ask of a contract beyond being valid. An error refuses it."
    yield "The level is that of the scorecard that needs the rule. [Rulesets](rulesets.md) tells of"
    yield "scorecards, exceptions and rules of your own."
    for rule in sorted(all_rules(), key=lambda rule: rule.code):
        facts = f"Severity: {rule.severity}. Level: {rule.level}. Source: {rule.source}."
        yield from ("", f"## {rule.code}", "", facts, "", rule.manual)


def _compatibility_rules() -> Iterator[str]:
    from compatibility.rules import manuals

    yield from ("# Compatibility rules", "", MADE, "")
    yield "What a report names a change by. Schema rules carry a confirmed witness. The mirror is the"
    yield "rule for the other direction or the opposite change. Promises are nested: wire (routes and"
    yield "transport), json (values), sdk (names that generated code depends on), docs (words for people);"
    yield "a finding holds at its own level and at all later ones."
    for manual in manuals():
        yield from (
            "",
            f"## {manual.name}",
            "",
            manual.text,
            "",
            f"Promise: {manual.promise}. Mirror: {manual.mirror}.".replace("..", "."),
        )


def _report_formats() -> Iterator[str]:
    from pactolus.reference_formats import report_formats

    yield from ("# Report formats", "", MADE, "")
    yield from report_formats()


def _gateway_problems() -> Iterator[str]:
    from gateway.errors import PROBLEMS

    yield from ("# Problems the gateway answers with", "", MADE, "")
    yield "Each is a problem document (RFC 9457). Retryable: the same request may succeed later."
    yield from ("", "| status | code | title | retryable |", "|---|---|---|---|")
    for code, kind in sorted(PROBLEMS.items(), key=lambda item: (item[1].status, item[0])):
        yield f"| {kind.status} | `{code}` | {kind.title} | {'yes' if kind.retryable else 'no'} |"


def _gateway_settings() -> Iterator[str]:
    from gateway.operator import SECTIONS

    yield from ("# Settings of a gateway", "", MADE, "")
    yield "`pactolus gateway serve --config FILE` reads what an operator sets for one environment, in YAML."
    yield "Each section may be left out. The file is read at the start; a wrong one ends the command with one"
    yield "line that names the place."
    for name, section in SECTIONS.items():
        text = str(section.__doc__).strip()
        yield from ("", f"## `{name}`", "", text, "", "```yaml", section.EXAMPLE.rstrip(), "```")


def _transforms() -> Iterator[str]:
    from gateway.plan import transform_form

    yield from ("# Transforms between major versions", "", MADE, "")
    yield "`pactolus gateway serve --transforms FOLDER` reads every `*.json` of the folder at the start."
    yield "A wrong file ends the command with one line that names it. A transform that does not fit the"
    yield "contracts in force is not used, and stands among the `problems` of `/-/ready`."
    yield from (
        "",
        str(transform_form.__doc__).strip(),
        "",
        "```json",
        transform_form.EXAMPLE.rstrip(),
        "```",
    )


if __name__ == "__main__":
    for name, text in pages().items():
        (Path(sys.argv[1]) / name).write_text(text, encoding="utf-8")
