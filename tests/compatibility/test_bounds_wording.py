"""A finding says what the bounds were and what they are, not only that they changed."""

from __future__ import annotations

from typing import Any

import pytest

from compatibility import compare


def contract(schema: dict[str, Any]) -> dict[str, Any]:
    content = {"application/json": {"schema": {"type": "object", "properties": {"m": schema}}}}
    answer = {"description": "ok", "content": content}
    return {
        "openapi": "3.1.0",
        "info": {"title": "T", "version": "1.0.0"},
        "paths": {"/a": {"post": {"requestBody": {"content": content}, "responses": {"200": answer}}}},
    }


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (
            {"type": "string"},
            {"type": "string", "maxLength": 1},
            "must now have at most 1 character, before any",
        ),
        (
            {"minLength": 2},
            {"minLength": 3, "maxLength": 9},
            "3 to 9 characters, before at least 2 characters",
        ),
        ({"type": "integer"}, {"type": "integer", "minimum": 1}, "must now be at least 1, before any number"),
        ({"maximum": 2}, {"exclusiveMaximum": 1.5}, "must now be below 1.5, before at most 2"),
        ({"multipleOf": 2}, {"multipleOf": 4}, "must now be a multiple of 4, before a multiple of 2"),
        ({"type": ["string", "null"]}, {"type": "string"}, "must now be a string, before a string or null"),
        (
            {"type": "string"},
            {"type": ["string", "array"]},
            "may now be an array or a string, before a string",
        ),
        (
            {"maxItems": 3},
            {"maxItems": 3, "uniqueItems": True},
            "at most 3 items, all different, before at most 3",
        ),
        ({"pattern": "^a"}, {"pattern": "^ab"}, "must now match `^ab`, before `^a`"),
    ],
    ids=str,
)
def test_a_changed_bound_is_told_with_the_former_one(
    before: dict[str, Any], after: dict[str, Any], words: str
) -> None:
    report = compare(contract(before), contract(after))

    assert any(words in one.message for one in report.findings), [one.message for one in report.findings]
