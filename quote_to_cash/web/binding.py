"""A contract bound to its handlers by operationId, as a Flask application.

A service starts only when its contract and its handlers match exactly. Requests are judged by the contract
before a handler sees them, writes run in one transaction with their idempotency record, and every failure
leaves as problem details. What the contract does not declare does not exist here.

Who calls is the gateway's finding: the identity headers (X-Pactolus-*) are believed, so a service must be
reachable by the gateway alone.
"""

from __future__ import annotations

import json
import logging
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any, Generic
from urllib.parse import quote

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed, RequestEntityTooLarge
from werkzeug.wrappers import Request

from quote_to_cash.config import (
    BODY_BYTES_MAX,
    CORRELATION_ID_CHARACTERS_MAX,
    IDEMPOTENCY_KEY_CHARACTERS_MAX,
    RETRY_AFTER_S,
    UPSTREAM_DEADLINE_S,
)
from quote_to_cash.errors import (
    BodyTooLarge,
    IdempotencyKeyMissing,
    NotFound,
    QuoteToCashError,
    RequestMalformed,
    ServiceNotBound,
    StoredRecordInvalid,
)
from quote_to_cash.exchange import Answer, Call, Handler, Trace, Transactions
from quote_to_cash.idempotency import IdempotencyUnitT, idempotency_key, replayed, write_once
from quote_to_cash.identifiers import Identify
from quote_to_cash.web.failures import internal_problem, problem_of
from quote_to_cash.web.validation import CompiledContract, compile_contract, read_request
from specs.bundle import bundled_document
from specs.model import Contract
from specs.openapi import Operation, operations, server_base_path
from specs.problem_details import CONTENT_TYPE, ProblemDetails

_CORRELATION_ID = re.compile(rf"[A-Za-z0-9._:-]{{1,{CORRELATION_ID_CHARACTERS_MAX}}}")
_TRACEPARENT = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Surface(Generic[IdempotencyUnitT]):
    """One contract and the handler of each of its operations, by operationId."""

    contract: Contract
    handlers: Mapping[str, Handler[IdempotencyUnitT]]


def bind(
    service: str,
    surfaces: Sequence[Surface[IdempotencyUnitT]],
    identify: Identify,
    store: Transactions[IdempotencyUnitT] | None = None,
    body_bytes_max: int = BODY_BYTES_MAX,
    monotonic: Callable[[], float] = time.monotonic,
) -> Flask:
    """The application that serves the contracts; ServiceNotBound when handlers and operations differ.

    ``store`` may be None only for a service that never writes. ``monotonic`` is the clock in seconds by which
    the calls to other systems are limited; it is the one the gateway client reads.
    """
    app = Flask(service, static_folder=None)
    # One more than allowed: werkzeug cuts a body without Content-Length off at its limit and says nothing,
    # so a body that reaches this one is known to be too large (see _Endpoint._read).
    app.config["MAX_CONTENT_LENGTH"] = body_bytes_max + 1
    app.url_map.merge_slashes = False
    app.url_map.strict_slashes = True
    app.add_url_rule("/-/health", "health", lambda: _json(Answer(200, {"status": "ok", "service": service})))
    for number, surface in enumerate(surfaces):
        _check_complete(surface)
        contract = compile_contract(bundled_document(surface.contract))
        base_path = server_base_path(surface.contract).rstrip("/")
        for operation in operations(surface.contract):
            name = operation.operation_id or ""
            handler = surface.handlers[name]
            endpoint = _Endpoint(
                operation, base_path, handler, contract, store, identify, body_bytes_max, monotonic
            )
            app.add_url_rule(
                base_path + _flask_path(operation.path),
                endpoint=f"{number}.{name}",
                view_func=endpoint.serve,
                methods=[operation.method],
                provide_automatic_options=False,
            )
    _tell_failures(app, identify, body_bytes_max)
    return app


def _check_complete(surface: Surface[Any]) -> None:
    named = [operation.operation_id or "" for operation in operations(surface.contract)]
    without_handler = sorted(set(named) - set(surface.handlers))
    without_operation = sorted(set(surface.handlers) - set(named))
    unnamed = [
        f"{operation.method} {operation.path}"
        for operation in operations(surface.contract)
        if not operation.operation_id
    ]
    problems = []
    if unnamed:
        problems.append(f"operations without operationId: {', '.join(unnamed)}")
    if without_handler and not unnamed:
        problems.append(f"operations without a handler: {', '.join(without_handler)}")
    if without_operation:
        problems.append(f"handlers without an operation: {', '.join(without_operation)}")
    if problems:
        contract = surface.contract
        raise ServiceNotBound(f"{contract.title} {contract.version} cannot be served: {'; '.join(problems)}.")


def _flask_path(path: str) -> str:
    return re.sub(r"\{([^}]+)\}", r"<\1>", path)


