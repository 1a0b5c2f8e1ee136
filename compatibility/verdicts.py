"""From findings to a verdict: what counts, in which order it is told, and which version it asks for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from compatibility.bump import bump_required, sufficient
from compatibility.config import PROMISE_LEVELS, Promise
from compatibility.model import Finding, Report, Verdict

LEVELS = {"breaking": 0, "unknown": 1, "info": 2}
NO_CHANGE = frozenset(
    ("version-bump-too-small", "waiver-expired", "waiver-unused", "keyword-not-read", "earlier-not-valid")
)
"""Rules that speak of the declared version, of waivers or of what was read: they ask for no version."""


def within(finding: Finding, level: Promise) -> bool:
    """Whether a finding concerns what is promised at a level."""
    return PROMISE_LEVELS.index(finding.promise) <= PROMISE_LEVELS.index(level)


def ordered(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The worst first; the order is of the content, so equal inputs give equal reports."""
    return tuple(
        sorted(
            findings,
            key=lambda one: (LEVELS[one.level], one.rule, one.operations, one.message, one.fingerprint),
        )
    )


def verdict_of(findings: Iterable[Finding], not_judged: tuple[str, ...]) -> Verdict:
    """The worst level of what is not waived; a part that was not judged makes it at best unknown."""
    levels = {one.level for one in findings if one.waived is None}
    if "breaking" in levels:
        return "breaking"
    return "unknown" if "unknown" in levels or not_judged else "compatible"


def concluded(report: Report, findings: Iterable[Finding]) -> Report:
    """The report with these findings: its verdict and the version they ask for."""
    told = ordered(findings)
    changes = [one for one in told if one.rule not in NO_CHANGE]
    shown = verdict_of(changes, report.not_judged)
    required = bump_required(
        shown,
        equal=report.bump_required == "none",
        additive=any(within(one, report.level) and one.promise != "docs" for one in changes),
    )
    enough = sufficient(required, report.bump_declared, report.before.version, report.after.version)
    if enough or shown == "unknown":
        told = tuple(one for one in told if one.rule != "version-bump-too-small")
    return replace(
        report,
        findings=told,
        verdict=verdict_of(told, report.not_judged),
        bump_required=required,
        bump_sufficient=enough,
    )
