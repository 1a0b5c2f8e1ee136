"""The page about x-pactolus tells what the JSON Schema and the rules say."""

from __future__ import annotations

import json
import re
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator

from specs.governance import AUDIENCES

SPECS = Path(str(files("specs")))
PAGE = (SPECS.parent / "docs" / "reference" / "x-pactolus.md").read_text("utf-8")
TOLD = set(re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", PAGE, flags=re.DOTALL)))
SCHEMA: dict[str, Any] = json.loads((SPECS / "meta" / "x-pactolus.schema.json").read_text("utf-8"))


def test_the_page_has_every_member_and_every_value() -> None:
    for place in ("root", "operation"):
        assert set(SCHEMA["$defs"][place]["properties"]) <= TOLD
    assert set(SCHEMA["$defs"]["throttlingClass"]["enum"]) <= TOLD
    assert set(SCHEMA["$defs"]["root"]["properties"]["layer"]["enum"]) <= TOLD
    assert set(AUDIENCES) <= TOLD


def test_the_tables_name_members_that_exist_and_whether_they_are_required() -> None:
    root = SCHEMA["$defs"]["root"]
    section = PAGE.split("## At the root")[1].split("## ")[0]
    rows = dict(re.findall(r"^\| `(\w+)` \| (yes|no) \|", section, re.MULTILINE))

    assert rows == {name: "yes" if name in root["required"] else "no" for name in root["properties"]}


def test_the_examples_are_valid() -> None:
    root, operation = (yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL))

    assert shape("root").is_valid(root["x-pactolus"])
    assert shape("operation").is_valid(operation["paths"]["/orders"]["post"]["x-pactolus"])
    assert not shape("root").is_valid({**root["x-pactolus"], "ovner": "erp-team"})


def test_every_code_on_the_page_is_one_that_a_rule_gives() -> None:
    sources = "".join(path.read_text("utf-8") for path in SPECS.rglob("*.py"))
    codes = re.findall(r"`((?:governance|lint)\.[a-z_]+)`", PAGE)

    assert len(codes) > 8
    assert [code for code in codes if f'"{code}"' not in sources] == []


def test_every_governance_code_is_on_the_page() -> None:
    source = (SPECS / "governance.py").read_text("utf-8")

    assert set(re.findall(r'"(governance\.[a-z_]+)"', source)) <= TOLD


def shape(place: str) -> Draft202012Validator:
    return Draft202012Validator({**SCHEMA, "$ref": f"#/$defs/{place}"})