@dataclass(frozen=True, slots=True)
class _Endpoint(Generic[IdempotencyUnitT]):
    operation: Operation
    base_path: str
    handler: Handler[IdempotencyUnitT]
    contract: CompiledContract
    store: Transactions[IdempotencyUnitT] | None
    identify: Identify
    body_bytes_max: int
    monotonic: Callable[[], float]

    def serve(self, **path_values: str) -> Response:
        trace = replace(_trace(request, self.identify), deadline_s=self.monotonic() + UPSTREAM_DEADLINE_S)
        call = self._read(trace, path_values)
        return _json(self._answer(call), trace)

    def _read(self, trace: Trace, path_values: Mapping[str, str]) -> Call:
        if len(request.get_data(cache=True)) > self.body_bytes_max:
            raise _too_large(self.body_bytes_max)
        pattern = self.base_path + self.operation.path
        read = read_request(self.contract, request, self.operation.method, pattern, path_values)
        headers = dict(read.headers)
        if self.operation.extension.get("idempotency") == "required" and "Idempotency-Key" in request.headers:
            # x-pactolus demands the key whether or not the contract also describes the header.
            headers["idempotency-key"] = request.headers["Idempotency-Key"]
        return Call(
            operation_id=self.operation.operation_id or "",
            base_path=self.base_path,
            trace=trace,
            client=request.headers.get("X-Pactolus-Client-Id", ""),
            path=read.path,
            query=read.query,
            headers=headers,
            body=read.body,
        )

    def _answer(self, call: Call) -> Answer:
        key = idempotency_key(call)
        if key is None and self.operation.extension.get("idempotency") == "required":
            raise IdempotencyKeyMissing(
                "Send an Idempotency-Key: a fresh one per request, the same on a retry."
            )
        if key is not None and len(key.key) > IDEMPOTENCY_KEY_CHARACTERS_MAX:
            raise RequestMalformed(
                f"An Idempotency-Key has at most {IDEMPOTENCY_KEY_CHARACTERS_MAX} characters."
            )
        if key is not None and self.store is not None:
            # A repeated request is answered before anything is looked at again: the state has moved on.
            with self.store.read() as unit:
                answer = replayed(unit, key)
            if answer is not None:
                return answer
        outcome = self.handler(call)
        if isinstance(outcome, Answer):
            return outcome
        return self._write(outcome.work, key)

    def _write(self, work: Callable[[IdempotencyUnitT], Answer], key: Any) -> Answer:
        if self.store is None:
            raise ServiceNotBound(f"{self.operation.operation_id} writes, and the service has no store.")
        if key is not None:
            return write_once(self.store, key, work)
        with self.store.write() as unit:
            return work(unit)


def _trace(received: Request, identify: Identify) -> Trace:
    """The caller's correlation id and traceparent when well-formed; otherwise a correlation id of our own."""
    correlation_id = received.headers.get("X-Correlation-ID", "")
    traceparent = received.headers.get("traceparent", "")
    return Trace(
        correlation_id if _CORRELATION_ID.fullmatch(correlation_id) else identify("cor"),
        traceparent if _TRACEPARENT.fullmatch(traceparent) else "",
    )


def _instance(received: Request) -> str:
    """The path as a URI reference (RFC 3986): what may not stand there is percent-encoded."""
    return quote(received.path, safe="/:@!$&'()*+,;=-._~")


def _too_large(body_bytes_max: int) -> BodyTooLarge:
    return BodyTooLarge(f"The body may have at most {body_bytes_max} bytes.")


def _tell_failures(app: Flask, identify: Identify, body_bytes_max: int) -> None:
    def told(error: QuoteToCashError) -> Response:
        trace = _trace(request, identify)
        problem = problem_of(error, trace, _instance(request))
        if problem.status >= 500:
            # What made a stored record unreadable is for the operators alone.
            cause = error if isinstance(error, StoredRecordInvalid) else None
            log.error(
                "%s %s: %s [%s]",
                request.method,
                request.path,
                error.detail,
                trace.correlation_id,
                exc_info=cause,
            )
        return _problem(problem, trace)

    def told_http(error: HTTPException) -> Response:
        trace = _trace(request, identify)
        if isinstance(error, RequestEntityTooLarge):
            return told(_too_large(body_bytes_max))
        if isinstance(error, MethodNotAllowed):
            allowed = ", ".join(sorted(set(error.valid_methods or ()) - {"HEAD"}))
            problem = ProblemDetails(
                405,
                "method_not_allowed",
                f"The contract declares {allowed} for this path.",
                instance=_instance(request),
                correlation_id=trace.correlation_id,
            )
            response = _problem(problem, trace)
            response.headers["Allow"] = allowed
            return response
        if error.code == 404:
            return told(NotFound("The contract declares no such path."))
        return told(RequestMalformed(error.description or "The request cannot be read."))

    def told_defect(error: Exception) -> Response:
        trace = _trace(request, identify)
        log.error("%s %s failed [%s]", request.method, request.path, trace.correlation_id, exc_info=error)
        return _problem(internal_problem(trace, _instance(request)), trace)

    app.register_error_handler(QuoteToCashError, told)
    app.register_error_handler(HTTPException, told_http)
    app.register_error_handler(Exception, told_defect)


def _json(answer: Answer, trace: Trace | None = None) -> Response:
    text = "" if answer.body is None else json.dumps(answer.body, ensure_ascii=False, separators=(",", ":"))
    response = Response(text, answer.status, content_type="application/json" if text else None)
    response.headers.update(answer.headers)
    if trace is not None:
        response.headers["X-Correlation-ID"] = trace.correlation_id
    return response


def _problem(problem: ProblemDetails, trace: Trace) -> Response:
    text = json.dumps(problem.as_json(), ensure_ascii=False, separators=(",", ":"))
    response = Response(text, problem.status, content_type=CONTENT_TYPE)
    if problem.status == HTTPStatus.SERVICE_UNAVAILABLE:
        response.headers["Retry-After"] = str(RETRY_AFTER_S)
    response.headers["X-Correlation-ID"] = trace.correlation_id
    return response
