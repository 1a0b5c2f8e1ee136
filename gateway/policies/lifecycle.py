"""What the owner announced about a version: Deprecation (RFC 9745), Sunset (RFC 8594), successor (RFC 5829).

After the sunset the version answers 410 with the way on, and is still counted, so that its owner sees who
stayed. A major version that was taken away, or never was, answers 404 with those in force.
"""

from __future__ import annotations

from collections.abc import Sequence
from email.utils import formatdate

from gateway.model import Headers, Lifecycle, Reject
from gateway.plan.model import ApiPlan
from gateway.policies.facts import Facts


def headers(lifecycle: Lifecycle, successor_path: str | None) -> Headers:
    """The header lines of a version, settled when its plan is made."""
    lines: list[tuple[bytes, bytes]] = []
    if lifecycle.deprecated_at is not None:
        lines.append((b"deprecation", f"@{lifecycle.deprecated_at}".encode()))
    if lifecycle.sunset_at is not None:
        lines.append((b"sunset", formatdate(lifecycle.sunset_at, usegmt=True).encode()))
    if successor_path is not None and lifecycle.state != "published":
        lines.append((b"link", f'<{successor_path}>; rel="successor-version"'.encode()))
    return tuple(lines)


def decide(facts: Facts) -> Reject | None:
    """410 once the version's or the operation's sunset has passed."""
    api, operation = facts.route.api, facts.route.operation
    if not is_gone(api.lifecycle, operation.sunset_at, facts.now):
        return None
    detail = f"{api.record.key} {operation.key} is past its sunset"
    if api.successor_path is not None:
        detail += f"; its successor is {api.successor_path}"
    return Reject("version_gone", detail, headers=tuple(api.lifecycle_headers))


def is_gone(lifecycle: Lifecycle, operation_sunset_at: int | None, now: float) -> bool:
    """Whether the earlier of the two sunsets has passed; the state decides where neither is known."""
    at = lifecycle.sunset_at
    if operation_sunset_at is not None and (at is None or operation_sunset_at < at):
        at = operation_sunset_at
    return lifecycle.state == "sunset" if at is None else at <= now


def no_such_version(majors: Sequence[ApiPlan], now: float) -> Reject:
    """404 for a major version that an API does not have (any more), with those that it has."""
    paths = [api.path for api in majors if not is_gone(api.lifecycle, None, now)]
    way_on = f"in force: {', '.join(paths)}" if paths else "none is in force"
    detail = f"{majors[0].record.name} has no such major version; {way_on}"
    return Reject("version_not_found", detail, extra={"versionsInForce": paths})
