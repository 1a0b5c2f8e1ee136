"""Opaque identifiers: a prefix that says the kind and a ULID, e.g. ``quo_01JD8Z6Q2V7M3K4N5P6R7S8T9V``.

Time and randomness are passed in, so the same inputs give the same identifier (ULID specification:
48 bits of milliseconds, 80 bits of randomness, Crockford base 32, sortable by creation).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
RANDOM_BYTES = 10
CHARACTERS = 26

Identify = Callable[[str], str]
"""Gives a fresh identifier for a prefix such as ``quo``."""


def ulid(milliseconds: int, randomness: bytes) -> str:
    """The 26 characters for a time (0 <= ms < 2**48) and 10 random bytes."""
    if not 0 <= milliseconds < 1 << 48:
        raise ValueError("a ULID holds 48 bits of milliseconds")
    if len(randomness) != RANDOM_BYTES:
        raise ValueError("a ULID holds 80 bits of randomness")
    number = milliseconds << 80 | int.from_bytes(randomness, "big")
    return "".join(ALPHABET[number >> 5 * place & 31] for place in reversed(range(CHARACTERS)))


def identifier_source(now: Callable[[], datetime], random: Callable[[int], bytes]) -> Identify:
    """An ``Identify`` on a clock (aware datetimes) and a source of random bytes (``secrets.token_bytes``)."""

    def identify(prefix: str) -> str:
        milliseconds = int(now().timestamp() * 1000)
        return f"{prefix}_{ulid(milliseconds, random(RANDOM_BYTES))}"

    return identify
