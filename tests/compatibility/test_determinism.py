"""The same input gives the same bytes, whatever the hash seed: real contracts, and one full of cycles."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys

SCRIPT = '''
import copy
import hashlib
import json

from compatibility import Seen, Usage, UsageRow, compare
from compatibility.render.json import render
from specs.files import documents_root, read_contract
from specs.load import load_contract


def changed(value, name=""):
    """Fewer values, other types, members that come and go: something of everything, at every depth."""
    if isinstance(value, list):
        return [changed(item) for item in value]
    if not isinstance(value, dict):
        return value
    found = {}
    for word, member in value.items():
        if word == "required" and isinstance(member, list) and len(member) > 1:
            found[word] = member[1:]
        elif word in ("enum", "x-extensible-enum") and isinstance(member, list):
            found[word] = [*member[1:], "added"]
        elif word == "maxLength" and isinstance(member, int):
            found[word] = max(member - 1, 1)
        elif word == "properties" and isinstance(member, dict) and len(member) > 3 and name != "schemas":
            kept = dict(list(member.items())[1:])
            found[word] = {one: changed(part, one) for one, part in kept.items()}
            found[word]["more"] = {"type": "string"}
        else:
            found[word] = changed(member, word)
    return found


def recursive():
    """Thirteen components that refer to each other in circles, with defaults and values that are objects."""
    schemas = {}
    for number in range(13):
        schemas[f"C{number}"] = {
            "type": "object",
            "properties": {
                "left": {"$ref": f"#/components/schemas/C{(number * 7 + 1) % 13}"},
                "right": {"anyOf": [
                    {"$ref": f"#/components/schemas/C{(number * 11 + 2) % 13}"},
                    {"type": "null"},
                ]},
                "many": {"type": "array", "items": {"$ref": f"#/components/schemas/C{(number + 1) % 13}"}},
                "kind": {"enum": ["a", {"b": number, "c": [1, 2]}], "default": {"b": 1, "c": [2]}},
                "text": {"type": "string", "maxLength": number + 2},
            },
            "required": ["kind", "text"],
        }
    def body(number):
        return {"application/json": {"schema": {"$ref": f"#/components/schemas/C{number}"}}}
    paths = {
        f"/c{number}": {"post": {
            "requestBody": {"content": body(number)},
            "responses": {"200": {"description": "ok", "content": body((number + 6) % 13)}},
        }}
        for number in range(13)
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": "cycles", "version": "1.0.0"},
        "paths": paths,
        "components": {"schemas": schemas},
    }


root = documents_root()
for path in sorted(root.rglob("*.v*.yaml")):
    before = read_contract(path, [root])
    raw = {uri: json.dumps(changed(one.value)).encode() for uri, one in before.documents.items()}
    after = load_contract(before.document.uri, raw.pop(before.document.uri), raw)
    print(path.name, hashlib.sha256(render(compare(before, after)).encode()).hexdigest())
before = recursive()
seen = (Seen("request", "text", 3, "abcdef"), Seen("request", "kind", 1, {"b": 0, "c": [1, 2]}))
rows = (UsageRow(f"app{n}", "team", "1.0.0", f"POST /c{n}", n, None, seen=seen) for n in range(9))
usage = Usage(tuple(rows))
after = changed(copy.deepcopy(before))
for number in range(13):
    kind = after["components"]["schemas"][f"C{number}"]["properties"]["kind"]
    kind["default"] = {"c": [3], "b": number, "text": "x"}
for mode in ("declared", "strict"):
    print(render(compare(before, after, mode=mode, level="docs", usage=usage)))
'''


def outputs(seed: str) -> str:
    return subprocess.run(
        [sys.executable, "-c", SCRIPT],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONHASHSEED": seed},
    ).stdout


def test_the_same_contracts_give_the_same_bytes_whatever_the_hash_seed() -> None:
    first, *others = (outputs(seed) for seed in ("0", "1", "2"))

    assert first.count("sha256") > 2
    assert "default-changed" in first
    assert "response-value-added" in first
    assert "BROKEN" in first
    for other in others:
        assert hashlib.sha256(other.encode()).hexdigest() == hashlib.sha256(first.encode()).hexdigest(), [
            pair for pair in zip(first.splitlines(), other.splitlines(), strict=False) if pair[0] != pair[1]
        ][:5]
