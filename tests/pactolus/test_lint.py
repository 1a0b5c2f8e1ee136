"""``pactolus lint`` as a user's shell sees it, above all with hostile documents."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest

from specs.files import documents_root

Run = Callable[..., subprocess.CompletedProcess[str]]

HOSTILE = {
    "malformed": ("openapi: 3.1.0\ninfo: [\n", "hostile.yaml:"),
    "duplicate key": ("openapi: 3.1.0\ninfo: {title: a, version: 1.0.0}\ninfo: {}\n", "hostile.yaml:3"),
    "alias cycle": ("openapi: 3.1.0\ninfo: &a\n  title: *a\n", "hostile.yaml:"),
    "reference to the network": (
        "openapi: 3.1.0\ninfo: {title: a, version: 1.0.0}\npaths:\n  /a: {$ref: 'http://127.0.0.1/x.yaml'}\n",
        "hostile.yaml:4",
    ),
    "reference out of the roots": (
        "openapi: 3.1.0\ninfo: {title: a, version: 1.0.0}\npaths:\n  /a: {$ref: '../../../etc/passwd'}\n",
        "hostile.yaml:4",
    ),
    "deep nesting": ("{" + '"a":{' * 100_000 + "}" * 100_001, "hostile.yaml:"),
    "bomb": (
        "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 10)),
        "hostile.yaml:",
    ),
    "not text": ("\x00\x01\x02", "hostile.yaml:"),
    "empty": ("", "hostile.yaml"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_document_ends_in_a_clear_message_with_its_line(
    pactolus: Run, tmp_path: Path, name: str
) -> None:
    text, place = HOSTILE[name]
    (tmp_path / "hostile.yaml").write_text(text)

    result = pactolus("lint", "hostile.yaml")

    assert result.returncode == 2, result.stdout
    assert place in result.stderr
    assert "fix" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_document_of_200_mb_is_refused_unread(pactolus: Run, tmp_path: Path) -> None:
    path = tmp_path / "huge.json"
    with path.open("wb") as file:
        file.truncate(200 * 1024 * 1024)

    result = pactolus("lint", path)

    assert result.returncode == 2
    assert "huge.json" in result.stderr


def test_our_own_contracts_hold_what_we_ask_of_others(pactolus: Run) -> None:
    """All but one: the first quote version sends money as JSON numbers, which is why there is a second."""
    root = documents_root()
    files = sorted(path for path in root.rglob("*.v*.*api.yaml"))

    result = pactolus("lint", "--format", "json", "--root", root, *files)

    found = {(problem["uri"], problem["code"]) for problem in json.loads(result.stdout)}
    assert len(files) >= 8
    assert result.returncode == 0, result.stdout + result.stderr
    assert found == {("system/crm-quote.v1.openapi.yaml", "lint.money_number")}


def test_json_lists_every_problem_with_pointer_and_line(pactolus: Run, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("openapi: 3.1.0\ninfo: {title: a}\npaths: {}\n")

    result = pactolus("lint", "--format", "json", "a.yaml")

    problems = json.loads(result.stdout)
    assert result.returncode == 1
    assert all({"code", "detail", "fix", "pointer", "line"} <= set(problem) for problem in problems)
    assert any("version" in problem["detail"] for problem in problems)


def test_every_file_is_told_of_also_beside_an_unusable_one(pactolus: Run, tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text("openapi: [\n")
    (tmp_path / "poor.yaml").write_text("openapi: 3.1.0\ninfo: {title: a}\npaths: {}\n")

    result = pactolus("lint", "bad.yaml", "poor.yaml")

    assert result.returncode == 2
    assert "bad.yaml" in result.stderr
    assert "poor.yaml" in result.stdout


QUOTE = """
openapi: 3.1.0
info: {title: Quotes, version: 1.0.0, description: Quotes., x-audience: company-internal}
x-api-id: 8f1d4f0c-3f5e-4c1e-9a53-6b2f7c0d9e11
x-pactolus: {name: crm-quote, owner: crm-team, layer: system, domain: commercial}
servers: [{url: /system/crm-quote/v1}]
security: []
paths:
  /quotes:
    get:
      operationId: listQuotes
      summary: All quotes.
      responses:
        '200':
          description: d
          content:
            application/json:
              schema: {properties: {total: {type: number}}}
        '404': {description: d, content: {application/problem+json: {}}}
