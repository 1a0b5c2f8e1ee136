"""Holds a request to its contract: parameters, media type and body, all violations at once.

What cannot be read at all is 400, a media type that is not promised 415; everything else that is off
contract is one 422 with a JSON pointer per violation. A missing Idempotency-Key is 400 where the contract
asks for one (draft-ietf-httpapi-idempotency-key-header-07 section 2.7), whatever else is off; a missing
If-Match or If-None-Match is 428 where the contract says so (RFC 6585 section 3).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from gateway.model import Headers, Reject, Request, Violation
from gateway.plan.media_types import ContentType, read_content_type, select_body
from gateway.plan.model import BodyPlan, OperationPlan
from gateway.plan.parameters import (
    ParameterPlan,
    check_headers,
    check_text,
    read_query,
    split_query,
    undeclared,
)
from gateway.plan.validators import escape, is_listed
from gateway.strict_json import NotStrict, TooManyValues, parse

_NO_TYPE = ContentType("", "the body comes without Content-Type")
_KEY = "/idempotency-key"
_PRECONDITIONS = frozenset({"if-match", "if-none-match"})


class Head(NamedTuple):
    """What the request's head came to: violations so far, and the body that is to come.

    `unread` says that the body is of no media type that could be validated, which an operator lets pass.
    `query` are the names of the query with their encoded values; `parsed` holds the body once it was parsed.
    """

    violations: list[Violation]
    body: BodyPlan | None
    sends_body: bool
    unread: bool
    query: dict[str, list[bytes]]
    parsed: list[Any]


def check_head(
    request: Request,
    given: Mapping[bytes, bytes],
    operation: OperationPlan,
    path_values: tuple[str, ...],
    query_parameters_max: int,
    violations_max: int,
) -> Head | Reject:
    """Reads all that stands before the body; `given` are the header lines by name."""
    plan = operation.request
    query = split_query(request.query, query_parameters_max)
    if query is None:
        return Reject("malformed_query", "the query is not well-formed percent-encoded UTF-8, or too long")
    sends_body = b"transfer-encoding" in given or given.get(b"content-length", b"0").strip() != b"0"
    body, unread = None, False
    if sends_body and plan.bodies is not None:
        content = _content(given)
        body = select_body(plan.bodies, content.essence)
        unread = content.problem is not None or body is None
        if unread and operation.facets.request_body == "prevent":
            accepted = ", ".join(choice.name for choice in plan.bodies)
            detail = f"{content.problem or content.essence + ' is not taken'}; send one of: {accepted}"
            return Reject("unsupported_media_type", detail, headers=_accepted(operation.method, accepted))
    violations = _check_path(plan.path, path_values, violations_max) if plan.path else []
    violations += undeclared(query, plan.query_names) if query else []
    for parameter in plan.query:
        violations += _check_query(parameter, query, violations_max)
    if plan.headers:
        violations += check_headers(plan.headers, request.headers, violations_max)
    if plan.cookies:
        violations += _check_cookies(plan.cookies, request.headers, violations_max)
    if unread:
        problem = content.problem or f"{content.essence} is not in the contract"
        violations.append(Violation("header", "/content-type", "media_type", problem))
        body = None
    return Head(violations, body, sends_body, unread, query, [])


def check_body(
    operation: OperationPlan, head: Head, raw: bytes, values_max: int, violations_max: int
) -> Reject | None:
    """Reads the body and decides on the request as a whole."""
    plan = operation.request
    violations = head.violations
    all_told = True
    if head.unread or (operation.facets.request_body == "off"):
        return refusal(operation, violations[:violations_max], all_told=all_told) if violations else None
    if raw:
        if plan.bodies is None:
            violations.append(Violation("body", "", "undeclared", "the operation takes no body"))
        elif head.body is not None and head.body.is_json:
            try:
                value = parse(raw, values_max)
            except TooManyValues as error:
                return Reject("body_too_large", f"the body holds {error}")
            except NotStrict as error:
                found = Violation("body", "", "malformed", f"is not JSON: {error}")
                return Reject("malformed_body", f"the body is not JSON: {error}", (*violations, found))
            head.parsed.append(value)
            validator = head.body.validator
            if validator is not None and not validator.accepts(value):
                all_told = is_listed(value)
                violations += validator.violations(value, "body", "", violations_max)
    elif plan.body_required:
        violations.append(Violation("body", "", "required", "is required"))
    return refusal(operation, violations[:violations_max], all_told=all_told) if violations else None


def refusal(operation: OperationPlan, violations: list[Violation], *, all_told: bool = True) -> Reject:
    """The one answer for all violations of a request; there is at least one."""
    if operation.idempotent and any(
        violation.where == "header" and violation.pointer == _KEY and violation.code == "required"
        for violation in violations
    ):
        detail = "the call must carry an Idempotency-Key, so that it may be repeated without harm"
        return Reject("idempotency_key_missing", detail, tuple(violations))
    if "428" in operation.responses and all(
        violation.where == "header"
        and violation.code == "required"
        and violation.pointer[1:] in _PRECONDITIONS
        for violation in violations
    ):
        return Reject("precondition_required", "the call must say which state it changes", tuple(violations))
    count = len(violations)
    detail = f"the request is off contract in {count} place{'s' if count > 1 else ''}"
    if not all_told:
        detail = "the request is off contract; of a body of this size only the first violation is told"
    return Reject("request_off_contract", detail, tuple(violations))


def announced_bytes(given: Mapping[bytes, bytes]) -> int | None:
    """What Content-Length announces; None without one. The server has checked its form."""
    value = given.get(b"content-length")
    return int(value) if value is not None and value.isdigit() else None


def is_streamed(operation: OperationPlan, head: Head, announced: int | None, from_bytes: int) -> bool:
    """Whether the body is passed on as it comes: no schema describes it; it is large, or of no told length.

    One that stands beside violations is not read at all, and one under an Idempotency-Key is read whole.
    """
    body = head.body
    if body is None or body.is_json or head.violations or operation.idempotent:
        return False
    return announced is None or announced > from_bytes


def _content(given: Mapping[bytes, bytes]) -> ContentType:
    """The media type of the body; a second Content-Type was refused before."""
    value = given.get(b"content-type")
    content = _NO_TYPE if value is None else read_content_type(value)
    coding = given.get(b"content-encoding")
    if coding is not None and coding.strip().lower() != b"identity":
        return ContentType(content.essence, "the body must come without content coding")
    return content


def _accepted(method: str, accepted: str) -> tuple[tuple[bytes, bytes], ...]:
    name = {"PATCH": b"accept-patch", "POST": b"accept-post"}.get(method, b"accept")
    return ((name, accepted.encode("latin-1", "replace")),)


def _check_path(
    parameters: tuple[ParameterPlan, ...], values: tuple[str, ...], violations_max: int
) -> list[Violation]:
    found: list[Violation] = []
    for parameter, text in zip(parameters, values, strict=True):
        found += check_text(parameter, text, violations_max)
    return found


def _check_query(
    parameter: ParameterPlan, query: dict[str, list[bytes]], violations_max: int
) -> list[Violation]:
    values = read_query(parameter, query)
    if values is None:
        return [parameter.missing()] if parameter.required else []
    if isinstance(values, Violation):
        return [values]
    return parameter.check(values, violations_max)


def _check_cookies(
    parameters: tuple[ParameterPlan, ...], headers: Headers, violations_max: int
) -> list[Violation]:
    given: dict[str, list[str]] = {}
    for name, value in headers:
        if name == b"cookie":
            for pair in value.decode("latin-1").split(";"):
                key, equals, text = pair.strip().partition("=")
                if equals:
                    given.setdefault(key, []).append(text)
    found: list[Violation] = []
    for parameter in parameters:
        texts = given.get(parameter.name, [])
        if len(texts) > 1:
            pointer = "/" + escape(parameter.name)
            found.append(Violation("cookie", pointer, "repeated", "may be given only once"))
        elif texts:
            found += check_text(parameter, texts[0], violations_max)
        elif parameter.required:
            found.append(parameter.missing())
    return found
