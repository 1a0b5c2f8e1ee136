"""What the registry refuses: one base, flat kinds below it, each refusal with its own stable code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


class RegistryError(Exception):
    """A refusal. ``code`` is stable, ``detail`` says what happened this time.

    ``problems`` lists every violation in the shape of `specs.problem.Problem.as_json`; ``results`` what
    became of each part of a request that was refused as a whole.
    """

    retryable = False

    def __init__(
        self,
        code: str,
        detail: str,
        *,
        problems: Sequence[Mapping[str, Any]] = (),
        report: Any = None,
        results: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.problems = tuple(problems)
        self.report = report
        self.results = tuple(results)
        self.concealed = False
        """Whether it is there and the caller may not see it; only the audit learns of that."""
        self.audited = False
        """Whether the use case settled what the audit holds of this refusal."""


class NotFound(RegistryError):
    """What was asked for does not exist."""


class NotAllowed(RegistryError):
    """The caller is known, but this is not theirs to do."""


class Conflict(RegistryError):
    """What is there already refuses the change."""


class Contention(Conflict):
    """Somebody else was faster; the same request may succeed when sent again."""

    retryable = True


class Invalid(RegistryError):
    """Well formed, but it cannot be taken as it is."""


class PreconditionMissing(RegistryError):
    """The request must say which state it changes (RFC 6585 section 3)."""


class PreconditionFailed(RegistryError):
    """The state is no longer the one that the request names (RFC 9110 section 13.1.1)."""


class BadRequest(RegistryError):
    """The request does not keep the contract of the API."""


class BodyTooLarge(RegistryError):
    """The body is larger than the operation takes."""


class MediaTypeUnsupported(RegistryError):
    """The body is not of a media type the operation reads."""


class Unauthenticated(RegistryError):
    """No token, or none that counts."""


class Overloaded(RegistryError):
    """As much is being worked on as is allowed; the same request may succeed later."""

    retryable = True


class StoreUnavailable(RegistryError):
    """The database does not answer; the same request may succeed later."""

    retryable = True


class StorageFull(RegistryError):
    """There is no room to store it; the same request may succeed once somebody has made room."""

    retryable = True


class SetupError(RegistryError):
    """The database or the set-up cannot be used; the message says what to do."""


def not_initialised() -> SetupError:
    """The refusal of a database that is empty, or that has the tables only."""
    return SetupError(
        "registry_not_initialised", "This database holds no registry yet: run `pactolus registry init`."
    )
