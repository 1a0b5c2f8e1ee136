"""References: what they reach, what they never reach, and what is no reference at all."""

from __future__ import annotations

import pytest

from specs.errors import SpecError
from specs.load import contract_from_value, load_contract
from specs.model import Contract


def contract(text: str, **others: str) -> Contract:
    references = {name.replace("__", "/") + ".yaml": content.encode() for name, content in others.items()}
    return load_contract("system/entry.yaml", text.encode(), references)


REFUSED = [
    ("a: {$ref: '#/missing'}", "ref.target_missing", "/a", 2),
    ("a: {$ref: '#missing'}", "ref.target_missing", "/a", 2),
    ("a: {$ref: '#/b/2'}\nb: [x, y]", "ref.target_missing", "/a", 2),
    ("a: {$ref: '#/b/-'}\nb: [x, y]", "ref.target_missing", "/a", 2),
    ("a: {$ref: '#/b/00'}\nb: [x, y]", "ref.target_missing", "/a", 2),
    ("a: {$ref: 'http://example.com/x.yaml'}", "ref.remote", "/a", 2),
    ("a: {$ref: 'https://example.com/x.yaml#/a'}", "ref.remote", "/a", 2),
    ("a: {$ref: 'file:///etc/passwd'}", "ref.remote", "/a", 2),
    ("a: {$ref: 'C:/windows/x.yaml'}", "ref.remote", "/a", 2),
    ("a: {$ref: '//example.com/x.yaml'}", "ref.outside_roots", "/a", 2),
    ("a: {$ref: '/etc/passwd'}", "ref.outside_roots", "/a", 2),
    ("a: {$ref: '../../x.yaml'}", "ref.outside_roots", "/a", 2),
    ("a: {$ref: '%2e%2e/%2e%2e/x.yaml'}", "ref.outside_roots", "/a", 2),
    ("a: {$ref: '..\\..\\x.yaml'}", "ref.outside_roots", "/a", 2),
    ("a: {$ref: 'other.yaml'}", "ref.document_missing", "/a", 2),
    ("a: {$ref: '#/a'}", "ref.cycle", "/a", 2),
    ("a: {$ref: '#/b'}\nb: {$ref: '#/a'}", "ref.cycle", "/a", 2),
]


@pytest.mark.parametrize(("text", "code", "pointer", "line"), REFUSED)
def test_a_reference_that_reaches_nothing_is_refused_where_it_stands(
    text: str, code: str, pointer: str, line: int
) -> None:
    with pytest.raises(SpecError) as refusal:
        contract("openapi: 3.1.0\n" + text)

    problem = refusal.value.problems[0]
    assert (problem.code, problem.pointer) == (code, pointer)
    assert problem.position is not None
    assert problem.position.line == line
    assert problem.fix


def test_all_broken_references_of_all_documents_are_reported_at_once() -> None:
    with pytest.raises(SpecError) as refusal:
        contract(
            "openapi: 3.1.0\na: {$ref: '#/x'}\nb: {$ref: 'http://h/'}\nc: {$ref: other.yaml}",
            system__other="type: array\nitems: {$ref: '#/nothing'}",
        )

    assert [(p.uri, p.position.line if p.position else 0, p.code) for p in refusal.value.problems] == [
        ("system/entry.yaml", 2, "ref.target_missing"),
        ("system/entry.yaml", 3, "ref.remote"),
        ("system/other.yaml", 2, "ref.target_missing"),
    ]


def test_a_chain_longer_than_the_limit_is_refused() -> None:
    links = "\n".join(f"a{n}: {{$ref: '#/a{n + 1}'}}" for n in range(60))

    with pytest.raises(SpecError) as refusal:
        contract(f"openapi: 3.1.0\n{links}\na60: x")

    assert refusal.value.code == "ref.too_many_hops"


@pytest.mark.parametrize(
    "data",
    [
        "example: {$ref: 'http://h/'}",
        "examples: [{$ref: 'http://h/'}]",
        "examples: {one: {value: {$ref: 'http://h/'}}}",
        "default: {$ref: 'http://h/'}",
        "enum: [{$ref: 'http://h/'}]",
        "const: {$ref: 'http://h/'}",
        "x-anything: {$ref: 'http://h/'}",
        "properties: {$ref: {type: string}}",
        "properties: {example: {type: string}}",
        "discriminator: {propertyName: a, mapping: {b: 'http://h/'}}",
    ],
)
def test_data_and_names_are_no_references(data: str) -> None:
    found = contract(f"openapi: 3.1.0\ncomponents: {{schemas: {{A: {{{data}}}}}}}")

    assert found.document.findings.references == []


@pytest.mark.parametrize(
    "keyword",
    [
        "properties: {example: {$ref: 'http://h/'}}",
        "properties: {default: {$ref: 'http://h/'}}",
        "properties: {x-a: {$ref: 'http://h/'}}",
        "items: {$ref: 'http://h/'}",
        "allOf: [{$ref: 'http://h/'}]",
        "examples: {one: {$ref: 'http://h/'}}",
    ],
)
def test_a_member_named_like_data_is_read_as_a_schema(keyword: str) -> None:
    with pytest.raises(SpecError) as refusal:
        contract(f"openapi: 3.1.0\ncomponents: {{schemas: {{A: {{{keyword}}}}}}}")

    assert refusal.value.code == "ref.remote"


