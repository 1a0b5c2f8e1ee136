"""The gateway's own answers: a refusal as problem details (RFC 9457), ready for the wire."""

from __future__ import annotations

from email.utils import formatdate

import orjson

from gateway.errors import PROBLEMS, UpstreamError
from gateway.model import Answer, Reject
from gateway.policies import correlation
from specs.problem_details import CONTENT_TYPE, ProblemDetails


def problem_answer(reject: Reject, correlation_id: str, path: bytes) -> Answer:
    """The answer for a refusal, its identifier in the body and as a header line alike.

    The code of `reject` is one of `errors.PROBLEMS`; `path` is the path that was asked for.
    """
    kind = PROBLEMS[reject.code]
    problem = ProblemDetails(
        status=kind.status,
        code=reject.code,
        title=kind.title,
        detail=reject.detail,
        instance=correlation.instance(correlation_id, path),
        correlation_id=correlation_id,
        retryable=kind.retryable,
        errors=[violation.as_json() for violation in reject.violations],
        extra=reject.extra,
        registered_type=kind.registered_type,
    )
    lines = [
        (b"content-type", CONTENT_TYPE.encode()),
        (b"cache-control", b"no-store"),
        (correlation.HEADER, correlation_id.encode()),
        *reject.headers,
    ]
    return Answer(kind.status, lines, orjson.dumps(problem.as_json()))


def upstream_reject(error: UpstreamError) -> Reject:
    """What the caller is told about a system behind that did not answer; nothing about where it runs."""
    code = error.code if error.code in PROBLEMS else "upstream_invalid"
    wait = ((b"retry-after", b"1"),) if PROBLEMS[code].status == 503 else ()
    return Reject(code, str(error), headers=wait)


class DateLine:
    """The Date header line, made anew once a second."""

    __slots__ = ("_line", "_second")

    def __init__(self) -> None:
        self._second = -1
        self._line = (b"date", b"")

    def at(self, now: float) -> tuple[bytes, bytes]:
        """The line for the second that `now` (Unix seconds) falls in."""
        second = int(now)
        if second != self._second:
            self._second = second
            self._line = (b"date", formatdate(second, usegmt=True).encode())
        return self._line


def too_large(bytes_max: int) -> Reject:
    """413 for a request whose body is longer than it may be; the rest of it is not read."""
    detail = f"the body is longer than {bytes_max} bytes"
    return Reject("body_too_large", detail, headers=((b"connection", b"close"),))


def too_late() -> Reject:
    """408 for a request whose body did not come; the rest of it is not read."""
    return Reject("request_timeout", "the body did not arrive in time", headers=((b"connection", b"close"),))
