"""Requests judged by the contract: openapi-core reads typed parameters and the body, we tell what is wrong.

Authentication and scopes are the gateway's decision (``security`` of the contract is enforced there), so
the security requirements are taken out of the document before it is compiled here.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jsonschema.exceptions import ValidationError
from jsonschema_path import SchemaPath
from openapi_core.datatypes import RequestParameters
from openapi_core.templating.media_types.exceptions import MediaTypeNotFound
from openapi_core.unmarshalling.request.unmarshallers import V31RequestParametersUnmarshaller
from openapi_core.validation.request.exceptions import (
    MissingRequestBody,
    MissingRequiredParameter,
    MissingRequiredRequestBody,
    ParameterValidationError,
)
from openapi_core.validation.request.validators import V31RequestBodyValidator
from werkzeug.datastructures import Headers, ImmutableMultiDict
from werkzeug.wrappers import Request

from quote_to_cash.config import ERRORS_REPORTED_MAX, JSON_DEPTH_MAX
from quote_to_cash.errors import (
    IdempotencyKeyMissing,
    MediaTypeUnsupported,
    PreconditionRequired,
    RequestInvalid,
    RequestMalformed,
    Violation,
)
from quote_to_cash.web.patterns import as_written, with_python_patterns
from specs.openapi import METHODS

_HOST = "http://service.invalid"
_INTEGERS_EXACT_BELOW = 1 << 53
_MERGE_PATCH = "application/merge-patch+json"


@dataclass(slots=True)
class ContractRequest:
    """A request in the form openapi-core asks for: its ``Request`` protocol wants it mutable."""

    parameters: RequestParameters
    method: str
    body: bytes | None
    content_type: str
    path: str
    path_pattern: str
    host_url: str = _HOST


@dataclass(frozen=True, slots=True)
class ReadRequest:
    """Typed parameters by location (header names in lower case) and the body as plain JSON."""

    path: Mapping[str, Any]
    query: Mapping[str, Any]
    headers: Mapping[str, Any]
    body: Any


@dataclass(frozen=True, slots=True)
class CompiledContract:
    """openapi-core's readers of one contract: parameters become typed values, the body is only judged.

    Handlers take the body as the JSON it is, so converting it too would cost ten times the validation for
    nothing.
    """

    parameters: V31RequestParametersUnmarshaller
    body: V31RequestBodyValidator


def compile_contract(document: Mapping[str, Any]) -> CompiledContract:
    """The readers of a bundled OpenAPI 3.1 document, made once per service."""
    stripped = with_python_patterns(_without_discriminators(dict(document)))
    stripped.pop("security", None)
    for path_item in stripped.get("paths", {}).values():
        for method in METHODS:
            path_item.get(method, {}).pop("security", None)
    path = SchemaPath.from_dict(stripped)
    return CompiledContract(
        V31RequestParametersUnmarshaller(path),
        V31RequestBodyValidator(path, extra_media_type_deserializers={_MERGE_PATCH: _loads_plain}),
    )


def _without_discriminators(value: Any) -> Any:
    """A copy that leaves them out: they are a hint for tools, oneOf alone decides (OpenAPI 3.1, 4.8.25)."""
    if isinstance(value, list):
        return [_without_discriminators(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        name: _without_discriminators(member)
        for name, member in value.items()
        if name != "discriminator" or not isinstance(member.get("propertyName"), str)
    }


def read_request(
    contract: CompiledContract,
    request: Request,
    method: str,
    path_pattern: str,
    path_values: Mapping[str, str],
) -> ReadRequest:
    """The request under the contract; raises every violation at once (RequestInvalid), pointers included.

    ``method`` and ``path_pattern`` name the operation; HEAD is judged as the GET it stands for.
    """
    raw = request.get_data(cache=True)
    media_type = (request.mimetype or "").lower()
    body = _parse_json(raw) if raw and media_type.endswith("json") else None
    judged = ContractRequest(
        parameters=RequestParameters(
            path=dict(path_values),
            query=ImmutableMultiDict(request.args),
            header=Headers(request.headers),
            cookie=request.cookies,
        ),
        method=method.lower(),
        body=raw or None,
        content_type=media_type or "application/octet-stream",
        path=request.path,
        path_pattern=path_pattern,
    )
    read = contract.parameters.unmarshal(judged)
    # MissingRequestBody is the absence of an optional body; that of a required one has its own class.
    found = (item for item in contract.body.iter_errors(judged) if not isinstance(item, MissingRequestBody))
    _refuse([*read.errors, *found])
    return ReadRequest(
        path=dict(read.parameters.path),
        query=dict(read.parameters.query),
        headers={name.lower(): value for name, value in dict(read.parameters.header).items()},
        body=body,
    )


def _refuse(errors: Sequence[Exception]) -> None:
    if not errors:
        return
    violations: list[Violation] = []
    for error in errors:
        cause = error.__cause__
        if isinstance(error, MissingRequiredParameter):
            _refuse_missing_header(error.name)
        if isinstance(cause, MediaTypeNotFound):
            raise MediaTypeUnsupported(
                f"Send the body as {' or '.join(cause.availableMimetypes)}; this was {cause.mimetype}."
            )
        violations.extend(_violations(error))
    listed = _without_echoes(violations)[:ERRORS_REPORTED_MAX]
    raise RequestInvalid("The request does not keep to the contract; see errors.", violations=listed)


def _refuse_missing_header(name: str) -> None:
    if name.lower() == "idempotency-key":
        raise IdempotencyKeyMissing("Send an Idempotency-Key: a fresh one per request, the same on a retry.")
    if name.lower() == "if-match":
        raise PreconditionRequired("Send If-Match with the ETag you last read.")


def _without_echoes(violations: Sequence[Violation]) -> list[Violation]:
    """Without those that only follow from another: where a subschema fails, all it names is unevaluated."""
    others = [violation for violation in violations if violation.code != "unevaluated_properties"]
    return [
        violation
        for violation in violations
        if violation.code != "unevaluated_properties"
        or not any(f"{other.pointer}/".startswith(f"{violation.pointer}/") for other in others)
    ]


def _violations(error: Exception) -> Iterator[Violation]:
    if isinstance(error, ParameterValidationError):
        place = f"{error.location} parameter {error.name}"
        code = "parameter_missing" if isinstance(error, MissingRequiredParameter) else "parameter_invalid"
        reasons = [_message(found) for found in _schema_errors(error)] or [code.replace("_", " ")]
        detail = f"{place}: {'; '.join(reasons)}"
        yield Violation(code, "", detail, location=error.location, name=error.name)
    elif isinstance(error, MissingRequiredRequestBody):
        yield Violation("body_missing", "", "The operation needs a body.", location="body")
    else:
        found_any = False
        for found in _schema_errors(error):
            found_any = True
            for leaf in _leaves(found):
                where = pointer(leaf.absolute_path)
                yield Violation(_snake(leaf.validator), where, _message(leaf), location="body")
        if not found_any:
            detail = "The body cannot be read under the contract."
            yield Violation("body_invalid", "", detail, location="body")


def _schema_errors(error: Exception) -> Iterable[ValidationError]:
    found: Iterable[object] = getattr(error.__cause__, "schema_errors", ())
    return [item for item in found if isinstance(item, ValidationError)]


def _message(error: ValidationError) -> str:
    if error.validator != "pattern":
        return str(error.message)
    return f"{error.instance!r} does not match {as_written(str(error.validator_value))!r}"


def _leaves(error: ValidationError) -> Iterator[ValidationError]:
    """What to mend: of a oneOf or anyOf, the errors of the branch that came nearest."""
    if not error.context:
        yield error
        return
    branches: dict[Any, list[ValidationError]] = {}
    for child in error.context:
        branches.setdefault(child.schema_path[0], []).append(child)
    nearest = min(branches.values(), key=_distance)
    for child in nearest:
        yield from _leaves(child)


def _distance(errors: list[ValidationError]) -> tuple[int, int]:
    # A wrong discriminator (const, enum) or type means another branch was meant.
    mismatched = sum(item.validator in {"const", "enum", "type"} and len(item.path) <= 1 for item in errors)
    return mismatched, len(errors)


def pointer(path: Iterable[str | int]) -> str:
    """A JSON pointer (RFC 6901) of a jsonschema path."""
    return "".join("/" + str(token).replace("~", "~0").replace("/", "~1") for token in path)


def _snake(name: object) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", str(name)).lower().lstrip("$")


def _parse_json(raw: bytes) -> Any:
    try:
        value = json.loads(
            raw.decode("utf-8"),
            parse_float=_number,
            parse_constant=_refuse_constant,
            object_pairs_hook=_unique_members,
        )
    except UnicodeDecodeError:
        raise RequestMalformed("The body is not UTF-8.") from None
    except RecursionError:
        raise RequestMalformed("The body is nested too deeply.") from None
    except json.JSONDecodeError as error:
        raise RequestMalformed(
            f"The body is not JSON: {error.msg} at line {error.lineno} column {error.colno}."
        ) from None
    except ValueError:
        raise RequestMalformed("A number in the body is too long.") from None
    if _depth_exceeds(value, JSON_DEPTH_MAX):
        raise RequestMalformed(f"The body is nested deeper than {JSON_DEPTH_MAX} levels.")
    return value


def _number(text: str) -> int | float:
    number = float(text)
    if not math.isfinite(number):
        raise RequestMalformed("A number in the body is too large.")
    # JSON Schema takes 15.0 for an integer, so a reader may meet either; one form is kept.
    return int(number) if number.is_integer() and abs(number) < _INTEGERS_EXACT_BELOW else number


def _refuse_constant(name: str) -> Any:
    raise RequestMalformed(f"{name} is not JSON.")


def _unique_members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise RequestMalformed("An object of the body has the same member twice.")
    return members


def _depth_exceeds(value: Any, depth_max: int) -> bool:
    level = [value]
    for _ in range(depth_max):
        level = [
            child
            for item in level
            if isinstance(item, (dict, list))
            for child in (item.values() if isinstance(item, dict) else item)
        ]
        if not level:
            return False
    return True


def _loads_plain(value: bytes, **_parameters: str) -> Any:
    return json.loads(value)
