"""For code scanning: SARIF 2.1.0 (OASIS standard), with stable fingerprints and suppressions.

Breaking is an error, not decided a warning, noted a note. `partialFingerprints` hold the finding's own
fingerprint, so that an alert survives moved lines and reworded messages. What is waived is suppressed, with
the waiver's reason as justification. Parts that were not judged are notifications of the run. Paths are
relative to the root that contracts are read from."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

from compatibility.model import Finding, Place, Report
from compatibility.render._manuals import full_text, headline, rules_of
from compatibility.render._wording import (
    DIRECTIONS,
    counts,
    fine_and_refused,
    name_of,
    seen_text,
    version_sentence,
    versions_of,
    visible,
)
from compatibility.render.json import json_text
from specs.uris import has_scheme

MEDIA_TYPE = "application/sarif+json"
SUFFIX = ".sarif"
SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
LEVELS = {"breaking": "error", "unknown": "warning", "info": "note"}
FINGERPRINT = "pactolusChange/v1"
PLACEHOLDER = re.compile(r"\{(\d+)\}")
GONE = {"text": "before the change; it is gone after it"}
RESERVED = "/:?#[]@!$&'()*+,;=%"
"""Characters that an absolute URI keeps as they are (RFC 3986)."""


def render(report: Report) -> str:
    rules = rules_of(report)
    elsewhere = document_of(report)
    run = {
        "tool": {"driver": driver(report, rules)},
        "columnKind": "unicodeCodePoints",
        "invocations": [invocation(report)],
        "results": [result(finding, rules, elsewhere) for finding in report.findings],
        "properties": {
            "contract": f"{name_of(report)} {versions_of(report, '->')}".strip(),
            "verdict": report.verdict,
            "summary": f"{counts(report)}; {version_sentence(report)}",
            "mode": report.mode,
            "level": report.level,
            "digest": report.digest,
            **{
                visible(section.title): [visible(line) for line in section.lines]
                for section in report.sections
            },
        },
    }
    return json_text({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]})


def driver(report: Report, rules: list[str]) -> dict[str, Any]:
    return {
        "name": "Pactolus",
        "fullName": "Pactolus compatibility engine",
        "version": report.engine_version,
        "rules": [rule_descriptor(rule, report) for rule in rules],
    }


def rule_descriptor(rule: str, report: Report) -> dict[str, Any]:
    levels = [one.level for one in report.findings if one.rule == rule]
    gravest = min(levels, key=list(LEVELS).index)
    return {
        "id": rule,
        "name": "".join(word.capitalize() for word in rule.split("-")),
        "shortDescription": {"text": headline(rule)},
        "fullDescription": {"text": full_text(rule)},
        "help": {"text": full_text(rule), "markdown": full_text(rule)},
        "defaultConfiguration": {"level": LEVELS[gravest]},
        "properties": {"tags": ["compatibility", "api-contract"]},
    }


def invocation(report: Report) -> dict[str, Any]:
    notes = [{"level": "warning", "message": {"text": visible(one)}} for one in report.not_judged]
    return {"executionSuccessful": True, "toolExecutionNotifications": notes}


def document_of(report: Report) -> Place:
    """Where a finding about the whole contract is shown: readers drop results that have no location."""
    places = [place for one in report.findings for place in (one.after, one.before) if place is not None]
    return Place(places[0].uri if places else name_of(report), "", 1, 1)


def result(finding: Finding, rules: list[str], elsewhere: Place) -> dict[str, Any]:
    place = finding.after or finding.before or elsewhere
    body: dict[str, Any] = {
        "ruleId": finding.rule,
        "ruleIndex": rules.index(finding.rule),
        "level": LEVELS[finding.level],
        "message": {"text": message(finding)},
        "locations": [location(place) | ({"message": GONE} if place is finding.before else {})],
        "partialFingerprints": {FINGERPRINT: finding.fingerprint},
    }
    related = [(finding.before, "before the change")] if finding.after is not None and finding.before else []
    related += [(also, "the same change here") for also in finding.also_at]
    if related:
        body["relatedLocations"] = [
            {"id": number, **location(one), "message": {"text": text}}
            for number, (one, text) in enumerate(related, 1)
        ]
    if finding.waived is not None:
        waiver = finding.waived
        said = f"{visible(waiver.reason)} ({visible(waiver.owner)}, until {waiver.expires.isoformat()})"
        body["suppressions"] = [{"kind": "external", "status": "accepted", "justification": said}]
    else:
        # An empty list says that suppressions are known and there is none (SARIF 2.1.0, 3.27.23).
        body["suppressions"] = []
    body["properties"] = {
        "direction": finding.direction,
        "promise": finding.promise,
        "operations": [visible(one) for one in finding.operations],
        **({"witness": finding.witness.as_json()} if finding.witness else {}),
        "consumers": [one.as_json() for one in finding.consumers],
    }
    return body


def message(finding: Finding) -> str:
    """The message, what proves it, whom it hits and what to do, each on a line of its own."""
    lines = [visible(finding.message)]
    if finding.witness is not None:
        lines.append(f"Proof, {DIRECTIONS[finding.direction]}: {fine_and_refused(finding)}")
    lines.extend(
        f"{consumer.status}: {visible(consumer.consumer)} ({seen_text(consumer)})"
        for consumer in finding.consumers
        if consumer.status != "UNAFFECTED"
    )
    if finding.level != "info":
        lines.append(f"To do: {visible(finding.fix)}")
    return unlinked("\n".join(lines))


def unlinked(text: str) -> str:
    """Text that holds neither an embedded link nor a placeholder (SARIF 2.1.0, 3.11.5 and 3.11.6)."""
    return PLACEHOLDER.sub(r"{{\1}}", text.replace("](", "] ("))


def location(place: Place) -> dict[str, Any]:
    physical: dict[str, Any] = {"artifactLocation": {"uri": uri_text(place.uri)}}
    if place.line is not None:
        physical["region"] = {"startLine": place.line}
        if place.column is not None:
            physical["region"]["startColumn"] = place.column
    return {
        "physicalLocation": physical,
        "logicalLocations": [{"fullyQualifiedName": visible(place.pointer)}],
    }


def uri_text(uri: str) -> str:
    """A URI reference (RFC 3986): the path is percent-encoded, and its first colon makes no scheme."""
    safe = RESERVED if has_scheme(uri) else "/!$&'()*+,;=@"
    return quote(uri, safe=safe, errors="surrogatepass")
