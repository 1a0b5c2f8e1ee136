"""What can go wrong in the gateway: the exceptions of its inside, and the catalogue of what callers are told.

An expected refusal is a value (`model.Reject`) that carries a code of `PROBLEMS`; an exception is a broken
promise of an adapter and is turned into such a code by the exchange.
"""

from __future__ import annotations

from dataclasses import dataclass


class GatewayError(Exception):
    """Base of the gateway's exceptions; `code` is stable, the message is for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class PlanError(GatewayError):
    """A contract that cannot be compiled; codes begin with `contract.`."""


class UpstreamError(GatewayError):
    """A system behind that did not answer; the code is one of the catalogue's `upstream_*`."""


class SourceError(GatewayError):
    """The registry or the folder did not give what was asked; codes begin with `source.`."""


class TrustError(GatewayError):
    """A contract that the registry did not sign, or not like this; codes begin with `contract.`."""


class KeysError(GatewayError):
    """A key set that is not acceptable; codes begin with `keys.`."""


class StoreAway(GatewayError):
    """What gateways share does not answer; codes begin with `redis.`."""


class ConfigError(GatewayError):
    """A setting that cannot be used; codes begin with `config.`."""


@dataclass(frozen=True, slots=True)
class ProblemKind:
    """One entry of the catalogue: `retryable` says whether the same request may succeed later unchanged.

    `registered_type` is the problem type of the IANA registry, where there is one for it.
    """

    status: int
    title: str
    retryable: bool = False
    registered_type: str | None = None


QUOTA_EXCEEDED = "https://iana.org/assignments/http-problem-types#quota-exceeded"
REDUCED_CAPACITY = "https://iana.org/assignments/http-problem-types#temporary-reduced-capacity"
"""Both of draft-ietf-httpapi-ratelimit-headers-11 section 5."""
PROBLEMS: dict[str, ProblemKind] = {
    "malformed_request": ProblemKind(400, "Malformed request"),
    "malformed_path": ProblemKind(400, "Malformed path"),
    "malformed_query": ProblemKind(400, "Malformed query"),
    "malformed_body": ProblemKind(400, "Malformed body"),
    "idempotency_key_missing": ProblemKind(400, "Idempotency-Key missing"),
    "invalid_token": ProblemKind(401, "Access token missing or not accepted"),
    "invalid_credentials": ProblemKind(401, "Credentials missing or not accepted"),
    "unknown_consumer": ProblemKind(403, "Client belongs to no consumer"),
    "layer_violation": ProblemKind(403, "Layer may not be called from here"),
    "binding_violation": ProblemKind(403, "Asked for what is not the caller's"),
    "insufficient_scope": ProblemKind(403, "Scope missing"),
    "route_not_found": ProblemKind(404, "No contract promises this path"),
    "version_not_found": ProblemKind(404, "Major version not in force"),
    "method_not_allowed": ProblemKind(405, "Method not in the contract"),
    "request_timeout": ProblemKind(408, "Request body did not arrive", retryable=True),
    "idempotency_in_flight": ProblemKind(409, "Call under this Idempotency-Key under way", retryable=True),
    "version_gone": ProblemKind(410, "Version past its sunset"),
    "body_too_large": ProblemKind(413, "Request body too large"),
    "unsupported_media_type": ProblemKind(415, "Media type not in the contract"),
    "idempotency_key_reused": ProblemKind(422, "Idempotency-Key used for another payload"),
    "request_off_contract": ProblemKind(422, "Request off contract"),
    "precondition_required": ProblemKind(428, "Precondition required"),
    "throttled": ProblemKind(429, "Too many requests", retryable=True, registered_type=QUOTA_EXCEEDED),
    "head_too_large": ProblemKind(431, "Request head too large"),
    "internal_error": ProblemKind(500, "Gateway failed"),
    "contract_violation": ProblemKind(502, "System behind answered off contract"),
    "upstream_invalid": ProblemKind(502, "System behind did not speak HTTP", retryable=True),
    "upstream_closed": ProblemKind(502, "System behind closed the connection", retryable=True),
    "upstream_too_large": ProblemKind(502, "Answer of the system behind too large"),
    "upstream_unavailable": ProblemKind(503, "System behind not reachable", retryable=True),
    "upstream_not_configured": ProblemKind(503, "No system behind this contract"),
    "upstream_busy": ProblemKind(503, "System behind at its connection limit", retryable=True),
    "authentication_unavailable": ProblemKind(503, "Token could not be judged", retryable=True),
    "upstream_budget_spent": ProblemKind(
        503, "Budget of all callers spent", retryable=True, registered_type=REDUCED_CAPACITY
    ),
    "shared_state_unavailable": ProblemKind(503, "State of all gateways not reachable", retryable=True),
    "overloaded": ProblemKind(503, "Gateway at its limit", retryable=True),
    "not_ready": ProblemKind(503, "No plan loaded yet", retryable=True),
    "upstream_timeout": ProblemKind(504, "System behind did not answer in time", retryable=True),
}
"""Code -> status and title. Codes are never renamed: callers switch on them."""
