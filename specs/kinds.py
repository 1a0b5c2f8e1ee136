"""Which of the three formats a document is written in, and which version of it."""

from __future__ import annotations

import re
from difflib import get_close_matches
from enum import StrEnum
from typing import Any

from specs.pointers import pointer_of
from specs.problem import Problem


class Kind(StrEnum):
    """The format of a contract or of one of its documents."""

    OPENAPI = "openapi"
    ASYNCAPI = "asyncapi"
    JSON_SCHEMA = "jsonschema"


OPENAPI_VERSION = re.compile(r"3\.[01]\.\d+(-.+)?")
ASYNCAPI_VERSION = re.compile(r"2\.6\.\d+|3\.0\.\d+")
DRAFT = re.compile(r"https?://json-schema\.org/draft(?:/|-)(\d{4}-\d\d|0[3-7])/schema#?")
# Any of these makes an object without `$schema` a JSON Schema; `kind`, `name` and the like do not.
SCHEMA_KEYWORDS = frozenset(
    """
    $ref $defs $id $anchor $dynamicRef $dynamicAnchor $recursiveRef $recursiveAnchor $comment $vocabulary id
    definitions type enum const properties patternProperties additionalProperties propertyNames required items
    prefixItems additionalItems contains minContains maxContains unevaluatedProperties unevaluatedItems allOf
    anyOf oneOf not if then else dependencies dependentRequired dependentSchemas format pattern minLength
    maxLength minimum maximum exclusiveMinimum exclusiveMaximum multipleOf minItems maxItems uniqueItems
    minProperties maxProperties title description default examples deprecated readOnly writeOnly
    contentEncoding contentMediaType contentSchema nullable discriminator example
    """.split()  # noqa: SIM905 - sixty names read better as text
)
LIKENESS_MIN = 0.7
"""Share of equal letters from which a member is taken for a misspelled 'openapi' or 'asyncapi'."""


def kind_of(value: Any, uri: str) -> tuple[Kind, str] | Problem:
    """Kind and version of a parsed document; JSON Schema's version is its draft, ``""`` when unsaid."""
    if isinstance(value, bool):
        return Kind.JSON_SCHEMA, ""
    if not isinstance(value, dict):
        return Problem(
            "document.not_an_object",
            f"A contract is an object, and this is {_article(value)}.",
            "Begin with 'openapi: 3.1.0', 'asyncapi: 3.0.0' or a JSON Schema.",
            uri,
        )
    if "openapi" in value and "asyncapi" in value:
        return Problem(
            "document.kind_unknown",
            "This document claims two kinds: it has the members openapi and asyncapi.",
            "Remove one of the two members, or write two documents.",
            uri,
            "/asyncapi",
        )
    if "openapi" in value:
        return _version(value["openapi"], OPENAPI_VERSION, Kind.OPENAPI, "3.0.x or 3.1.x", uri)
    if "asyncapi" in value:
        return _version(value["asyncapi"], ASYNCAPI_VERSION, Kind.ASYNCAPI, "2.6.0 or 3.0.0", uri)
    if "swagger" in value:
        return Problem(
            "document.version_unsupported",
            f"This is Swagger {value['swagger']!s:.20}, which is not supported.",
            "Convert the document to OpenAPI 3.0 or 3.1.",
            uri,
            "/swagger",
        )
    match = DRAFT.fullmatch(value["$schema"]) if isinstance(value.get("$schema"), str) else None
    return Kind.JSON_SCHEMA, match.group(1) if match else ""


def entry_problem(value: Any, uri: str) -> Problem | None:
    """What keeps a parsed document from being a contract of its own; a referenced document may be any object.

    An object is a JSON Schema by its ``$schema`` or by a keyword; ``{}`` and booleans are schemas.
    """
    if not isinstance(value, dict) or not value or "openapi" in value or "asyncapi" in value:
        return None
    if "$schema" in value or SCHEMA_KEYWORDS & value.keys():
        return None
    fix = "Begin with 'openapi: 3.1.0' or 'asyncapi: 3.0.0', or give a JSON Schema its '$schema'."
    pointer = ""
    for name in value:
        meant = get_close_matches(name.lower(), ("openapi", "asyncapi"), 1, LIKENESS_MIN)
        if meant:
            fix = f"Rename {name!r} to '{meant[0]}'."
            pointer = pointer_of([name])
            break
    message = (
        "This is no contract: it is neither OpenAPI nor AsyncAPI, and no member is a JSON Schema keyword."
    )
    return Problem("document.kind_unknown", message, fix, uri, pointer)


def _version(
    said: Any, accepted: re.Pattern[str], kind: Kind, range_text: str, uri: str
) -> tuple[Kind, str] | Problem:
    if isinstance(said, str) and accepted.fullmatch(said):
        return kind, said
    quoted = "" if isinstance(said, str) else " (a version is a string; quote it)"
    return Problem(
        "document.version_unsupported",
        f"Version {said!s:.20} of {kind} is not supported{quoted}.",
        f"Use {kind} {range_text}.",
        uri,
        f"/{kind}",
    )


def _article(value: Any) -> str:
    if value is None:
        return "empty"
    return "an array" if isinstance(value, list) else "a string" if isinstance(value, str) else "a number"
