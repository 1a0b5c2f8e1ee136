"""The words that formats share, and text of contracts made safe to show.

Contracts are untrusted: a member's name may hold a terminal's escape codes, line breaks, characters that
turn the reading direction, or halves of surrogate pairs that no encoding can write. `visible` shows them by
their escapes; what is active in a format's own syntax each format escapes itself.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import semver

from compatibility.config import Level
from compatibility.model import ConsumerImpact, Finding, Impact, Place, Report, Verdict

LEVELS: tuple[Level, ...] = ("breaking", "unknown", "info")
LEVEL_TITLES: dict[Level, str] = {"breaking": "Breaking", "unknown": "Not decided", "info": "Noted"}
VERDICT_SENTENCES: dict[Verdict, str] = {
    "compatible": "Everything that was fine before is fine after.",
    "breaking": "Something that was fine before is refused, gone or different after.",
    "unknown": "Neither compatible nor breaking could be shown for every part of the change.",
}
DIRECTIONS = {
    "consumed": "what consumers send",
    "produced": "what consumers receive",
    "both": "what consumers send and receive",
    "none": "no payload",
}
HIDDEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Unicode categories that show nothing, or move what stands beside them."""
IMPACTS: tuple[Impact, ...] = ("BROKEN", "POTENTIALLY", "UNAFFECTED")
NO_VERSION = "no version"


@dataclass(frozen=True, slots=True)
class Affected:
    """One consumer over all findings: its worst status and how many findings hit it."""

    consumer: str
    owner: str
    status: Impact
    findings: int
    calls: int
    last_seen: str | None
    source: str


def visible(text: str) -> str:
    """The text with every character that cannot be seen or written shown as its escape, `\\u202e`."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(escape(one) if is_hidden(one) else one for one in text)


def is_hidden(character: str) -> bool:
    """Also the 66 noncharacters, which XML cannot carry (Unicode 15, section 23.7)."""
    code = ord(character)
    nothing = code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF
    return nothing or unicodedata.category(character) in HIDDEN


def escape(character: str) -> str:
    """As JSON writes it, so that a JSON value stays one."""
    units = character.encode("utf-16-be", "surrogatepass")
    pairs = (units[at : at + 2].hex() for at in range(0, len(units), 2))
    return {"\n": "\\n", "\r": "\\r", "\t": "\\t"}.get(character) or "".join(f"\\u{unit}" for unit in pairs)


def cut(text: str, characters_max: int) -> str:
    return text if len(text) <= characters_max else text[: characters_max - 1] + "…"


def compact(value: Any, characters_max: int) -> str:
    """A JSON value on one line, visible and bounded."""
    return cut(visible(json.dumps(value, ensure_ascii=False)), characters_max)


def indented(value: Any, characters_max: int) -> str:
    """A JSON value over several lines, visible and bounded; short ones stay on one line."""
    line = json.dumps(value, ensure_ascii=False)
    text = line if len(line) <= 60 else json.dumps(value, ensure_ascii=False, indent=2)
    return cut("\n".join(visible(one) for one in text.split("\n")), characters_max)


def segments(message: str) -> Iterator[tuple[bool, str]]:
    """A message as (is it code, text): what stands between backticks is code."""
    for number, part in enumerate(visible(message).split("`")):
        if part:
            yield number % 2 == 1, part


def name_of(report: Report) -> str:
    """The contract's name; both names where the sides are called differently."""
    before, after = report.before.name, report.after.name
    if before and after and before != after:
        return visible(f"{after} (before: {before})")
    return visible(after or before or "contract")


def versions_of(report: Report, arrow: str) -> str:
    """`1.0.0 -> 1.1.0`; empty when neither side tells its version."""
    if not report.before.version and not report.after.version:
        return ""
    before, after = (visible(one.version) or NO_VERSION for one in (report.before, report.after))
    return f"{before} {arrow} {after}"


def counts(report: Report) -> str:
    words = [f"{report.count('breaking')} breaking", f"{report.count('unknown')} not decided"]
    words.append(f"{report.count('info')} noted")
    if report.waived:
        words.append(f"{report.waived} waived")
    if report.not_judged:
        words.append(f"{len(report.not_judged)} not judged")
    return ", ".join(words)


