"""For a person at a terminal: the verdict, then each root cause with its proof and what to do.

Findings are grouped by level; what is merely noted is grouped by rule. Colors and wrapping are for terminals
only: piped, every statement is one line."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby

from compatibility.model import Finding, Report
from compatibility.render._wording import (
    LEVEL_TITLES,
    compact,
    counts,
    findings_at,
    fine_and_refused,
    name_of,
    reached,
    seen_text,
    version_sentence,
    versions_of,
    visible,
    waived_findings,
    where,
    window_text,
)

MEDIA_TYPE = "text/plain"
SUFFIX = ".txt"
OPERATIONS_SHOWN = 5
CONSUMERS_SHOWN = 10
NOTES_SHOWN_PER_RULE = 5
WITNESS_CHARACTERS_MAX = 400

Style = Mapping[str, tuple[str, str]]
"""What to write around a piece: keys breaking, unknown, info, compatible, strong, faint, witness."""


@dataclass(frozen=True, slots=True)
class Line:
    """One statement: `hanging` is where it goes on when it is wrapped."""

    text: str = ""
    style: str = ""
    indent: int = 0
    hanging: int = 0


def render(report: Report, style: Style | None = None, width: int | None = None) -> str:
    """`style` paints pieces, in ANSI codes or anything else; lines are wrapped at `width` if it is given."""
    painted = (paint(piece, line.style, style or {}) for line in lines(report) for piece in wrap(line, width))
    return heading(report, style or {}) + "".join(f"{line}\n" for line in painted)


def heading(report: Report, style: Style) -> str:
    """The one line that says it all."""
    versions = versions_of(report, "->")
    name = paint(name_of(report), "strong", style) + (f" {versions}" if versions else "")
    return f"{name}: {paint(report.verdict.upper(), report.verdict, style)}\n"


def lines(report: Report) -> Iterator[Line]:
    yield Line(f"{counts(report)}; {version_sentence(report)}")
    if window := window_text(report):
        yield Line(f"traffic counted from {window}", "faint")
    for section in report.sections:
        yield Line(visible(section.title), "strong")
        yield from (Line(visible(one), indent=2, hanging=2) for one in section.lines)
    for level in ("breaking", "unknown"):
        findings = findings_at(report, level)
        if findings:
            yield from (Line(), Line(LEVEL_TITLES[level], level))
        for finding in findings:
            yield from finding_lines(finding)
    yield from note_lines(findings_at(report, "info"))
    waived = waived_findings(report)
    if waived:
        yield from (Line(), Line("Waived", "info"))
    for finding in waived:
        yield from waived_lines(finding)
    if report.not_judged:
        yield from (Line(), Line("Not judged", "unknown"))
        yield from (Line(visible(one), indent=2, hanging=4) for one in report.not_judged)
        yield Line("to do: Have the owner review these parts; the verdict is at best unknown.", "", 4, 11)
    if any(one.level != "info" for one in report.findings):
        yield from (Line(), Line("More on a rule: pactolus check --explain RULE", "faint"))


def finding_lines(finding: Finding) -> Iterator[Line]:
    yield Line(visible(finding.message), "strong", 2, 4)
    yield facts_line(finding)
    if len(finding.operations) > 1 or len(finding.reach) > 1:
        yield from (reach_line(said, names) for said, names in reached(finding))
    if finding.witness is not None:
        proof = compact(finding.witness.value, WITNESS_CHARACTERS_MAX)
        yield Line(f"proof {proof}", "witness", 4, 10)
        yield Line(fine_and_refused(finding), "", 10, 10)
    for consumer in finding.consumers[:CONSUMERS_SHOWN]:
        named = f"{visible(consumer.consumer)} (owner {visible(consumer.owner)}; {seen_text(consumer)})"
        yield Line(f"{consumer.status:<11} {named}", "", 4, 16)
        yield Line(visible(consumer.reason), "faint", 16, 16)
    if len(finding.consumers) > CONSUMERS_SHOWN:
        yield Line(f"and {len(finding.consumers) - CONSUMERS_SHOWN} more consumers", "", 4)
    if finding.usage_note:
        yield Line(visible(finding.usage_note), "", 4, 6)
    yield Line(f"to do: {visible(finding.fix)}", "", 4, 11)


def reach_line(said: str, names: list[str]) -> Line:
    shown = ", ".join(visible(one) for one in names[:OPERATIONS_SHOWN])
    more = f" and {len(names) - OPERATIONS_SHOWN} more" if len(names) > OPERATIONS_SHOWN else ""
    return Line(f"reaches {shown}{more}" + (f" ({said})" if said else ""), "", 4, 12)


def facts_line(finding: Finding) -> Line:
    facts = (finding.rule, where(finding), finding.fingerprint)
    return Line("  ".join(fact for fact in facts if fact), "faint", 4, 6)


def note_lines(findings: list[Finding]) -> Iterator[Line]:
    """What nobody has to act on: the first few of each rule, so that a thousand additions stay readable."""
    if findings:
        yield from (Line(), Line(LEVEL_TITLES["info"], "info"))
    for rule, group in groupby(findings, key=lambda one: one.rule):
        notes = list(group)
        for finding in notes[:NOTES_SHOWN_PER_RULE]:
            yield Line(visible(finding.message), "", 2, 4)
        if len(notes) > NOTES_SHOWN_PER_RULE:
            yield Line(f"and {len(notes) - NOTES_SHOWN_PER_RULE} more of {rule}", "faint", 2)


def waived_lines(finding: Finding) -> Iterator[Line]:
    waiver = finding.waived
    if waiver is None:
        return
    yield Line(visible(finding.message), "", 2, 4)
    yield facts_line(finding)
    until = f"waived until {waiver.expires.isoformat()} by {visible(waiver.owner)}"
    yield Line(f"{until}: {visible(waiver.reason)}", "", 4, 6)


def wrap(line: Line, width: int | None) -> list[str]:
    """A statement as lines; a word longer than the width stays whole, so that it can be copied."""
    if width is None or not line.text:
        return [" " * line.indent + line.text]
    return textwrap.wrap(
        line.text,
        max(width, 40),
        initial_indent=" " * line.indent,
        subsequent_indent=" " * line.hanging,
        break_long_words=False,
        break_on_hyphens=False,
    )


def paint(text: str, name: str, style: Style) -> str:
    start, end = style.get(name, ("", ""))
    return f"{start}{text}{end}" if text else text
