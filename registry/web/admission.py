"""Who asks, from the Authorization header alone: a bearer token, or a client's id and secret by HTTP Basic.

What was verified is remembered for a second at most, so that a revoked token or a withdrawn client is refused
within that time; the expiry of a token is looked at each time. What is older than half of it is verified anew
beside the requests, so that a busy caller never waits for the store.
"""

from __future__ import annotations

import base64
import binascii
import threading
from collections import OrderedDict
from concurrent.futures import Executor
from datetime import datetime, timedelta

from registry.errors import Unauthenticated
from registry.tokens import TokenIssuer
from registry.usecases.access import Access, open_access, open_access_by_secret
from registry.usecases.services import Services

FRESH = timedelta(seconds=1)
DUE = FRESH / 2
HEADER_CHARS_MAX = 10_000


class Admission:
    """Verifies credentials; `remembered` never blocks, `verified` asks the store."""

    def __init__(self, services: Services, issuer: TokenIssuer, executor: Executor) -> None:
        self._services = services
        self._issuer = issuer
        self._executor = executor
        self._renewing: set[bytes] = set()
        self._lock = threading.Lock()
        self._known: OrderedDict[bytes, tuple[Access, datetime]] = OrderedDict()

    def remembered(self, header: bytes, now: datetime) -> Access | None:
        """What these credentials were found to be within the last second."""
        entry = self._known.get(header)
        if entry is None:
            return None
        access, since = entry
        age = now - since
        if not timedelta() <= age <= FRESH:
            return None
        if access.expires_at is not None and access.expires_at <= now.timestamp():
            return None
        if age > DUE and header not in self._renewing:
            self._renewing.add(header)
            self._executor.submit(self._renew, header, access.actor.request_id)
        return access

    def _renew(self, header: bytes, request_id: str) -> None:
        """Verifies anew; what fails, for whatever reason, is met again by the next request."""
        try:
            self.verified(header, request_id)
        except Exception:
            with self._lock:
                self._known.pop(header, None)
        finally:
            self._renewing.discard(header)

    def verified(self, header: bytes, request_id: str) -> Access:
        """What the credentials are now; raises `Unauthenticated`."""
        now = self._services.clock()
        access = self._opened(header, request_id)
        with self._lock:
            self._known[header] = (access, now)
            self._known.move_to_end(header)
            while len(self._known) > self._services.limits.tokens_remembered_max:
                self._known.popitem(last=False)
        return access

    def _opened(self, header: bytes, request_id: str) -> Access:
        scheme, _, credentials = header[:HEADER_CHARS_MAX].decode("latin-1").strip().partition(" ")
        if scheme.lower() == "bearer":
            return open_access(self._services, self._issuer, credentials.strip(), request_id)
        if scheme.lower() == "basic":
            client_id, secret = basic_credentials(credentials.strip())
            return open_access_by_secret(self._services, client_id, secret, request_id)
        raise Unauthenticated(
            "token_required", "Send a bearer token, or the client id and secret by HTTP Basic."
        )


def basic_credentials(text: str) -> tuple[str, str]:
    """User name and password (RFC 7617 section 2); raises `Unauthenticated`."""
    try:
        name, colon, password = base64.b64decode(text, validate=True).decode("utf-8").partition(":")
    except (binascii.Error, ValueError):
        raise Unauthenticated("token_invalid", "The credentials are not HTTP Basic.") from None
    if not colon:
        raise Unauthenticated("token_invalid", "The credentials are not HTTP Basic.")
    return name, password
