"""`pactolus vendor` and `pactolus artifact` over HTTP; the how-to page shows what they print."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pactolus.cli import pactolus
from tests.ports import free_port
from tests.registry.artifact_calls import DATA, OWNER, with_orders
from tests.registry.harness import RegistryUnderTest
from tests.registry.served import served

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "follow-a-vendor.md"


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RegistryUnderTest]:
    folder = tmp_path_factory.mktemp("vendor-command")
    registry = with_orders(folder, port=free_port(), log_level="error")
    with served(registry):
        yield registry
    registry.close()


def run(real: RegistryUnderTest, *words: str) -> Result:
    environment = {
        "PACTOLUS_REGISTRY": f"http://127.0.0.1:{real.config.port}",
        "PACTOLUS_CLIENT_ID": real.admin["clientId"],
        "PACTOLUS_CLIENT_SECRET": real.admin["clientSecret"],
        "COLUMNS": "200",
    }
    return CliRunner().invoke(pactolus, words, env=environment)


def test_the_page_shows_what_the_commands_print(
    real: RegistryUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(DATA)
    blocks = re.findall(r"```\n(\$ pactolus .*?)```", PAGE.read_text(), re.DOTALL)
    told = re.split(r"^\$ ", "".join(blocks), flags=re.MULTILINE)[1:]
    statuses = []

    for one in told:
        command, _, output = one.replace("\\\n", " ").partition("\n")
        done = run(real, *command.split()[1:])
        statuses.append(done.exit_code)
        assert done.output == output

    assert statuses == [0, 0, 0, 1]


def test_a_refusal_is_told_with_its_line_and_is_1(real: RegistryUnderTest, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text("source: 7\n")
    words = ("artifact", "publish", "mapping", str(wrong), "--name", "wrong", "--version", "1.0.0")

    text = run(real, *words, "--owner", OWNER)
    value = run(real, *words, "--owner", OWNER, "--format", "json")
    missing = run(real, "vendor", "compare", "nothing", "--before", "1")

    assert (text.exit_code, value.exit_code, missing.exit_code) == (1, 1, 1)
    assert "refused: 422 mapping_invalid" in text.output
    assert "wrong.yaml:1 mapping.invalid" in text.output
    assert json.loads(value.output)["code"] == "mapping_invalid"
    assert "artifact_not_found" in missing.output


def test_what_is_no_text_is_unusable(real: RegistryUnderTest, tmp_path: Path) -> None:
    binary = tmp_path / "binary.yaml"
    binary.write_bytes(b"\xff\xfe")

    done = run(
        real,
        "artifact",
        "publish",
        "ruleset",
        str(binary),
        "--name",
        "x-y",
        "--version",
        "1.0.0",
        "--owner",
        OWNER,
    )

    assert "not UTF-8" in str(done.exception)
