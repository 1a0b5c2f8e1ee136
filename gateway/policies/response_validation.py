"""Holds the system behind to its contract: status, header lines, media type and body.

An answer that is off contract is not passed on: the caller was promised something else. What is off is
named by pointers only; values of the answer stay out of the problem, the log and the drift record.
"""

from __future__ import annotations

from itertools import islice

from gateway.model import Headers, UpstreamResponse, Violation
from gateway.plan.media_types import read_content_type, select_body
from gateway.plan.model import OperationPlan, ResponsePlan
from gateway.plan.parameters import check_headers
from gateway.strict_json import NotStrict, parse

BODILESS = frozenset({204, 205, 304})


def violations(
    operation: OperationPlan,
    response: UpstreamResponse,
    is_head: bool,
    count_max: int,
    *,
    reads_body: bool = True,
) -> list[Violation]:
    """Where the answer departs from the contract; empty when it may pass. Its body is looked at on demand."""
    plan = operation.response_for(response.status)
    if plan is None:
        return [Violation("status", "", "undeclared", f"status {response.status} is not in the contract")]
    found = check_headers(plan.headers, response.headers, count_max) if plan.headers else []
    if is_head or response.status in BODILESS or not reads_body:
        return found
    found += _check_body(plan, response, count_max)
    return list(islice(found, count_max))


def is_streamed(operation: OperationPlan, from_bytes: int, status: int, headers: Headers) -> bool:
    """Whether an answer is passed on as it comes: large or of no told length, and no schema describes it."""
    plan = operation.response_for(status)
    if plan is None:
        return False
    given, length = [], from_bytes + 1
    for name, value in headers:
        if name == b"content-type":
            given.append(value)
        elif name == b"content-length" and value.isdigit():
            length = int(value)
    essence, _ = read_content_type(given[0]) if len(given) == 1 else ("", None)
    body = select_body(plan.bodies, essence)
    return body is not None and not body.is_json and length > from_bytes


def _check_body(plan: ResponsePlan, response: UpstreamResponse, count_max: int) -> list[Violation]:
    given, coded = [], False
    for name, value in response.headers:
        if name == b"content-type":
            given.append(value)
        elif name == b"content-encoding" and value != b"identity":
            coded = True
    if not plan.bodies:
        return [Violation("body", "", "undeclared", "the contract promises no body")] if response.body else []
    if not response.body and response.stream is None:
        return [Violation("body", "", "required", "the contract promises a body")]
    if coded:
        return [Violation("header", "/content-encoding", "undeclared", "the body cannot be read")]
    essence, problem = read_content_type(given[0]) if len(given) == 1 else ("", None)
    body = select_body(plan.bodies, essence)
    if body is None or (body.is_json and problem is not None):
        return [Violation("header", "/content-type", "undeclared", "the media type is not in the contract")]
    if not body.is_json:
        return []
    try:
        value = parse(response.body)
    except NotStrict:
        # What a caller's parser could read differently from ours was not validated.
        return [Violation("body", "", "malformed", "the body is not JSON that every parser reads alike")]
    if body.validator is None or body.validator.accepts(value):
        return []
    return body.validator.violations(value, "body", "", count_max)
