"""Refusals in the form that clients of schema registries read: ``error_code`` and ``message``."""

from __future__ import annotations

import json
from collections.abc import Mapping

from registry.errors import (
    BadRequest,
    BodyTooLarge,
    Conflict,
    Contention,
    Invalid,
    MediaTypeUnsupported,
    NotAllowed,
    NotFound,
    Overloaded,
    RegistryError,
    StorageFull,
    StoreUnavailable,
    Unauthenticated,
)
from registry.web.problems import OVERLOADED_RETRY_S, REALM

CODES: Mapping[str, int] = {
    "subject_not_found": 40401,
    "version_not_found": 40402,
    "schema_not_found": 40403,
    "subject_soft_deleted": 40404,
    "subject_not_soft_deleted": 40405,
    "version_soft_deleted": 40406,
    "version_not_soft_deleted": 40407,
    "compatibility_not_set": 40408,
    "mode_not_set": 40409,
    "schema_incompatible": 409,
    "schema_invalid": 42201,
    "version_invalid": 42202,
    "compatibility_invalid": 42203,
    "mode_invalid": 42204,
    "operation_not_permitted": 42205,
    "reference_exists": 42206,
    "subject_invalid": 42208,
    "schema_too_large": 42209,
    "not_owner": 40301,
    "insufficient_scope": 40301,
    "store_unavailable": 50001,
    "storage_full": 50001,
}
"""Ours to Confluent's; a refusal that is not listed has its HTTP status as its code."""
STATUS: tuple[tuple[type[RegistryError], int], ...] = (
    (BadRequest, 400),
    (Unauthenticated, 401),
    (NotAllowed, 403),
    (NotFound, 404),
    (Contention, 503),
    (Conflict, 409),
    (BodyTooLarge, 413),
    (MediaTypeUnsupported, 415),
    (Invalid, 422),
    (Overloaded, 503),
    (StoreUnavailable, 503),
    (StorageFull, 507),
)
STORE_FAILED = 50001


class TooMany(RegistryError):
    """More requests than the caller may send."""

    retryable = True

    def __init__(self, wait_s: int) -> None:
        super().__init__("rate_limited", f"Too many requests; try again in {wait_s} s.")
        self.wait_s = wait_s


class MethodUnknown(RegistryError):
    """The address does not know the method."""

    def __init__(self, allow: str) -> None:
        super().__init__("method_not_allowed", "HTTP 405 Method Not Allowed")
        self.allow = allow


def refusal(error: RegistryError) -> tuple[int, bytes, dict[str, str]]:
    """Status, body and headers; clients retry 429 and 503."""
    headers: dict[str, str] = {}
    if isinstance(error, TooMany):
        status = 429
        headers["retry-after"] = str(error.wait_s)
    elif isinstance(error, MethodUnknown):
        status = 405
        headers["allow"] = error.allow
    else:
        status = next(number for kind, number in STATUS if isinstance(error, kind))
    if status == 401:
        headers["www-authenticate"] = f'Basic realm="{REALM}", Bearer realm="{REALM}"'
    if status in (503, 507):
        headers["retry-after"] = OVERLOADED_RETRY_S
    return status, body_of(CODES.get(error.code, status), error.detail), headers


def failure() -> tuple[int, bytes, dict[str, str]]:
    """What the registry could not do; the log has the reason."""
    return 500, body_of(STORE_FAILED, "The registry failed; its log has the reason."), {}


def body_of(code: int, message: str) -> bytes:
    """The document."""
    return json.dumps({"error_code": code, "message": message}).encode("ascii")
