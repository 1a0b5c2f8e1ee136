"""The documentation is true: generated pages are current, links lead somewhere, commands exist."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from pactolus.cli import pactolus
from pactolus.reference import pages
from specs.lint import lint
from specs.load import load_contract
from specs.validity import validity_problems

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")])
NAMES = [str(path.relative_to(ROOT)) for path in DOCUMENTS]


@pytest.mark.parametrize("name", pages())
def test_a_generated_page_is_what_the_code_says(name: str) -> None:
    page = ROOT / "docs" / "reference" / name

    assert page.read_text() == pages()[name], "run `make reference`"


@pytest.mark.parametrize("path", DOCUMENTS, ids=NAMES)
def test_every_link_leads_to_a_file(path: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", path.read_text())
    local = [link for link in links if not link.startswith(("http://", "https://"))]

    assert [link for link in local if not (path.parent / link).exists()] == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=NAMES)
def test_every_command_that_is_shown_exists_with_its_options(path: Path) -> None:
    text = path.read_text().replace("\\\n", " ")
    shown = re.findall(r"^(?:\$ )?(?:\S*/)?pactolus ([a-z][^\n#]*)", text, re.MULTILINE)

    for line in shown:
        words = line.split()
        command: click.Command = pactolus
        for word in words:
            if not isinstance(command, click.Group):
                break
            command = command.commands[word]
        options = {option for parameter in command.params for option in parameter.opts} | {"--help"}
        assert {word for word in words if word.startswith("--")} <= options, line


def test_every_document_is_reached_from_the_readme() -> None:
    seen: set[Path] = set()
    waiting = [ROOT / "README.md"]
    while waiting:
        path = waiting.pop()
        if path in seen or not path.is_file():
            continue
        seen.add(path)
        if path.suffix == ".md":
            links = re.findall(r"\]\(([^)#\s]+)", path.read_text())
            waiting += [(path.parent / link).resolve() for link in links if "://" not in link]

    listed = {path for path in DOCUMENTS if "adr" not in path.parts and path.name != "CHANGELOG.md"}
    assert listed <= seen


def test_the_contract_of_the_how_to_page_has_nothing_to_mend() -> None:
    page = (ROOT / "docs" / "how-to" / "publish-a-contract.md").read_text()
    found = re.search(r"```yaml\n(.*?)```", page, re.DOTALL)
    assert found is not None
    contract = load_contract("rates.v1.openapi.yaml", found[1].encode())

    assert (*validity_problems(contract), *lint(contract)) == ()