def test_a_default_response_is_no_default_value() -> None:
    with pytest.raises(SpecError) as refusal:
        contract("openapi: 3.1.0\npaths: {/a: {get: {responses: {default: {$ref: 'http://h/'}}}}}")

    assert refusal.value.code == "ref.remote"


def test_references_follow_percent_encoding_and_pointer_escapes() -> None:
    found = contract("openapi: 3.1.0\na: {$ref: '#/b~1c~0d/%C3%A9%20x'}\nb/c~d: {é x: {type: string}}")

    assert found.node("/a").resolved().value == {"type": "string"}


def test_recursive_schemas_are_a_graph_and_no_problem() -> None:
    found = contract(
        "openapi: 3.1.0\ncomponents: {schemas: {T: {properties: {next: {$ref: '#/components/schemas/T'}}}}}"
    )
    node = found.node("/components/schemas/T")

    for _ in range(1000):
        inner = node.child("properties", "next")
        assert inner is not None
        node = inner.resolved()

    assert node.pointer == "/components/schemas/T"


def test_documents_refer_to_one_another_by_path() -> None:
    found = contract(
        "openapi: 3.1.0\na: {$ref: '../canonical/quote.yaml#/$defs/Line'}",
        canonical__quote="$defs: {Line: {$ref: money.yaml}}",
        canonical__money="type: string",
    )

    target = found.node("/a").resolved()

    assert (target.document.uri, target.value) == ("canonical/money.yaml", {"type": "string"})


def test_documents_refer_to_one_another_by_id_and_anchor() -> None:
    base = "https://example.com/schemas/"
    found = contract(
        f"openapi: 3.1.0\na: {{$ref: '{base}quote.yaml'}}\nb: {{$ref: '{base}quote.yaml#line'}}",
        elsewhere__one=f"$id: {base}quote.yaml\nitems: {{$ref: money.yaml}}\n$defs: {{L: {{$anchor: line}}}}",
        elsewhere__two=f"$id: {base}money.yaml\ntype: string",
    )

    quote = found.node("/a").resolved()
    items = quote.child("items")

    assert quote.document.uri == "elsewhere/one.yaml"
    assert items is not None
    assert items.resolved().document.uri == "elsewhere/two.yaml"
    assert found.node("/b").resolved().pointer == "/$defs/L"


def test_an_embedded_id_is_the_base_of_what_is_below_it() -> None:
    found = contract_from_value(
        {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "$id": "https://example.com/root",
            "$defs": {
                "inner": {
                    "$id": "inner/schema",
                    "$defs": {"x": {"type": "integer"}},
                    "items": {"$ref": "#/$defs/x"},
                    "contains": {"$ref": "../other"},
                },
                "other": {"$id": "other", "type": "string"},
            },
        }
    )

    assert found.node("/$defs/inner/items").resolved().pointer == "/$defs/inner/$defs/x"
    assert found.node("/$defs/inner/contains").resolved().pointer == "/$defs/other"


def test_draft_4_identifiers_are_called_id_and_a_property_named_id_is_none() -> None:
    found = contract_from_value(
        {
            "$schema": "http://json-schema.org/draft-04/schema#",
            "id": "http://example.com/root.json",
            "properties": {"id": {"type": "string"}, "a": {"$ref": "other.json"}, "b": {"$ref": "#named"}},
            "definitions": {"o": {"id": "other.json", "type": "array"}, "n": {"id": "#named"}},
        }
    )

    assert found.node("/properties/a").resolved().pointer == "/definitions/o"
    assert found.node("/properties/b").resolved().pointer == "/definitions/n"


def test_what_is_given_and_not_reached_may_be_broken_inside() -> None:
    found = contract(
        "openapi: 3.1.0\na: {$ref: 'parts.yaml#/good'}",
        system__parts="good: {type: string}\nbad: {$ref: 'http://example.com/'}",
    )

    assert found.node("/a").resolved().value == {"type": "string"}


def test_a_place_knows_its_line() -> None:
    found = contract("openapi: 3.1.0\npaths:\n  /a:\n    get: {}\n")

    node = found.root.child("paths", "/a", "get")

    assert node is not None
    assert node.position == (4, 5)
    assert node.token == "get"
    assert found.root.child("paths", "/b") is None
    with pytest.raises(SpecError):
        found.node("/paths/~1b")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("openapi: 3.1", "document.version_unsupported"),
        ("openapi: 3.2.0", "document.version_unsupported"),
        ("asyncapi: 2.5.0", "document.version_unsupported"),
        ("swagger: '2.0'", "document.version_unsupported"),
        ("- openapi", "document.not_an_object"),
        ("just text", "document.not_an_object"),
    ],
)
def test_a_format_we_do_not_read_is_refused_by_name(text: str, code: str) -> None:
    with pytest.raises(SpecError) as refusal:
        contract(text)

    assert refusal.value.code == code
