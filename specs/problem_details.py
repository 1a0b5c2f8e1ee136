"""Problem details for HTTP APIs (RFC 9457): the one error body that every edge answers with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

CONTENT_TYPE = "application/problem+json"
TYPE_PREFIX = "https://pactolus.dev/problems/"


@dataclass(frozen=True, slots=True)
class ProblemDetails:
    """One problem: a stable ``code`` that gives ``type`` and ``title``, and what happened this time.

    ``errors`` lists each violation with its JSON pointer; ``extra`` holds further extension members
    (RFC 9457 section 3.2) and cannot replace the standard ones.
    """

    status: int
    code: str
    detail: str
    title: str = ""
    instance: str | None = None
    correlation_id: str | None = None
    retryable: bool = False
    errors: Sequence[Mapping[str, Any]] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)
    registered_type: str | None = None
    """A type of the IANA registry (RFC 9457 section 4.2), where there is one for it."""

    @property
    def type(self) -> str:
        """The problem type URI; an identifier, not an address to fetch."""
        return self.registered_type or TYPE_PREFIX + self.code.replace("_", "-").replace(".", "/")

    def as_json(self) -> dict[str, Any]:
        """The members in the order a person reads them; absent ones are left out."""
        body: dict[str, Any] = {
            "type": self.type,
            "title": self.title or HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.detail,
            "code": self.code,
            "retryable": self.retryable,
        }
        if self.instance is not None:
            body["instance"] = self.instance
        if self.correlation_id is not None:
            body["correlationId"] = self.correlation_id
        if self.errors:
            body["errors"] = [dict(error) for error in self.errors]
        return {**self.extra, **body}
