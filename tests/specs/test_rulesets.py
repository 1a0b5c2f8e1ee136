"""Rulesets in Spectral's YAML: each function and path with cases, and what is refused with its line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from specs.config import LIMITS
from specs.errors import SpecError
from specs.lint.spectral import Ruleset, lint_by, read_ruleset
from specs.lint.spectral.functions import FUNCTIONS
from specs.load import contract_from_value, load_contract
from specs.problem import Problem
from specs.yaml_text import parse_yaml

CASES = Path(__file__).parent / "ruleset_cases"


def cases(name: str) -> dict[str, Any]:
    path = CASES / f"{name}.yaml"
    found: dict[str, Any] = parse_yaml(path.read_text(), path.name, LIMITS)[0]
    return found


FINDING = {**cases("functions"), **cases("paths")}
REFUSED = cases("refusals")
OPENAPI: dict[str, Any] = {"openapi": "3.1.0", "info": {"title": "t", "version": "1.0.0"}, "paths": {}}


def ruleset(text: str | dict[str, Any], **files: Any) -> Ruleset:
    """``text`` is YAML, or the value; ``files`` are further ones by name, without their suffix."""
    texts = {f"{name}.yaml": json.dumps(value) for name, value in files.items()}
    entry = text if isinstance(text, str) else json.dumps(text)
    return read_ruleset("entry.yaml", entry, {**texts, "entry.yaml": entry}.get)


def found(rules: Ruleset, document: Any, path: str = "") -> list[Problem]:
    if "openapi" not in document:
        document = {"$schema": "https://json-schema.org/draft/2020-12/schema", **document}
    return list(lint_by(rules, contract_from_value(document), path))


def places(rules: Ruleset, document: Any, path: str = "") -> list[tuple[str, str]]:
    return sorted((problem.code, problem.pointer) for problem in found(rules, document, path))


RULE = {"given": "$.info", "then": {"field": "contact", "function": "truthy"}}


@pytest.mark.parametrize("name", FINDING)
def test_a_rule_finds_what_spectral_finds_and_where(name: str) -> None:
    case = FINDING[name]
    expected = sorted((rule, place) for rule, at in case["finds"].items() for place in at)

    assert places(ruleset({"rules": case["rules"]}), case["document"]) == expected


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_supported_is_refused_with_its_line(name: str) -> None:
    with pytest.raises(SpecError) as refused:
        ruleset(REFUSED[name]["text"])

    told = [(p.code, p.position.line if p.position else 0) for p in refused.value.problems]
    assert sorted(told) == sorted((code, line) for code, line in REFUSED[name]["refuses"])
    assert all(p.message.endswith(".") and p.fix.endswith(".") for p in refused.value.problems)


def test_each_core_function_has_a_case() -> None:
    used = {
        then["function"]
        for case in FINDING.values()
        for rule in case["rules"].values()
        for then in (rule["then"] if isinstance(rule["then"], list) else [rule["then"]])
    }

    assert used == set(FUNCTIONS)


def test_a_rule_in_javascript_that_is_off_does_not_hinder_the_others() -> None:
    base = {"functions": ["mine"], "rules": {"js": {"given": "$", "then": {"function": "mine"}}, "a": RULE}}

    rules = ruleset({"extends": "base.yaml", "rules": {"js": "off"}}, base=base)

    assert places(rules, OPENAPI) == [("a", "/info")]


@pytest.mark.parametrize(
    ("written", "severity"),
    [
        ("error", "error"),
        ("warn", "warning"),
        ("info", "info"),
        ("hint", "info"),
        (0, "error"),
        (1, "warning"),
    ],
)
def test_severities_are_spectrals(written: str | int, severity: str) -> None:
    rules = ruleset({"rules": {"a": {**RULE, "severity": written}}})

    assert [problem.severity for problem in found(rules, OPENAPI)] == [severity]


@pytest.mark.parametrize("off", ["off", False])
def test_a_rule_of_an_extended_file_is_turned_off(off: str | bool) -> None:
    rules = ruleset({"extends": ["base.yaml"], "rules": {"a": off}}, base={"rules": {"a": RULE}})

    assert places(rules, OPENAPI) == []


def test_a_rule_of_an_extended_file_is_given_another_severity() -> None:
    base = {"rules": {"a": RULE, "b": {**RULE, "recommended": False}}}

    rules = ruleset({"extends": "base.yaml", "rules": {"a": "error", "b": "warn"}}, base=base)

    told = [(problem.code, problem.severity) for problem in found(rules, OPENAPI)]
    assert told == [("a", "error"), ("b", "warning")]


@pytest.mark.parametrize(
    ("mode", "expected"), [("off", []), ("recommended", ["a"]), ("all", ["a", "b"]), (None, ["a"])]
)
def test_a_file_is_extended_in_a_mode(mode: str | None, expected: list[str]) -> None:
    base = {"rules": {"a": RULE, "b": {**RULE, "recommended": False}}}

    rules = ruleset({"extends": [["base.yaml", mode]] if mode else "base.yaml"}, base=base)

    assert [code for code, _ in places(rules, OPENAPI)] == expected


def test_formats_choose_the_rules_and_the_paths_of_aliases() -> None:
    targets = [{"formats": ["oas3.0"], "given": "$.openapi"}, {"formats": ["oas3.1"], "given": ["$.info"]}]
    rules = ruleset(
        {
            "aliases": {"Where": {"targets": targets}, "Info": ["$.info"]},
            "rules": {
                "alias": {"given": "#Where", "then": {"function": "falsy"}},
                "continued": {"given": "#Info.title", "then": {"function": "falsy"}},
                "old": {"given": "$.info", "formats": ["oas3_0"], "then": {"function": "falsy"}},
                "event": {"given": "$.info", "formats": ["asyncapi3"], "then": {"function": "falsy"}},
            },
        }
    )

    assert places(rules, OPENAPI) == [("alias", "/info"), ("continued", "/info/title")]
    older = {**OPENAPI, "openapi": "3.0.3"}
    assert places(rules, older) == [("alias", "/openapi"), ("continued", "/info/title"), ("old", "/info")]


@pytest.mark.parametrize(("name", "runs"), [("aas3_0", True), ("aas3.0", True), ("aas2_6", False)])
def test_formats_of_asyncapi_have_the_short_names_too(name: str, runs: bool) -> None:
    rule = {"given": "$.info", "formats": [name], "then": {"function": "falsy"}}
    document = {"asyncapi": "3.0.0", "info": {"title": "t", "version": "1.0.0"}}

    told = lint_by(ruleset({"rules": {"a": rule}}), contract_from_value(document))

    assert [problem.code for problem in told] == (["a"] if runs else [])


def test_overrides_change_severities_by_file_and_by_place() -> None:
    rules = ruleset(
        {
            "rules": {"a": {"given": "$..title", "then": {"function": "falsy"}}},
            "overrides": [
                {"files": ["old/**/*.yaml"], "rules": {"a": "off"}},
                {"files": ["new.yaml#/info"], "rules": {"a": "error"}},
            ],
        }
    )

    assert places(rules, OPENAPI, "old/deep/a.yaml") == []
    assert [p.severity for p in found(rules, {**OPENAPI, "x-a": {"title": "t"}}, "new.yaml")] == [
        "error",
        "warning",
    ]


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ("{{property}} of {{path}}: {{error}}", 'title of #/info/title: "title" property must be falsy'),
        ("{{description}} {{value}}", 'why "t"'),
        ('#{{print("property")}}is bad', '"title" property is bad'),
    ],
)
def test_messages_are_filled(message: str, said: str) -> None:
    rule = {"given": "$.info.title", "description": "why", "message": message, "then": {"function": "falsy"}}

    told = [problem.message for problem in found(ruleset({"rules": {"a": rule}}), OPENAPI)]

    assert told in ([said], [said.replace("property is", "propertyis")])


def test_spectrals_own_rulesets_stand_for_our_nearest_rules_and_name_what_has_none() -> None:
    rules = ruleset({"extends": "spectral:oas", "rules": {"operation-description": "error"}})
    document = {**OPENAPI, "paths": {"/a/": {"get": {"operationId": "x", "responses": {}}}}}

    told = {(problem.code, problem.severity) for problem in found(rules, document)}

    assert ("lint.description_missing", "error") in told
    assert ("lint.path_name", "warning") in told
    assert "operation-tags" in rules.for_document("a.yaml").uncovered
    assert "openapi-tags" not in rules.for_document("a.yaml").uncovered


def test_the_house_rules_can_be_chosen_by_their_codes() -> None:
    rules = ruleset({"extends": [["pactolus:house", "off"]], "rules": {"lint.security_missing": "warn"}})
    document = {**OPENAPI, "paths": {"/A/": {"get": {"responses": {}}}}}

    told = [(problem.code, problem.severity) for problem in found(rules, document)]

    assert told == [("lint.security_missing", "warning")]


def test_each_counterpart_of_spectrals_rules_is_a_rule_of_ours() -> None:
    from specs.lint import all_rules
    from specs.lint.spectral.builtin import RULESETS, VALID

    codes = {rule.code for rule in all_rules()}

    named = {code for rules in RULESETS.values() for code in rules.values() if code not in (None, VALID)}
    assert named <= codes


def test_a_finding_in_a_referenced_document_stands_there_with_its_line() -> None:
    entry = b"openapi: 3.1.0\ninfo: {title: t, version: 1.0.0}\npaths: {/a: {$ref: other.yaml}}\n"
    contract = load_contract("a.yaml", entry, {"other.yaml": b"get:\n  operationId: Bad\n"})
    then = {"field": "operationId", "function": "casing", "functionOptions": {"type": "camel"}}

    told = lint_by(ruleset({"rules": {"a": {"given": "$.paths[*][*]", "then": then}}}), contract)

    assert [(p.uri, p.pointer, p.position and p.position.line) for p in told] == [
        ("other.yaml", "/get/operationId", 2)
    ]


def test_a_path_over_a_graph_of_references_ends_soon() -> None:
    """A dereferenced copy of this would have 2^40 schemas."""
    defs: dict[str, Any] = {f"s{n}": {"allOf": [{"$ref": f"#/$defs/s{n + 1}"}] * 2} for n in range(40)}
    document = {"$ref": "#/$defs/s0", "$defs": {**defs, "s40": {"title": "t"}}}

    rules = ruleset({"rules": {"a": {"given": "$..title", "then": {"function": "falsy"}}}})

    assert places(rules, document) == [("a", "/$defs/s40/title")]


def test_runaway_backtracking_ends_as_no_match() -> None:
    options = {"notMatch": r"^(a+)+\1$"}
    rule = {"given": "$.info.title", "then": {"function": "pattern", "functionOptions": options}}
    document = {**OPENAPI, "info": {"title": "a" * 5_000 + "b", "version": "1"}}

    assert places(ruleset({"rules": {"a": rule}}), document) == []
