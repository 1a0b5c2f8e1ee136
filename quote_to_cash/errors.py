"""What can go wrong in the services: one base, flat below it, each with a stable ``code``.

Only the web binding turns a code into an HTTP status (RFC 9457); nothing here knows HTTP.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Violation:
    """One broken rule, told so that a person can act: where, what, who owns it, which playbook helps.

    ``pointer`` is a JSON pointer (RFC 6901) into the document judged; ``check`` names the rule group.
    A parameter has no pointer but a ``location`` (query, path, header) and a ``name``.
    """

    code: str
    pointer: str
    detail: str
    check: str = ""
    owner: str = ""
    playbook: str = ""
    location: str = ""
    name: str = ""

    def as_json(self) -> dict[str, str]:
        """The members that are known; empty ones are left out."""
        members = {
            "in": self.location,
            "name": self.name,
            "pointer": self.pointer,
            "code": self.code,
            "detail": self.detail,
            "check": self.check,
            "owner": self.owner,
            "playbook": self.playbook,
        }
        whole_document = {"pointer"} if not self.name else set()
        return {name: value for name, value in members.items() if value or name in whole_document}


class QuoteToCashError(Exception):
    """Base of every failure a service tells its caller about.

    ``retryable`` says whether the same request may succeed later; ``owner`` and ``playbook`` name the
    team and the procedure for a broken business rule.
    """

    code = "internal_error"
    retryable = False

    def __init__(
        self,
        detail: str,
        *,
        violations: Sequence[Violation] = (),
        owner: str = "",
        playbook: str = "",
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.violations = tuple(violations)
        self.owner = owner
        self.playbook = playbook


class ServiceNotBound(QuoteToCashError):
    """The handlers and the contract's operations do not match; the service refuses to start."""

    code = "service_not_bound"


class ConfigurationInvalid(QuoteToCashError):
    """The service cannot start with the configuration given."""

    code = "configuration_invalid"


class RequestMalformed(QuoteToCashError):
    """The request cannot be read at all (not JSON, no such cursor)."""

    code = "request_malformed"


class RequestInvalid(QuoteToCashError):
    """The request can be read but is off the contract."""

    code = "request_invalid"


class CursorInvalid(QuoteToCashError):
    """The cursor was not issued by this service for this list."""

    code = "cursor_invalid"


class BodyTooLarge(QuoteToCashError):
    """The body exceeds the limit of the service."""

    code = "body_too_large"


class MediaTypeUnsupported(QuoteToCashError):
    """The operation does not take a body of this media type."""

    code = "unsupported_media_type"


class NotFound(QuoteToCashError):
    """No such thing, or none that the caller may see."""

    code = "not_found"


class IdempotencyKeyMissing(QuoteToCashError):
    """The operation writes and the contract demands an Idempotency-Key."""

    code = "idempotency_key_missing"


class IdempotencyKeyReused(QuoteToCashError):
    """The key was used before with another request."""

    code = "idempotency_key_reused"


class PreconditionRequired(QuoteToCashError):
    """The change must say which version it was made against (RFC 6585 section 3)."""

    code = "precondition_required"


class VersionConflict(QuoteToCashError):
    """The thing has changed, or exists (not), since the caller looked (RFC 9110 section 13)."""

    code = "version_conflict"


class MoneyInvalid(QuoteToCashError):
    """An amount or a currency that no document can carry."""

    code = "money_invalid"


class AmountsInconsistent(QuoteToCashError):
    """Amounts given do not follow from quantity, unit price and discount."""

    code = "amounts_inconsistent"


class WrongState(QuoteToCashError):
    """The quote's state does not allow the step asked for."""

    code = "wrong_state"


class QuoteInvalid(QuoteToCashError):
    """The quote breaks rules of customer, legal entity, tax or service catalog; it stays where it was."""

    code = "quote_invalid"


class NotRepresentableInV1(QuoteToCashError):
    """The quote has more than one currency or seller; version 1 cannot say so."""

    code = "not_representable_in_v1"


class CustomerUnknown(QuoteToCashError):
    """The order names a customer the ERP does not have."""

    code = "customer_unknown"


class OrderExists(QuoteToCashError):
    """The contract has its order in this currency already."""

    code = "order_exists"


class LegalEntityUnknown(QuoteToCashError):
    """No legal entity has this code."""

    code = "legal_entity_unknown"


class TaxRuleMissing(QuoteToCashError):
    """No tax rule covers the sale."""

    code = "tax_rule_missing"


class QuoteUnknown(QuoteToCashError):
    """The quote to be validated does not exist."""

    code = "quote_unknown"


class UpstreamUnavailable(QuoteToCashError):
    """A system behind the gateway did not answer in time, or said that it cannot now."""

    code = "upstream_unavailable"
    retryable = True


class UpstreamRefused(QuoteToCashError):
    """A system behind the gateway answered, and not with what its contract promises for this caller."""

    code = "upstream_refused"


class UpstreamFailed(QuoteToCashError):
    """A system behind the gateway failed (5xx); the same call may succeed later."""

    code = "upstream_failed"
    retryable = True


class Overloaded(QuoteToCashError):
    """The service does as much of this work as it can at once; the same request may succeed shortly."""

    code = "overloaded"
    retryable = True


class StoredRecordInvalid(QuoteToCashError):
    """A record in the service's own store holds a value that cannot be; no caller can mend that."""

    code = "stored_record_invalid"


class StorageBusy(QuoteToCashError):
    """The database stayed locked longer than the service waits."""

    code = "storage_busy"
    retryable = True
