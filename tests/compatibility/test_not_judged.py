"""What was not read is named, and a part that was not compared makes the verdict at best unknown."""

from __future__ import annotations

from typing import Any

import pytest

from compatibility import compare, compare_schemas
from compatibility.errors import UnknownDialectError
from specs.errors import SpecError

STRANGE = "https://example.test/dialect"


def contract(schema: Any, more: Any = None, **top: Any) -> dict[str, Any]:
    def body(one: Any) -> Any:
        return {"application/json": {"schema": one}}

    return {
        "openapi": "3.1.0",
        "info": {"title": "T", "version": "1.0.0"},
        **top,
        "paths": {
            "/a": {
                "post": {
                    "requestBody": {"content": body(schema)},
                    "responses": {"200": {"description": "ok", "content": body(more or {})}},
                }
            }
        },
    }


def test_an_unknown_keyword_is_an_annotation_and_named() -> None:
    report = compare(contract({"type": "string", "lenght": 3}), contract({"type": "string", "lenght": 4}))

    (finding,) = report.findings
    assert (report.verdict, report.not_judged, report.bump_required) == ("compatible", (), "patch")
    assert (finding.rule, finding.level) == ("keyword-not-read", "info")
    assert "`lenght`" in finding.message


@pytest.mark.parametrize(
    "word", ["x-note", "format", "title", "examples", "contentEncoding", "$comment", "deprecated", "readOnly"]
)
def test_annotations_and_extensions_are_not_called_unknown(word: str) -> None:
    report = compare(contract({"type": "string", word: "a"}), contract({"type": "integer", word: "a"}))

    assert "keyword-not-read" not in {one.rule for one in report.findings}


def test_the_keyword_of_another_dialect_is_named() -> None:
    report = compare(contract({"type": "string"}), contract({"type": "string", "nullable": True}))

    assert [one.rule for one in report.findings] == ["keyword-not-read"]


def test_a_schema_in_an_unknown_dialect_is_not_judged() -> None:
    before, after = (contract({"$schema": STRANGE, "maxLength": most}) for most in (3, 2))

    report = compare(before, after)

    assert report.verdict == "unknown"
    assert report.not_judged == (
        f"POST /a: request: The dialect '{STRANGE}' is not one of JSON Schema's drafts 4 to 2020-12.",
    )


@pytest.mark.parametrize(
    "uri",
    [
        "http://json-schema.org/draft-03/schema#",
        "https://json-schema.org/draft/2099-01/schema",
        "http://json-schema.org/schema#",
        STRANGE,
    ],
)
def test_a_schema_of_a_dialect_that_is_not_supported_is_refused(uri: str) -> None:
    for sides in (({"$schema": uri}, {}), ({}, {"$schema": uri})):
        with pytest.raises(UnknownDialectError, match="is not one of 2019-09"):
            compare_schemas(*sides)


def test_a_payload_in_an_unsupported_draft_is_not_judged() -> None:
    def contract_of(most: int) -> dict[str, Any]:
        payload = {"schemaFormat": "application/schema+json;version=draft-03", "schema": {"maxLength": most}}
        return {
            "asyncapi": "3.0.0",
            "info": {"title": "T", "version": "1.0.0"},
            "channels": {"a": {"address": "a", "messages": {"m": {"payload": payload}}}},
            "operations": {"o": {"action": "send", "channel": {"$ref": "#/channels/a"}}},
        }

    report = compare(contract_of(3), contract_of(2))

    assert report.verdict == "unknown"
    assert "draft-03" in report.not_judged[0]


def test_what_can_be_judged_beside_it_still_is() -> None:
    strange = {"$schema": STRANGE, "maxLength": 3}
    before = contract(strange, {"type": "string", "enum": ["a"]})
    after = contract({**strange, "maxLength": 2}, {"type": "string", "enum": ["a", "b"]})

    report = compare(before, after)

    assert report.verdict == "breaking"
    assert len(report.not_judged) == 1
    assert "response-value-added" in {one.rule for one in report.findings}


@pytest.mark.parametrize("sides", [(STRANGE, STRANGE), (None, STRANGE), (STRANGE, None)])
def test_an_unknown_dialect_of_the_whole_contract_is_named(sides: tuple[str | None, str | None]) -> None:
    before, after = (
        contract({"type": "string"}, title, **({"jsonSchemaDialect": one} if one else {}))
        for one, title in zip(sides, ({"title": "one"}, {"title": "two"}), strict=True)
    )

    report = compare(before, after)

    assert report.verdict == "unknown"
    assert len(report.not_judged) == 1
    assert STRANGE in report.not_judged[0]


@pytest.mark.parametrize(
    "dialect",
    ["https://json-schema.org/draft/2020-12/schema", "https://spec.openapis.org/oas/3.1/dialect/base"],
)
def test_a_dialect_that_is_read_is_not_named(dialect: str) -> None:
    report = compare(contract({"type": "string"}), contract({"type": "string"}, jsonSchemaDialect=dialect))

    assert (report.verdict, report.not_judged) == ("compatible", ())


def test_the_same_contract_in_an_unknown_dialect_is_the_same() -> None:
    one, two = (contract({"type": "string"}, jsonSchemaDialect=STRANGE) for _ in range(2))

    assert (compare(one, two).verdict, compare(one, two).not_judged) == ("compatible", ())


def test_a_reference_to_nowhere_is_an_error_and_no_verdict() -> None:
    with pytest.raises(SpecError):
        compare(contract({"$ref": "#/nowhere"}), contract({"$ref": "#/nowhere", "maxLength": 3}))
