"""Calls of browsers from other origins (Fetch standard, CORS protocol), for the origins that are named.

A preflight is answered from the contract: its methods on the path, and the header lines that its operation
reads. Answers to an origin that is named may be read by it, with the header lines that the gateway adds; all
answers vary by Origin, so that no cache gives one origin's answer to another. This keeps nobody from calling:
it tells browsers which pages may.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from gateway.model import Answer, Headers
from gateway.plan.model import OperationPlan

_EXPOSED = (
    b"RateLimit, RateLimit-Policy, Retry-After, Deprecation, Sunset, Link, Idempotent-Replayed, ETag, "
    b"Location, X-Correlation-ID, traceparent"
)
_ALWAYS_READ = ("accept", "content-type", "traceparent", "tracestate", "x-correlation-id")
_PREFLIGHT_VARIES = b"Origin, Access-Control-Request-Method, Access-Control-Request-Headers"


@dataclass(frozen=True, slots=True)
class CorsRules:
    """`origins` as browsers send them, exactly; `credentials` lets cookies and the like go along."""

    origins: frozenset[bytes] = frozenset()
    credentials: bool = False
    max_age_s: int = 600


@dataclass(frozen=True, slots=True)
class Cors:
    """Rules by contract key, and those of all others; None where browsers are told nothing."""

    general: CorsRules | None = None
    contracts: Mapping[str, CorsRules] = field(default_factory=dict)

    def of(self, key: str) -> CorsRules | None:
        """The rules of one contract."""
        return self.contracts.get(key, self.general)


def is_preflight(method: str, given: Mapping[bytes, bytes]) -> bool:
    """Whether a browser asks before it calls."""
    return method == "OPTIONS" and b"origin" in given and b"access-control-request-method" in given


def preflight(rules: CorsRules, origin: bytes, operation: OperationPlan | None, allow: bytes) -> Answer:
    """The answer to a preflight: what `operation` reads and the methods of its path, `allow`.

    An origin that is not named, and a method that is not declared (`operation` is None), are granted nothing.
    """
    lines = [(b"allow", allow), (b"vary", _PREFLIGHT_VARIES)]
    if operation is not None and origin in rules.origins:
        lines += _granted(rules, origin)
        lines.append((b"access-control-allow-methods", allow))
        lines.append((b"access-control-allow-headers", ", ".join(_read_by(operation)).encode()))
        lines.append((b"access-control-max-age", b"%d" % rules.max_age_s))
    return Answer(204, lines, b"")


def answered(rules: CorsRules, origin: bytes | None, lines: Headers) -> list[tuple[bytes, bytes]]:
    """The header lines of an answer; what the system behind says on the matter is not passed on."""
    kept = [line for line in lines if not line[0].startswith(b"access-control-")]
    kept.append((b"vary", b"Origin"))
    if origin is not None and origin in rules.origins:
        kept += _granted(rules, origin)
        kept.append((b"access-control-expose-headers", _EXPOSED))
    return kept


def _granted(rules: CorsRules, origin: bytes) -> Headers:
    lines = [(b"access-control-allow-origin", origin)]
    if rules.credentials:
        lines.append((b"access-control-allow-credentials", b"true"))
    return lines


def _read_by(operation: OperationPlan) -> list[str]:
    names = {*_ALWAYS_READ, *(plan.name for plan in operation.request.headers)}
    if operation.scopes is not None:
        names.add("authorization")
    return sorted(names)
