"""For programs: the report as one JSON object, described by a published JSON Schema.

The object is the shape that is stored and served, with `$schema` (the identifier of the schema) and
`formatVersion` before it. `formatVersion` rises when a member goes or changes its meaning; members may be
added within a version, so readers ignore what they do not know."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

from compatibility.model import Report
from compatibility.render._wording import visible

MEDIA_TYPE = "application/json"
SUFFIX = ".json"
FORMAT_VERSION = "1"
SCHEMA_ID = f"urn:pactolus:compatibility-report:{FORMAT_VERSION}"


def render(report: Report) -> str:
    """Indented, keys in the order of meaning."""
    value = {"$schema": SCHEMA_ID, "formatVersion": FORMAT_VERSION, **report.as_json()}
    return json_text(value)


def json_text(value: Any) -> str:
    """Indented JSON whose hidden characters are escapes: UTF-8 can write it and a terminal can show it."""
    lines = json.dumps(value, indent=2, ensure_ascii=False).split("\n")
    return "".join(f"{visible(line)}\n" for line in lines)


def report_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of what `render` writes."""
    text = (files("compatibility.render") / "report.schema.json").read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema
