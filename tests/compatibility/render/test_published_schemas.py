"""What formats write is valid by the schemas that readers of it have."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import jsonschema
import pytest

from compatibility import compare
from compatibility.model import Report
from compatibility.render import format_of
from compatibility.render.json import report_schema
from tests.compatibility.render.reports import NOTHING, RICH, saying

SARIF = json.loads((Path(__file__).parent / "data" / "sarif-2.1.0.schema.json").read_text(encoding="utf-8"))


def orders(version: str, required: list[str]) -> dict[str, Any]:
    schema = {"type": "object", "properties": {"a": {"type": "string"}}, "required": required}
    body = {"content": {"application/json": {"schema": schema}}}
    operation = {"requestBody": body, "responses": {"204": {"description": "done"}}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Orders", "version": version},
        "paths": {"/orders": {"post": operation}},
    }


REPORTS = {
    "rich": RICH,
    "nothing": NOTHING,
    "hostile": saying("]]> <a> {0} | ` \x00 \ud800"),
    "compared": compare(orders("1.0.0", []), orders("1.1.0", ["a"])),
    "equal": compare(orders("1.0.0", []), orders("1.0.0", [])),
}


@pytest.fixture(params=REPORTS)
def report(request: pytest.FixtureRequest) -> Report:
    return REPORTS[request.param]


def test_json_is_valid_by_the_schema_it_names(report: Report) -> None:
    schema = report_schema()
    value = json.loads(format_of("json").render(report))

    jsonschema.Draft202012Validator.check_schema(schema)
    assert [str(error) for error in jsonschema.Draft202012Validator(schema).iter_errors(value)] == []
    assert value["$schema"] == schema["$id"]


def test_the_schema_describes_every_member_that_is_written() -> None:
    """A member that the schema does not name would be a promise nobody wrote down."""
    value = json.loads(format_of("json").render(RICH))
    validator = jsonschema.Draft202012Validator(closed(report_schema()))

    assert [error.message for error in validator.iter_errors(value)] == []


def closed(schema: Any) -> Any:
    """The schema with every object in it refusing members that it does not describe."""
    if isinstance(schema, list):
        return [closed(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {name: closed(one) for name, one in schema.items()}
    return {**inner, "additionalProperties": False} if schema.get("type") == "object" else inner


def test_the_schema_refuses_what_is_no_report() -> None:
    value = json.loads(format_of("json").render(RICH))
    value["findings"][0]["level"] = "fatal"

    assert not jsonschema.Draft202012Validator(report_schema()).is_valid(value)


def test_sarif_is_valid_by_the_official_schema(report: Report) -> None:
    log = json.loads(format_of("sarif").render(report))

    errors = [error.message[:300] for error in jsonschema.Draft4Validator(SARIF).iter_errors(log)]
    assert errors == []


def test_sarif_gives_each_finding_a_rule_a_line_a_fingerprint_and_its_waiver() -> None:
    (run,) = json.loads(format_of("sarif").render(RICH))["runs"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]

    assert [rules[one["ruleIndex"]] for one in run["results"]] == [one["ruleId"] for one in run["results"]]
    assert [one["partialFingerprints"]["pactolusChange/v1"] for one in run["results"]] == [
        finding.fingerprint for finding in RICH.findings
    ]
    assert all(one["locations"][0]["physicalLocation"]["region"]["startLine"] > 1 for one in run["results"])
    assert [one["suppressions"][0]["justification"] for one in run["results"] if one["suppressions"]] == [
        "Readers take any ISO 4217 code; agreed in CAB-2026-31. (erp-team, until 2027-01-31)"
    ]


def test_sarif_and_html_print_the_manual_of_each_rule() -> None:
    report = REPORTS["compared"]
    (run,) = json.loads(format_of("sarif").render(report))["runs"]
    rules = {rule["id"]: rule for rule in run["tool"]["driver"]["rules"]}

    required = rules["request-member-required"]
    assert required["name"] == "RequestMemberRequired"
    assert "Callers that leave it out" in required["help"]["text"]
    assert required["defaultConfiguration"] == {"level": "error"}
    assert "Callers that leave it out" in format_of("html").render(report)


def test_every_result_of_sarif_has_a_place_also_one_about_the_whole_contract() -> None:
    """Code scanning refuses a log whose results have none."""
    (run,) = json.loads(format_of("sarif").render(REPORTS["compared"]))["runs"]

    assert "version-bump-too-small" in [one["ruleId"] for one in run["results"]]
    assert all(one["locations"] for one in run["results"])


def test_what_is_gone_is_shown_where_it_was_and_said_to_be_gone() -> None:
    (run,) = json.loads(format_of("sarif").render(RICH))["runs"]
    line = next(
        one for one in format_of("github").render(RICH).splitlines() if "sample-operation-removed" in one
    )

    assert ["gone" in one["locations"][0].get("message", {}).get("text", "") for one in run["results"]] == [
        finding.after is None for finding in RICH.findings
    ]
    assert line.startswith("::error file=system/erp-orders.yaml,title=")
    assert "stood at system/erp-orders.yaml:77." in line


# The elements and attributes of JUnit XML that Jenkins (junit-10.xsd), GitLab and Azure DevOps read:
# required and optional attributes, and children in the order the schema has them.
JUNIT: dict[str, tuple[set[str], set[str], str]] = {
    "testsuites": (set(), {"name", "time", "tests", "failures", "errors"}, "(testsuite )*"),
    "testsuite": (
        {"name", "tests"},
        {"time", "failures", "errors", "skipped"},
        "(properties )?(testcase )*",
    ),
    "properties": (set(), set(), "(property )+"),
    "property": ({"name", "value"}, set(), ""),
    "testcase": ({"name", "classname"}, {"time"}, "(skipped |failure |error )?(system-out )?"),
    "skipped": (set(), {"message"}, ""),
    "failure": (set(), {"message", "type"}, ""),
    "error": (set(), {"message", "type"}, ""),
    "system-out": (set(), set(), ""),
}


def test_junit_keeps_the_structure_that_ci_servers_read(report: Report) -> None:
    root = ElementTree.fromstring(format_of("junit").render(report).encode("utf-8"))

    assert root.tag == "testsuites"
    for element in root.iter():
        required, optional, children = JUNIT[element.tag]
        assert required <= set(element.attrib) <= required | optional, element.tag
        assert re.fullmatch(children, "".join(f"{child.tag} " for child in element)), element.tag


def test_junit_counts_what_it_holds_and_names_no_test_twice(report: Report) -> None:
    root = ElementTree.fromstring(format_of("junit").render(report).encode("utf-8"))
    (suite,) = root

    for element in (root, suite):
        assert int(element.attrib["tests"]) == len(suite.findall("testcase")) > 0
        assert int(element.attrib["failures"]) == len(suite.findall("testcase/failure"))
        assert int(element.attrib["errors"]) == len(suite.findall("testcase/error"))
    assert int(suite.attrib["skipped"]) == len(suite.findall("testcase/skipped"))
    names = [(case.attrib["classname"], case.attrib["name"]) for case in suite.findall("testcase")]
    assert len(names) == len(set(names))


def test_junit_fails_what_breaks_and_cannot_say_what_is_unknown() -> None:
    root = ElementTree.fromstring(format_of("junit").render(RICH).encode("utf-8"))
    outcomes = {case.attrib["classname"].split(".")[1]: outcome(case) for case in root.iter("testcase")}

    assert outcomes == {
        "sample-operation-removed": "failure",
        "sample-request-member-required": "failure",
        "sample-response-value-added": "skipped",
        "sample-request-pattern-narrowed": "error",
        "sample-response-member-added": "passed",
        "not-judged": "error",
    }


def outcome(case: Element) -> str:
    found = [child.tag for child in case if child.tag != "system-out"]
    return found[0] if found else "passed"
