"""Validity is what the specifications' own validators say, with the place of each violation."""

from __future__ import annotations

import json
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV30SpecValidator, OpenAPIV31SpecValidator

from specs.config import Limits
from specs.files import documents_root, read_contract
from specs.load import contract_from_value, load_contract
from specs.validity import validity_problems

HEAD = "openapi: {version}\ninfo: {{title: t, version: 1.0.0}}\n"

OPENAPI = [
    ("paths: {}", []),
    ("paths: {/a: {get: {operationId: 5}}}", ["validity.schema"]),
    (
        "paths: {'/a/{b}': {get: {responses: {default: {description: d}}}}}",
        ["openapi.path_parameter_mismatch"],
    ),
    (
        (
            "paths:\n  /a: {get: {operationId: x, responses: {default: {description: d}}},"
            " put: {operationId: x, responses: {default: {description: d}}}}"
        ),
        ["openapi.duplicate_operation_id"],
    ),
    (
        "paths: {}\ncomponents: {schemas: {A: {type: string, default: 5}, B: {type: strin}}}",
        ["openapi.default_off_schema", "openapi.invalid"],
    ),
    (
        "paths: {}\ncomponents: {schemas: {A: {allOf: [{type: object}], required: [x]}}}",
        ["openapi.required_property_undefined"],
    ),
    ("paths: {}\ntags: [{name: a}, {name: a}]", ["openapi.invalid"]),
    ("paths: {}\nextra: 1\ncomponents: {schemas: 5}", ["validity.schema", "validity.schema"]),
    ("paths: {}\ninfos: {}", ["validity.schema"]),
]


@pytest.mark.parametrize("version", ["3.0.3", "3.1.0"])
@pytest.mark.parametrize(("text", "codes"), OPENAPI)
def test_openapi_is_judged_as_openapi_spec_validator_judges_it(
    text: str, codes: list[str], version: str
) -> None:
    contract = load_contract("a.yaml", (HEAD.format(version=version) + text).encode())

    problems = validity_problems(contract)

    validator = OpenAPIV30SpecValidator if version.startswith("3.0") else OpenAPIV31SpecValidator
    assert bool(problems) == (not validator(contract.document.value).is_valid())
    assert bool(problems) == bool(codes)
    assert all(problem.position is not None and problem.fix for problem in problems)
    if all(code.startswith("openapi") for code in codes) and version.startswith("3.1"):
        assert [problem.code for problem in problems] == codes


def test_each_semantic_finding_has_its_place() -> None:
    text = """openapi: 3.1.0
info: {title: t, version: 1.0.0}
paths:
  /a:
    get:
      operationId: x
      responses: {default: {description: d}}
    put:
      operationId: x
      parameters:
        - {name: q, in: query, schema: {$ref: '#/components/schemas/A'}}
        - {name: q, in: query, schema: {type: string}}
      responses: {default: {description: d}}
components:
  schemas:
    A:
      type: object
      properties:
        b:
          type: string
          default: 5
"""
    problems = validity_problems(load_contract("a.yaml", text.encode()))

    assert [(p.code, p.pointer, p.position and p.position.line) for p in problems] == [
        ("openapi.duplicate_operation_id", "/paths/~1a/put", 8),
        ("openapi.duplicate_parameter", "/paths/~1a/put/parameters", 10),
        ("openapi.default_off_schema", "/components/schemas/A/properties/b/default", 21),
    ]


def test_a_violation_in_another_document_is_told_there() -> None:
    contract = load_contract(
        "a.yaml",
        b"openapi: 3.1.0\ninfo: {title: t, version: 1.0.0}\ncomponents: {schemas: {A: {$ref: b.yaml}}}",
        {"b.yaml": b"type: object\nproperties:\n  x:\n    type: strin\n"},
    )

    problems = validity_problems(contract)

    assert problems
    assert {problem.uri for problem in problems} == {"b.yaml"}


ASYNCAPI = [
    (
        "asyncapi: 3.0.0\ninfo: {title: t, version: '1'}\nchannels: {a: {addres: x}}",
        [("/channels/a", 3)],
    ),
    (
        (
            "asyncapi: 3.0.0\ninfo: {title: 5, version: '1'}\noperations:\n  o:\n    action: sen\n"
            "    channel: {$ref: '#/channels/a'}\nchannels: {a: {}}"
        ),
        [("/info/title", 2), ("/operations/o/action", 5)],
    ),
    ("asyncapi: 2.6.0\ninfo: {title: t, version: '1'}\nchannels: {}", []),
    ("asyncapi: 2.6.0\ninfo: {title: t}\nchannels: {}", [("/info", 2)]),
    (
        (
            "asyncapi: 2.6.0\ninfo: {title: t, version: '1'}\nchannels:\n  a:\n    publish:\n"
            "      message:\n        payload: {type: objec}\n"
        ),
        [("/channels/a/publish/message/payload/type", 7)],
    ),
]


