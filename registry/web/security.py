"""Protects each operation as the contract's ``security`` says: a bearer token that counts, and its scopes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from connexion.lifecycle import ConnexionRequest
from starlette.concurrency import run_in_threadpool

from registry.errors import BadRequest, NotAllowed, Unauthenticated
from registry.tokens import TokenIssuer
from registry.usecases.access import Access, open_access
from registry.usecases.services import Services
from registry.web.denials import caller_of
from registry.web.problems import CORRELATION

REASON = b"audit-reason"
REASON_CHARS_MAX = 500
Verification = Callable[[ConnexionRequest], Awaitable[Mapping[str, Any]]]


class TokenSecurity:
    """Connexion asks it once per operation for the function that verifies requests (RFC 6750)."""

    def __init__(self, services: Services, issuer: TokenIssuer) -> None:
        self._services = services
        self._issuer = issuer

    def get_fn(self, _scheme: Mapping[str, Any], required_scopes: Sequence[str]) -> Verification:
        """The verification of one operation's requests."""
        required = tuple(required_scopes)

        async def verify(request: ConnexionRequest) -> Mapping[str, Any]:
            text = bearer_token(request.headers.get("authorization"))
            correlation = str(request.scope.get(CORRELATION))
            reason = reason_given(request)
            access = await run_in_threadpool(
                open_access, self._services, self._issuer, text, correlation, reason
            )
            caller_of(request.scope).actor = access.actor
            demand_scopes(access, required)
            return {"sub": access.actor.client_id, "access": access}

        return verify


def reason_given(request: ConnexionRequest) -> str | None:
    """Why the caller does this, in UTF-8; raises `BadRequest` for what cannot be kept."""
    raw: list[bytes] = [value for name, value in request.scope["headers"] if name == REASON]
    if not raw:
        return None
    try:
        reason = raw[0].decode("utf-8").strip()
    except UnicodeDecodeError:
        reason = ""
    if len(raw) > 1 or not reason.isprintable() or not 0 < len(reason) <= REASON_CHARS_MAX:
        raise BadRequest(
            "request_invalid",
            f"Audit-Reason is one line of printable UTF-8 text, {REASON_CHARS_MAX} characters at most.",
        )
    return reason


def bearer_token(header: str | None) -> str:
    """The token of an Authorization header; raises `Unauthenticated`."""
    scheme, _, token = (header or "").strip().partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Unauthenticated("token_required", "This operation needs a bearer token.")
    return token.strip()


def demand_scopes(access: Access, required: Sequence[str]) -> None:
    """Raises `NotAllowed` when a scope is missing."""
    missing = [scope for scope in required if scope not in access.scopes]
    if missing:
        raise NotAllowed("insufficient_scope", f"The token lacks the scope {' '.join(missing)}.")
