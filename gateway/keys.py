"""Keeps the issuer's keys current: refetched when a token names an unknown key, at most once a minute.

The last good set stays in force when a fetch fails or brings an unacceptable set, so the issuer being away
does not lock callers out, and a flood of made-up key identifiers does not become a flood at the issuer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from gateway.config import Limits, Timeouts, TokenRules
from gateway.errors import KeysError, SourceError
from gateway.model import Claims, Issuer, TokenRefusal
from gateway.ports import Clock
from gateway.tokens import TokenVerifier, UnknownKey, read_key_set

Fetch = Callable[[str], Awaitable[Mapping[str, Any]]]


class KeyRing:
    """One issuer, its verifier, and the fetching of its keys."""

    __slots__ = (
        "_clock",
        "_current",
        "_fetch",
        "_fetched_at",
        "_issuer",
        "_limits",
        "_lock",
        "_rules",
        "_timeouts",
        "published",
        "verifier",
    )

    def __init__(
        self,
        issuer: Issuer,
        fetch: Fetch,
        clock: Clock,
        rules: TokenRules,
        limits: Limits,
        timeouts: Timeouts,
    ) -> None:
        self._issuer = issuer
        self._fetch = fetch
        self._clock = clock
        self._rules = rules
        self._limits = limits
        self._timeouts = timeouts
        self._fetched_at: float | None = None
        self._lock = asyncio.Lock()
        self._current = issuer.jwks is not None
        self.published: Mapping[str, Any] | None = None
        """The key set in force as the issuer published it; None when it came with the issuer."""
        self.verifier = TokenVerifier(issuer.issuer, rules, limits)
        if issuer.jwks is not None:
            self.verifier.use_keys(read_key_set(issuer.jwks, rules, limits))

    @property
    def issuer(self) -> Issuer:
        """Whose keys these are."""
        return self._issuer

    def use_kept(self, published: Mapping[str, Any]) -> None:
        """Verifies by keys that were published once, until the issuer tells those in force."""
        self.verifier.use_keys(read_key_set(published, self._rules, self._limits))
        self.published = published

    async def ensure_keys(self) -> str | None:
        """Fetches the keys when those in force are not known yet; what went wrong, or None."""
        return None if self._current else await self._refetch()

    async def verify(self, token: bytes, now: float) -> Claims | TokenRefusal:
        """As `TokenVerifier.verify`, with one refetch for an unknown key."""
        decided = self.verifier.verify(token, now)
        if not isinstance(decided, UnknownKey):
            return decided
        if self._may_refetch() or self._lock.locked():
            await self._refetch()
        decided = self.verifier.verify(token, now)
        return TokenRefusal("the token's key is not known") if isinstance(decided, UnknownKey) else decided

    def _may_refetch(self) -> bool:
        if self._fetched_at is None:
            return True
        wait_s = self._timeouts.key_refetch_s if self._current else self._timeouts.poll_interval_s
        return self._clock.elapsed() - self._fetched_at >= wait_s

    async def _refetch(self) -> str | None:
        if self._issuer.jwks_uri is None:
            return "the issuer publishes no keys"
        async with self._lock:
            if not self._may_refetch():
                return None
            self._fetched_at = self._clock.elapsed()
            try:
                published = await self._fetch(self._issuer.jwks_uri)
                keys = read_key_set(published, self._rules, self._limits)
            except (SourceError, KeysError) as error:
                return f"{error.code}: {error}"
            self.verifier.use_keys(keys)
            self.published, self._current = published, True
        return None
