"""For a GitHub Actions log: one workflow command for each finding, which GitHub shows beside the line.

Breaking is an error, not decided a warning, noted and waived a notice. GitHub shows ten annotations of a kind
for each step, so the gravest come first and at most that many notices are written. Paths are relative to
the root that contracts are read from; run it at the top of the repository."""

from __future__ import annotations

from collections.abc import Iterator

from compatibility.model import Finding, Report
from compatibility.render._wording import (
    LEVELS,
    counts,
    findings_at,
    fine_and_refused,
    name_of,
    place_text,
    version_sentence,
    versions_of,
    visible,
    waived_findings,
)

MEDIA_TYPE = "text/plain"
SUFFIX = ".txt"
KINDS = {"breaking": "error", "unknown": "warning", "info": "notice"}
SUMMARY_KINDS = {"breaking": "error", "unknown": "warning", "compatible": "notice"}
NOTICES_MAX = 10


def render(report: Report) -> str:
    return "".join(f"{line}\n" for line in commands(report))


def commands(report: Report) -> Iterator[str]:
    """Workflow commands (GitHub Docs, "Workflow commands for GitHub Actions")."""
    title = f"{name_of(report)} {versions_of(report, '->')}".strip()
    said = f"{report.verdict.upper()}: {counts(report)}; {version_sentence(report)}"
    yield command(SUMMARY_KINDS[report.verdict], {"title": title}, said)
    notices = NOTICES_MAX
    for level in LEVELS:
        for finding in findings_at(report, level):
            notices -= level == "info"
            if notices >= 0:
                yield annotation(KINDS[level], finding)
    for finding in waived_findings(report)[: max(notices, 0)]:
        yield annotation("notice", finding)
    for sentence in report.not_judged[:NOTICES_MAX]:
        yield command("warning", {"title": "not judged"}, visible(sentence))


def annotation(kind: str, finding: Finding) -> str:
    """What is gone has no line any more in the file that is shown: its former one stands in the text."""
    place = finding.after or finding.before
    properties: dict[str, str] = {}
    if place is not None:
        properties["file"] = visible(place.uri)
        if finding.after is not None and place.line is not None:
            properties["line"] = str(place.line)
    waived = "waived: " if finding.waived else ""
    properties["title"] = f"{waived}{finding.rule}"
    parts = [visible(finding.message), fine_and_refused(finding)]
    if finding.after is None and finding.before is not None:
        parts.append(f"Before the change it stood at {place_text(finding.before)}.")
    if finding.level != "info":
        parts.append(f"To do: {visible(finding.fix)}")
    parts.append(f"[{finding.fingerprint}]")
    return command(kind, properties, "\n".join(part for part in parts if part))


def command(kind: str, properties: dict[str, str], message: str) -> str:
    written = ",".join(f"{name}={property_text(value)}" for name, value in properties.items())
    return f"::{kind} {written}::{data_text(message)}"


def data_text(text: str) -> str:
    """As the runner undoes it (actions/toolkit, `escapeData`): no line of a contract becomes a command."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def property_text(text: str) -> str:
    """As the runner undoes it (actions/toolkit, `escapeProperty`)."""
    return data_text(text).replace(":", "%3A").replace(",", "%2C")
