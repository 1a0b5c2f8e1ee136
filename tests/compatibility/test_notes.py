"""What breaks nobody by its form and still matters is said as a note."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from compatibility import compare
from compatibility.render.text import render

BODY = {"type": "object", "properties": {"userName": {"type": "string"}, "age": {"type": "integer"}}}


def contract() -> dict[str, Any]:
    content = {"application/json": {"schema": copy.deepcopy(BODY)}}
    answer = {
        "description": "ok",
        "headers": {"X-Total": {"schema": {"type": "integer"}}},
        "content": copy.deepcopy(content),
    }
    operation = {
        "operationId": "makeX",
        "deprecated": True,
        "x-sunset": "2020-01-01",
        "requestBody": {"content": content},
        "responses": {"200": answer},
    }
    paths = {"/x": {"post": operation}, "/y": {"get": {"responses": {"200": {"description": "ok"}}}}}
    return {"openapi": "3.1.0", "info": {"title": "T", "version": "1.0.0"}, "paths": paths}


def operation(document: Any) -> Any:
    return document["paths"]["/x"]["post"]


def request(document: Any) -> Any:
    return operation(document)["requestBody"]["content"]["application/json"]["schema"]


def response(document: Any) -> Any:
    return operation(document)["responses"]["200"]


def answered(document: Any) -> Any:
    return response(document)["content"]["application/json"]["schema"]


CHANGES: dict[str, tuple[Callable[[Any], Any], str, str]] = {
    "closed": (
        lambda one: request(one).update(additionalProperties=False),
        "request-other-members-refused",
        (
            "POST /x: the request no longer accepts members that were never declared; "
            "a consumer that sends such members is refused"
        ),
    ),
    "restricted": (
        lambda one: request(one).update(additionalProperties={"type": "string"}),
        "request-other-members-refused",
        "never declared",
    ),
    "unevaluated": (
        lambda one: request(one).update(unevaluatedProperties=False),
        "request-other-members-refused",
        "never declared",
    ),
    "removed": (
        lambda one: request(one)["properties"].pop("userName"),
        "request-member-removed",
        "`userName` is no longer declared in the request; it is accepted and ignored",
    ),
    "format": (
        lambda one: answered(one)["properties"]["age"].update(format="int64"),
        "format-changed",
        "POST /x: the format of `age` in the 200 response is now `int64`",
    ),
    "header": (lambda one: response(one).pop("headers"), "response-header-removed", "`X-Total`"),
    "operationId": (
        lambda one: operation(one).update(operationId="createX"),
        "operation-id-changed",
        "the operationId `makeX` is now `createX`",
    ),
    "status": (
        lambda one: operation(one)["responses"].update({"202": {"description": "later"}}),
        "response-status-added",
        "may now answer 202",
    ),
    "default": (
        lambda one: request(one)["properties"]["age"].update(default=1),
        "default-changed",
        "`age`",
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_that_matters_is_noted(name: str) -> None:
    change, rule, message = CHANGES[name]
    after = contract()
    change(after)

    report = compare(contract(), after)

    assert report.verdict == "compatible"
    told = [finding for finding in report.findings if finding.rule == rule]
    assert [finding.level for finding in told] == ["info"]
    assert message in told[0].message


def test_a_response_that_is_no_longer_closed_is_noted() -> None:
    before = contract()
    answered(before)["additionalProperties"] = False

    after = contract()
    after["info"]["version"] = "1.1.0"

    report = compare(before, after)

    assert report.verdict == "compatible"
    assert [one.rule for one in report.findings] == ["response-other-members-sent"]


def test_an_operation_with_a_sunset_is_not_told_to_be_deprecated_again() -> None:
    after = contract()
    del after["paths"]["/x"]
    after["info"]["version"] = "2.0.0"

    report = compare(contract(), after)

    (finding,) = (one for one in report.findings if one.level == "breaking")
    assert "mark it deprecated" not in finding.fix
    assert "2020-01-01" in finding.fix
    assert "major" in finding.fix


def test_schemas_without_a_version_are_reported_without_blanks() -> None:
    text = render(compare({"type": "string", "maxLength": 3}, {"type": "string"}))

    assert text.splitlines()[0].startswith("the schema: ")


def test_members_stand_in_backticks() -> None:
    after = contract()
    request(after)["properties"]["age"]["maximum"] = 3
    after["info"]["version"] = "2.0.0"

    report = compare(contract(), after)

    (finding,) = (one for one in report.findings if one.level == "breaking")
    assert finding.message.startswith("POST /x: `age` in the request ")


@pytest.mark.parametrize(
    ("holder", "words"),
    [
        (request, "takes new optional members `p` and `q` in the request"),
        (answered, "the 200 response may now carry members `p` and `q`"),
    ],
)
def test_members_that_are_new_at_one_place_are_noted_together(
    holder: Callable[[Any], Any], words: str
) -> None:
    after = contract()
    holder(after)["properties"].update(p={"type": "string"}, q={"type": "string"})

    report = compare(contract(), after)

    (finding,) = (one for one in report.findings if one.rule.endswith("member-added"))
    assert words in finding.message


ADDITIONS: dict[str, tuple[Callable[[Any], Any], str]] = {
    "request media type": (
        lambda one: operation(one)["requestBody"]["content"].update({"application/xml": {}}),
        "request-media-type-added",
    ),
    "any request media type": (
        lambda one: operation(one)["requestBody"].update(content={"*/*": {"schema": BODY}}),
        "request-media-type-added",
    ),
    "response media type": (
        lambda one: response(one)["content"].update({"application/xml": {}}),
        "response-media-type-added",
    ),
    "any response media type": (
        lambda one: response(one).update(content={"*/*": {"schema": BODY}}),
        "response-media-type-added",
    ),
    "optional body": (
        lambda one: operation(one)["requestBody"].update(required=False),
        "request-body-optional",
    ),
    "new body": (
        lambda one: one["paths"]["/y"]["get"].update(requestBody={"content": {"text/plain": {}}}),
        "request-body-optional",
    ),
    "sent by us too": (
        lambda one: answered(one)["properties"]["age"].pop("writeOnly"),
        "response-member-added",
    ),
    "taken by us too": (
        lambda one: request(one)["properties"]["age"].pop("readOnly"),
        "request-member-added",
    ),
}


@pytest.mark.parametrize("name", ADDITIONS)
def test_what_accepts_or_sends_more_asks_for_a_minor_version(name: str) -> None:
    change, rule = ADDITIONS[name]
    before = contract()
    operation(before)["requestBody"]["required"] = True
    answered(before)["properties"]["age"]["writeOnly"] = True
    request(before)["properties"]["age"]["readOnly"] = True
    after = copy.deepcopy(before)
    change(after)

    report = compare(before, after)

    assert (report.verdict, report.bump_required) == ("compatible", "minor")
    told = [one.level for one in report.findings if one.rule == rule]
    assert told == ["info"]
