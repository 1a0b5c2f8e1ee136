"""Every read of rows that name a contract or a subject asks what its caller may see (registry.storage.sight).

Counted per function: as many guards as selections from such tables. A function that needs fewer is listed
with its reason; one that no longer does is taken off the list.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from registry.storage.tables import metadata

STORAGE = Path(__file__).parents[2] / "registry" / "storage"
GUARDS = {"visible", "visible_contracts", "visible_subject", "_visible"}
NAMING_COLUMNS = {"contract"}
"""A table with one of these names a contract in each row."""
NAMING_TABLES = {"contracts", "subjects", "subject_versions", "schema_settings"}
UNGUARDED_TABLES = {
    "grants": "roles, which only administrators list, each within what it administers",
    "audit_contracts": "read by SqlAuditLog._visible, which is itself a guard",
}
EXEMPT = {
    ("catalog", "_operations_of"): "of a version that was read under guard",
    ("catalog", "_documents_of"): "of versions that were read under guard",
    ("catalog", "latest"): "one guard for the versions; the rest is looked up for those",
    (
        "catalog",
        "lifecycle",
    ): "a state and dates, asked for by the name of a contract that was read under guard",
    ("discovery", "remove"): "part of a write",
    ("domains", "entries"): "guarded within the union; the rest is selected from that",
    ("environments", "deployments"): "the inner selection only tells the latest of each",
    ("environments", "next_position"): "part of a write",
    ("inbox", "calls_of_team"): "of the contracts of the inner selection, which is guarded",
    ("schemas", "subjects"): "the inner selection only takes away",
    ("schemas", "with_digest"): "its callers add the guard",
    ("schemas", "withheld"): "a number for the registry itself, which no caller is shown",
    ("traffic", "forget_usage"): "part of a write",
    ("traffic", "grouped_usage"): "SqlTraffic._grouped adds the guard",
}


def naming_tables() -> set[str]:
    """Tables whose rows say something about a contract or a subject."""
    found = {name for name, table in metadata.tables.items() if NAMING_COLUMNS & set(table.columns.keys())}
    return (found | NAMING_TABLES) - set(UNGUARDED_TABLES)


def modules() -> list[Path]:
    return sorted(path for path in STORAGE.glob("*.py") if path.stem != "sight")


def aliases(tree: ast.Module, tables: set[str]) -> set[str]:
    """Names of the module that stand for such a table, its columns or some of them."""
    found: set[str] = set()
    for node in tree.body:
        if isinstance(node, ast.Assign) and mentions(node.value, tables, found):
            found |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    return found


def mentions(node: ast.AST, tables: set[str], names: set[str]) -> bool:
    """Whether an expression names one of the tables, directly or by an alias."""
    for part in ast.walk(node):
        if isinstance(part, ast.Name) and part.id in names:
            return True
        if (
            isinstance(part, ast.Attribute)
            and part.attr in tables
            and isinstance(part.value, ast.Name)
            and part.value.id == "tables"
        ):
            return True
    return False


def functions(tree: ast.Module) -> Iterator[ast.FunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            yield node


def called(node: ast.Call) -> str | None:
    if isinstance(node.func, ast.Name):
        return node.func.id
    return node.func.attr if isinstance(node.func, ast.Attribute) else None


def unguarded(source: str) -> list[str]:
    """Functions with more selections from naming tables than guards."""
    tree = ast.parse(source)
    tables = naming_tables()
    names = aliases(tree, tables)
    found = []
    for function in functions(tree):
        local = set(names)
        for node in ast.walk(function):
            if isinstance(node, ast.Assign) and mentions(node.value, tables, local):
                local |= {target.id for target in node.targets if isinstance(target, ast.Name)}
        calls = [node for node in ast.walk(function) if isinstance(node, ast.Call)]
        selections = [one for one in calls if called(one) == "select" and mentions(one, tables, local)]
        guards = [one for one in calls if called(one) in GUARDS]
        if function.name not in GUARDS and len(selections) > len(guards):
            found.append(function.name)
    return found


@pytest.mark.parametrize("path", modules(), ids=lambda path: path.stem)
def test_every_selection_asks_what_its_caller_may_see(path: Path) -> None:
    listed = {name for module, name in EXEMPT if module == path.stem}

    found = set(unguarded(path.read_text()))

    assert found - listed == set(), "put registry.storage.sight's condition into these selections"
    assert listed - found == set(), "no longer needs to be exempt"


def test_a_list_that_forgets_it_is_found() -> None:
    forgetful = """
TABLE = tables.deployments.c
def deployments(self, environment):
    query = select(tables.deployments).where(TABLE.environment == environment)
    return self.connection.execute(query)
def mindful(self, environment):
    return select(tables.deployments).where(visible(self.sight, TABLE.contract))
"""

    assert unguarded(forgetful) == ["deployments"]


def test_handlers_and_pages_are_given_the_store_as_their_caller_sees_it() -> None:
    app = (STORAGE.parent / "web" / "app.py").read_text()

    assert "bound_handlers(contract, seen, issuer, scorecards)" in app
    assert "pages = portal(seen," in app
