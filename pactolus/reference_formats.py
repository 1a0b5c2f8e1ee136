"""The reference page of report formats and evidence files, written from the code and its JSON Schemas."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

SCHEMAS = {
    "waivers": "pactolus/schemas/waivers.schema.json",
    "usage": "pactolus/schemas/usage.schema.json",
}


def report_formats() -> Iterator[str]:
    """Each format with its manual, then the members of the JSON format and of the files that are read."""
    from compatibility.render import format_names, format_of
    from compatibility.render.json import report_schema
    from pactolus.evidence_files import schema_of

    yield "What `pactolus check` writes with `--format FORMAT[=FILE]`, and what it reads beside contracts."
    yield "A report has no date in it: the same input gives the same bytes."
    for name in format_names():
        found = format_of(name)
        yield from (
            "",
            f"## {name}",
            "",
            f"`{found.media_type}`, as files `*{found.suffix}`.",
            "",
            found.manual,
        )
    yield from ("", "## Members of the json format", "")
    yield "The JSON Schema is [report.schema.json](../../compatibility/render/report.schema.json)."
    schema = report_schema()
    yield from table(schema)
    for name, definition in schema["$defs"].items():
        if "properties" in definition:
            yield from ("", f"### {name}", "")
            yield definition["description"]
            yield from table(definition)
    for kind, path in SCHEMAS.items():
        schema = schema_of(kind)
        yield from ("", f"## The file of --{kind}", "", schema["description"], "")
        yield f"The JSON Schema is [{kind}.schema.json](../../{path})."
        yield from table(schema)
        for name, nested in objects_in(schema["properties"]):
            yield from ("", f"### {name}", "", nested.get("description", f"One item of `{name}`."))
            yield from table(nested)


def objects_in(properties: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The objects that members hold, directly or in arrays, each by its member's name."""
    for name, one in properties.items():
        holder = one.get("items", one)
        if isinstance(holder, dict) and "properties" in holder:
            yield name, holder
            yield from objects_in(holder["properties"])


def table(schema: Mapping[str, Any]) -> Iterator[str]:
    yield from ("", "| member | | value |", "|---|---|---|")
    required = schema.get("required", ())
    for name, one in schema["properties"].items():
        need = "always" if name in required else "may be absent"
        said = ". ".join(part for part in (shape(one), one.get("description", "")) if part)
        yield f"| `{name}` | {need} | {said} |".replace("|  |", "| |")


def shape(schema: Mapping[str, Any]) -> str:
    """A schema in a few words."""
    if "const" in schema:
        return f"`{schema['const']}`"
    if "enum" in schema:
        return ", ".join("null" if one is None else f"`{one}`" for one in schema["enum"])
    if "$ref" in schema:
        return str(schema["$ref"]).rsplit("/", 1)[-1].replace("OrNull", " or null")
    if "oneOf" in schema:
        return " or ".join(shape(one) for one in schema["oneOf"])
    kind = schema.get("type", "")
    if kind == "array":
        return f"array of {shape(schema.get('items', {}))}".removesuffix(" of ")
    return " or ".join(kind) if isinstance(kind, list) else str(kind)