@pytest.mark.parametrize(("text", "places"), ASYNCAPI)
def test_asyncapi_is_judged_by_its_official_schemas_at_the_place_meant(text: str, places: list[Any]) -> None:
    problems = validity_problems(load_contract("a.yaml", text.encode()))

    assert [(p.pointer, p.position and p.position.line) for p in problems] == places


@pytest.mark.parametrize(
    ("schema", "valid"),
    [
        (
            {"$schema": "http://json-schema.org/draft-04/schema#", "exclusiveMaximum": True, "maximum": 1},
            True,
        ),
        ({"$schema": "http://json-schema.org/draft-04/schema#", "exclusiveMaximum": 5}, False),
        ({"$schema": "http://json-schema.org/draft-07/schema#", "exclusiveMaximum": 5}, True),
        ({"$schema": "http://json-schema.org/draft-07/schema#", "exclusiveMaximum": True}, False),
        ({"$schema": "https://json-schema.org/draft/2019-09/schema", "items": [True]}, True),
        ({"$schema": "https://json-schema.org/draft/2020-12/schema", "items": [True]}, False),
        ({"properties": {"a": {"type": "strin"}}}, False),
        ({"$schema": "https://example.com/mine"}, False),
    ],
)
def test_a_json_schema_is_judged_by_its_own_meta_schema(schema: Any, valid: bool) -> None:
    assert (validity_problems(contract_from_value(schema)) == ()) == valid


@pytest.mark.parametrize("version", ["3.0.3", "3.1.0"])
def test_a_default_off_its_format_is_a_warning_for_a_format_is_an_annotation(version: str) -> None:
    schema = "paths: {}\ncomponents: {schemas: {A: {type: string, format: uri, default: ''}}}"
    contract = load_contract("a.yaml", (HEAD.format(version=version) + schema).encode())

    problems = validity_problems(contract)

    assert [(one.code, one.severity, one.pointer) for one in problems] == [
        ("openapi.default_off_schema", "warning", "/components/schemas/A/default")
    ]


@pytest.mark.parametrize(
    "path", sorted(documents_root().rglob("*.v*.*.yaml")), ids=lambda path: str(path.name)
)
def test_each_packaged_contract_is_valid(path: Any) -> None:
    if not path.name.endswith(("api.yaml", "schema.yaml")):
        pytest.skip("a file of fragments")

    assert validity_problems(read_contract(path, [documents_root()])) == ()


def test_a_value_is_never_repeated_at_length() -> None:
    big = {"x" * 50: ["y" * 50] * 50}

    problems = validity_problems(contract_from_value({"openapi": "3.1.0", "info": big}))

    assert problems
    assert all(len(problem.message) < 500 for problem in problems)


@pytest.mark.parametrize("version", ["3.0.3", "3.1.0"])
def test_patterns_are_ecma_262_and_not_pythons(version: str) -> None:
    schemas = (
        r"{Name: {type: string, pattern: '^\p{L}+$', default: Zoe}, Bad: {type: string, pattern: '('},"
        r" Deep: {type: object, properties: {a: {pattern: '^\p{Lu}'}}}}"
    )
    text = f"{HEAD.format(version=version)}paths: {{}}\ncomponents: {{schemas: {schemas}}}"

    problems = validity_problems(load_contract("a.yaml", text.encode()))

    assert {problem.pointer for problem in problems} == {"/components/schemas/Bad/pattern"}


@pytest.mark.parametrize("extra", ["", "x-note: '" + "a" * 3_000 + "'"])
def test_a_contract_without_any_part_is_told_so_in_one_sentence(extra: str) -> None:
    text = HEAD.format(version="3.1.0") + extra

    problems = validity_problems(load_contract("a.yaml", text.encode()))

    assert [problem.code for problem in problems] == ["openapi.empty"]
    assert "paths, components or webhooks" in problems[0].message


def test_a_long_value_is_cut_and_what_is_wrong_with_it_stays() -> None:
    text = HEAD.format(version="3.1.0") + "paths: {}\ncomponents: {schemas: {A: {enum: " + "b" * 900 + "}}}"

    problem = validity_problems(load_contract("a.yaml", text.encode()))[0]

    assert len(problem.message) < 240
    assert problem.message.endswith("is not of type 'array'.")


def test_warnings_do_not_crowd_out_the_errors_that_are_asked_for() -> None:
    doubtful = {f"A{at}": {"type": "string", "format": "uri", "default": ""} for at in range(5)}
    value = {"openapi": "3.1.0", "info": {"title": "T", "version": "1"}, "paths": {}}
    value["components"] = {"schemas": {**doubtful, "Z": {"type": "integer", "default": "a"}}}
    contract = load_contract("a.json", json.dumps(value).encode(), limits=Limits(problems_max=3))

    assert {problem.severity for problem in validity_problems(contract)} == {"warning"}
    assert [problem.pointer for problem in validity_problems(contract, ("error",))] == [
        "/components/schemas/Z/default"
    ]


