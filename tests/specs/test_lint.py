"""Each house rule with cases it passes and cases it finds, from ``lint_cases/<rule>.yaml``.

A case is a document without what all have in common; a bad one names the pointers of its findings.
"""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

from specs.config import Limits
from specs.files import documents_root, read_contract
from specs.lint import all_rules, lint
from specs.lint.level import LEVELS
from specs.load import contract_from_value
from specs.yaml_text import parse_yaml

CASES = Path(__file__).parent / "lint_cases"
BASE: dict[str, Any] = {
    "info": {
        "title": "t",
        "version": "1.0.0",
        "description": "A contract.",
        "x-audience": "company-internal",
    },
    "x-api-id": "8f1d4f0c-3f5e-4c1e-9a53-6b2f7c0d9e11",
    "x-pactolus": {"name": "crm-quote", "owner": "crm-team", "layer": "system", "domain": "commercial"},
}
OPENAPI: dict[str, Any] = {
    "openapi": "3.1.0",
    **BASE,
    "servers": [{"url": "/system/crm-quote/v1"}],
    "security": [],
    "paths": {},
}


def case_files() -> dict[str, dict[str, list[Any]]]:
    return {path.stem: _read(path) for path in sorted(CASES.glob("*.yaml"))}


def _read(path: Path) -> Any:
    return parse_yaml(path.read_text(), path.name, Limits())[0]


FILES = case_files()
GOOD = [(rule, case) for rule, cases in FILES.items() for case in cases["good"]]
BAD = [(rule, case) for rule, cases in FILES.items() for case in cases["bad"]]


def whole(document: dict[str, Any]) -> Any:
    """``schema: X`` stands for an operation that answers with X; a member that is null is left out."""
    document = copy.deepcopy(document)
    if "schema" in document:
        content = {"application/json": {"schema": document.pop("schema")}}
        document["paths"] = {
            "/things": {
                "post": {
                    "operationId": "o",
                    "summary": "s",
                    "responses": {"200": {"description": "d", "content": content}},
                }
            }
        }
    base = {"asyncapi": "3.0.0", **BASE} if "asyncapi" in document else OPENAPI
    merged = {**base, **document}
    return contract_from_value({name: value for name, value in merged.items() if value is not None})


def found_by(rule: str, document: dict[str, Any]) -> list[str]:
    check = next(entry.check for entry in all_rules() if entry.name == rule)
    return [problem.pointer for problem in check(whole(document))]


@pytest.mark.parametrize(("rule", "document"), GOOD)
def test_a_contract_that_keeps_the_rule_is_passed(rule: str, document: dict[str, Any]) -> None:
    assert found_by(rule, document) == []


@pytest.mark.parametrize(("rule", "case"), BAD)
def test_a_contract_that_breaks_the_rule_is_found_at_the_place(rule: str, case: dict[str, Any]) -> None:
    assert found_by(rule, case["document"]) == case["at"]


@pytest.mark.parametrize("rule", all_rules(), ids=lambda rule: str(rule.name))
def test_each_rule_has_cases_of_both_kinds_a_manual_a_source_and_a_level(rule: Any) -> None:
    assert len(FILES[rule.name]["good"]) > 0
    assert len(FILES[rule.name]["bad"]) > 0
    assert len(rule.manual.splitlines()) >= 3
    assert rule.severity in ("error", "warning")
    assert rule.source
    assert rule.level in LEVELS


@pytest.mark.parametrize(("rule", "case"), BAD)
def test_each_finding_says_what_to_do(rule: str, case: dict[str, Any]) -> None:
    code = next(entry.code for entry in all_rules() if entry.name == rule)

    findings = [p for p in lint(whole(case["document"])) if p.code.startswith(code)]

    assert findings
    assert all(finding.message.endswith(".") and finding.fix.endswith(".") for finding in findings)


def test_errors_come_before_warnings() -> None:
    severities = [problem.severity for problem in lint(contract_from_value({"openapi": "3.1.0"}))]

    assert severities == sorted(severities)


def test_a_rule_that_meets_a_broken_contract_reports_it() -> None:
    document = {"paths": {"/a": {"get": {"security": [{"missing": []}]}}}}

    assert "openapi.security_scheme_unknown" in {problem.code for problem in lint(whole(document))}


@pytest.mark.parametrize("path", sorted(documents_root().rglob("*api.yaml")), ids=lambda path: str(path.name))
def test_the_packaged_contracts_have_no_lint_errors(path: Path) -> None:
    problems = lint(read_contract(path, [documents_root()]))

    assert [str(problem) for problem in problems if problem.severity == "error"] == []
