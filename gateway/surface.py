"""What an operator has set for the outside of answers: CORS, and header lines set, removed and added.

The exchange has one only where something is set, so the rest pays nothing for it.
"""

from __future__ import annotations

from collections.abc import Mapping

from gateway.config import GatewayConfig
from gateway.model import Answer, Headers, Request
from gateway.plan.model import Plan, Route
from gateway.policies import cors, header_rules
from gateway.policies.cors import Cors
from gateway.policies.header_rules import HeaderSettings


class Surface:
    """Dresses answers for their callers."""

    __slots__ = ("_cors", "_headers")

    def __init__(self, rules: Cors, headers: HeaderSettings) -> None:
        self._cors = rules
        self._headers = headers

    @classmethod
    def of(cls, config: GatewayConfig) -> Surface | None:
        """None where nothing is set."""
        if config.cors == Cors() and config.headers == HeaderSettings():
            return None
        return cls(config.cors, config.headers)

    def preflight(self, plan: Plan, request: Request, given: Mapping[bytes, bytes]) -> Answer | None:
        """The answer to a preflight; None when it is none, or of a contract without origins."""
        if not cors.is_preflight(request.method, given):
            return None
        place = plan.place(request.path)
        rules = None if place is None else self._cors.of(place[0].record.key)
        if place is None or rules is None:
            return None
        wanted = given[b"access-control-request-method"].decode("latin-1")
        return cors.preflight(rules, given[b"origin"], place[1].operations.get(wanted), place[1].allow)

    def dress(self, request: Request, route: Route | None, lines: Headers) -> list[tuple[bytes, bytes]]:
        """The header lines of an answer as its caller gets them."""
        key = "" if route is None else route.api.record.key
        dressed = list(lines)
        rules = None if route is None else self._cors.of(key)
        if rules is not None:
            origin = next((value for name, value in request.headers if name == b"origin"), None)
            dressed = cors.answered(rules, origin, dressed)
        changed = self._headers.of(key).response
        return dressed if changed is None else header_rules.applied(changed, dressed)
