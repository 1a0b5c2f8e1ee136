"""Media types are a lookup: a body is what its most specific entry says, on both sides."""

from __future__ import annotations

from typing import Any

import pytest

from compatibility import compare

NUMBER, STRING = {"schema": {"type": "integer"}}, {"schema": {"type": "string"}}
STRICT = {"schema": {"type": "object", "required": ["zz"]}}
JSON, RANGE, ANY = "application/json", "application/*", "*/*"


def contract(content: dict[str, Any], place: str) -> dict[str, Any]:
    empty = {"responses": {"200": {"description": "ok"}}}
    held: dict[str, Any] = (
        {**empty, "requestBody": {"content": content}}
        if place in ("request", "webhook")
        else {"responses": {"200": {"description": "ok", "content": content}}}
    )
    holder = "webhooks" if place == "webhook" else "paths"
    return {
        "openapi": "3.1.0",
        "info": {"title": "T", "version": "1.0.0"},
        "paths": {},
        holder: {"/a": {"post": held}},
    }


@pytest.mark.parametrize(
    ("place", "before", "after", "verdict"),
    [
        ("request", {ANY: {}}, {ANY: {}, JSON: STRICT}, "breaking"),
        ("request", {ANY: STRICT}, {ANY: STRICT, JSON: {}}, "compatible"),
        ("request", {JSON: NUMBER, RANGE: STRING}, {RANGE: STRING}, "breaking"),
        ("response", {JSON: NUMBER, RANGE: STRING}, {RANGE: STRING}, "breaking"),
        ("response", {ANY: STRING}, {ANY: STRING, JSON: NUMBER}, "breaking"),
        ("response", {JSON: NUMBER}, {ANY: NUMBER}, "compatible"),
        ("webhook", {JSON: NUMBER, RANGE: STRING}, {RANGE: STRING}, "breaking"),
    ],
)
def test_an_entry_beside_a_range_is_compared_with_it(
    place: str, before: dict[str, Any], after: dict[str, Any], verdict: str
) -> None:
    assert compare(contract(before, place), contract(after, place)).verdict == verdict
