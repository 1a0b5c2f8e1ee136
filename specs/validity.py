"""Whether a contract is valid by the specification it names: every violation, with its place.

OpenAPI is judged by openapi-spec-validator, AsyncAPI by the official JSON Schemas (``specs/meta/asyncapi``),
a JSON Schema by its dialect's meta-schema.
"""

from __future__ import annotations

import json
from collections.abc import Container, Iterable, Iterator
from functools import cache
from typing import Any, get_args

import jsonschema_rs

from specs.bundle import Bundle, readable_bundle
from specs.dialects import Dialect, dialect_of
from specs.errors import SpecError
from specs.files import meta_text
from specs.model import Contract, Kind, Node
from specs.openapi_validity import openapi_violations
from specs.pointers import MISSING, step
from specs.problem import Problem, Severity
from specs.violations import Violation, violations_of

ASYNCAPI_SCHEMAS = {"2": "asyncapi/2.6.0.json", "3": "asyncapi/3.0.0.json"}
META_SCHEMAS = {
    Dialect.DRAFT_04: "http://json-schema.org/draft-04/schema#",
    Dialect.DRAFT_06: "http://json-schema.org/draft-06/schema#",
    Dialect.DRAFT_07: "http://json-schema.org/draft-07/schema#",
    Dialect.DRAFT_2019_09: "https://json-schema.org/draft/2019-09/schema",
    Dialect.DRAFT_2020_12: "https://json-schema.org/draft/2020-12/schema",
}
MESSAGE_CHARACTERS_MAX = 240
QUOTED_CHARACTERS_MAX = 100
COMPLAINT_CHARACTERS_MAX = 120
SEVERITIES: tuple[Severity, ...] = get_args(Severity)


def validity_problems(
    contract: Contract, severities: Container[Severity] = SEVERITIES
) -> tuple[Problem, ...]:
    """All violations, in the order of their place; empty when the contract is valid.

    Codes: ``openapi.*`` for what OpenAPI's semantic checks find, ``validity.schema`` for a violated
    meta-schema, ``validity.not_judged`` when a check cannot be completed. ``severities`` are those wanted:
    the places of others are not looked up, which in a large text takes longer than all the checks.
    """
    try:
        bundled = readable_bundle(contract)
    except SpecError as error:
        return error.problems
    problems: dict[tuple[str, str, str], Problem] = {}
    limit = contract.limits.problems_max
    for violation in _violations(contract, bundled):
        if violation.severity not in severities:
            continue
        problem = _problem(contract, bundled, violation)
        problems.setdefault((problem.uri, problem.pointer, problem.message), problem)
        if len(problems) >= limit:
            break
    return tuple(sorted(problems.values(), key=_place))


def _violations(contract: Contract, bundled: Bundle) -> Iterator[Violation]:
    if contract.kind is Kind.OPENAPI:
        assert isinstance(bundled.value, dict)
        yield from openapi_violations(bundled.value, contract.document.spec_version, contract.limits)
    elif contract.kind is Kind.ASYNCAPI:
        yield from violations_of(_asyncapi_validator(contract.document.spec_version[0]), bundled.value)
    else:
        yield from _schema_violations(contract)


@cache
def _asyncapi_validator(major: str) -> Any:
    """Compiled once per process; an immutable value."""
    return jsonschema_rs.validator_for(json.loads(meta_text(ASYNCAPI_SCHEMAS[major])))


def _schema_violations(contract: Contract) -> Iterator[Violation]:
    """By the dialect the entry document names; the meta-schema describes subschemas too."""
    try:
        dialect = dialect_of(contract.root)
    except SpecError as error:
        yield Violation(error.code, error.problems[0].message, error.problems[0].fix, ("$schema",))
        return
    validator = jsonschema_rs.validator_for({"$schema": META_SCHEMAS[dialect], "$ref": META_SCHEMAS[dialect]})
    yield from violations_of(validator, contract.document.value)


def _problem(contract: Contract, bundled: Bundle, violation: Violation) -> Problem:
    tokens = [str(token) for token in violation.path]
    document, tokens = bundled.origin_of(tokens, contract)
    node = _place_of(contract.node("", document.uri), tokens)
    return node.problem(
        violation.code, _shortened(violation.message), violation.fix, severity=violation.severity
    )


def _shortened(message: str) -> str:
    """Messages begin with the value they speak of and end with what is wrong with it: both ends stay."""
    if len(message) <= MESSAGE_CHARACTERS_MAX:
        return message
    return f"{message[:QUOTED_CHARACTERS_MAX]}…{message[-COMPLAINT_CHARACTERS_MAX:]}"


def _place_of(node: Node, tokens: Iterable[str]) -> Node:
    """The nearest existing place; openapi-spec-validator's paths lead through references."""
    for token in tokens:
        if step(node.value, token) is MISSING:
            try:
                node = node.resolved()
            except SpecError:
                return node
        child = node.child(token)
        if child is None:
            return node
        node = child
    return node


def _place(problem: Problem) -> tuple[str, tuple[int, int], str]:
    position = problem.position
    return problem.uri, (position.line, position.column) if position else (0, 0), problem.pointer


__all__ = ["validity_problems"]
