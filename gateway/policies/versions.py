"""A call of an earlier major version that the system behind a later one serves: there and back.

The transform says what became what; the later contract says whether the outcome may be sent. What cannot be
said in the other version is refused with its place, and no value of a body is repeated in the problem.
"""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import quote, unquote_plus

import orjson

from gateway.model import Headers, Reject, Request, UpstreamResponse, Violation
from gateway.plan.media_types import read_content_type, select_body
from gateway.plan.model import Bridge, Crossing, Route
from gateway.plan.transforms import Unrepresentable, applied
from gateway.strict_json import NotStrict, parse

# Digests of a body that is no longer the same (RFC 9530), and its length.
_OF_THE_BODY = frozenset({b"content-digest", b"repr-digest", b"digest", b"content-md5", b"content-length"})
_ADDRESSES = (b"location", b"content-location")


class Sent(NamedTuple):
    """The request as the later version has it."""

    method: str
    target: bytes
    body: bytes


def to_later(
    request: Request, route: Route, bridge: Bridge, crossing: Crossing, body: bytes, violations_max: int
) -> Sent | Reject:
    """The call in the later version, which its contract accepts, or why there is none."""
    path = bridge.path + crossing.operation.template
    for name, value in zip(crossing.names, route.path_values, strict=True):
        path = path.replace("{" + name + "}", quote(value, safe=""))
    target = path.encode("ascii")
    if request.query:
        target += b"?" + _renamed(request.query, crossing)
    method = request.method if request.method == "HEAD" else crossing.operation.method
    bodies = crossing.operation.request.bodies
    essence = _json_essence(request.headers)
    if not body or essence is None or bodies is None:
        return Sent(method, target, body)
    try:
        value = applied(crossing.how.request, parse(body), "up")
    except NotStrict:
        return Sent(method, target, body)  # an operator lets such bodies pass; they are passed as they came
    except Unrepresentable as error:
        return _refused(bridge, "request", (_violation(error),))
    plan = select_body(bodies, essence)
    if plan is not None and plan.validator is not None and not plan.validator.accepts(value):
        return _refused(
            bridge, "request", tuple(plan.validator.violations(value, "body", "", violations_max))
        )
    return Sent(method, target, orjson.dumps(value) if crossing.how.request else body)


def to_earlier(
    response: UpstreamResponse, route: Route, bridge: Bridge, crossing: Crossing
) -> UpstreamResponse | Reject:
    """The answer in the earlier version, or why it cannot be said there."""
    steps = crossing.how.response_steps(response.status)
    lines = _moved(response.headers, bridge.path, route.api.path)
    if not steps or _json_essence(response.headers) is None or response.stream is not None:
        return response._replace(headers=lines)
    lines = [line for line in lines if line[0] not in _OF_THE_BODY]
    if not response.body:
        return response._replace(headers=lines)
    try:
        value = applied(steps, parse(response.body), "down")
    except NotStrict:
        return response
    except Unrepresentable as error:
        return _refused(bridge, "answer", (_violation(error),))
    return UpstreamResponse(response.status, lines, orjson.dumps(value))


def not_promised(bridge: Bridge, violations: list[Violation]) -> Reject:
    """The refusal of an answer that is on the later contract, and off the earlier one."""
    return _refused(bridge, "answer", tuple(violations))


def _refused(bridge: Bridge, what: str, violations: tuple[Violation, ...]) -> Reject:
    detail = f"the {what} cannot be said in both versions; {bridge.record.key} serves this one"
    return Reject("version_unrepresentable", detail, violations)


def _violation(error: Unrepresentable) -> Violation:
    return Violation("body", error.pointer, "unrepresentable", error.detail)


def _json_essence(headers: Headers) -> str | None:
    given = [value for name, value in headers if name == b"content-type"]
    if len(given) != 1:
        return None
    essence, _ = read_content_type(given[0])
    return essence if essence == "application/json" or essence.endswith("+json") else None


def _renamed(query: bytes, crossing: Crossing) -> bytes:
    """The query with its names as the later version has them; `name[member]` keeps its member."""
    names = crossing.how.query
    if not names:
        return query
    parts = []
    for part in query.split(b"&"):
        raw, equals, value = part.partition(b"=")
        base, bracket, member = unquote_plus(raw.decode("latin-1")).partition("[")
        if base in names:
            raw = quote(names[base] + bracket + member, safe="[]").encode()
        parts.append(raw + equals + value)
    return b"&".join(parts)


def _moved(headers: Headers, later: str, earlier: str) -> list[tuple[bytes, bytes]]:
    below = later.encode() + b"/"
    return [
        (name, earlier.encode() + value[len(below) - 1 :])
        if name in _ADDRESSES and value.startswith(below)
        else (name, value)
        for name, value in headers
    ]
