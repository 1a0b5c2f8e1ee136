"""Who is hit: joins a finding with counted calls, recorded members and values, and subscriptions. Pure.

- BROKEN: every call to the operation fails, or a recorded member or value is the one that breaks.
- POTENTIALLY: the consumer uses the operation, and what was recorded does not tell.
- UNAFFECTED: the consumer uses other operations only, or all its calls were looked at and none meets the
  change. Only what consumers write can tell that: what they read of a response nobody records.

No row at all is said as unknown, never as safe. Recordings hold counts, names and declared values, no
payloads. A body was looked at completely when its whole (`path` empty) is counted as often as the row; a
parameter is counted over all calls of the row.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from compatibility.containment.confirm import SecondOpinion
from compatibility.model import (
    ConsumerImpact,
    Evidence,
    Finding,
    Impact,
    Meeting,
    Report,
    Usage,
    UsageRow,
    Window,
)
from compatibility.recorded import likelier
from compatibility.text_values import ReadAsText
from compatibility.verdicts import NO_CHANGE
from specs.pointers import MISSING

NO_TRAFFIC = "no traffic recorded: whether anyone depends on this is unknown, not safe"
NO_CALLS_HERE = "no recorded consumer calls the operations this reaches"
IN_PART = "how many of its calls were looked at is not recorded (an entry with an empty path)"
RANK = {"BROKEN": 0, "POTENTIALLY": 1, "UNAFFECTED": 2}


@dataclass(frozen=True, slots=True)
class Told:
    """What recordings say of one row and one place: it meets the change, it does not, or they are silent."""

    answer: Literal["met", "not met", "silent"]
    words: str = ""


def joined(report: Report, usage: Usage) -> Report:
    """The report with the consumers of each finding, and witnesses that traffic has where there are some."""
    opinion = SecondOpinion()
    findings = []
    for finding in report.findings:
        if finding.rule in NO_CHANGE:
            findings.append(finding)
            continue
        consumers, note = impacts(finding, usage, opinion)
        witness = likelier(finding, usage.rows, opinion)
        findings.append(replace(finding, consumers=consumers, usage_note=note, witness=witness))
    return replace(report, findings=tuple(findings), window=usage.window)


def impacts(finding: Finding, usage: Usage, opinion: SecondOpinion) -> tuple[tuple[ConsumerImpact, ...], str]:
    """The consumers of one finding, the hit ones first, and a note when traffic says little."""
    if not usage.rows:
        return (), NO_TRAFFIC + written(usage.window)
    by_consumer: dict[str, list[UsageRow]] = {}
    for row in usage.rows:
        by_consumer.setdefault(row.consumer, []).append(row)
    found = [impact(finding, name, by_consumer[name], opinion) for name in sorted(by_consumer)]
    found.sort(key=lambda one: (RANK[one.status], -one.calls, one.consumer))
    reached = set(finding.operations)
    called = not reached or any(row.operation in reached for row in usage.rows)
    return tuple(found), "" if called else NO_CALLS_HERE + written(usage.window)


def written(window: Window) -> str:
    """The window at the end of a sentence; nothing when neither end is known."""
    ends = [f"{word} {end}" for word, end in (("from", window.start), ("to", window.end)) if end]
    return f" ({' '.join(ends)})" if ends else ""


def impact(
    finding: Finding, consumer: str, rows: Sequence[UsageRow], opinion: SecondOpinion
) -> ConsumerImpact:
    """What one finding means for one consumer, from all of its rows."""
    reached = set(finding.operations)
    hits = [row for row in rows if not reached or row.operation in reached]
    shown = hits or list(rows)
    seen = [row.last_seen for row in shown if row.last_seen]
    status, reason = status_of(finding, hits, opinion)
    return ConsumerImpact(
        consumer=consumer,
        owner=rows[0].owner,
        status=status,
        calls=sum(row.calls for row in shown if row.source == "observed"),
        last_seen=max(seen) if seen else None,
        source="observed" if any(row.source == "observed" for row in shown) else "declared",
        reason=reason,
    )


def status_of(finding: Finding, hits: Sequence[UsageRow], opinion: SecondOpinion) -> tuple[Impact, str]:
    """The status and the sentence that says why."""
    if not hits:
        return "UNAFFECTED", "calls none of the operations this finding reaches"
    first = hits[0].operation
    failing = finding.evidence.failing if finding.evidence is not None else frozenset()
    for row in hits:
        if finding.level == "breaking" and (finding.every_request or row.operation in failing):
            return "BROKEN", f"uses {row.operation}, and every such call fails after the change"
    told = list(tellings(finding, hits, opinion))
    met = next((one.words for one in told if one.answer == "met"), None)
    if met is not None and finding.level == "breaking":
        return "BROKEN", met
    if told and all(one.answer == "not met" for one in told):
        calls = sum(row.calls for row in hits)
        return "UNAFFECTED", f"none of its {calls} recorded calls meets the change"
    if met is None and in_part(finding, hits):
        return "POTENTIALLY", f"uses {first}; {IN_PART}"
    return "POTENTIALLY", met or f"uses {first}; whether it uses this part is not recorded"


def in_part(finding: Finding, hits: Sequence[UsageRow]) -> bool:
    """Whether something was recorded where the change is, and not of how many calls."""
    places = finding.evidence.meetings if finding.evidence is not None else ()
    return any(
        place.operation == row.operation and place.flow == "consumed" and not complete(row, place.where)
        for row in hits
        for place in places
        if any(one.where == place.where for one in row.seen)
    )


def tellings(finding: Finding, hits: Sequence[UsageRow], opinion: SecondOpinion) -> Iterable[Told]:
    """What the recordings of a consumer say of each place where it can meet the change."""
    evidence = finding.evidence
    for row in hits:
        places = [one for one in evidence.meetings if one.operation == row.operation] if evidence else []
        if evidence is None or not places or row.source != "observed":
            yield Told("silent")
            continue
        for place in places:
            told = told_of(row, place, evidence, opinion)
            yield told if told.answer == "met" or complete(row, place.where) else Told("silent")


def told_of(row: UsageRow, place: Meeting, evidence: Evidence, opinion: SecondOpinion) -> Told:
    """What one row says of one place. What a consumer reads of a response is not recorded."""
    if place.flow == "produced":
        return Told("silent")
    there = presence(row, place.where, place.path)
    if evidence.missing:
        return told_missing(row, place, evidence.missing[0], there)
    if there == 0:
        return Told("not met")
    if evidence.members:
        return told_sent(row, place, evidence.members)
    return told_values(row, place, evidence, there, opinion)


def told_missing(row: UsageRow, place: Meeting, name: str, there: int | None) -> Told:
    """A member must now be there: calls with the whole and without the member meet that."""
    path = below(place.path, name)
    if there == 0 and place.path:
        return Told("not met")
    named = presence(row, place.where, path)
    what = f"`{path}`" if path else f"the {place.where}"
    whole = there if path else row.calls if row.looked is None else row.looked
    if named is None or whole is None:
        return Told("silent")
    if named < whole:
        return Told("met", f"leaves out {what} in {whole - named} of {whole} recorded calls")
    return Told("silent" if "[]" in path or "{" in path else "not met")


def told_sent(row: UsageRow, place: Meeting, names: Sequence[str]) -> Told:
    """A member is no longer taken: calls that have it meet that."""
    answers = []
    for name in names:
        path = below(place.path, name)
        calls = presence(row, place.where, path)
        if calls:
            what = f"`{path}`" if path else f"the {place.where}"
            return Told("met", f"sends {what} in {calls} recorded calls")
        answers.append(calls)
    return Told("silent" if None in answers else "not met")


def told_values(
    row: UsageRow, place: Meeting, evidence: Evidence, there: int | None, opinion: SecondOpinion
) -> Told:
    """Values are no longer taken: a recorded one that only the former contract takes meets that."""
    if evidence.text is not None:
        opinion = ReadAsText(opinion.validators, form=evidence.text)
    counted, opinion.reason = 0, ""
    for one in row.seen:
        if (one.where, one.path) != (place.where, place.path) or one.value is MISSING or not one.calls:
            continue
        counted += one.calls
        if any(opinion.confirms(evidence.before, evidence.after, value) for value in read(one.value, place)):
            what = f"`{place.path}`" if place.path else f"the {place.where}"
            return Told("met", f"sends {one.value!r} as {what} in {one.calls} recorded calls")
    known = there is not None and counted >= there and opinion.reason == ""
    return Told("not met" if known else "silent")


def read(value: Any, place: Meeting) -> Iterable[Any]:
    """A value of a parameter is a text on the wire and may be meant as a number."""
    yield value
    if isinstance(value, str) and ("parameter" in place.where or "header" in place.where):
        for kind in (int, float):
            try:
                yield kind(value)
            except ValueError:
                continue


def presence(row: UsageRow, where: str, path: str) -> int | None:
    """In how many calls something was there; None where that was not recorded for all of them."""
    entries = [one for one in row.seen if one.where == where]
    own = [one for one in entries if one.path == path]
    plain = [one.calls for one in own if one.value is MISSING]
    if plain:
        return max(plain)
    if own:
        return sum(one.calls for one in own)
    if row.looked is not None:
        return 0 if row.looked >= row.calls else None
    whole = [one.calls for one in entries if one.path == "" and one.value is MISSING]
    return 0 if path and whole and max(whole) >= row.calls else None


def complete(row: UsageRow, where: str) -> bool:
    """Whether all calls of a row were looked at there; parameters are counted over all of them."""
    if row.looked is not None:
        return row.looked >= row.calls
    if "parameter" in where:
        return True
    whole = presence(row, where, "")
    return whole is not None and whole >= row.calls


def below(path: str, name: str) -> str:
    return f"{path}.{name}" if path and name else path or name
