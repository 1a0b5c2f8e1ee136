"""The object models of the formats, as their official meta-schemas tell them: each object and its fields."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from jsonschema_specifications import REGISTRY  # type: ignore[import-untyped]

PARTS = ("allOf", "oneOf", "anyOf", "then", "else", "if")
VOCABULARIES = (
    "core",
    "applicator",
    "unevaluated",
    "validation",
    "meta-data",
    "format-annotation",
    "content",
)
ASYNCAPI = "http://asyncapi.com/"


@dataclass(frozen=True)
class Fields:
    """The fields an object may have, those it must have, and what the meta-schema says of each."""

    schemas: dict[str, Any]
    required: frozenset[str]


@cache
def meta_schema(model: str) -> dict[str, Any]:
    """The official meta-schema of `openapi-3.0`, `openapi-3.1`, `asyncapi-2.6` or `asyncapi-3.0`."""
    name, version = model.split("-")
    if name == "openapi":
        path = resources.files("openapi_spec_validator") / f"resources/schemas/v{version}/schema.json"
    else:
        path = resources.files("specs") / f"meta/asyncapi/{version}.0.json"
    found: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return found


def objects(model: str) -> dict[str, Fields]:
    """Every object of a model by its name in the meta-schema; the whole document is `root`."""
    schema = meta_schema(model)
    held = schema.get("$defs") or schema["definitions"]
    found: dict[str, Fields] = {}
    for name, one in held.items():
        fields = fields_of(one, schema) if isinstance(one, dict) else Fields({}, frozenset())
        known = found.get(short(name))  # a binding has several versions
        more = known.schemas if known is not None else {}
        found[short(name)] = Fields({**more, **fields.schemas}, fields.required)
    found["root"] = fields_of({name: one for name, one in schema.items() if name != "$defs"}, schema)
    if model == "openapi-3.1":
        # The schemas of 3.1 are those of JSON Schema 2020-12 and the four words of OpenAPI's vocabulary.
        words = dict(vocabulary())
        old = objects("openapi-3.0")["Schema"].schemas
        words.update({name: old[name] for name in ("discriminator", "xml", "externalDocs", "example")})
        found["schema"] = Fields(words, frozenset())
    return {name: one for name, one in found.items() if one.schemas}


def short(name: str) -> str:
    """`definitions/3.0.0/server.json` is `server`, `bindings/kafka/0.5.0/channel.json` is `kafka/channel`."""
    if not name.startswith(ASYNCAPI):
        return name
    parts = name.removeprefix(ASYNCAPI).removesuffix(".json").split("/")
    return f"{parts[1]}/{parts[3]}" if parts[0] == "bindings" else parts[-1]


def vocabulary() -> Iterator[tuple[str, Any]]:
    """The keywords of JSON Schema 2020-12."""
    for name in VOCABULARIES:
        uri = f"https://json-schema.org/draft/2020-12/meta/{name}"
        yield from REGISTRY.contents(uri)["properties"].items()


def fields_of(schema: Any, whole: dict[str, Any], depth: int = 0) -> Fields:
    """What an object's own parts say, and the parts it is put together from."""
    found: dict[str, Any] = {}
    required = set(schema.get("required", ()))
    found.update(schema.get("properties", {}))
    if depth > 4:
        return Fields(found, frozenset(required))
    parts = [one for word in PARTS for one in listed(schema.get(word))]
    parts += [*schema.get("dependentSchemas", {}).values(), *schema.get("$defs", {}).values()]
    for part in (*parts, followed(schema, whole)):
        if isinstance(part, dict):
            found = {**fields_of(part, whole, depth + 1).schemas, **found}
    return Fields(found, frozenset(required))


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value] if isinstance(value, dict) else []


def followed(part: Any, whole: dict[str, Any]) -> Any:
    """A reference inside of the meta-schema, except to another object of the model."""
    reference = part.get("$ref") if isinstance(part, dict) else None
    if not isinstance(reference, str) or not reference.endswith(("/examples", "infoExtensions.json")):
        return None
    held = whole.get("$defs") or whole["definitions"]
    return held.get(reference.rpartition("/")[2], held.get(reference))
