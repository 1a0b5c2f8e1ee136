"""Why a verdict is open: the first keyword of two schemas that is not modelled, in its author's words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from compatibility.containment.ecma import UnreadPatternError, language
from compatibility.containment.formats import kinds_of
from compatibility.containment.reader import SCOPED
from compatibility.containment.terms import Term, Terms, at_same_value
from compatibility.containment.unevaluated import told

WALKED_MAX = 2_000
NESTED = (
    "combinations (`allOf`, `anyOf`, `oneOf`, `not`, `if`) nested too deeply are not followed to their end"
)


class Doubt(NamedTuple):
    """A keyword with its value, and what is not known of it; without a keyword none was found."""

    keyword: str
    value: Any
    text: str


def doubt(terms: Terms, numbers: Iterable[int]) -> Doubt:
    """The first one that the terms reach, nearest first."""
    waiting = [terms.resolve(number) for number in numbers]
    seen = set(waiting)
    for number in waiting:
        term = terms.term(number)
        for found in doubts(terms, term):
            return found
        if len(waiting) < WALKED_MAX:
            below = [terms.resolve(child) for child in (*at_same_value(term), *children(term))]
            fresh = [child for child in dict.fromkeys(below) if child not in seen]
            seen.update(fresh)
            waiting.extend(fresh)
    return Doubt("", None, NESTED)


def children(term: Term) -> Iterator[int]:
    """The schemas of members, names and items."""
    yield from (child for _, child in (*term.properties, *term.patterns))
    single = (term.additional, term.names, term.unevaluated_properties, term.items, term.contains)
    yield from (child for child in (*single, term.unevaluated_items) if child is not None)
    yield from term.prefix


def doubts(terms: Terms, term: Term) -> Iterator[Doubt]:
    for said in term.opaque:
        keyword, value = said.split(" ")[:2]
        if keyword in SCOPED:
            yield Doubt(keyword, value, f"where `{keyword}` `{value}` leads depends on the way to it")
        else:
            yield Doubt("", None, said)
    patterns = [("pattern", term.pattern)] if term.pattern is not None else []
    patterns.extend(("patternProperties", pattern) for pattern, _ in term.patterns)
    for keyword, pattern in patterns:
        if why := unread(pattern):
            yield Doubt(keyword, pattern, f"the pattern `{pattern:.100}` is not read: {why}")
    if term.format is not None:
        kinds = sorted(kinds_of(term.format))
        whom = "values" if len(kinds) > 2 else " and ".join(f"{kind}s" for kind in kinds)
        yield Doubt(
            "format", term.format, f"which {whom} the format `{term.format:.100}` takes is not modelled"
        )
    for keyword, rest, kind in (
        ("unevaluatedProperties", term.unevaluated_properties, "object"),
        ("unevaluatedItems", term.unevaluated_items, "array"),
    ):
        if rest is not None and told(terms, term, kind) is None:
            yield Doubt(keyword, None, f"what is left to `{keyword}` depends on the value in too many ways")


def unread(pattern: str) -> str:
    """What in a pattern is not read; "" when all of it is."""
    try:
        language(pattern)
    except UnreadPatternError as error:
        return str(error)
    except RecursionError:
        return "nested too deeply"
    return ""
