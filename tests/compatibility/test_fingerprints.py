"""A fingerprint is of the semantic change: it survives what does not matter, and no two changes share one."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from compatibility import Budget, Policy, compare
from compatibility.changes import ContractChange
from compatibility.comparison import as_contract, drafted, match_up
from compatibility.grouping import grouping
from compatibility.judging import Judge
from compatibility.model import Report
from compatibility.rules import schema_rules
from compatibility.schema_walk import SchemaWalk
from specs.load import load_contract
from tests.compatibility.rewritings import inlined

KINDS = ("order", "invoice", "quote")


def schema(kind: str) -> dict[str, Any]:
    """Members of other names, and two of the same name and content in every kind."""
    return {
        "type": "object",
        "properties": {
            "id": {"type": "string"},
            "status": {"type": "string", "enum": ["open", "closed"]},
            f"{kind}Total": {"type": "number", "maximum": 100},
            f"{kind}Note": {"type": "string", "maxLength": 40},
            f"{kind}Lines": {
                "type": "array",
                "maxItems": 9,
                "items": {
                    "type": "object",
                    "properties": {f"{kind}Line": {"type": "string"}, "count": {"type": "integer"}},
                    "required": [f"{kind}Line"],
                },
            },
        },
        "required": ["id"],
    }


def contract() -> dict[str, Any]:
    def body(kind: str) -> dict[str, Any]:
        return {
            "application/json": {"schema": {"$ref": f"#/components/schemas/{kind}"}},
            "text/csv": {"schema": {"type": "string"}},
        }

    paths = {}
    for kind in KINDS:
        paths[f"/{kind}"] = {
            "post": {
                "parameters": [
                    {"name": f"{kind}Filter", "in": "query", "schema": {"type": "string"}},
                    {"name": "limit", "in": "query", "schema": {"type": "integer"}},
                ],
                "requestBody": {"required": False, "content": body(kind)},
                "responses": {
                    "200": {
                        "description": "ok",
                        "headers": {f"X-{kind}": {"required": True, "schema": {"type": "string"}}},
                        "content": body(kind),
                    },
                    "404": {"description": "none"},
                },
            }
        }
    return {
        "openapi": "3.1.0",
        "info": {"title": "T", "version": "1.0.0"},
        "paths": paths,
        "components": {"schemas": {kind: schema(kind) for kind in KINDS}},
    }


BEFORE = contract()
Change = Callable[[Any], Any]


def changes() -> Iterator[tuple[str, Change]]:
    """One edit each; what is said of one kind is another change than what is said of the next."""
    for kind in KINDS:

        def held(document: Any, kind: str = kind) -> Any:
            return document["components"]["schemas"][kind]

        def operation(document: Any, kind: str = kind) -> Any:
            return document["paths"][f"/{kind}"]["post"]

        for member in (f"{kind}Total", f"{kind}Note", f"{kind}Lines"):
            yield (
                f"{member} removed",
                lambda one, held=held, member=member: held(one)["properties"].pop(member),
            )
            yield (
                f"{member} required",
                lambda one, held=held, member=member: held(one)["required"].append(member),
            )
            yield (
                f"{member} of another type",
                lambda one, held=held, member=member: held(one)["properties"].update(
                    {member: {"type": "boolean"}}
                ),
            )
        total, note, lines = f"{kind}Total", f"{kind}Note", f"{kind}Lines"

        def properties(document: Any, kind: str = kind) -> Any:
            return document["components"]["schemas"][kind]["properties"]

        yield f"{total} smaller", lambda one, p=properties, n=total: p(one)[n].update(maximum=50)
        yield f"{total} larger", lambda one, p=properties, n=total: p(one)[n].update(maximum=500)
        yield f"{note} shorter", lambda one, p=properties, n=note: p(one)[n].update(maxLength=5)
        yield f"{lines} fewer", lambda one, p=properties, n=lines: p(one)[n].update(maxItems=3)
        yield (
            f"{lines} items",
            lambda one, p=properties, n=lines: p(one)[n]["items"]["required"].append("count"),
        )
        yield f"{kind} id optional", lambda one, held=held: held(one).update(required=[])
        yield f"{kind} gone", lambda one, kind=kind: one["paths"].pop(f"/{kind}")
        yield f"{kind}Filter gone", lambda one, op=operation: op(one)["parameters"].pop(0)
        yield f"{kind} body", lambda one, op=operation: op(one)["requestBody"].update(required=True)
        yield (
            f"{kind} request csv",
            lambda one, op=operation: op(one)["requestBody"]["content"].pop("text/csv"),
        )
        yield (
            f"{kind} response csv",
            lambda one, op=operation: op(one)["responses"]["200"]["content"].pop("text/csv"),
        )
        yield (
            f"{kind} header",
            lambda one, op=operation: op(one)["responses"]["200"].pop("headers"),
        )
        yield f"{kind} 200", lambda one, op=operation: op(one)["responses"].pop("200")


CHANGES = dict(changes())


def judged(*names: str) -> Report:
    after = copy.deepcopy(BEFORE)
    after["info"]["version"] = "2.0.0"
    for name in names:
        CHANGES[name](after)
    return compare(BEFORE, after)


def breaking(report: Report) -> set[str]:
    return {one.fingerprint for one in report.findings if one.level == "breaking"}


def test_changes_of_one_contract_share_no_fingerprint() -> None:
    told: dict[str, str] = {}
    for name in CHANGES:
        found = breaking(judged(name))
        assert found, name
        for fingerprint in found:
            assert told.setdefault(fingerprint, name) == name


@pytest.mark.parametrize("kind", KINDS[1:])
@pytest.mark.parametrize("name", [name for name in CHANGES if name.startswith("order")])
def test_a_change_elsewhere_leaves_a_fingerprint_as_it_is(name: str, kind: str) -> None:
    alone = breaking(judged(name))

    both = breaking(judged(name, f"{kind}Total smaller", f"{kind}Note required"))

    assert alone < both


@pytest.mark.parametrize(
    ("name", "beside"),
    [
        ("orderTotal smaller", "orderNote shorter"),
        ("orderNote removed", "orderTotal removed"),
        ("orderNote required", "orderTotal required"),
        ("orderTotal of another type", "orderNote removed"),
        ("orderLines items", "orderLines fewer"),
        ("order id optional", "orderNote removed"),
        ("order request csv", "order body"),
    ],
)
def test_a_second_change_of_the_same_schema_leaves_a_fingerprint_as_it_is(name: str, beside: str) -> None:
    assert breaking(judged(name)) < breaking(judged(name, beside))


def text_of(document: Any, indent: int) -> bytes:
    return b"\n" * indent + json.dumps(document, indent=indent or None).encode()


def test_moved_lines_leave_every_fingerprint_as_it_is() -> None:
    after = copy.deepcopy(BEFORE)
    for name in ("orderTotal smaller", "invoiceNote removed", "quote body"):
        CHANGES[name](after)
    reports = [
        compare(
            load_contract("a.json", text_of(BEFORE, 0), {}),
            load_contract("b.json", text_of(after, indent), {}),
        )
        for indent in (0, 4)
    ]

    lines = [[one.after.line for one in report.findings if one.after] for report in reports]
    assert lines[0] != lines[1]
    assert breaking(reports[0]) == breaking(reports[1])


def test_rewording_leaves_every_fingerprint_as_it_is() -> None:
    before, changed = as_contract(BEFORE, "a"), copy.deepcopy(BEFORE)
    for name in ("orderTotal smaller", "invoiceNote removed", "quote body", "order 200"):
        CHANGES[name](changed)
    after = as_contract(changed, "b")
    change = ContractChange(before, after, Judge(before, after, Budget(), Policy()), Policy())
    match_up(change)
    walk = SchemaWalk(change.judge, schema_rules())
    drafts = list(drafted(change, walk))
    reworded = [replace(one, message=one.message[::-1], fix="") for one in drafts]

    plain, other = (grouping(walk, "json").findings(some) for some in (drafts, reworded))

    assert len(plain) > 3
    assert {one.fingerprint for one in plain} == {one.fingerprint for one in other}
    assert {one.message for one in plain}.isdisjoint(one.message for one in other)


def shared() -> dict[str, Any]:
    """A contract whose operations share parameters, headers and schemas."""
    path = {
        "get": {
            "parameters": [{"$ref": "#/components/parameters/Limit"}],
            "responses": {
                "200": {
                    "description": "ok",
                    "headers": {"X-Total": {"$ref": "#/components/headers/Total"}},
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/order"}}},
                }
            },
        }
    }
    limit = {"name": "limit", "in": "query", "schema": {"type": "integer", "maximum": 100}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "T", "version": "1.0.0"},
        "paths": {"/a": path, "/b": copy.deepcopy(path)},
        "components": {
            "parameters": {"Limit": limit},
            "headers": {"Total": {"required": True, "schema": {"type": "integer"}}},
            "schemas": {"order": schema("order")},
        },
    }


SHARED: dict[str, Change] = {
    "parameter required": lambda one: one["parameters"]["Limit"].update(required=True),
    "parameter smaller": lambda one: one["parameters"]["Limit"]["schema"].update(maximum=50),
    "parameter exploded": lambda one: one["parameters"]["Limit"].update(
        schema={"type": "array"}, explode=False
    ),
    "header optional": lambda one: one["headers"]["Total"].update(required=False),
    "header wider": lambda one: one["headers"]["Total"].update(schema={"type": "number"}),
    "member gone": lambda one: one["schemas"]["order"]["properties"].pop("orderNote"),
    "value added": lambda one: one["schemas"]["order"]["properties"]["status"]["enum"].append("lost"),
    "fewer lines": lambda one: one["schemas"]["order"]["properties"]["orderLines"].update(minItems=1),
}


@pytest.mark.parametrize("name", SHARED)
@pytest.mark.parametrize("sides", ["after", "both"])
def test_components_written_out_are_still_one_finding_of_the_same_fingerprint(name: str, sides: str) -> None:
    before, after = shared(), shared()
    after["info"]["version"] = "2.0.0"
    SHARED[name](after["components"])

    plain = compare(before, after)
    written_out = compare(inlined(before) if sides == "both" else before, inlined(after))

    assert {one.fingerprint: one.operations for one in plain.findings} == {
        one.fingerprint: one.operations for one in written_out.findings if one.promise != "sdk"
    }
    assert [one.operations for one in plain.findings] == [("GET /a", "GET /b")] * len(plain.findings)
    assert plain.findings


def test_the_same_edit_of_the_same_member_is_one_finding_for_all_that_copy_it() -> None:
    after = copy.deepcopy(BEFORE)
    for kind in KINDS:
        after["components"]["schemas"][kind]["properties"]["status"]["enum"] = ["open"]

    (finding,) = (one for one in compare(BEFORE, after).findings if one.rule == "request-value-removed")

    assert finding.operations == tuple(f"POST /{kind}" for kind in KINDS)
    assert len(finding.also_at) == len(KINDS) - 1
