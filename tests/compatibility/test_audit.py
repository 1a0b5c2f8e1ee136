"""Every field of every object of the formats has a verdict for each edit and direction, or a reason why not.

The objects and fields come from the official meta-schemas, the verdicts from tables that people wrote, and
the engine has to agree: a new field, a hole in a rule and a changed mind all fail here.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.compatibility.audit.edits import EDITS, Row, fields, rows, table, verdicts
from tests.compatibility.audit.model import objects

TABLES = {
    "openapi-3.0": ("openapi.yaml", "schemas.yaml"),
    "openapi-3.1": ("openapi.yaml", "schemas.yaml"),
    "asyncapi-2.6": ("asyncapi-2.6.yaml",),
    "asyncapi-3.0": ("asyncapi-3.0.yaml",),
}
FILES = tuple(dict.fromkeys(name for names in TABLES.values() for name in names))
ROWS = [(name, row) for name in FILES for row in rows(name)]
EVERYWHERE = {"bindingVersion"}  # which version of its binding an object is written in


@pytest.mark.parametrize(("name", "row"), ROWS, ids=lambda one: one.name if isinstance(one, Row) else "")
def test_each_edit_of_each_field_has_the_verdict_of_the_table(name: str, row: Row) -> None:
    assert len(row.expected) == len(EDITS)
    assert set(row.expected) <= set("BSU-")

    assert verdicts(row, table(name)["base"]) == row.expected


@pytest.mark.parametrize("model", TABLES)
def test_no_object_of_a_model_is_forgotten(model: str) -> None:
    audited = {entry["models"][model] for entry in entries(model) if model in entry["models"]}
    waived = {spelled(one) for name in TABLES[model] for one in table(name).get("waived", {})}

    assert {name for name in objects(model) if name not in audited and spelled(name) not in waived} == set()


@pytest.mark.parametrize("model", TABLES)
def test_no_field_of_an_audited_object_is_forgotten(model: str) -> None:
    told: dict[str, set[str]] = {}
    for entry in entries(model):
        if "map" in entry:
            continue
        held = told.setdefault(entry["models"][model], set())
        held.update(field for field, _ in fields(entry))
        held.update(entry.get("waived", ()))

    for name, held in told.items():
        known = {field for field in objects(model)[name].schemas if not field.startswith("x-")}
        assert known - held - EVERYWHERE == set(), f"{name} of {model} has fields without a verdict"


@pytest.mark.parametrize("name", FILES)
def test_each_row_is_about_a_field_that_exists(name: str) -> None:
    for entry in table(name)["objects"].values():
        if "map" in entry:
            continue
        known = {field for model, title in entry["models"].items() for field in objects(model)[title].schemas}
        told = {field for field, _ in fields(entry)} | set(entry.get("waived", ()))

        assert told - known == set()


@pytest.mark.parametrize("name", FILES)
def test_each_waiver_has_a_reason(name: str) -> None:
    held = table(name)
    for waived in (held, *held["objects"].values()):
        assert all(len(reason) > 20 for reason in waived.get("waived", {}).values())


def spelled(name: str) -> str:
    """A name of an object; versions of a format write them differently."""
    return name.replace("-", "").lower()


def entries(model: str) -> list[dict[str, Any]]:
    """The objects of the tables that the model has."""
    return [
        entry
        for name in TABLES[model]
        for entry in table(name)["objects"].values()
        if model in entry["models"]
    ]
