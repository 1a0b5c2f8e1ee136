"""Turns every failure into problem details (RFC 9457); no other module decides the status of an error."""

from __future__ import annotations

import json
import logging
import math
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from connexion.exceptions import ProblemException
from connexion.lifecycle import ConnexionRequest, ConnexionResponse
from flask import Response, request
from flask_limiter import RateLimitExceeded, RequestLimit
from starlette.exceptions import HTTPException
from starlette.types import Scope
from werkzeug.exceptions import HTTPException as WerkzeugHTTPException
from werkzeug.exceptions import MethodNotAllowed

from registry.errors import (
    BadRequest,
    BodyTooLarge,
    Conflict,
    Invalid,
    MediaTypeUnsupported,
    NotAllowed,
    NotFound,
    Overloaded,
    PreconditionFailed,
    PreconditionMissing,
    RegistryError,
    StorageFull,
    StoreUnavailable,
    Unauthenticated,
)
from registry.web.methods import AllowedMethods
from specs.problem_details import CONTENT_TYPE, ProblemDetails

LOG = logging.getLogger("registry.web")
CORRELATION = "registry.correlation_id"
REALM = "registry"
"""The one protection space of this host (RFC 9110 section 11.5)."""
STATUS: Mapping[type[RegistryError], int] = {
    BadRequest: 400,
    Unauthenticated: 401,
    NotAllowed: 403,
    NotFound: 404,
    Conflict: 409,
    PreconditionFailed: 412,
    BodyTooLarge: 413,
    MediaTypeUnsupported: 415,
    Invalid: 422,
    PreconditionMissing: 428,
    Overloaded: 503,
    StoreUnavailable: 503,
    StorageFull: 507,
}
CODES: Mapping[int, tuple[str, str]] = {
    400: ("request_invalid", "The request cannot be read."),
    401: ("token_required", "This operation needs a bearer token."),
    404: ("not_found", "There is nothing at this address."),
    405: ("method_not_allowed", "This address does not know that method."),
    406: ("not_acceptable", "The answer is not available in a form that the request accepts."),
    408: ("request_timeout", "The request took too long to arrive."),
    413: ("body_too_large", "The body is larger than this address takes."),
    414: ("uri_too_long", "The address is too long."),
    415: ("media_type_unsupported", "The body is not of a media type that this address reads."),
    429: ("rate_limited", "Too many requests."),
    431: ("head_too_large", "The request line and headers are larger than the registry takes."),
}
OVERLOADED_RETRY_S = "5"
TITLES = {413: "Content Too Large", 422: "Unprocessable Content"}
INTERNAL = ("internal_error", "The registry failed; the correlation identifier finds the reason in its log.")


def problem_of(error: RegistryError, scope: Scope) -> tuple[ProblemDetails, dict[str, str]]:
    """The problem document and the headers that go with it."""
    status = next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)
    headers = {}
    if status == 401:
        parameters = ', error="invalid_token"' if error.code == "token_invalid" else ""
        headers["WWW-Authenticate"] = f'Bearer realm="{REALM}"{parameters}'
    if status in (503, 507):
        headers["Retry-After"] = OVERLOADED_RETRY_S
    if error.code == "insufficient_scope":
        headers["WWW-Authenticate"] = f'Bearer realm="{REALM}", error="insufficient_scope"'
    problem = ProblemDetails(
        status=status,
        code=error.code,
        detail=error.detail,
        title=TITLES.get(status, ""),
        instance=scope.get("path"),
        correlation_id=scope.get(CORRELATION),
        retryable=error.retryable,
        errors=error.problems,
        extra=extra_of(error),
    )
    return problem, headers


def extra_of(error: RegistryError) -> dict[str, Any]:
    """The members that only some problems have."""
    extra: dict[str, Any] = {"report": error.report} if error.report is not None else {}
    return extra | ({"results": [dict(one) for one in error.results]} if error.results else {})


def plain_problem(status: int, scope: Scope, detail: str | None = None) -> ProblemDetails:
    """The problem document for a status that the framework chose."""
    server_side = status >= 500
    code, usual = (
        INTERNAL if server_side else CODES.get(status, ("request_refused", "The request was refused."))
    )
    return ProblemDetails(
        status=status,
        code=code,
        detail=usual if server_side else detail or usual,
        title=TITLES.get(status, ""),
        instance=scope.get("path"),
        correlation_id=scope.get(CORRELATION),
        retryable=status == 429 or server_side,
    )


def encoded(problem: ProblemDetails) -> bytes:
    """The document as it goes over the wire."""
    return json.dumps(problem.as_json(), ensure_ascii=True).encode("ascii")


def answer(problem: ProblemDetails, headers: Mapping[str, str] | None = None) -> ConnexionResponse:
    """For Connexion's error handlers."""
    return ConnexionResponse(
        status_code=problem.status,
        content_type=CONTENT_TYPE,
        body=encoded(problem).decode("ascii"),
        headers=dict(headers or {}),
    )


async def on_connexion_problem(request: ConnexionRequest, error: Exception) -> ConnexionResponse:
    """Connexion's own refusals: a media type, a parameter of the wrong type."""
    assert isinstance(error, ProblemException)
    return answer(plain_problem(error.status, request.scope, error.detail))


async def on_failure(request: ConnexionRequest, error: Exception) -> ConnexionResponse:
    """Anything else: logged with its trace, answered without."""
    LOG.error("request %s failed", request.scope.get(CORRELATION), exc_info=error)
    return answer(plain_problem(500, request.scope))


def on_http_exception(
    methods: AllowedMethods,
) -> Callable[[ConnexionRequest, Exception], Awaitable[ConnexionResponse]]:
    """The router's refusals; 405 with every method that the contract gives the address."""

    async def handle(request: ConnexionRequest, error: Exception) -> ConnexionResponse:
        assert isinstance(error, HTTPException)
        headers = dict(error.headers or {})
        allow = methods.header(request.scope["path"])
        if error.status_code == 405 and allow is not None:
            headers["Allow"] = allow
        return answer(plain_problem(error.status_code, request.scope), headers)

    return handle


def on_flask_exception(error: WerkzeugHTTPException) -> Response:
    """404, 405 (with Allow) and 429 (with Retry-After) of the Flask application."""
    status = error.code or 500
    scope: dict[str, Any] = request.environ["asgi.scope"]
    if isinstance(error, RateLimitExceeded) and isinstance(error.response, Response):
        return error.response
    response = Response(encoded(plain_problem(status, scope)), status=status, content_type=CONTENT_TYPE)
    if isinstance(error, MethodNotAllowed):
        response.headers["Allow"] = ", ".join(sorted(error.valid_methods or ()))
    return response


def rate_problem(limit: RequestLimit) -> Response:
    """429 with the seconds to wait (RFC 6585 section 4)."""
    scope: dict[str, Any] = request.environ["asgi.scope"]
    wait_s = max(1, math.ceil(limit.reset_at - time.time()))
    return Response(
        encoded(plain_problem(429, scope, f"At most {limit.limit}; try again in {wait_s} s.")),
        status=429,
        content_type=CONTENT_TYPE,
        headers={"Retry-After": str(wait_s)},
    )
