"""Failures as problem details (RFC 9457): the one place where a code becomes an HTTP status."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from quote_to_cash.config import ERRORS_REPORTED_MAX
from quote_to_cash.errors import QuoteToCashError
from quote_to_cash.exchange import Trace
from specs.problem_details import ProblemDetails

STATUS_BY_CODE: Final[Mapping[str, HTTPStatus]] = {
    "request_malformed": HTTPStatus.BAD_REQUEST,
    "cursor_invalid": HTTPStatus.BAD_REQUEST,
    "idempotency_key_missing": HTTPStatus.BAD_REQUEST,
    "not_found": HTTPStatus.NOT_FOUND,
    "method_not_allowed": HTTPStatus.METHOD_NOT_ALLOWED,
    "wrong_state": HTTPStatus.CONFLICT,
    "not_representable_in_v1": HTTPStatus.CONFLICT,
    "version_conflict": HTTPStatus.PRECONDITION_FAILED,
    "body_too_large": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "unsupported_media_type": HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    "request_invalid": HTTPStatus.UNPROCESSABLE_ENTITY,
    "idempotency_key_reused": HTTPStatus.UNPROCESSABLE_ENTITY,
    "money_invalid": HTTPStatus.UNPROCESSABLE_ENTITY,
    "amounts_inconsistent": HTTPStatus.UNPROCESSABLE_ENTITY,
    "quote_invalid": HTTPStatus.UNPROCESSABLE_ENTITY,
    "customer_unknown": HTTPStatus.UNPROCESSABLE_ENTITY,
    "legal_entity_unknown": HTTPStatus.UNPROCESSABLE_ENTITY,
    "tax_rule_missing": HTTPStatus.UNPROCESSABLE_ENTITY,
    "quote_unknown": HTTPStatus.UNPROCESSABLE_ENTITY,
    "order_exists": HTTPStatus.CONFLICT,
    "precondition_required": HTTPStatus.PRECONDITION_REQUIRED,
    "upstream_failed": HTTPStatus.BAD_GATEWAY,
    "upstream_refused": HTTPStatus.BAD_GATEWAY,
    "upstream_unavailable": HTTPStatus.SERVICE_UNAVAILABLE,
    "overloaded": HTTPStatus.SERVICE_UNAVAILABLE,
    "stored_record_invalid": HTTPStatus.INTERNAL_SERVER_ERROR,
    "storage_busy": HTTPStatus.SERVICE_UNAVAILABLE,
}


def problem_of(error: QuoteToCashError, trace: Trace, instance: str) -> ProblemDetails:
    """The problem a caller is told; codes without a status of their own are our fault (500)."""
    status = STATUS_BY_CODE.get(error.code, HTTPStatus.INTERNAL_SERVER_ERROR)
    members = {"owner": error.owner, "playbook": error.playbook}
    return ProblemDetails(
        status=status,
        code=error.code,
        title=error.code.replace("_", " ").capitalize(),
        detail=error.detail,
        instance=instance,
        correlation_id=trace.correlation_id,
        retryable=error.retryable,
        errors=[violation.as_json() for violation in error.violations[:ERRORS_REPORTED_MAX]],
        extra={name: value for name, value in members.items() if value},
    )


def internal_problem(trace: Trace, instance: str) -> ProblemDetails:
    """What a caller learns of a defect of ours: that it happened, and the id to ask with. No more."""
    return ProblemDetails(
        status=HTTPStatus.INTERNAL_SERVER_ERROR,
        code="internal_error",
        title="Internal error",
        detail="The service failed; the correlation id leads its operators to the cause.",
        instance=instance,
        correlation_id=trace.correlation_id,
    )
