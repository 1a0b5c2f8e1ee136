"""The shape of the code: what style rules can be counted are counted here."""

from __future__ import annotations

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("specs", "compatibility", "registry", "gateway", "quote_to_cash", "pactolus")
LINES_PER_FILE_MAX = 400
LINES_PER_FUNCTION_MAX = 60
FORBIDDEN_NAMES = {"utils", "helpers", "common", "misc", "manager"}


def modules() -> list[Path]:
    found = [path for package in PACKAGES for path in (ROOT / package).rglob("*.py")]
    return sorted(path for path in found if "versions" not in path.parts)


MODULES = modules()
NAMES = [str(path.relative_to(ROOT)) for path in MODULES]


@pytest.mark.parametrize("path", MODULES, ids=NAMES)
def test_a_module_is_small_and_says_what_it_is_for(path: Path) -> None:
    text = path.read_text()
    tree = ast.parse(text)
    long_functions = [
        f"{node.name} ({node.end_lineno - node.lineno + 1} lines)"
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno is not None
        and node.end_lineno - node.lineno + 1 > LINES_PER_FUNCTION_MAX
    ]

    assert ast.get_docstring(tree), "no module docstring"
    assert text.count("\n") <= LINES_PER_FILE_MAX
    assert not long_functions
    assert path.stem not in FORBIDDEN_NAMES


def test_nothing_committed_carries_a_path_of_a_machine_or_unfinished_words() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout
    if not listed:
        pytest.skip("not a git checkout")
    unwanted = re.compile(r"/work/|/root/|/home/\w|\bTOD[O]|FIXM[E]|\bXX[X]\b")
    text_files = (".py", ".md", ".yaml", ".json", ".toml", ".css", ".html", ".js")

    found = []
    for name in listed.splitlines():
        path = ROOT / name
        if not name.endswith(text_files) or "specs/meta/" in name or not path.is_file():
            continue
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if unwanted.search(line) and path != Path(__file__):
                found.append(f"{name}:{number}: {line.strip()[:100]}")

    assert not found


def test_every_dependency_has_a_lower_bound_that_is_installed() -> None:
    import tomllib
    from importlib.metadata import PackageNotFoundError, version

    from packaging.requirements import Requirement

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    lines = [
        *project["dependencies"],
        *(line for group in project["optional-dependencies"].values() for line in group),
    ]

    for line in lines:
        requirement = Requirement(line)
        assert any(bound.operator == ">=" for bound in requirement.specifier), f"{line} has no lower bound"
        try:
            installed = version(requirement.name)
        except PackageNotFoundError:
            continue  # an extra that this environment leaves out
        assert requirement.specifier.contains(installed, prereleases=True), (
            f"{line}: {installed} is installed"
        )


# Used without an import of ours: by a library that looks for them, or by name in a URL.
USED_BY_NAME = {
    "rfc3339-validator": "jsonschema checks date-time with it",
    "rfc3986-validator": "jsonschema checks uri with it",
}


def test_what_is_imported_is_declared_and_what_is_declared_is_imported() -> None:
    import sys
    import tomllib
    from importlib.metadata import packages_distributions

    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    declared = {canonicalize_name(Requirement(line).name) for line in project["dependencies"]}
    extras = {
        canonicalize_name(Requirement(line).name)
        for name, lines in project["optional-dependencies"].items()
        if name != "dev"
        for line in lines
    }
    imported = (
        {name for path in MODULES for name in imports_of(path)} - set(sys.stdlib_module_names) - set(PACKAGES)
    )
    distributions = packages_distributions()
    used = {canonicalize_name(distributions[name][0]) for name in imported if name in distributions}

    assert used - declared - extras == set(), "imported, and installed only because something else needs it"
    at_once = {name for path in MODULES for name in imports_of(path, "body") if name in distributions}
    needed = {canonicalize_name(distributions[name][0]) for name in at_once} & (extras - declared)
    assert needed == set(), "of an extra, and imported where the extra may not be installed"
    assert declared - used - set(USED_BY_NAME) == set(), "declared, and imported nowhere"


def test_what_the_tests_import_is_declared() -> None:
    import tomllib
    from importlib.metadata import packages_distributions

    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    groups = [project["dependencies"], *project["optional-dependencies"].values()]
    declared = {canonicalize_name(Requirement(line).name) for lines in groups for line in lines}
    distributions = packages_distributions()
    imported = {name for path in (ROOT / "tests").rglob("*.py") for name in imports_of(path)}
    used = {canonicalize_name(distributions[name][0]) for name in imported if name in distributions}

    assert used - declared - {"pactolus"} == set(), "imported by tests, and declared in no extra"


def imports_of(path: Path, part: str = "all") -> set[str]:
    """Names of what the module imports anywhere, or of what it imports as soon as it is loaded."""
    names = set()
    tree = ast.parse(path.read_text())
    for node in tree.body if part == "body" else ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names.add(node.module.partition(".")[0])
    return names