CHAINED: list[Any] = [
    lambda following: {"type": "object", "properties": {"next": following}},
    lambda following: {"type": "array", "items": following},
    lambda following: {"allOf": [following]},
    lambda following: {"not": {"anyOf": [following]}},
]


def chain(link: Any, end: Any, count: int = 5_000) -> dict[str, Any]:
    """Schemas A0, A1, ... that each refer to the next; the last one is ``end``."""
    schemas = {f"A{at}": link({"$ref": f"#/components/schemas/A{at + 1}"}) for at in range(count)}
    schemas[f"A{count}"] = end
    return {
        "openapi": "3.1.0",
        "info": {"title": "t", "version": "1.0.0"},
        "paths": {},
        "components": {"schemas": schemas},
    }


@pytest.mark.parametrize("version", ["3.0.3", "3.1.0"])
@pytest.mark.parametrize("link", CHAINED)
def test_a_long_chain_of_references_is_judged_to_its_end(link: Any, version: str) -> None:
    good = {**chain(link, {"type": "string", "default": "a"}), "openapi": version}
    wrong = {**chain(link, {"type": "string", "default": 5}), "openapi": version}

    assert validity_problems(contract_from_value(good)) == ()
    assert [(p.code, p.pointer) for p in validity_problems(contract_from_value(wrong))] == [
        ("openapi.default_off_schema", "/components/schemas/A5000/default")
    ]


def test_a_member_defined_at_the_end_of_a_long_chain_is_defined() -> None:
    document = chain(lambda following: {"allOf": [following]}, {"properties": {"here": {}}})
    document["components"]["schemas"]["A0"]["required"] = ["here", "gone"]

    problems = validity_problems(contract_from_value(document))

    assert [(p.code, p.pointer) for p in problems] == [
        ("openapi.required_property_undefined", "/components/schemas/A0")
    ]
    assert "['gone']" in problems[0].message


def test_members_sought_through_too_many_schemas_are_not_judged_and_that_is_told_once() -> None:
    document = chain(lambda following: {"allOf": [following], "required": ["gone"]}, {"type": "object"}, 100)
    schemas = document["components"]["schemas"]
    document["components"]["schemas"] = dict(reversed(schemas.items()))
    limits = Limits(required_lookups_max=1_000)

    problems = validity_problems(load_contract("a.json", json.dumps(document).encode(), limits=limits))

    # 1 + 2 + ... + 44 schemas are 990; the next looks through 45.
    assert [p.pointer for p in problems if p.code == "validity.not_judged"] == ["/components/schemas/A55"]


@pytest.mark.parametrize(
    "link",
    [
        lambda following: {"allOf": [following]},
        lambda following: {"anyOf": [following, {"not": following}]},
    ],
)
def test_a_default_below_a_long_or_branching_chain_is_not_judged_and_that_is_told(link: Any) -> None:
    document = chain(link, {"type": "string"}, count=400)
    document["components"]["schemas"]["A0"]["default"] = 5

    text = json.dumps(document, indent=1)
    problems = validity_problems(load_contract("a.json", text.encode()))

    assert [(p.code, p.pointer) for p in problems] == [
        ("validity.not_judged", "/components/schemas/A0/default")
    ]
    assert problems[0].position is not None
    assert '"default"' in text.splitlines()[problems[0].position.line - 1]


def test_references_that_repeat_a_part_too_often_are_told() -> None:
    content = {f"text/x-{number}": {"schema": {"type": "string"}} for number in range(40)}
    responses = {str(200 + number): {"$ref": "#/components/responses/Wide"} for number in range(40)}
    document = {
        "openapi": "3.1.0",
        "info": {"title": "t", "version": "1.0.0"},
        "paths": {"/a": {"get": {"responses": responses}}},
        "components": {"responses": {"Wide": {"description": "d", "content": content}}},
    }
    raw = json.dumps(document).encode()

    problems = validity_problems(load_contract("a.json", raw, limits=Limits(places_max=1_000)))

    assert validity_problems(load_contract("a.json", raw)) == ()
    assert [p.code for p in problems] == ["validity.not_judged"]
    assert "1000 places" in problems[0].message


def test_a_default_is_data_even_where_it_looks_like_a_reference() -> None:
    text = (
        HEAD.format(version="3.1.0") + "paths: {}\ncomponents: {schemas: {A: {type: object,"
        " default: {$ref: '#/components/schemas/B'}}, B: {type: string}}}"
    )

    assert validity_problems(load_contract("a.yaml", text.encode())) == ()
