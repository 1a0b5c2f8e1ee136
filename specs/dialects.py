"""The dialects of JSON Schema a contract can be written in, and what each keyword means in them."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from specs.document import Document
from specs.errors import SpecError
from specs.kinds import DRAFT, Kind
from specs.model import Node
from specs.pointers import tokens_of, value_at
from specs.walk import is_schema_format


class Dialect(StrEnum):
    """In historical order; OpenAPI 3.0 has its own, OpenAPI 3.1 is 2020-12 with annotations of its own."""

    OPENAPI_30 = "openapi-3.0"
    DRAFT_04 = "draft-04"
    DRAFT_06 = "draft-06"
    DRAFT_07 = "draft-07"
    DRAFT_2019_09 = "2019-09"
    DRAFT_2020_12 = "2020-12"

    @property
    def ignores_ref_siblings(self) -> bool:
        """Up to draft-07, and in OpenAPI 3.0, members beside ``$ref`` have no meaning."""
        return self not in (Dialect.DRAFT_2019_09, Dialect.DRAFT_2020_12)

    @property
    def has_boolean_exclusive(self) -> bool:
        """``exclusiveMaximum: true`` qualifies ``maximum`` instead of being a bound itself."""
        return self in (Dialect.OPENAPI_30, Dialect.DRAFT_04)

    @property
    def has_tuple_items(self) -> bool:
        """``items`` may be an array, and ``additionalItems`` is about the rest (until 2020-12)."""
        return self not in (Dialect.OPENAPI_30, Dialect.DRAFT_2020_12)


_DRAFTS = {
    "04": Dialect.DRAFT_04,
    "05": Dialect.DRAFT_04,
    "06": Dialect.DRAFT_06,
    "07": Dialect.DRAFT_07,
    "2019-09": Dialect.DRAFT_2019_09,
    "2020-12": Dialect.DRAFT_2020_12,
}
_ALIASES = {
    "https://spec.openapis.org/oas/3.1/dialect/base": Dialect.DRAFT_2020_12,
    "https://json-schema.org/schema": Dialect.DRAFT_2020_12,
}

_CORE = frozenset(
    {
        "multipleOf", "maximum", "exclusiveMaximum", "minimum", "exclusiveMinimum", "maxLength", "minLength",
        "pattern", "items", "maxItems", "minItems", "uniqueItems", "maxProperties", "minProperties",
        "required", "additionalProperties", "properties", "enum", "type", "allOf", "anyOf", "oneOf", "not",
    }
)  # fmt: skip
_DRAFT_04 = _CORE | {"additionalItems", "patternProperties", "dependencies"}
_DRAFT_06 = _DRAFT_04 | {"contains", "propertyNames", "const"}
_DRAFT_07 = _DRAFT_06 | {"if", "then", "else"}
_DRAFT_2019_09 = (_DRAFT_07 - {"dependencies"}) | {
    "dependentRequired", "dependentSchemas", "minContains", "maxContains", "unevaluatedItems",
    "unevaluatedProperties",
}  # fmt: skip
_DRAFT_2020_12 = (_DRAFT_2019_09 - {"additionalItems"}) | {"prefixItems"}

KEYWORDS: dict[Dialect, frozenset[str]] = {
    Dialect.OPENAPI_30: _CORE,
    Dialect.DRAFT_04: _DRAFT_04,
    Dialect.DRAFT_06: _DRAFT_06,
    Dialect.DRAFT_07: _DRAFT_07,
    Dialect.DRAFT_2019_09: _DRAFT_2019_09,
    Dialect.DRAFT_2020_12: _DRAFT_2020_12,
}
"""The keywords that decide validity; ``format`` and the content keywords are annotations here."""

ALL_KEYWORDS = frozenset().union(*KEYWORDS.values())


def dialect_of_uri(uri: str) -> Dialect | None:
    """The dialect a ``$schema`` names; None for one we do not know."""
    if uri.rstrip("#") in _ALIASES:
        return _ALIASES[uri.rstrip("#")]
    match = DRAFT.fullmatch(uri)
    return _DRAFTS.get(match.group(1)) if match else None


def dialect_of(node: Node) -> Dialect:
    """The dialect of the schema at ``node``.

    The nearest ``$schema`` at or above it counts, then an AsyncAPI ``schemaFormat``, then the document's
    format. A fragment file that says neither has the dialect of the contract it belongs to.
    SpecError ``schema.dialect_unknown`` or ``schema.format_unsupported``.
    """
    if not _says_dialects(node.document):
        return _document_dialect(node.document, node.contract.document)
    tokens = tokens_of(node.pointer)
    value = node.document.value
    said: str | None = None
    above: list[Any] = [value]
    for token in tokens:
        value = value_at(value, [token])
        above.append(value)
    for level in range(len(above) - 1, -1, -1):
        holder = above[level]
        if not isinstance(holder, dict):
            continue
        if isinstance(holder.get("$schema"), str):
            said = holder["$schema"]
            break
        if level < len(tokens) and tokens[level] in ("schema", "payload") and "schemaFormat" in holder:
            return _dialect_of_format(node, holder["schemaFormat"])
    if said is not None:
        found = dialect_of_uri(said)
        if found is None:
            raise SpecError([_unknown(node, said)])
        return found
    return _document_dialect(node.document, node.contract.document)


def with_format(node: Node) -> Node:
    """An AsyncAPI multi format object (3.0) unwrapped to the schema it holds."""
    value = node.value
    if isinstance(value, dict) and "schemaFormat" in value and "schema" in value:
        inner = node.child("schema")
        assert inner is not None
        return inner
    return node


def _says_dialects(document: Document) -> bool:
    """Whether any object of a document may name a dialect of its own; looked up once, for few do."""
    found: bool | None = document.memo.get("says_dialects")
    if found is None:
        waiting = [document.value]
        found = False
        while waiting and not found:
            value = waiting.pop()
            if isinstance(value, dict):
                found = "$schema" in value or "schemaFormat" in value
                waiting.extend(value.values())
            elif isinstance(value, list):
                waiting.extend(value)
        document.memo["says_dialects"] = found
    return found


def _document_dialect(document: Document, entry: Document) -> Dialect:
    if document.kind is Kind.JSON_SCHEMA and document is not entry:
        return _document_dialect(entry, entry)
    if document.kind is Kind.OPENAPI:
        if document.spec_version.startswith("3.0"):
            return Dialect.OPENAPI_30
        named = document.value.get("jsonSchemaDialect")
        found = dialect_of_uri(named) if isinstance(named, str) else None
        return found or Dialect.DRAFT_2020_12
    if document.kind is Kind.ASYNCAPI:
        return Dialect.DRAFT_07
    return Dialect.DRAFT_2020_12


def _dialect_of_format(node: Node, name: object) -> Dialect:
    text = name if isinstance(name, str) else ""
    if not is_schema_format(text):
        problem = node.problem(
            "schema.format_unsupported",
            f"The schema format {text!r:.100} is not JSON Schema.",
            "Use JSON Schema for payloads that are to be validated or compared.",
        )
        raise SpecError([problem])
    if "openapi" in text:
        return Dialect.DRAFT_2020_12 if "version=3.1" in text else Dialect.OPENAPI_30
    for draft, dialect in _DRAFTS.items():
        if text.endswith((f"version=draft-{draft}", f"version={draft}")):
            return dialect
    if "version=draft-" in text:
        raise SpecError([_unknown(node, text)])
    return Dialect.DRAFT_07


def _unknown(node: Node, said: str) -> Any:
    return node.problem(
        "schema.dialect_unknown",
        f"The dialect {said!r:.200} is not one of JSON Schema's drafts 4 to 2020-12.",
        "Name one of them in $schema, for example https://json-schema.org/draft/2020-12/schema.",
    )
