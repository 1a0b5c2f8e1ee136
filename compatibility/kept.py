"""A report without traffic, written down whole, so that the traffic of another day can be joined later.

`compatibility.stored` reads what was shown. A usage join needs more than a report shows: the schemas of the
changed places and where they are met. They stand here beside the report, each schema once.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from compatibility.model import Evidence, Finding, Meeting, Report
from compatibility.stored import report_of
from compatibility.text_forms import TextForm

KEPT_VERSION = "1"
"""Rises when the form changes: what an earlier release kept is then judged anew."""


def kept_of(report: Report) -> dict[str, Any]:
    """The report as JSON; it must have no traffic and no waivers."""
    schemas: dict[str, int] = {}
    findings = [evidence_json(finding, schemas) for finding in report.findings]
    return {
        "report": report.as_json(),
        "evidence": findings,
        "schemas": [json.loads(text) for text in schemas],
    }


def evidence_json(finding: Finding, schemas: dict[str, int]) -> dict[str, Any]:
    evidence = finding.evidence
    if evidence is None:
        return {"everyRequest": finding.every_request}
    return {
        "everyRequest": finding.every_request,
        "before": number_of(evidence.before, schemas),
        "after": number_of(evidence.after, schemas),
        "meetings": [[one.operation, one.where, one.path, one.flow] for one in evidence.meetings],
        "members": list(evidence.members),
        "missing": list(evidence.missing),
        "text": text_json(evidence.text),
        "failing": sorted(evidence.failing),
    }


def number_of(schema: Any, schemas: dict[str, int]) -> int:
    """The place of a schema in the list; equal ones share it, the order of members counts."""
    return schemas.setdefault(json.dumps(schema, ensure_ascii=True), len(schemas))


def text_json(form: TextForm | None) -> dict[str, Any] | None:
    if form is None:
        return None
    return asdict(form) | {"deep": sorted(form.deep), "kept": sorted(form.kept)}


def report_of_kept(value: Mapping[str, Any]) -> Report:
    """The report, ready for `Report.with_usage`; raises `KeyError` or `ValueError` for another value."""
    report = report_of(value["report"])
    pairs = zip(report.findings, value["evidence"], strict=True)
    return replace(report, findings=tuple(with_evidence(*pair, value["schemas"]) for pair in pairs))


def with_evidence(finding: Finding, kept: Mapping[str, Any], schemas: list[Any]) -> Finding:
    if "meetings" not in kept:
        return replace(finding, every_request=kept["everyRequest"])
    form = kept["text"]
    evidence = Evidence(
        before=schemas[kept["before"]],
        after=schemas[kept["after"]],
        meetings=tuple(Meeting(*one) for one in kept["meetings"]),
        members=tuple(kept["members"]),
        missing=tuple(kept["missing"]),
        text=None if form is None else text_of(form),
        failing=frozenset(kept["failing"]),
    )
    return replace(finding, every_request=kept["everyRequest"], evidence=evidence)


def text_of(value: Mapping[str, Any]) -> TextForm:
    return TextForm(**{**value, "deep": frozenset(value["deep"]), "kept": frozenset(value["kept"])})
