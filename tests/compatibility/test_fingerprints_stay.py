"""A fingerprint is of the edit and of where it meets the wire: what both sides gain leaves it as it is."""

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from compatibility import compare
from compatibility.model import Report, Waiver
from tests.compatibility.test_fingerprints import BEFORE, CHANGES, SHARED, breaking, shared

Gain = Callable[[Any], None]


def a_member_of_every_schema(document: Any) -> None:
    for schema in document["components"]["schemas"].values():
        for one in (schema, *(held["items"] for held in schema["properties"].values() if "items" in held)):
            one["properties"]["aGained"] = {"type": "string", "maxLength": 7}
            one["properties"]["zGained"] = {"type": "object", "properties": {"deep": {"type": "integer"}}}


def an_operation(document: Any) -> None:
    document["paths"]["/aaa"] = {"get": {"responses": {"204": {"description": "done"}}}}


def a_response_and_a_parameter_everywhere(document: Any) -> None:
    for path in document["paths"].values():
        for operation in path.values():
            operation["responses"]["503"] = {"description": "later"}
            gained = {"name": "aGained", "in": "query", "schema": {"type": "string"}}
            operation["parameters"] = [*operation.get("parameters", []), gained]


def words_and_keywords_of_a_schema(document: Any) -> None:
    for schema in document["components"]["schemas"].values():
        schema.update(description="told", maxProperties=90)


GAINS: tuple[Gain, ...] = (
    a_member_of_every_schema,
    an_operation,
    a_response_and_a_parameter_everywhere,
    words_and_keywords_of_a_schema,
)


def with_gains(document: Any, *gains: Gain) -> Any:
    gained = copy.deepcopy(document)
    for gain in gains:
        gain(gained)
    return gained


@pytest.mark.parametrize("name", [name for name in CHANGES if name.startswith("order")])
def test_what_both_sides_gain_leaves_a_fingerprint_as_it_is(name: str) -> None:
    after = copy.deepcopy(BEFORE)
    CHANGES[name](after)
    alone = compare(BEFORE, after)

    for gain in GAINS:
        gained = with_gains(BEFORE, gain)
        changed = copy.deepcopy(gained)
        CHANGES[name](changed)
        assert breaking(compare(gained, changed)) == breaking(alone), gain.__name__


@pytest.mark.parametrize("name", SHARED)
def test_what_both_sides_of_a_shared_component_gain_leaves_its_fingerprint_as_it_is(name: str) -> None:
    before, after = shared(), shared()
    SHARED[name](after["components"])
    gained = with_gains(before, *GAINS)
    changed = copy.deepcopy(gained)
    SHARED[name](changed["components"])

    alone, both = compare(before, after), compare(gained, changed)

    assert alone.findings
    assert {one.fingerprint for one in both.findings} == {one.fingerprint for one in alone.findings}


def reaching(before: Any) -> Any:
    """A contract with one more operation, in front of all, that uses what the others use."""
    gained = copy.deepcopy(before)
    gained["paths"] = {"/A": copy.deepcopy(gained["paths"]["/a"]), **gained["paths"]}
    return gained


@pytest.mark.parametrize("name", SHARED)
def test_a_waiver_survives_one_more_operation_that_uses_the_same(name: str) -> None:
    before, after = shared(), shared()
    SHARED[name](after["components"])
    waivers = [waiver(one.fingerprint) for one in compare(before, after).findings]
    gained = reaching(before)
    changed = copy.deepcopy(gained)
    SHARED[name](changed["components"])

    report = compare(gained, changed).with_waivers(waivers, date(2026, 1, 1))

    assert report.count("breaking") == 0
    assert "GET /A" in {operation for one in report.findings for operation in one.operations}
    assert all(one.waived for one in report.findings if one.level == "breaking")
    assert "waiver-unused" not in {one.rule for one in report.findings}


def waiver(fingerprint: str) -> Waiver:
    return Waiver(fingerprint, "agreed", "team", date(2026, 1, 2))


def paying(**alternatives: Any) -> Any:
    return {
        "openapi": "3.1.0",
        "info": {"title": "T", "version": "1.0.0"},
        "paths": {
            "/pay": {
                "post": {
                    "requestBody": {
                        "content": {"application/json": {"schema": {"oneOf": list(alternatives.values())}}}
                    },
                    "responses": {"204": {"description": "done"}},
                }
            }
        },
    }


def alternative(kind: str, *required: str, **members: Any) -> Any:
    properties = {"kind": {"const": kind}, "fee": {"type": "integer"}, **members}
    return {"type": "object", "properties": properties, "required": ["kind", *required]}


def told(report: Report) -> str:
    (finding,) = (
        one for one in report.findings if one.level == "breaking" and one.rule != "version-bump-too-small"
    )
    return finding.fingerprint


def test_the_same_edit_of_two_alternatives_has_two_fingerprints_that_stay() -> None:
    gained = {"gained": {"type": "string"}}
    card, bank = alternative("card"), alternative("bank")
    plain = paying(a=card, b=bank)
    rich = paying(a=alternative("card", **gained), b=alternative("bank", **gained))

    of_card = told(compare(plain, paying(a=alternative("card", "fee"), b=bank)))
    of_bank = told(compare(plain, paying(a=card, b=alternative("bank", "fee"))))
    of_rich = told(
        compare(rich, paying(a=alternative("card", "fee", **gained), b=alternative("bank", **gained)))
    )

    assert of_card != of_bank
    assert of_rich == of_card


def test_the_same_edit_of_two_bodies_has_two_fingerprints() -> None:
    before = copy.deepcopy(BEFORE)
    for kind in ("order", "invoice"):
        before["components"]["schemas"][kind] = {
            "type": "object",
            "properties": {"id": {"type": "string"}, "note": {"type": "string"}, f"{kind}X": {}},
        }
    found = []
    for kind in ("order", "invoice"):
        after = copy.deepcopy(before)
        after["components"]["schemas"][kind]["required"] = ["note"]
        found.append(told(compare(before, after)))

    assert len(set(found)) == 2


def test_a_change_that_no_rule_names_is_known_by_what_differs() -> None:
    def body(*needs: str, **gained: Any) -> Any:
        schema = {"type": "object", "properties": {"a": {}, "b": {}, "c": {}, "d": {}, **gained}}
        schema["not"] = {"required": ["b", *needs]}
        document = paying(a={})
        post = document["paths"]["/pay"]["post"]
        post["requestBody"]["content"]["application/json"]["schema"] = schema
        return document

    alone = told(compare(body("c"), body()))
    gained = told(compare(body("c", z={"type": "string"}), body(z={"type": "string"})))
    another = told(compare(body("d"), body()))

    assert alone == gained
    assert alone != another
