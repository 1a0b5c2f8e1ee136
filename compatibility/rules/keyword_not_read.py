"""A changed schema has a keyword that its dialect does not have.

Such a keyword is an annotation (JSON Schema 2020-12 core section 6.5): it restricts nothing and nothing was
concluded from it. Often it is one of another dialect, as `nullable` in OpenAPI 3.1, or misspelt. Extensions
that begin with `x-` are meant to be unknown."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from compatibility.changes import Draft, SchemaPair, quoted
from compatibility.containment.contents import REFERENCE_WORDS
from compatibility.containment.lowering import keywords_of
from compatibility.containment.survey import ANNOTATIONS
from compatibility.drafting import draft
from compatibility.judging import Judge
from specs.dialects import Dialect, dialect_of
from specs.model import Node

MIRROR = "itself: requests and responses alike"
FLOW = "both"


def observe(pair: SchemaPair, _: Judge) -> Iterator[Draft]:
    unknown = sorted({*unread(pair.before), *unread(pair.after)})
    if unknown:
        words = "keyword" if len(unknown) == 1 else "keywords"
        yield draft(
            "keyword-not-read",
            pair.surface.operation,
            (pair.before, pair.after),
            f"{pair.surface.operation}: nothing was concluded from the {words} {quoted(unknown)} of "
            f"{pair.member} in the {pair.surface.where}",
            "Correct the keyword, or begin an extension with `x-`.",
            ("keywords not read", *unknown),
            level="info",
            direction=pair.flow,
        )


def unread(node: Node) -> Iterator[str]:
    schema: Any = node.value
    if not isinstance(schema, dict):
        return
    dialect = dialect_of(node)
    known = keywords_of(dialect) | ANNOTATIONS | set(REFERENCE_WORDS)
    if "$ref" in schema and dialect is Dialect.OPENAPI_30:
        return
    for word in schema:
        if word not in known and not word.startswith("x-"):
            yield word
