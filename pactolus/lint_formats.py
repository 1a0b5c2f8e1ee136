"""What `pactolus lint` found, for other programs: JSON, SARIF, JUnit XML and GitHub's log.

The formats of compatibility reports are for changes; these are for findings in one contract. They share the
escaping of text.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from compatibility.render.github import command
from compatibility.render.json import json_text
from compatibility.render.sarif import SCHEMA
from specs.lint.exceptions import Excepted
from specs.lint.run import all_rules
from specs.problem import Problem

SARIF_LEVELS = {"error": "error", "warning": "warning", "info": "note"}
GITHUB_KINDS = {"error": "error", "warning": "warning", "info": "notice"}
FINGERPRINT = "pactolusLint/v1"


@dataclass(frozen=True, slots=True)
class Found:
    """All contracts together; ``read`` names the documents that were judged."""

    read: tuple[str, ...]
    problems: tuple[Problem, ...]
    excepted: tuple[Excepted, ...]


def render_json(found: Found) -> str:
    """A list of problems; one under an exception says under which."""
    return json_text(
        [problem.as_json() for problem in found.problems]
        + [{**one.problem.as_json(), "exception": _exception(one)} for one in found.excepted]
    )


def render_sarif(found: Found) -> str:
    """SARIF 2.1.0: an exception in force is a suppression with its reason."""
    rules = sorted({p.code for p in found.problems} | {one.problem.code for one in found.excepted})
    manuals = {rule.code: rule.manual for rule in all_rules()}
    results = [_result(problem, rules) for problem in found.problems]
    for one in found.excepted:
        said = f"{one.by.reason} ({one.by.owner}, until {one.by.expires.isoformat()})"
        suppression = {"kind": "external", "status": "accepted", "justification": said}
        results.append({**_result(one.problem, rules), "suppressions": [suppression]})
    driver = {"name": "pactolus lint", "rules": [_descriptor(code, manuals) for code in rules]}
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return json_text({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]})


def _descriptor(code: str, manuals: Mapping[str, str]) -> dict[str, Any]:
    if code not in manuals:
        return {"id": code}
    short = manuals[code].partition("\n\n")[0]
    return {"id": code, "shortDescription": {"text": short}, "fullDescription": {"text": manuals[code]}}


def _result(problem: Problem, rules: Sequence[str]) -> dict[str, Any]:
    place: dict[str, Any] = {"artifactLocation": {"uri": quote(problem.uri)}}
    if problem.position is not None:
        place["region"] = {"startLine": problem.position.line, "startColumn": problem.position.column}
    named = f"{problem.code}\n{problem.uri}\n{problem.pointer}\n{problem.message}"
    return {
        "ruleId": problem.code,
        "ruleIndex": rules.index(problem.code),
        "level": SARIF_LEVELS[problem.severity],
        "message": {"text": f"{problem.message} {problem.fix}"},
        "locations": [
            {
                "physicalLocation": place,
                "logicalLocations": [{"fullyQualifiedName": problem.pointer or "/", "kind": "member"}],
            }
        ],
        "partialFingerprints": {FINGERPRINT: hashlib.sha256(named.encode()).hexdigest()[:16]},
    }


def render_junit(found: Found) -> str:
    """One test case for each finding, and one that passes for a document without any.

    Errors are failures; warnings pass with their text as output; what is excepted is skipped.
    """
    suite = Element("testsuite", name="pactolus lint")
    for problem in found.problems:
        case = _case(suite, problem)
        tag = "failure" if problem.severity == "error" else "system-out"
        element = SubElement(case, tag)
        element.text = f"{problem} {problem.fix}"
        if tag == "failure":
            element.set("message", problem.message)
    for one in found.excepted:
        SubElement(_case(suite, one.problem), "skipped", message=one.by.reason)
    told = {problem.uri for problem in found.problems}
    for uri in found.read:
        if uri not in told:
            SubElement(suite, "testcase", classname=uri, name="keeps all rules", time="0.000")
    totals = {"tests": "testcase", "failures": "testcase/failure", "skipped": "testcase/skipped"}
    for name, path in totals.items():
        suite.set(name, str(len(suite.findall(path))))
    ElementTree.indent(suite)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ElementTree.tostring(suite, encoding="unicode")}\n'


def _case(suite: Element, problem: Problem) -> Element:
    name = f"{problem.code} {problem.pointer}".strip()
    return SubElement(suite, "testcase", classname=problem.uri, name=name, time="0.000")


def render_github(found: Found) -> str:
    """Workflow commands, which GitHub shows beside the lines."""
    lines = []
    for problem in found.problems:
        properties = {"file": problem.uri}
        if problem.position is not None:
            properties |= {"line": str(problem.position.line), "col": str(problem.position.column)}
        properties["title"] = problem.code
        text = f"{problem.message}\n{problem.fix}"
        lines.append(command(GITHUB_KINDS[problem.severity], properties, text) + "\n")
    return "".join(lines)


def _exception(one: Excepted) -> dict[str, str]:
    by = one.by
    return {"owner": by.owner, "reason": by.reason, "expires": by.expires.isoformat()}


FORMATS: Mapping[str, Callable[[Found], str]] = {
    "json": render_json,
    "sarif": render_sarif,
    "junit": render_junit,
    "github": render_github,
}
