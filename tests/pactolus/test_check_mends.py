"""A contract in force that has a harmless problem can be judged against its mend; all else is refused."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.pactolus.conftest import ORDERS

Run = Callable[..., subprocess.CompletedProcess[str]]
LIMIT = """      parameters:
        - {name: limit, in: query, schema: {type: integer, default: WORTH}}
      requestBody:
"""
PLAIN = ORDERS.replace("      requestBody:\n", LIMIT.replace("WORTH", "5"))
BAD_DEFAULT = ORDERS.replace("      requestBody:\n", LIMIT.replace("WORTH", "many"))


def written(folder: Path, **texts: str) -> list[Path]:
    paths = []
    for name, text in texts.items():
        path = folder / f"{name}.yaml"
        path.write_text(text)
        paths.append(path)
    return paths


def test_the_mend_of_a_default_in_force_is_judged_and_the_default_is_noted(
    pactolus: Run, tmp_path: Path
) -> None:
    before, after = written(tmp_path, before=BAD_DEFAULT, after=PLAIN)

    result = pactolus("check", before, after, "--format", "json")

    report = json.loads(result.stdout)
    (note,) = (one for one in report["findings"] if one["rule"] == "earlier-not-valid")
    assert (result.returncode, report["verdict"]) == (0, "compatible")
    assert note["level"] == "info"
    assert note["before"]["pointer"].endswith("/schema/default")
    assert note["before"]["line"] is not None


@pytest.mark.parametrize("form", ["text", "html", "markdown", "sarif", "junit", "github"])
def test_every_format_tells_of_it(pactolus: Run, tmp_path: Path, form: str) -> None:
    before, after = written(tmp_path, before=BAD_DEFAULT, after=PLAIN)

    result = pactolus("check", before, after, "--format", form)

    assert result.returncode == 0, result.stderr
    assert "The earlier contract is not valid" in result.stdout


def test_such_a_default_on_the_later_side_is_refused(pactolus: Run, tmp_path: Path) -> None:
    before, after = written(tmp_path, before=PLAIN, after=BAD_DEFAULT)

    result = pactolus("check", before, after)

    assert result.returncode == 2
    assert "default_off_schema" in result.stderr


def test_another_problem_on_the_earlier_side_is_refused_with_all_problems(
    pactolus: Run, tmp_path: Path
) -> None:
    broken = BAD_DEFAULT.replace("description: created", "text: created")
    before, after = written(tmp_path, before=broken, after=PLAIN)

    result = pactolus("check", before, after)

    assert result.returncode == 2
    assert "default_off_schema" in result.stderr
    assert "description" in result.stderr


def test_a_break_beside_the_mend_is_still_breaking(pactolus: Run, tmp_path: Path) -> None:
    stricter = PLAIN.replace("required: [reference]", "required: [reference, taxCategory]")
    before, after = written(tmp_path, before=BAD_DEFAULT, after=stricter)

    assert pactolus("check", before, after).returncode == 1


def test_a_history_judges_the_mend_too(pactolus: Run, tmp_path: Path) -> None:
    folder = tmp_path / "versions"
    folder.mkdir()
    written(folder, one=BAD_DEFAULT, two=PLAIN.replace("version: 1.0.0", "version: 1.0.1"))

    result = pactolus("history", folder, "--format", "json")

    history = json.loads(result.stdout)
    assert history["skipped"] == []
    assert len(history["changes"]) == 1
