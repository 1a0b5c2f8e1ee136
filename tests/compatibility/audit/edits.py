"""The edits of the audit: each field of a table added, removed, changed and changed back in a contract."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from compatibility import compare
from specs.pointers import tokens_of
from tests.compatibility.audit.model import objects

HERE = Path(__file__).parent
EDITS = ("add", "remove", "change", "back")
LETTERS = {"compatible": "S", "breaking": "B", "unknown": "U"}
ABSENT: Any = object()


@dataclass(frozen=True)
class Row:
    """One field of one object at one place of one model, and the verdicts it must have."""

    model: str
    object: str
    field: str
    place: str
    pointer: str
    values: tuple[Any, ...]
    merged: Any
    edits: tuple[str, ...]
    expected: str

    @property
    def name(self) -> str:
        return f"{self.model} {self.object}.{self.field} {self.place}"


@cache
def table(name: str) -> dict[str, Any]:
    """A table file; `base` may name the file whose base contract it shares."""
    held: dict[str, Any] = yaml.safe_load((HERE / name).read_text())
    if isinstance(held["base"], str):
        held["base"] = table(held["base"])["base"]
    return held


def rows(name: str) -> Iterator[Row]:
    for title, entry in table(name)["objects"].items():
        for model in entry["models"]:
            known = {} if "map" in entry else objects(model)[entry["models"][model]].schemas
            for field, said in fields(entry):
                if "map" not in entry and field not in known:
                    continue
                for place, pointer in entry["at"].items():
                    yield Row(
                        model,
                        title,
                        field,
                        place,
                        pointer,
                        tuple(said["values"]) or two_values(known[field]),
                        said.get("with", {}),
                        tuple(said.get("edits", EDITS)),
                        expected(said, place, model),
                    )


def expected(said: dict[str, Any], place: str, model: str) -> str:
    found: Any = said.get("all") or said.get(place, "?")
    return str(found[model] if isinstance(found, dict) else found)


BY_MEANING = {
    "words": {"values": ["a", "b"], "all": "SSSS"},
    "noted": {"values": [], "all": "SSSS"},
    "decisive": {"values": [], "all": "SBBB"},
    "replacing": {"values": [], "all": "BBBB"},
    "schemas": {
        "values": [{"type": "object"}, {"type": "object", "required": ["a"]}],
        "sent": "SBSB",
        "received": "BSBS",
    },
}
"""What a field means decides its edits: words never break, what replaces a value of its own always does."""


def fields(entry: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The fields of an object with what the table says of them."""
    for meaning, said in BY_MEANING.items():
        yield from ((word, said) for word in entry.get(meaning, ()))
    for field, said in entry.get("fields", {}).items():
        yield field, {**entry["fields"][said["same"]], **said} if "same" in said else said


def two_values(schema: Any) -> tuple[Any, Any]:
    """Two values of the type that a meta-schema gives to a field."""
    said = schema if isinstance(schema, dict) else {}
    if len(said.get("enum", ())) > 1:
        return said["enum"][0], said["enum"][1]
    by_type: dict[Any, tuple[Any, Any]] = {
        "integer": (1, 2),
        "number": (1, 2),
        "boolean": (True, False),
        "array": (["a"], ["b"]),
        "object": ({"a": 1}, {"a": 2}),
    }
    kind = said.get("type")
    return by_type.get(kind if isinstance(kind, str) else None, ("a", "b"))


def verdicts(row: Row, base: Any) -> str:
    """What the engine says of the four edits, `-` for one that is not made."""
    missing, one, two = (document(row, base, value) for value in (ABSENT, *row.values))
    pairs = {"add": (missing, one), "remove": (one, missing), "change": (one, two), "back": (two, one)}
    return "".join(LETTERS[compare(*pairs[edit]).verdict] if edit in row.edits else "-" for edit in EDITS)


def document(row: Row, base: Any, value: Any) -> dict[str, Any]:
    """The base contract with the field at a value; `ABSENT` takes it away."""
    found: dict[str, Any] = copy.deepcopy(base)
    if row.model.startswith("openapi"):
        found["openapi"] = {"openapi-3.0": "3.0.3", "openapi-3.1": "3.1.0"}[row.model]
    holder: Any = found
    for token in tokens_of(row.pointer):
        holder = holder[int(token)] if isinstance(holder, list) else holder.setdefault(token, {})
    merge(holder, row.merged)
    if value is ABSENT:
        holder.pop(row.field, None)
    else:
        holder[row.field] = copy.deepcopy(value)
    return found


def merge(target: dict[str, Any], patch: Any) -> None:
    """JSON Merge Patch (RFC 7386) in place."""
    for name, value in patch.items():
        if value is None:
            target.pop(name, None)
        elif isinstance(value, dict) and isinstance(target.get(name), dict):
            merge(target[name], value)
        else:
            target[name] = copy.deepcopy(value)
