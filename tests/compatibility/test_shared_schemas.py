"""A schema that is sent and taken: both directions are told, whichever operation stands first."""

from __future__ import annotations

from typing import Any

import pytest

from compatibility import compare

MEDIA = {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}
TAKES = {"requestBody": {"content": MEDIA}, "responses": {"204": {"description": "done"}}}
SENDS = {"responses": {"200": {"description": "a thing", "content": MEDIA}}}


def contract(member: Any, *, sent_first: bool) -> dict[str, Any]:
    paths = {"/a": {"post": SENDS}, "/b": {"post": TAKES}}
    thing = {"type": "object", "properties": {"m": member}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "T", "version": "1.0.0"},
        "paths": paths if sent_first else dict(reversed(paths.items())),
        "components": {"schemas": {"Thing": thing}},
    }


@pytest.mark.parametrize("sent_first", [True, False])
@pytest.mark.parametrize(
    ("former", "now", "verdict", "rule"),
    [
        ({"type": "string"}, False, "breaking", "request-schema-changed"),
        ({"type": "number"}, {"type": "number", "multipleOf": 0.01}, "unknown", "request-schema-not-decided"),
    ],
)
def test_what_a_shared_schema_takes_is_judged_whoever_comes_first(
    former: Any, now: Any, verdict: str, rule: str, sent_first: bool
) -> None:
    before, after = (contract(member, sent_first=sent_first) for member in (former, now))

    report = compare(before, after)

    assert report.verdict == verdict
    (finding,) = (one for one in report.findings if one.rule == rule)
    assert finding.operations == ("POST /b",)
