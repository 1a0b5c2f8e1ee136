"""The import directions of the design, proved by the import linter, and the linter proved by attacks."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("specs", "compatibility", "registry", "gateway", "quote_to_cash", "pactolus")

# One forbidden import for each rule: (module that is attacked, line added to it, rule that must break).
ATTACKS = [
    ("specs/model.py", "import compatibility", "Imports run one way"),
    ("compatibility/model.py", "import registry", "Imports run one way"),
    ("registry/model/parties.py", "import gateway", "Imports run one way"),
    ("gateway/model.py", "import quote_to_cash", "Imports run one way"),
    ("quote_to_cash/money.py", "import registry", "Imports run one way"),
    ("registry/model/parties.py", "import pactolus", "Imports run one way"),
    ("gateway/web.py", "import compatibility", "Only the registry and the command line judge"),
    ("compatibility/model.py", "import time", "What decides does no input or output"),
    ("specs/model.py", "import socket", "What decides does no input or output"),
    ("gateway/plan/__init__.py", "import logging", "What decides does no input or output"),
    ("registry/model/parties.py", "import sqlalchemy", "SQLAlchemy only in storage"),
    ("gateway/model.py", "import flask", "Flask and Connexion only in web"),
    ("pactolus/cli.py", "import joserfc", "Authlib and joserfc only"),
]


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [
        sys.executable,
        "-c",
        "from importlinter.cli import lint_imports_command as c; c()",
        "--no-cache",
    ]
    return subprocess.run(
        command, cwd=folder, env={"PYTHONPATH": str(folder)}, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def copy_of_the_source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("source")
    for package in PACKAGES:
        shutil.copytree(
            ROOT / package,
            folder / package,
            ignore=lambda _, names: [name for name in names if "." in name and not name.endswith(".py")],
        )
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def test_the_source_keeps_every_import_rule(copy_of_the_source: Path) -> None:
    result = lint_imports(copy_of_the_source)

    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize(("module", "line", "rule"), ATTACKS, ids=lambda value: str(value)[:40])
def test_a_forbidden_import_is_caught(copy_of_the_source: Path, module: str, line: str, rule: str) -> None:
    attacked = copy_of_the_source / module
    before = attacked.read_text()
    try:
        attacked.write_text(before + f"\n{line}\n")
        result = lint_imports(copy_of_the_source)
    finally:
        attacked.write_text(before)

    assert result.returncode == 1, result.stdout + result.stderr
    broken = [row for row in result.stdout.splitlines() if " BROKEN" in row]
    assert any(row.startswith(rule) for row in broken), result.stdout