"""
EXCEPTIONS = """
exceptions:
  - rule: lint.money_number
    contract: crm-quote
    owner: crm-team
    reason: Version 2 has decimal strings.
    expires: 9999-12-31
"""
SPECTRAL = """
rules:
  has-contact: {given: $.info, severity: error, then: {field: contact, function: truthy}}
  no-get: {given: '$.paths[*].get', severity: info, then: {function: undefined}}
"""


@pytest.fixture
def quote(tmp_path: Path) -> Path:
    path = tmp_path / "quote.yaml"
    path.write_text(QUOTE)
    return path


def test_a_ruleset_in_spectrals_yaml_takes_the_place_of_the_house_rules(
    pactolus: Run, tmp_path: Path, quote: Path
) -> None:
    (tmp_path / "rules.yaml").write_text(SPECTRAL)

    result = pactolus("lint", "--ruleset", "rules.yaml", "--strict", quote)

    assert result.returncode == 1
    assert "quote.yaml:3:1 error has-contact" in result.stdout
    assert "info no-get" in result.stdout
    assert "lint.money_number" not in result.stdout
    assert "2 problems, 1 of them failing" in result.stdout


def test_a_ruleset_extends_a_file_beside_it_and_says_what_is_not_covered(
    pactolus: Run, tmp_path: Path, quote: Path
) -> None:
    (tmp_path / "base.yaml").write_text(SPECTRAL)
    (tmp_path / "rules.yaml").write_text("extends: [base.yaml, spectral:oas]\nrules: {has-contact: off}\n")

    result = pactolus("lint", "--ruleset", "rules.yaml", quote)

    assert result.returncode == 0, result.stdout
    assert "operation-tags" in result.stderr
    assert "has-contact" not in result.stdout


def test_a_ruleset_with_javascript_is_refused_by_name_and_line(
    pactolus: Run, tmp_path: Path, quote: Path
) -> None:
    (tmp_path / "rules.yaml").write_text("rules:\n  a: {given: $, then: {function: mine}}\n")

    result = pactolus("lint", "--ruleset", "rules.yaml", quote)

    assert result.returncode == 2
    assert "rules.yaml:2:" in result.stderr
    assert "'mine'" in result.stderr


def test_an_exception_takes_its_findings_out_and_says_so(pactolus: Run, tmp_path: Path, quote: Path) -> None:
    (tmp_path / "exceptions.yaml").write_text(EXCEPTIONS)

    strict = pactolus("lint", "--strict", quote)
    excepted = pactolus("lint", "--strict", "--exceptions", "exceptions.yaml", quote)

    assert strict.returncode == 1
    assert "lint.money_number" in strict.stdout
    assert excepted.returncode == 0, excepted.stdout
    assert "1 excepted" in excepted.stdout


def test_an_expired_exception_fails_and_an_unused_one_is_named(
    pactolus: Run, tmp_path: Path, quote: Path
) -> None:
    expired = EXCEPTIONS.replace("9999", "2001")
    unused = EXCEPTIONS.replace("exceptions:\n", "").replace("crm-quote", "erp-orders")
    (tmp_path / "exceptions.yaml").write_text(expired + unused.lstrip("\n"))

    result = pactolus("lint", "--exceptions", "exceptions.yaml", quote)

    assert result.returncode == 1
    assert "exceptions.yaml:3:5 error lint.exception_expired" in result.stdout
    assert "exceptions.yaml:8:5 warning lint.exception_unused" in result.stdout


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("    owner: crm-team\n", "", "owner"),
        ("9999-12-31", "9999-02-30", "calendar"),
        ("    contract: crm-quote\n", "", "valid under any"),
        ("reason:", "cause:", "cause"),
    ],
)
def test_a_file_of_exceptions_that_says_too_little_is_refused(
    pactolus: Run, tmp_path: Path, quote: Path, old: str, new: str, said: str
) -> None:
    (tmp_path / "exceptions.yaml").write_text(EXCEPTIONS.replace(old, new))

    result = pactolus("lint", "--exceptions", "exceptions.yaml", quote)

    assert result.returncode == 2
    assert "exceptions.yaml:3" in result.stderr or "exceptions.yaml:7" in result.stderr
    assert said in result.stderr


def test_a_scorecard_says_the_level_and_what_is_missing_for_the_next(pactolus: Run, quote: Path) -> None:
    text = pactolus("lint", "--scorecard", quote)
    cards = json.loads(pactolus("lint", "--scorecard", "--format", "json", quote).stdout)

    assert text.returncode == 0
    assert "Quotes 1.0.0: bronze" in text.stdout
    assert "for silver: lint.money_number" in text.stdout
    assert [(card["level"], card["nextLevel"]) for card in cards] == [("bronze", "silver")]
    assert [one["code"] for one in cards[0]["missing"]] == ["lint.money_number"]


def test_a_scorecard_names_the_exceptions_that_fail(pactolus: Run, tmp_path: Path, quote: Path) -> None:
    (tmp_path / "exceptions.yaml").write_text(EXCEPTIONS.replace("9999", "2001"))

    text = pactolus("lint", "--scorecard", "--exceptions", "exceptions.yaml", quote)
    card = pactolus("lint", "--scorecard", "--format", "json", "--exceptions", "exceptions.yaml", quote)

    assert (text.returncode, card.returncode) == (1, 1)
    assert "lint.exception_expired" in text.stdout
    assert "lint.exception_expired" in card.stderr
    assert json.loads(card.stdout)


def test_the_exceptions_of_a_contract_that_cannot_be_read_are_not_called_unused(
    pactolus: Run, tmp_path: Path, quote: Path
) -> None:
    (tmp_path / "exceptions.yaml").write_text(EXCEPTIONS)
    quote.write_text("openapi: [")

    result = pactolus("lint", "--exceptions", "exceptions.yaml", quote)

    assert result.returncode == 2
    assert "lint.exception_unused" not in result.stdout + result.stderr


@pytest.mark.parametrize("option", ["--ruleset", "--exceptions"])
def test_an_empty_file_is_called_empty(pactolus: Run, tmp_path: Path, quote: Path, option: str) -> None:
    (tmp_path / "empty.yaml").write_text("\n")

    result = pactolus("lint", option, "empty.yaml", quote)

    assert result.returncode == 2
    assert "empty.yaml is empty" in result.stderr


def test_sarif_names_rule_place_and_suppression(pactolus: Run, tmp_path: Path, quote: Path) -> None:
    (tmp_path / "exceptions.yaml").write_text(EXCEPTIONS)

    plain = pactolus("lint", "--format", "sarif", quote)
    excepted = pactolus("lint", "--format", "sarif", "--exceptions", "exceptions.yaml", quote)

    run = json.loads(plain.stdout)["runs"][0]
    result = next(one for one in run["results"] if one["ruleId"] == "lint.money_number")
    assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == "lint.money_number"
    assert result["locations"][0]["physicalLocation"]["region"]["startLine"] == 18
    suppressed = json.loads(excepted.stdout)["runs"][0]["results"][-1]
    assert suppressed["partialFingerprints"] == result["partialFingerprints"]
    assert "Version 2 has decimal strings." in suppressed["suppressions"][0]["justification"]


def test_junit_has_a_failure_for_each_error_and_a_case_for_a_clean_contract(
    pactolus: Run, tmp_path: Path, quote: Path
) -> None:
    (tmp_path / "clean.yaml").write_text(QUOTE.replace("total: {type: number}", "other: {type: string}"))
    (tmp_path / "bad.yaml").write_text(QUOTE.replace("security: []", ""))

    result = pactolus("lint", "--format", "junit", quote, "clean.yaml", "bad.yaml")

    suite = ElementTree.fromstring(result.stdout)
    assert [case.get("classname") for case in suite.findall("testcase[failure]")] == ["bad.yaml"]
    clean = [case.get("name") for case in suite.findall("testcase") if case.get("classname") == "clean.yaml"]
    assert clean == ["keeps all rules"]
    assert suite.get("failures") == "1"


def test_githubs_log_gets_one_command_for_each_finding(pactolus: Run, quote: Path) -> None:
    result = pactolus("lint", "--format", "github", quote)

    assert "::warning file=quote.yaml,line=18,col=" in result.stdout
    assert all(line.startswith("::") for line in result.stdout.splitlines())
