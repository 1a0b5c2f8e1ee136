"""Cursors: the key to go on after, opaque to callers and checked when it comes back."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence

from registry.errors import BadRequest


def cursor_of(key: Sequence[str]) -> str:
    """Base64url of the key as JSON."""
    return base64.urlsafe_b64encode(json.dumps(list(key)).encode("ascii")).decode("ascii").rstrip("=")


def key_of(cursor: str | None, parts: int) -> tuple[str, ...] | None:
    """The key of a cursor; raises `BadRequest` for one that was not made here."""
    if cursor is None:
        return None
    try:
        key = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, RecursionError):
        raise unknown_cursor() from None
    if not isinstance(key, list) or len(key) != parts:
        raise unknown_cursor()
    if not all(isinstance(part, str) and part.isprintable() for part in key):
        raise unknown_cursor()
    return tuple(key)


def single_key(cursor: str | None) -> str | None:
    """The key of a cursor that has one part."""
    key = key_of(cursor, 1)
    return key[0] if key else None


def skipped(cursor: str | None) -> int:
    """How many results the pages before had; raises `BadRequest` for a cursor of another list."""
    key = single_key(cursor)
    if key is None:
        return 0
    if not key.isascii() or not key.isdecimal() or len(key) > 6:
        raise unknown_cursor()
    return int(key)


def unknown_cursor() -> BadRequest:
    """The refusal."""
    problem = {"in": "query", "pointer": "/cursor", "code": "cursor", "detail": "No cursor of this list."}
    return BadRequest("request_invalid", "The cursor is not one of this list.", problems=[problem])
