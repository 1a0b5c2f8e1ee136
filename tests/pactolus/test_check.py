"""``pactolus check`` as a user's shell sees it: what it prints and how it exits."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from tests.pactolus.conftest import ORDERS

Run = Callable[..., subprocess.CompletedProcess[str]]


def changed(before: Path, old: str, new: str) -> Path:
    text = before.read_text()
    assert old in text
    path = before.with_name("after.yaml")
    path.write_text(text.replace(old, new))
    return path


def test_a_contract_is_compatible_with_itself(pactolus: Run, before: Path) -> None:
    result = pactolus("check", before, before)

    assert result.returncode == 0, result.stderr
    assert "COMPATIBLE" in result.stdout


def test_a_newly_required_member_is_breaking_and_shown_with_a_witness(pactolus: Run, before: Path) -> None:
    after = changed(before, "required: [reference]", "required: [reference, taxCategory]")

    result = pactolus("check", before, after, "--format", "json")

    report = json.loads(result.stdout)
    finding, version = [finding for finding in report["findings"] if finding["level"] == "breaking"]
    assert result.returncode == 1
    assert report["verdict"] == "breaking"
    assert finding["witness"]["value"] == {"reference": finding["witness"]["value"]["reference"]}
    assert "taxCategory" in finding["message"]
    assert version["rule"] == "version-bump-too-small"


def test_a_relaxed_requirement_passes(pactolus: Run, before: Path) -> None:
    after = changed(before, "required: [reference]", "required: []")

    assert pactolus("check", before, after).returncode == 0


def test_text_names_the_operation_and_what_to_do(pactolus: Run, before: Path, after: Path) -> None:
    text = pactolus("check", before, after).stdout

    assert "POST /orders" in text
    assert "taxCategory" in text
    assert "\x1b[" not in text, "no colors when piped"


def test_an_invalid_document_is_refused_with_its_line_and_never_compared(pactolus: Run, before: Path) -> None:
    after = changed(before, "operationId: createOrder", "operationId: createOrder\n      operationId: again")

    result = pactolus("check", before, after)

    assert result.returncode == 2
    assert result.stdout == ""
    assert "after.yaml:8" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_missing_file_is_a_usage_error(pactolus: Run, before: Path) -> None:
    result = pactolus("check", before, "nowhere.yaml")

    assert result.returncode == 2
    assert "nowhere.yaml" in result.stderr


def test_json_and_yaml_of_one_contract_are_the_same(pactolus: Run, before: Path) -> None:
    after = before.with_name("after.json")
    after.write_text(json.dumps(yaml.safe_load(ORDERS)))

    assert pactolus("check", before, after).returncode == 0


def test_contracts_of_different_kinds_are_not_compared(pactolus: Run, before: Path) -> None:
    schema = before.with_name("schema.json")
    schema.write_text('{"type": "string"}')

    result = pactolus("check", before, schema)

    assert result.returncode == 2
    assert "should not happen" not in result.stderr


def test_json_output_names_the_problems_of_unusable_input(pactolus: Run, before: Path) -> None:
    broken = before.with_name("broken.yaml")
    broken.write_text("openapi: 3.1.0\nopenapi: 3.1.0\n")

    result = pactolus("check", before, broken, "--format", "json")

    (problem,) = json.loads(result.stdout)
    assert result.returncode == 2
    assert (problem["code"], problem["line"]) == ("yaml.duplicate_key", 2)


def test_the_problems_of_both_sides_are_told_at_once(pactolus: Run, before: Path) -> None:
    before.write_text(before.read_text().replace("title: Orders, ", ""))
    broken = before.with_name("broken.yaml")
    broken.write_text("openapi: 3.1.0\nopenapi: 3.1.0\n")

    result = pactolus("check", before, broken)

    assert result.returncode == 2
    assert result.stdout == ""
    assert "before.yaml:3" in result.stderr
    assert "broken.yaml:2" in result.stderr


@pytest.mark.parametrize(
    ("verdict", "statuses"),
    [
        ("breaking", {"breaking": 1, "unknown": 1, "info": 1, "never": 0}),
        ("unknown", {"breaking": 0, "unknown": 1, "info": 1, "never": 0}),
        ("noted", {"breaking": 0, "unknown": 0, "info": 1, "never": 0}),
        ("equal", {"breaking": 0, "unknown": 0, "info": 0, "never": 0}),
    ],
)
def test_the_least_finding_that_fails_is_a_choice(
    pactolus: Run, before: Path, verdict: str, statuses: dict[str, int]
) -> None:
    # The version is declared large enough, so that it is no finding beside the one that is asked for.
    after = before.with_name("after.yaml")
    if verdict == "unknown":
        before.write_text(before.read_text().replace("{reference: {", "{reference: {pattern: '^(?=a)a', "))
    edits = {
        "breaking": ("required: [reference]", "required: [reference, taxCategory]"),
        "unknown": ("^(?=a)a", "^(?=b)b"),
        "noted": ("taxCategory: {type: string}", "taxCategory: {type: string}, more: {type: string}"),
        "equal": ("", ""),
    }
    text = before.read_text().replace("version: 1.0.0", "version: 2.0.0")
    after.write_text(text.replace(*edits[verdict]))

    found = {
        name: pactolus("check", before, after, "--fail-on", name).returncode
        for name in ("breaking", "unknown", "info", "never")
    }

    assert found == statuses


def test_by_default_what_is_unknown_fails(pactolus: Run, before: Path) -> None:
    before.write_text(before.read_text().replace("{reference: {", "{reference: {pattern: '^(?=a)a', "))
    after = changed(before, "^(?=a)a", "^(?=b)b")

    result = pactolus("check", before, after)

    assert "UNKNOWN" in result.stdout
    assert result.returncode == 1


def test_several_formats_are_written_at_once_and_text_is_told(
    pactolus: Run, before: Path, after: Path, tmp_path: Path
) -> None:
    files = {name: f"report.{name}" for name in ("json", "markdown", "html", "sarif", "junit", "github")}
    options = [text for name, file in files.items() for text in ("--format", f"{name}={file}")]

    result = pactolus("check", before, after, *options)

    assert result.returncode == 1
    assert "BREAKING" in result.stdout
    written = {name: (tmp_path / file).read_text() for name, file in files.items()}
    assert all("taxCategory" in text for text in written.values())
    assert json.loads(written["json"])["verdict"] == "breaking"
    assert json.loads(written["sarif"])["version"] == "2.1.0"


def test_one_format_goes_to_a_file_instead_of_standard_output(
    pactolus: Run, before: Path, after: Path, tmp_path: Path
) -> None:
    result = pactolus("check", before, after, "--format", "html", "--output", "report.html")

    assert result.stdout == ""
    assert (tmp_path / "report.html").read_text().startswith("<!DOCTYPE html>")


def test_two_formats_cannot_share_standard_output(pactolus: Run, before: Path, after: Path) -> None:
    result = pactolus("check", before, after, "--format", "json", "--format", "sarif")

    assert result.returncode == 2
    assert "json and sarif" in result.stderr


@pytest.mark.parametrize("value", ["pdf", "html=", "=report.html"])
def test_an_unknown_format_is_refused_with_those_there_are(
    pactolus: Run, before: Path, after: Path, value: str
) -> None:
    result = pactolus("check", before, after, "--format", value)

    assert result.returncode == 2
    assert "is not a format; there are github" in result.stderr or "names no file" in result.stderr


def test_a_file_that_cannot_be_written_is_told_in_one_line(pactolus: Run, before: Path, after: Path) -> None:
    result = pactolus("check", before, after, "--format", "html=nowhere/report.html")

    assert result.returncode == 2
    assert "nowhere/report.html" in result.stderr
    assert "should not happen" not in result.stderr


def test_help_lists_every_format_there_is(pactolus: Run) -> None:
    from compatibility.render import format_names
    from pactolus.report_outputs import known_formats

    told = " ".join(pactolus("check", "--help").stdout.split())

    assert known_formats() == format_names()
    assert ", ".join(format_names()) in told


def test_the_manual_of_a_rule_is_printed_without_contracts(pactolus: Run) -> None:
    result = pactolus("check", "--explain", "request-member-required")

    assert result.returncode == 0
    assert result.stdout.startswith("request-member-required\n\nA member of a request")
    assert "Mirror: response-member-optional." in result.stdout


def test_an_unknown_rule_names_those_that_come_near(pactolus: Run) -> None:
    result = pactolus("check", "--explain", "request-member-requird")

    assert result.returncode == 2
    assert "did you mean request-member-required" in result.stderr


def test_strict_reading_refuses_what_declared_reading_lets_pass(pactolus: Run, before: Path) -> None:
    after = changed(before, "required: [reference]", "required: [reference]\n              maxProperties: 2")

    declared = json.loads(pactolus("check", before, after, "--format", "json").stdout)
    strict = json.loads(pactolus("check", before, after, "--mode", "strict", "--format", "json").stdout)

    assert (declared["mode"], declared["verdict"]) == ("declared", "compatible")
    assert (strict["mode"], strict["verdict"]) == ("strict", "breaking")


def test_a_name_in_generated_code_counts_at_the_level_of_sdk_only(pactolus: Run, before: Path) -> None:
    after = changed(before, "operationId: createOrder", "operationId: placeOrder")

    verdicts = {
        level: json.loads(pactolus("check", before, after, "--level", level, "--format", "json").stdout)[
            "verdict"
        ]
        for level in ("json", "sdk")
    }

    assert verdicts == {"json": "compatible", "sdk": "breaking"}


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--format", "json=a.json", "--format", "sarif=./a.json"), "two formats cannot both go to a.json"),
        (("--format", "json=a.json", "--output", "a.json"), "two formats cannot both go to a.json"),
        (("--format", "json=before.yaml"), "would overwrite before.yaml"),
        (("--format", "json=nowhere/a.json"), "name a file in a folder that is there"),
    ],
)
def test_a_report_takes_the_place_of_nothing(
    pactolus: Run, before: Path, after: Path, options: tuple[str, ...], told: str
) -> None:
    text = before.read_text()

    result = pactolus("check", before, after, *options)

    assert result.returncode == 2
    assert told in result.stderr
    assert before.read_text() == text


def test_one_cause_is_told_once_with_a_count(pactolus: Run, before: Path) -> None:
    paths = {f"/a{n}": {"$ref": "#/components/pathItems/None"} for n in range(5)}
    broken = before.with_name("broken.json")
    broken.write_text(json.dumps({**yaml.safe_load(ORDERS), "paths": paths}))

    result = pactolus("check", before, broken)

    assert result.returncode == 2
    assert result.stderr.count("leads nowhere") == 1
    assert "and 4 more of the same" in result.stderr
