"""The packaged contracts of the quote-to-cash system, read twice: by `specs`, and plainly as an oracle."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from specs.files import documents_root, read_contract
from specs.model import Contract

ROOT = documents_root()
BASE = "https://documents.test/"
OURS = sorted(path for path in ROOT.rglob("*.yaml") if "platform" not in path.relative_to(ROOT).parts)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """`*_path` fixtures run over the documents of their kind, named by their path."""
    for fixture, ending in (
        ("openapi_path", ".openapi.yaml"),
        ("schema_path", ".schema.yaml"),
        ("contract_path", "api.yaml"),
        ("document_path", ".yaml"),
    ):
        if fixture in metafunc.fixturenames:
            paths = [path for path in OURS if path.name.endswith(ending)]
            metafunc.parametrize(fixture, paths, ids=[str(path.relative_to(ROOT)) for path in paths])


@dataclass(frozen=True, slots=True)
class Example:
    """A value that the contract shows, the place that shows it and the address of its schema."""

    place: str
    schema: str
    value: Any
    direction: str


class Documents:
    """All documents parsed, and a registry in which they refer to each other by path."""

    def __init__(self) -> None:
        self.values = {self.name(path): yaml.safe_load(path.read_text("utf-8")) for path in OURS}
        self.registry: Registry[Any] = Registry().with_resources(
            (BASE + name, Resource(without_id(value), DRAFT202012)) for name, value in self.values.items()
        )

    @staticmethod
    def name(path: Path) -> str:
        return path.relative_to(ROOT).as_posix()

    def lookup(self, base: str, reference: str) -> tuple[str, Any]:
        """Absolute address and value of what a reference names."""
        found = self.registry.resolver(base_uri=base.partition("#")[0]).lookup(reference)
        name, _, pointer = reference.partition("#")
        if not name:
            return base.partition("#")[0] + "#" + pointer, found.contents
        folder = base.partition("#")[0].rpartition("/")[0]
        while name.startswith("../"):
            name, folder = name[3:], folder.rpartition("/")[0]
        return f"{folder}/{name}#{pointer}", found.contents

    def followed(self, base: str, value: Any) -> tuple[str, Any]:
        """The place itself, or where its reference objects lead."""
        while isinstance(value, dict) and "$ref" in value:
            base, value = self.lookup(base, value["$ref"])
        return base, value

    def validator(self, address: str) -> Draft202012Validator:
        return Draft202012Validator(
            {"$ref": address}, registry=self.registry, format_checker=Draft202012Validator.FORMAT_CHECKER
        )

    def examples(self, name: str) -> Iterator[Example]:
        """Every example of a document, wherever it stands."""
        yield from self._examples(BASE + name + "#", self.values[name], "schema")

    def _examples(self, address: str, value: Any, direction: str) -> Iterator[Example]:
        if isinstance(value, list):
            for index, item in enumerate(value):
                yield from self._examples(f"{address}/{index}", item, direction)
        if not isinstance(value, dict):
            return
        if "schema" in value:
            for key, shown in self._shown(address, value):
                yield Example(f"{address}/{key}", address + "/schema", shown, direction)
        elif isinstance(value.get("examples"), list) and "payload" not in value:
            for index, shown in enumerate(value["examples"]):
                yield Example(f"{address}/examples/{index}", address, shown, direction)
        elif "payload" in value:
            for shown in value["examples"]:
                place = f"{address}/examples/{shown['name']}"
                yield Example(place, address + "/payload/schema", shown["payload"], "event")
        for key, item in value.items():
            if key in ("example", "examples", "enum", "const"):
                continue
            below = {"requestBody": "request", "responses": "response", "headers": "response"}.get(
                key, direction
            )
            yield from self._examples(f"{address}/{escape(key)}", item, below)

    def _shown(self, address: str, holder: dict[str, Any]) -> Iterator[tuple[str, Any]]:
        if "example" in holder:
            yield "example", holder["example"]
        for key, example in (holder.get("examples") or {}).items():
            yield f"examples/{key}", self.followed(address, example)[1]["value"]


def escape(key: str) -> str:
    return str(key).replace("~", "~0").replace("/", "~1").replace("%", "%25")


def without_id(value: Any) -> Any:
    """A schema that is found by its path alone."""
    return {key: member for key, member in value.items() if key != "$id"}


@pytest.fixture(scope="session")
def documents() -> Documents:
    return Documents()


@pytest.fixture(scope="session")
def contract() -> Callable[[str], Contract]:
    """Reads a contract of ours by its path below the documents."""
    return cache(lambda name: read_contract(ROOT / name, (ROOT,)))


@pytest.fixture(scope="session")
def proposal(documents: Documents) -> Callable[[str], dict[str, Any]]:
    """The ERP contract after one of the JSON patches of the demo."""
    import pactolus.demo

    folder = Path(str(pactolus.demo.__path__[0])) / "proposals"

    def applied(name: str) -> dict[str, Any]:
        value = copy.deepcopy(documents.values["system/erp-orders.v1.openapi.yaml"])
        for operation in json.loads((folder / f"erp-orders.{name}.patch.json").read_text("utf-8")):
            patch(value, operation)
        return value

    return applied


def patch(value: Any, operation: dict[str, Any]) -> None:
    """RFC 6902 section 4: what is removed or replaced must be there."""
    *path, last = operation["path"].split("/")[1:]
    for token in path:
        value = value[int(token)] if isinstance(value, list) else value[token]
    if operation["op"] in ("remove", "replace"):
        del value[last]
    if operation["op"] in ("add", "replace") and isinstance(value, list):
        assert last == "-"
        value.append(operation["value"])
    elif operation["op"] in ("add", "replace"):
        value[last] = operation["value"]
