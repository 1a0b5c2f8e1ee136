"""The manuals of the rules that a report names, as formats print them."""

from __future__ import annotations

from functools import cache

from compatibility.model import Report
from compatibility.rules import RuleManual, manuals


@cache
def manuals_by_name() -> dict[str, RuleManual]:
    """All manuals; made once, they are constants of the code."""
    return {one.name: one for one in manuals()}


def rules_of(report: Report) -> list[str]:
    """The rules that a report names, each once, in alphabetical order."""
    return sorted({finding.rule for finding in report.findings})


def headline(rule: str) -> str:
    """The first paragraph of a rule's manual, on one line; the rule's name when it has no manual."""
    manual = manuals_by_name().get(rule)
    return " ".join(manual.text.split("\n\n")[0].split()) if manual else rule


def full_text(rule: str) -> str:
    """The paragraphs of a rule's manual, each on one line."""
    manual = manuals_by_name().get(rule)
    if manual is None:
        return rule
    return "\n\n".join(" ".join(one.split()) for one in manual.text.split("\n\n"))
