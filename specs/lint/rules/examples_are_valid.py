"""An example is valid against the schema it illustrates.

Examples are what people copy first, and what a mock answers. References to other examples are followed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import jsonschema_rs

from specs.asyncapi import event_operations
from specs.errors import SpecError
from specs.lint.level import Level
from specs.lint.schemas import schemas_in_use
from specs.model import Contract, Node
from specs.openapi import MediaType, operations
from specs.pointers import pointer_of
from specs.problem import Problem, Severity
from specs.schema import self_contained

CODE = "lint.example_invalid"
SEVERITY: Severity = "warning"
LEVEL: Level = "gold"
SOURCE = "OpenAPI 3.1 section 4.8.14.1: an example should match the schema"

JSON = ("application/json", "+json")


def check(contract: Contract) -> Iterator[Problem]:
    """Examples of media types, parameters, headers, schemas and messages; the first violation of each."""
    seen: set[tuple[str, str]] = set()
    for holder, schema in _holders(contract):
        key = (holder.document.uri, holder.pointer)
        examples = [] if key in seen else list(_examples(holder))
        seen.add(key)
        if not examples:
            continue
        validator = _validator(schema)
        for example in examples:
            error = next(validator.iter_errors(example.value), None) if validator is not None else None
            if error is not None:
                yield example.problem(
                    CODE,
                    f"The example breaks its schema: {error.message:.300}.",
                    "Correct the example, or the schema.",
                    SEVERITY,
                    below=pointer_of(error.instance_path),
                )


def _holders(contract: Contract) -> Iterator[tuple[Node, Node]]:
    for operation in operations(contract):
        for parameter in operation.parameters:
            if parameter.schema is not None:
                yield parameter.node, parameter.schema
            yield from _media_types(parameter.content)
        if operation.request_body is not None:
            yield from _media_types(operation.request_body.content)
        for response in operation.responses:
            yield from _media_types(response.content)
            yield from ((header.node, header.schema) for header in response.headers if header.schema)
    for event in event_operations(contract):
        for message in event.messages:
            if message.payload is not None:
                yield message.node, message.payload
    for use in schemas_in_use(contract):
        yield use.node, use.node


def _media_types(content: tuple[MediaType, ...]) -> Iterator[tuple[Node, Node]]:
    """Examples of other formats are texts in that format, not values."""
    for part in content:
        if part.schema is not None and part.name.partition(";")[0].strip().lower().endswith(JSON):
            yield part.node, part.schema


def _examples(holder: Node) -> Iterator[Node]:
    if not isinstance(holder.value, dict):
        return
    single = holder.child("example")
    if single is not None:
        yield single
    several = holder.child("examples")
    if several is None:
        return
    named = isinstance(several.value, dict)
    for example in [node for _, node in several.items()]:
        if named:
            value = example.resolved().child("value")
        elif holder.child("payload") is not None:
            value = example.child("payload")
        else:
            value = example
        if value is not None:
            yield value


def _validator(schema: Node) -> Any:
    try:
        return jsonschema_rs.Draft202012Validator(self_contained(schema))
    except (SpecError, ValueError):
        return None  # what is wrong with the schema itself is not this rule's matter
