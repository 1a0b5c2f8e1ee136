"""Other ways to write the same contract. Each leaves what it promises on the wire and in values as it is."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

SCHEMAS = "#/components/schemas/"
WRITTEN_OUT = ("schemas", "parameters", "headers", "responses", "requestBodies", "examples")
DEPTH_MAX = 12
Rewriting = Callable[[Any], Any]


def mapped(value: Any, change: Callable[[dict[str, Any]], Any]) -> Any:
    """The value with every object changed, the innermost first."""
    if isinstance(value, dict):
        return change({name: mapped(member, change) for name, member in value.items()})
    return [mapped(item, change) for item in value] if isinstance(value, list) else value


def components_renamed(document: Any) -> Any:
    """Every schema component under another name."""

    def led(one: dict[str, Any]) -> Any:
        reference = one.get("$ref")
        if isinstance(reference, str) and reference.startswith(SCHEMAS):
            name, slash, rest = reference.removeprefix(SCHEMAS).partition("/")
            return {**one, "$ref": f"{SCHEMAS}Renamed{name}{slash}{rest}"}
        return one

    found = mapped(document, led)
    schemas = found.get("components", {}).get("schemas")
    if schemas is not None:
        found["components"]["schemas"] = {f"Renamed{name}": schema for name, schema in schemas.items()}
    return found


def inlined(document: Any) -> Any:
    """Every reference to a component replaced by a copy; recursive ones end as references."""
    components = document.get("components", {})

    def written_out(value: Any, inside: tuple[str, ...]) -> Any:
        if isinstance(value, list):
            return [written_out(item, inside) for item in value]
        if not isinstance(value, dict):
            return value
        target = named(value.get("$ref")) if list(value) == ["$ref"] else None
        if target is not None:
            if value["$ref"] in inside or len(inside) > DEPTH_MAX:
                return value
            return written_out(target, (*inside, value["$ref"]))
        return {word: written_out(member, inside) for word, member in value.items()}

    def named(reference: Any) -> Any:
        parts = reference.split("/") if isinstance(reference, str) else []
        if len(parts) != 4 or parts[:2] != ["#", "components"] or parts[2] not in WRITTEN_OUT:
            return None
        return components.get(parts[2], {}).get(parts[3])

    return written_out(document, ())


def wrapped(document: Any) -> Any:
    """Every body's schema and every component inside an `allOf` of its own."""

    def around(one: dict[str, Any]) -> Any:
        if isinstance(one.get("content"), dict):
            content = {
                name: {**media, "schema": {"allOf": [media["schema"]]}} if "schema" in media else media
                for name, media in one["content"].items()
                if isinstance(media, dict)
            }
            return {**one, "content": content}
        return one

    found = mapped(document, around)
    schemas = found.get("components", {}).get("schemas", {})
    for name, schema in schemas.items():
        schemas[name] = {"allOf": [schema]}
    return found


def turned(document: Any) -> Any:
    """Members in the opposite order."""
    return mapped(document, lambda one: dict(reversed(list(one.items()))))


def moved(document: Any) -> Any:
    """Pointers that lead elsewhere: a path and a component more in front of everything."""
    found = copy.deepcopy(document)
    components = found.setdefault("components", {})
    components["schemas"] = {"AAA": {"type": "string"}, **components.get("schemas", {})}
    return found


def in_31(document: Any) -> Any:
    """An OpenAPI 3.0 contract as 3.1 (OpenAPI 3.1.0, migration): nullable, exclusive bounds."""
    if not str(document.get("openapi", "")).startswith("3.0"):
        return document

    def newer(one: dict[str, Any]) -> Any:
        if "$ref" in one:
            return {"$ref": one["$ref"]}
        found = dict(one)
        if found.pop("nullable", False) is True and isinstance(found.get("type"), str):
            found["type"] = [found["type"], "null"]
        for word, bound in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
            if isinstance(found.get(word), bool) and found.pop(word) and bound in found:
                found[word] = found.pop(bound)
        return found

    return {**mapped(document, newer), "openapi": "3.1.0"}


REWRITINGS: dict[str, Rewriting] = {
    "components renamed": components_renamed,
    "references written out": inlined,
    "schemas wrapped": wrapped,
    "members turned": turned,
    "a component in front": moved,
    "3.0 as 3.1": in_31,
}


def fits(name: str, document: Any) -> bool:
    """Whether a rewriting says the same of a contract: names of components and places may carry meaning."""
    text = json.dumps(document)
    if (
        name in ("components renamed", "references written out", "schemas wrapped")
        and "discriminator" in text
    ):
        return False
    if name == "schemas wrapped":
        return not any(word in text for word in ("binary", "readOnly", "writeOnly", "unevaluated"))
    return name != "3.0 as 3.1" or "binary" not in text
