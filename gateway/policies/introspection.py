"""Tokens that say nothing themselves are asked for at the issuer (RFC 7662), and remembered for a moment.

An answer counts until the token's expiry, and never longer than `cache_s`, so that a revocation takes effect
within two seconds. A refusal is remembered alike. Kept is the SHA-256 of the token, never the token. Where
the issuer cannot be asked, nobody is let in: 503, because the token may be good.
"""

from __future__ import annotations

from hashlib import sha256
from typing import NamedTuple

from gateway.model import Claims, TokenRefusal

CACHE_S_MAX = 2.0


class _Known(NamedTuple):
    until: float
    decided: Claims | TokenRefusal


class Answers:
    """What was answered lately: at most `count_max` tokens, the oldest given up first."""

    __slots__ = ("_cache_s", "_count_max", "_known")

    def __init__(self, count_max: int, cache_s: float) -> None:
        self._count_max = count_max
        self._cache_s = min(cache_s, CACHE_S_MAX)
        self._known: dict[bytes, _Known] = {}

    def __len__(self) -> int:
        return len(self._known)

    def find(self, digest: bytes, elapsed: float) -> Claims | TokenRefusal | None:
        """What counts still at `elapsed`."""
        known = self._known.get(digest)
        if known is None:
            return None
        if known.until > elapsed:
            return known.decided
        del self._known[digest]
        return None

    def keep(self, digest: bytes, decided: Claims | TokenRefusal, now: float, elapsed: float) -> None:
        """Remembers an answer that was asked for at `elapsed`; `unavailable` is none."""
        life_s = self._cache_s
        if isinstance(decided, Claims):
            life_s = min(life_s, decided.expires_at - now)
        elif decided.unavailable:
            return
        if len(self._known) >= self._count_max and digest not in self._known:
            del self._known[next(iter(self._known))]
        self._known[digest] = _Known(elapsed + life_s, decided)


def digest_of(token: bytes) -> bytes:
    """What stands for the token where it is remembered."""
    return sha256(token).digest()


def unavailable(reason: str) -> TokenRefusal:
    """Nobody could tell whether the token is good."""
    return TokenRefusal(reason, unavailable=True)
