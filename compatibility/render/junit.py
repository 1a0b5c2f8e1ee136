"""For a CI server's test view: JUnit XML with one test case for each finding.

Breaking is a failure. Not decided, and each part that was not judged, is an error: the test could not say.
Waived is skipped, noted passes. A change with nothing to tell is one test case that passes. A test case is
named by the finding's message and fingerprint, and classed by contract and rule."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from compatibility.model import Finding, Report
from compatibility.render._wording import (
    fine_and_refused,
    indented,
    name_of,
    seen_text,
    version_sentence,
    versions_of,
    visible,
    where,
)

MEDIA_TYPE = "application/xml"
SUFFIX = ".xml"
WITNESS_CHARACTERS_MAX = 2_000
TIME = "0.000"
"""Nothing is timed: the same input gives the same bytes."""


def render(report: Report) -> str:
    suite = Element("testsuite", name=f"{name_of(report)} {versions_of(report, '->')}".strip())
    properties = SubElement(suite, "properties")
    facts = {
        "verdict": report.verdict,
        "version": version_sentence(report),
        "mode": report.mode,
        "level": report.level,
        "digest": report.digest,
    }
    for name, value in facts.items():
        SubElement(properties, "property", name=name, value=value)
    suite.extend(cases(report))
    totals = {
        "tests": len(suite.findall("testcase")),
        "failures": len(suite.findall("testcase/failure")),
        "errors": len(suite.findall("testcase/error")),
        "skipped": len(suite.findall("testcase/skipped")),
    }
    root = Element("testsuites", name="pactolus check")
    for name, number in totals.items():
        suite.set(name, str(number))
        if name != "skipped":  # junit-10.xsd of Jenkins knows it of a suite only
            root.set(name, str(number))
    for element in (root, suite):
        element.set("time", TIME)
    root.append(suite)
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def cases(report: Report) -> Iterator[Element]:
    contract = name_of(report).replace(".", "_")
    for finding in report.findings:
        yield case(contract, finding)
    for sentence in report.not_judged:
        element = Element("testcase", classname=f"{contract}.not-judged", name=visible(sentence), time=TIME)
        SubElement(element, "error", message="this part was not compared", type="not-judged")
        yield element
    if not report.findings and not report.not_judged:
        said = {"compatible": "nothing changed that was promised"}.get(report.verdict, report.verdict)
        yield Element("testcase", classname=f"{contract}.compatibility", name=said, time=TIME)


def case(contract: str, finding: Finding) -> Element:
    name = f"{visible(finding.message)} [{finding.fingerprint}]"
    element = Element("testcase", classname=f"{contract}.{finding.rule}", name=name, time=TIME)
    if finding.waived is not None:
        waiver = finding.waived
        until = f"waived until {waiver.expires.isoformat()} by {visible(waiver.owner)}"
        SubElement(element, "skipped", message=f"{until}: {visible(waiver.reason)}")
    elif finding.level == "info":
        SubElement(element, "system-out").text = details(finding)
    else:
        kind = "failure" if finding.level == "breaking" else "error"
        outcome = SubElement(element, kind, message=visible(finding.message), type=finding.rule)
        outcome.text = details(finding)
    return element


def details(finding: Finding) -> str:
    """What a person who opens the test case reads."""
    lines = [where(finding)]
    if finding.witness is not None:
        lines += [
            f"proof: {indented(finding.witness.value, WITNESS_CHARACTERS_MAX)}",
            fine_and_refused(finding),
        ]
    for consumer in finding.consumers:
        lines.append(f"{consumer.status} {visible(consumer.consumer)} ({seen_text(consumer)})")
    lines.append(f"to do: {visible(finding.fix)}" if finding.level != "info" else "")
    lines.append(f"fingerprint: {finding.fingerprint}")
    return "\n".join(line for line in lines if line)
