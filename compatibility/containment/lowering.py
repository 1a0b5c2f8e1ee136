"""One form for all dialects: the keywords of one schema object, rewritten as JSON Schema 2020-12.

Local and shallow: children are left as they are and lowered when they are read. Sources: JSON Schema
draft-04 to 2020-12 release notes, OpenAPI 3.0.3 "Schema Object", OpenAPI 3.1 "Schema Object".
"""

from __future__ import annotations

from typing import Any

from specs.dialects import ALL_KEYWORDS, KEYWORDS, Dialect

OLD_REF = frozenset(("draft-04", "draft-06", "draft-07", "openapi-3.0"))
"""Dialects in which the siblings of `$ref` are ignored."""

DIALECTS = frozenset(("draft-04", "draft-06", "draft-07", "2019-09", "2020-12", "openapi-3.0", "openapi-3.1"))


def keywords_of(dialect: str) -> frozenset[str]:
    """The keywords that restrict values in a dialect."""
    own = KEYWORDS[Dialect("2020-12" if dialect == "openapi-3.1" else dialect)]
    return own | {"nullable"} if dialect == "openapi-3.0" else own


Words = dict[str, tuple[Any, tuple[str, ...]]]


def lowered(schema: dict[str, Any], dialect: str) -> Words:
    """Keyword -> (value, path of the value in the author's schema), in 2020-12 words.

    The path is what a reader needs to go on to the children; it is empty for made-up values.
    """
    if dialect in OLD_REF and "$ref" in schema:
        return {"$ref": (schema["$ref"], ("$ref",))}
    known = keywords_of(dialect)
    found: Words = {
        name: (value, (name,))
        for name, value in schema.items()
        if name in known or (name not in ALL_KEYWORDS and name != "nullable")
    }
    if dialect in ("2020-12", "openapi-3.1"):
        return found
    lower_items(found)
    lower_dependencies(found)
    if dialect in ("draft-04", "openapi-3.0"):
        lower_exclusive(found)
    if dialect == "openapi-3.0":
        lower_nullable(found)
    return found


def lower_items(found: Words) -> None:
    """Arrays of `items` become `prefixItems`, `additionalItems` becomes `items`."""
    additional = found.pop("additionalItems", None)
    items = found.get("items")
    if items is not None and isinstance(items[0], list):
        found["prefixItems"] = found.pop("items")
        if additional is not None:
            found["items"] = additional


def lower_dependencies(found: Words) -> None:
    """`dependencies` splits by the kind of each value."""
    dependencies = found.pop("dependencies", None)
    if dependencies is None or not isinstance(dependencies[0], dict):
        return
    names = {name: value for name, value in dependencies[0].items() if isinstance(value, list)}
    schemas = {name: value for name, value in dependencies[0].items() if not isinstance(value, list)}
    if names:
        found["dependentRequired"] = (names, ("dependencies",))
    if schemas:
        found["dependentSchemas"] = (schemas, ("dependencies",))


def lower_exclusive(found: Words) -> None:
    """Boolean `exclusiveMinimum` belongs to `minimum` (draft 4, OpenAPI 3.0)."""
    for bound, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        flag = found.get(exclusive)
        if flag is None or not isinstance(flag[0], bool):
            continue
        found.pop(exclusive)
        if flag[0] and bound in found:
            found[exclusive] = found.pop(bound)


def lower_nullable(found: Words) -> None:
    """`nullable: true` adds null to `type`, and to nothing else (OpenAPI 3.0.3, Proposal 2019-10-31)."""
    nullable = found.pop("nullable", None)
    kind = found.get("type")
    if nullable is not None and nullable[0] is True and kind is not None and isinstance(kind[0], str):
        found["type"] = ([kind[0], "null"], kind[1])
