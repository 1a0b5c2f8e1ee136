"""Who vouches for people that have no password here."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol


class IdentityProvider(Protocol):
    """An OpenID provider; raises `registry.errors.Unauthenticated` for what does not hold."""

    def authorization_url(self, state: str, nonce: str, verifier: str, redirect_uri: str) -> str:
        """Where a browser is sent to sign in there."""

    def person(
        self, code: str, verifier: str, nonce: str, redirect_uri: str, now: datetime
    ) -> Mapping[str, Any]:
        """The claims of the ID token that a code is good for, once."""

    def sign_out_url(self, return_to: str) -> str | None:
        """Where a browser is sent to end its session there, None when the provider has no such place."""
