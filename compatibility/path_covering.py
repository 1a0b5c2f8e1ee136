"""Which path templates take every request of another path: `/users/{id}` takes `/users/me`.

The templates of a contract stand in a tree of their segments, so that a path is held only against those of
its own build: held against each, thousands of moved operations would take quadratic time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from heapq import merge
from itertools import islice
from urllib.parse import unquote

from compatibility.containment.confirm import SecondOpinion, Spoken
from compatibility.schemas import compare_schemas
from compatibility.text_forms import TextForm, read_plain, readings
from compatibility.text_values import kinds_of
from specs.model import Node
from specs.openapi import Operation, Parameter
from specs.schema import self_contained

NAMED = re.compile(r"\{([^{}]*)\}")
PARAMETER = "{}"
"""A segment that is a parameter and nothing else, in a path whose parameters are nameless."""
TRIED_MAX = 20
"""Templates of a path's build whose parameters are asked about its texts; a contract rarely has two."""


@dataclass(slots=True)
class Branch:
    """The templates that begin alike: by their next segment, and the places of those that end here."""

    below: dict[str, Branch] = field(default_factory=dict)
    ends: list[int] = field(default_factory=list)


@dataclass(slots=True)
class Templates:
    """The served operations of one contract by method and segments; `place` is whatever tells them apart."""

    trees: dict[str, Branch] = field(default_factory=dict)
    held: dict[int, tuple[Operation, list[str]]] = field(default_factory=dict)
    opinion: SecondOpinion = field(default_factory=SecondOpinion)
    schemas: dict[tuple[str, str], Spoken] = field(default_factory=dict)

    def add(self, place: int, operation: Operation, shape: str) -> None:
        """`shape` is the effective path with nameless parameters; places grow."""
        segments = shape.split("/")
        branch = self.trees.setdefault(operation.method, Branch())
        for segment in segments:
            branch = branch.below.setdefault(segment, Branch())
        branch.ends.append(place)
        self.held[place] = operation, segments

    def taking(self, method: str, shape: str) -> Iterator[int]:
        """The places of the templates that take every request of a path, in their order; not its equals."""
        segments = shape.split("/")
        level = [self.trees[method]] if method in self.trees else []
        equal = level[0] if level else None
        for segment in segments:
            steps = dict.fromkeys((segment, PARAMETER))
            level = [branch.below[step] for branch in level for step in steps if step in branch.below]
            equal = equal.below.get(segment) if equal is not None else None
        alike = merge(*(branch.ends for branch in level if branch is not equal))
        for place in islice(alike, TRIED_MAX):
            operation, wide = self.held[place]
            if all(self.admits(operation, name, text) for name, text in replaced(operation, wide, segments)):
                yield place

    def admits(self, operation: Operation, name: str | None, text: str) -> bool:
        """Whether a path parameter surely takes a segment: a literal one, or any text where it is no literal.

        A literal is read as the text it is or as a number, and as a list of one where the schema names that
        type only: one that names no type takes any list.
        """
        schema = schema_of(operation, name)
        if schema is None:
            return False
        spoken = self.spoken(schema)
        if PARAMETER in text:
            return takes_any_text(spoken)
        listed = "array" in kinds_of(schema)
        read = readings(unquote(text), TextForm()) if listed else read_plain(unquote(text))
        return any(self.opinion.accepts(spoken, one) for one in read)

    def spoken(self, schema: Node) -> Spoken:
        """The schema for the second validator, once for all paths that ask."""
        key = (schema.document.uri, schema.pointer)
        if key not in self.schemas:
            self.schemas[key] = Spoken(self_contained(schema), formats=True)
        return self.schemas[key]


def replaced(operation: Operation, wide: list[str], narrow: list[str]) -> Iterator[tuple[str | None, str]]:
    """The parameters of a template that stand where the path has something else, with what it has there.

    Names count from the end: in front of the path may stand a server's variable, which has none.
    """
    names: list[str | None] = list(NAMED.findall(operation.path))
    for one, two in zip(reversed(wide), reversed(narrow), strict=True):
        own = [names.pop() if names else None for _ in range(one.count(PARAMETER))]
        if one != two:
            yield own[0], two


def schema_of(operation: Operation, name: str | None) -> Node | None:
    """The schema of a path parameter whose text is its value as it is."""
    found: Parameter | None = next(
        (one for one in operation.parameters if one.name == name and one.location == "path"), None
    )
    return found.schema if found is not None and found.style == "simple" else None


def takes_any_text(spoken: Spoken) -> bool:
    """Whether a schema surely takes every text that a segment can be."""
    anything = {"type": "string", "minLength": 1}
    report = compare_schemas(
        anything, spoken.schema, dialect="2020-12", openness="strict", formats="assertion"
    )
    return report.verdict == "compatible"