def version_sentence(report: Report) -> str:
    """Which step the change asks for and which one is declared."""
    if report.bump_required == "none":
        return "no new version is needed"
    if not report.before.version and not report.after.version:
        return f"neither side declares a version; this is a {report.bump_required} change"
    said = f"this needs a new {report.bump_required} version"
    if report.verdict == "unknown":
        said = f"whether this needs a new {report.bump_required} version is not decided"
    if report.bump_sufficient:
        return said
    declared = report.bump_declared
    step = "unchanged" if declared == "none" else f"a {declared} step"
    number = "" if report.verdict == "unknown" else suggested(report)
    return f"{said}{number}, and the version declared is {step}"


def suggested(report: Report) -> str:
    """The lowest version that would do, in brackets; nothing when the earlier one is not semantic."""
    try:
        before = semver.Version.parse(report.before.version)
    except ValueError:
        return ""
    next_ = {"major": before.bump_major, "minor": before.bump_minor, "patch": before.bump_patch}
    return f" ({next_[report.bump_required]()})" if report.bump_required in next_ else ""


def findings_at(report: Report, level: Level) -> list[Finding]:
    """The findings of a level that count; those waived stand apart."""
    return [one for one in report.findings if one.level == level and one.waived is None]


def waived_findings(report: Report) -> list[Finding]:
    return [one for one in report.findings if one.waived is not None]


def place_text(place: Place | None) -> str:
    """`file:line` where lines are known, else `file#pointer`."""
    if place is None:
        return ""
    text = f"{place.uri}:{place.line}" if place.line is not None else f"{place.uri}#{place.pointer}"
    return visible(text)


def where(finding: Finding) -> str:
    """The place in the later contract; when it is gone from there, the one in the earlier contract."""
    if finding.after is not None:
        return place_text(finding.after)
    return f"{place_text(finding.before)} (before)" if finding.before is not None else ""


def reached(finding: Finding) -> list[tuple[str, list[str]]]:
    """The operations that hold the changed place, by what it means for them: `sent: breaking` and names."""
    if not finding.reach:
        return [("", [visible(one) for one in finding.operations])] if finding.operations else []
    groups: dict[str, list[str]] = {}
    for one in finding.reach:
        sides = (("sent", one.consumed), ("received", one.produced))
        said = ", ".join(f"{side}: {verdict}" for side, verdict in sides if verdict is not None)
        groups.setdefault(said, []).append(visible(one.operation))
    return sorted(groups.items(), key=lambda group: "breaking" not in group[0])


def fine_and_refused(finding: Finding) -> str:
    """What the witness shows, in one sentence with the second validator's words."""
    witness = finding.witness
    if witness is None:
        return ""
    error = visible(witness.error)
    return f"fine {witness.accepted_by} the change, refused {witness.rejected_by} it: {error}"


def calls_text(calls: int) -> str:
    return "1 call" if calls == 1 else f"{calls:,} calls"


def seen_text(consumer: ConsumerImpact | Affected) -> str:
    """How much and how lately: `12 calls, last 2026-11-02T08:00:00Z`."""
    if consumer.source != "observed":
        return "declared, not seen calling"
    last = f", last {visible(consumer.last_seen)}" if consumer.last_seen else ""
    return calls_text(consumer.calls) + last


def affected(report: Report) -> list[Affected]:
    """Every consumer the counting findings name, the worst hit first.

    Calls of one consumer are those of the finding that reaches most of them: findings overlap in operations,
    so that a sum would count a call twice.
    """
    found: dict[str, list[ConsumerImpact]] = {}
    for finding in report.findings:
        if finding.waived is None:
            for one in finding.consumers:
                found.setdefault(one.consumer, []).append(one)
    rows = [_affected(impacts) for impacts in found.values()]
    return sorted(rows, key=lambda one: (IMPACTS.index(one.status), -one.calls, one.consumer))


def _affected(impacts: Iterable[ConsumerImpact]) -> Affected:
    every = list(impacts)
    hits = [one for one in every if one.status != "UNAFFECTED"]
    shown = hits or every
    seen = [one.last_seen for one in shown if one.last_seen]
    return Affected(
        consumer=every[0].consumer,
        owner=every[0].owner,
        status=min((one.status for one in every), key=IMPACTS.index),
        findings=len(hits),
        calls=max(one.calls for one in shown),
        last_seen=max(seen) if seen else None,
        source="observed" if any(one.source == "observed" for one in shown) else "declared",
    )


def window_text(report: Report) -> str:
    """The time traffic was counted in; empty when no traffic was joined."""
    window = report.window
    if window is None or (window.start is None and window.end is None):
        return ""
    return f"{visible(window.start or 'the beginning')} to {visible(window.end or 'now')}"
