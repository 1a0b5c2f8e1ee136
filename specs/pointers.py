"""JSON pointers (RFC 6901): text to tokens and back, and the value one points at."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

MISSING: Any = object()


def escape(token: str) -> str:
    """One token as it stands in a pointer: ``~`` is ``~0`` and ``/`` is ``~1`` (section 3)."""
    if "~" in token or "/" in token:
        return token.replace("~", "~0").replace("/", "~1")
    return token


def pointer_of(tokens: Iterable[str | int]) -> str:
    """The pointer of a path of member names and array indexes."""
    return "".join("/" + escape(str(token)) for token in tokens)


def tokens_of(pointer: str) -> list[str]:
    """The unescaped tokens; ValueError when the pointer is not empty and does not begin with ``/``."""
    if not pointer:
        return []
    if pointer[0] != "/":
        raise ValueError(f"a JSON pointer begins with '/': {pointer!r}")
    return [token.replace("~1", "/").replace("~0", "~") for token in pointer[1:].split("/")]


def step(value: Any, token: str) -> Any:
    """The member or item ``token`` names, or ``MISSING``; an index has no sign and no leading zero."""
    if isinstance(value, dict):
        return value.get(token, MISSING)
    if isinstance(value, list) and token.isascii() and token.isdigit() and str(int(token[:10])) == token:
        index = int(token)
        return value[index] if index < len(value) else MISSING
    return MISSING


def value_at(value: Any, tokens: Iterable[str]) -> Any:
    """The value below ``value``, or ``MISSING``."""
    for token in tokens:
        value = step(value, token)
        if value is MISSING:
            return MISSING
    return value
