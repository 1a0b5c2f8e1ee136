"""Request validation by Connexion's hooks: strict JSON, each violation with its pointer, off the loop."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from connexion.json_schema import Draft4RequestValidator
from connexion.lifecycle import ConnexionRequest
from connexion.validators.abstract import AbstractRequestBodyValidator
from connexion.validators.parameter import ParameterValidator
from jsonschema import Draft4Validator, ValidationError
from jsonschema.validators import extend
from starlette.concurrency import run_in_threadpool
from starlette.types import Message, Receive, Scope

from registry.errors import BadRequest
from registry.model import storable
from specs.config import LIMITS
from specs.errors import SpecError
from specs.json_text import parse_json
from specs.pointers import pointer_of
from specs.problem import Problem

BODY = "registry.body"
VIOLATIONS_MAX = 100
DETAIL_CHARS_MAX = 500


def strict_pattern(validator: Any, pattern: str, instance: Any, _schema: Any) -> Iterator[ValidationError]:
    """``$`` ends the text as in ECMA-262; Python's also matches before a last line end."""
    if not validator.is_type(instance, "string"):
        return
    if not re.search(re.sub(r"\$$", r"\\Z", pattern), instance):
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


RequestValidator: Any = extend(Draft4RequestValidator, {"pattern": strict_pattern})  # type: ignore[no-untyped-call]


def violations(schema: Mapping[str, Any], value: Any, place: str, prefix: str = "") -> list[dict[str, Any]]:
    """Each violation of a schema by a value: where, which rule, and what."""
    validator = RequestValidator(schema, format_checker=Draft4Validator.FORMAT_CHECKER)
    return [
        {
            "in": place,
            "pointer": prefix + pointer_of(error.absolute_path),
            "code": str(error.validator),
            "detail": shortened(error.message),
        }
        for error in islice(validator.iter_errors(value), VIOLATIONS_MAX)
    ]


def shortened(text: str) -> str:
    """A message quotes the value; the value can be of any length."""
    return text if len(text) <= DETAIL_CHARS_MAX else text[: DETAIL_CHARS_MAX - 3] + "..."


def refuse(found: list[dict[str, Any]]) -> None:
    """Raises when there is any violation."""
    if found:
        places = "1 place" if len(found) == 1 else f"{len(found)} places"
        raise BadRequest(
            "request_invalid", f"The request does not keep the contract in {places}.", problems=found
        )


class JsonBody(AbstractRequestBodyValidator):  # type: ignore[misc]  # Connexion is not typed
    """Reads, parses and validates a JSON body, and hands the parsed value on in the ASGI scope.

    Connexion's own takes a body without Content-Length for none, and stops at the first violation.
    """

    async def wrap_receive(self, receive: Receive, *, scope: Scope) -> tuple[Receive, Scope]:
        raw = await read_body(receive)
        if raw:
            scope = {**scope, BODY: await run_in_threadpool(self._checked, raw)}
        elif self._required:
            raise BadRequest("request_invalid", "The request needs a JSON body.")
        return after_body(receive), scope

    def _checked(self, raw: bytes) -> Any:
        value = parsed(raw)
        refuse(violations(self._schema, value, "body"))
        return value


async def read_body(receive: Receive) -> bytes:
    """All of it; the door bounds how much that is."""
    chunks = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise BadRequest("request_invalid", "The connection ended before the body did.")
        chunks.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(chunks)


def after_body(receive: Receive) -> Receive:
    """An empty body for whoever is next, then whatever comes."""
    pending: list[Message] = [{"type": "http.request", "body": b"", "more_body": False}]

    async def receive_after() -> Message:
        return pending.pop() if pending else await receive()

    return receive_after


def parsed(raw: bytes) -> Any:
    """JSON after RFC 8259 in UTF-8 by the reader of contracts: no NaN, and no name twice in one object.

    Its texts hold no NUL and no halves of surrogate pairs, which no database takes.
    """
    try:
        value = parse_json(raw.decode("utf-8"), "body", LIMITS)
    except UnicodeDecodeError:
        raise BadRequest("json_invalid", "The body is not UTF-8.") from None
    except SpecError as error:
        raise not_json(error.problems[0]) from None
    escaped = b"\\u" in raw  # without an escape there is neither
    if not all(not escaped or storable(text) for text in texts(value)):
        raise BadRequest("json_invalid", "A text of the body holds a NUL or half of a surrogate pair.")
    return value


def not_json(problem: Problem) -> BadRequest:
    """The refusal, with the place in the body."""
    at = problem.position
    place = f" Line {at.line}, column {at.column}." if at else ""
    return BadRequest("json_invalid", shortened(problem.message) + place)


def texts(value: Any) -> Iterator[str]:
    """Every text within a value, names of members included; refuses one nested deeper than a contract may be.

    Level by level: what recurses over a value fails where its depth meets the interpreter's bound.
    """
    level = [value]
    for _ in range(LIMITS.depth_max + 1):
        following: list[Any] = []
        for one in level:
            if isinstance(one, str):
                yield one
            elif isinstance(one, list):
                following += one
            elif isinstance(one, dict):
                yield from one
                following += one.values()
        if not following:
            return
        level = following
    raise BadRequest("json_invalid", f"The body is nested deeper than {LIMITS.depth_max} levels.")


class AllParameters(ParameterValidator):  # type: ignore[misc]  # Connexion is not typed
    """Reports every parameter that does not fit, not only the first."""

    def validate_request(self, request: ConnexionRequest) -> None:
        found: list[dict[str, Any]] = []
        if self.strict_validation:
            unknown = self.validate_query_parameter_list(request, security_params=self.security_query_params)
            found += [violation("query", name, "unknown", "No such parameter.") for name in sorted(unknown)]
        given = {
            "query": request.query_params,
            "path": request.path_params,
            "header": request.headers,
        }
        for place, values in given.items():
            for parameter in self.parameters.get(place, []):
                found += parameter_violations(parameter, place, values)
        refuse(found[:VIOLATIONS_MAX])


def parameter_violations(
    parameter: Mapping[str, Any], place: str, values: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Violations by one parameter."""
    name = str(parameter["name"])
    value = values.get(name if place != "path" else name.replace("-", "_"))
    if value is None:
        required = parameter.get("required", False)
        return [violation(place, name, "required", "The parameter is missing.")] if required else []
    if isinstance(value, str) and "\x00" in value:
        return [violation(place, name, "text", "The value holds a NUL character.")]
    return violations(parameter["schema"], value, place, prefix=f"/{name}")


def violation(place: str, name: str, code: str, detail: str) -> dict[str, Any]:
    """One violation by a parameter as a whole."""
    return {"in": place, "pointer": f"/{name}"[:DETAIL_CHARS_MAX], "code": code, "detail": detail}


VALIDATORS: Mapping[str, Any] = {"parameter": AllParameters, "body": {"application/json": JsonBody}}
"""For Connexion's ``validator_map``."""
