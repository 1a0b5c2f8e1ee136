"""Cursors of lists: opaque to the caller, bound to the query they came from."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from quote_to_cash.config import PAGE_ITEMS_DEFAULT, PAGE_ITEMS_MAX
from quote_to_cash.errors import CursorInvalid

ItemT = TypeVar("ItemT")


def page_limit(query: Mapping[str, Any]) -> int:
    """Items on a page, within the bounds of the service."""
    return max(1, min(int(query.get("limit") or PAGE_ITEMS_DEFAULT), PAGE_ITEMS_MAX))


def read_cursor(query: Mapping[str, Any], filters: Sequence[str]) -> str | None:
    """The identifier to go on after; CursorInvalid unless it was issued for the same filters."""
    cursor = query.get("cursor")
    if cursor is None:
        return None
    try:
        after, seal = json.loads(base64.urlsafe_b64decode(str(cursor).encode()))
    except (ValueError, binascii.Error, TypeError, RecursionError):
        raise CursorInvalid("The cursor was not issued by this service; start the list anew.") from None
    if seal != _seal(query, filters) or not isinstance(after, str):
        raise CursorInvalid("The cursor belongs to another query; start the list anew.")
    return after


def page_as_json(
    items: Sequence[ItemT],
    query: Mapping[str, Any],
    filters: Sequence[str],
    identifier: Callable[[ItemT], str],
    as_json: Callable[[ItemT], dict[str, Any]],
) -> dict[str, Any]:
    """``{items, nextCursor}``; ``items`` holds one more than the limit when there is a next page."""
    limit = page_limit(query)
    shown = items[:limit]
    page: dict[str, Any] = {"items": [as_json(item) for item in shown]}
    if len(items) > limit:
        material = json.dumps([identifier(shown[-1]), _seal(query, filters)])
        page["nextCursor"] = base64.urlsafe_b64encode(material.encode()).decode()
    return page


def _seal(query: Mapping[str, Any], filters: Sequence[str]) -> str:
    # Tells a mistake, not an attack: a cursor gives no access that the list itself does not give.
    chosen = json.dumps([[name, query.get(name)] for name in filters], default=str)
    return hashlib.sha256(chosen.encode()).hexdigest()[:12]
