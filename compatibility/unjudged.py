"""Parts of OpenAPI contracts that no rule reads: when they change, the report says so and stays undecided.

How a value is written as XML (`xml` of a schema, OpenAPI 3.1, XML Object) is one: schemas are compared as
JSON values, so other element names or attributes would go unseen in an XML body.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from compatibility.media_types import covering, normal
from compatibility.openapi_matching import Match
from compatibility.openapi_surfaces import answer_pairs
from specs.dialects import dialect_of_uri
from specs.errors import SpecError
from specs.model import Contract, Node
from specs.openapi import MediaType
from specs.schema import self_contained


def unread_dialects(before: Contract, after: Contract) -> Iterator[str]:
    """A sentence when a contract names a dialect for its schemas that is not one of JSON Schema's drafts."""
    named = (contract.root.child("jsonSchemaDialect") for contract in (before, after))
    for uri in dict.fromkeys(node.value for node in named if node is not None):
        if isinstance(uri, str) and dialect_of_uri(uri) is None:
            yield f"the dialect {uri!r} (jsonSchemaDialect): schemas were read as JSON Schema 2020-12"


def unjudged_parts(match: Match) -> Iterator[str]:
    """A sentence for each part that differs."""
    if match.before is None or match.after is None:
        return
    before, after = match.before.operation, match.after.operation
    pairs: list[tuple[str, tuple[MediaType, ...], tuple[MediaType, ...]]] = []
    if before.request_body is not None and after.request_body is not None:
        pairs.append(("request", before.request_body.content, after.request_body.content))
    for status, one, two in answer_pairs(match, before, after):
        pairs.append((f"{status} response", one.content, two.content))
    for where, former, now in pairs:
        for media in former:
            partner = covering(media.name, now) if is_xml(media.name) else None
            if partner is not None and written_as_xml(media.schema) != written_as_xml(partner.schema):
                yield f"{match.label}: how the {where} is written as {media.name} changed"


def is_xml(name: str) -> bool:
    kind = normal(name).split(";")[0]
    return kind in ("application/xml", "text/xml") or kind.endswith("+xml")


def written_as_xml(schema: Node | None) -> Counter[str]:
    """Every XML Object of a schema with the member it is about."""
    found: Counter[str] = Counter()
    try:
        waiting: list[tuple[str, Any]] = [("", self_contained(schema))] if schema is not None else []
    except SpecError:
        return found
    while waiting:
        name, value = waiting.pop()
        if isinstance(value, list):
            waiting.extend((name, one) for one in value)
        elif isinstance(value, dict):
            if isinstance(value.get("xml"), dict):
                found[f"{name} {json.dumps(value['xml'], sort_keys=True, default=str)}"] += 1
            held = value.get("properties")
            members = held if isinstance(held, dict) else {}
            waiting.extend(members.items())
            waiting.extend((name, one) for word, one in value.items() if word not in ("properties", "xml"))
    return found
