"""What a schema is called and refers to, in which dialect: resolved, named, or refused with the reason."""

from __future__ import annotations

import re
from typing import Any

import pytest

from compatibility import compare_schemas
from compatibility.errors import CompatibilityError, SchemaReadingError, UnknownDialectError

NULL = {"type": "null"}
LEADING: list[tuple[str, Any, str | None]] = [
    (
        "$id against $id",
        {"$id": "https://a.test/b/c", "$ref": "d", "$defs": {"x": {"$id": "/b/d", **NULL}}},
        None,
    ),
    ("$anchor", {"$ref": "#here", "$defs": {"x": {"$anchor": "here", **NULL}}}, None),
    ("$id as an anchor", {"$ref": "#here", "definitions": {"x": {"$id": "#here", **NULL}}}, "draft-07"),
    ("id as an anchor", {"$ref": "#here", "definitions": {"x": {"id": "#here", **NULL}}}, "draft-04"),
    ("escapes", {"$ref": "#/$defs/a~1b%25", "$defs": {"a/b%": NULL}}, None),
    ("$dynamicRef", {"$dynamicRef": "#t", "$defs": {"x": {"$dynamicAnchor": "t", **NULL}}}, None),
    (
        "a constant that looks like a name",
        {"$ref": "#x", "$defs": {"v": {"const": {"$anchor": "x"}}, "y": {"$anchor": "x", **NULL}}},
        None,
    ),
    (
        "# inside of an identified resource",
        {"$ref": "r", "$defs": {"t": {}, "r": {"$id": "r", "$ref": "#/$defs/t", "$defs": {"t": NULL}}}},
        None,
    ),
    (
        "a pointer below another resource",
        {"$ref": "u:r#/$defs/t", "$defs": {"r": {"$id": "u:r", "$defs": {"t": NULL}}}},
        None,
    ),
]  # fmt: skip


@pytest.mark.parametrize(("schema", "dialect"), [pytest.param(*one[1:], id=one[0]) for one in LEADING])
def test_references_lead_where_the_specification_says(schema: Any, dialect: str | None) -> None:
    def verdict(before: Any, after: Any) -> str:
        return compare_schemas(before, after, dialect=dialect, openness="strict").verdict

    assert verdict(schema, NULL) == verdict(NULL, schema) == "compatible"
    assert verdict(schema, {"type": "boolean"}) == "breaking"


def test_references_of_different_text_beside_a_resource_are_not_the_same() -> None:
    # Once taken for the same, because what they refer to was not told apart.
    held = {
        "S": {"type": "string"},
        "R": {"type": "boolean"},
        "I": {"$id": "https://schemas.test/i", "type": "null"},
    }
    before, after = ({"allOf": [{"$ref": f"#/$defs/{name}"}], "$defs": held} for name in "SR")

    assert compare_schemas(before, after, openness="strict").verdict == "breaking"


def test_all_that_leads_nowhere_or_cannot_be_read_is_told_at_once() -> None:
    before = {
        "properties": {"a": {"$ref": "#/$defs/gone"}, "b": {"type": "text"}, "c": {"minLength": "3"}},
        "$defs": {"unused": {"$ref": "#/never/looked/at"}},
    }
    after = {"items": {"$ref": "https://elsewhere.test/schema"}, "required": "a", "not": 5}

    with pytest.raises(SchemaReadingError) as caught:
        compare_schemas(before, after)

    told = str(caught.value)
    for expected in (
        "before #/properties/a: $ref '#/$defs/gone' leads nowhere",
        "before #/properties/b: type 'text' is not one of",
        "before #/properties/c: minLength must be a count",
        "after #/items: $ref 'https://elsewhere.test/schema' leads nowhere",
        "after #: required must be a list of member names",
        "after #/not: a schema is an object, true or false",
    ):
        assert expected in told
    assert "never" not in told


def test_a_reference_to_nowhere_is_refused_though_both_sides_are_equal() -> None:
    schema = {"$ref": "#/$defs/gone"}

    with pytest.raises(SchemaReadingError, match="leads nowhere"):
        compare_schemas(schema, dict(schema))


@pytest.mark.parametrize(
    ("schema", "dialect"),
    [({"$schema": "https://example.test/my-dialect"}, None), ({"$schema": 4}, None), ({}, "draft-99")],
)
def test_an_unknown_dialect_is_refused_by_name(schema: Any, dialect: str | None) -> None:
    with pytest.raises(UnknownDialectError, match="is not one of 2019-09, 2020-12, draft-04"):
        compare_schemas(schema, {"type": "string"}, dialect=dialect)


@pytest.mark.parametrize("wrong", [{"direction": "both"}, {"openness": "open"}, {"formats": "maybe"}])
def test_an_unknown_choice_is_refused(wrong: dict[str, str]) -> None:
    choices: dict[str, Any] = wrong
    with pytest.raises(CompatibilityError, match="is not one of"):
        compare_schemas({}, {}, **choices)


def test_keywords_that_the_dialect_does_not_have_are_named_and_restrict_nothing() -> None:
    before = {"type": "string", "nullable": True, "x-note": 1, "title": "T"}
    after = {"properties": {"a": {"maxLenght": 3}}, "type": ["string", "null"], "dependencies": {"a": ["b"]}}

    report = compare_schemas(before, after)

    assert report.verdict == "compatible"
    assert report.not_judged == ()
    assert report.not_read == (
        "before #: nullable is no keyword of 2020-12",
        "after #: dependencies is no keyword of 2020-12",
        "after #/properties/a: maxLenght is no keyword of 2020-12",
    )


@pytest.mark.parametrize(
    ("keyword", "dialect"),
    [
        ({"const": 1}, "draft-04"),
        ({"if": True, "then": False}, "draft-06"),
        ({"prefixItems": [False]}, "2019-09"),
        ({"dependentRequired": {"a": ["b"]}}, "draft-07"),
        ({"patternProperties": {"a": {"type": "null"}}}, "openapi-3.0"),
        ({"nullable": True, "type": "string"}, "draft-07"),
    ],
)
def test_a_keyword_of_a_later_draft_restricts_nothing(keyword: dict[str, Any], dialect: str) -> None:
    plain = {"type": "string"} if "type" in keyword else {}

    for one, other in ((keyword, plain), (plain, keyword)):
        report = compare_schemas(one, other, dialect=dialect, openness="strict")
        assert report.verdict == "compatible"
        assert report.not_read


def test_a_list_of_items_of_2019_09_is_confirmed_by_a_validator_of_2019_09() -> None:
    # Once the second validator read it as 2020-12 and failed.
    before, after = {"items": [{"type": "integer"}]}, {"items": [{"type": "integer"}, {"type": "string"}]}

    report = compare_schemas(before, after, dialect="2019-09", openness="strict")

    assert report.witness is not None
    assert len(report.witness.value) == 2


@pytest.mark.parametrize(
    ("schema", "complaint"),
    [
        ({"enum": [float("inf")]}, "numbers must be finite"),
        ({"default": float("nan")}, "numbers must be finite"),
        ({"const": [{"a": 10**5_000}]}, "less than 3000 digits"),
        ({"items": [{}]}, "prefixItems"),
        ({"multipleOf": 0}, "greater than 0"),
        ([], "a schema is an object"),
        ({"type": []}, "not an empty one"),
        ({"anyOf": []}, "one schema or more"),
    ],
    ids=[
        "infinity",
        "not a number",
        "5000 digits",
        "a list of items",
        "a step of nought",
        "a list",
        "no type",
        "no alternative",
    ],
)
def test_what_is_no_schema_is_refused_and_never_crashes(schema: Any, complaint: str) -> None:
    with pytest.raises(SchemaReadingError, match=complaint):
        compare_schemas(schema, {"type": "null"})


@pytest.mark.parametrize(
    ("pattern", "fault"),
    [
        ("(", "a ( without its )"),
        ("a)", "a ) without its ("),
        ("[a", "a [ without its ]"),
        ("a|*", "nothing to repeat"),
        ("[b-a]", "a range the wrong way round, b-a"),
        ("a{2,1}", "a repetition the wrong way round"),
        ("a\\", "a backslash at the end"),
    ],
)
def test_a_pattern_that_no_regular_expression_is_is_refused(pattern: str, fault: str) -> None:
    for schema in ({"pattern": pattern}, {"patternProperties": {pattern: {}}}):
        with pytest.raises(SchemaReadingError, match=re.escape(fault)):
            compare_schemas(schema, {"type": "null"})


@pytest.mark.parametrize(
    "pattern",
    [r"^(?=a)[a-z]$", r"\cA", "[^]", "[]", r"\p{L}+", r"(?<n>a)\k<n>", "a{", "{a}", "(?i)a", "a++", "[a-]",
     "[^-a]", r"[\w-z]", "[(]", r"[a\]-z]", "}", "]", "(?<!a)b", "[+-9]", "(|a)*"],
)  # fmt: skip
def test_a_pattern_that_is_only_not_read_is_not_refused(pattern: str) -> None:
    report = compare_schemas({"type": "string", "pattern": pattern}, {"type": "string"})

    assert report.verdict == "compatible"


ITSELF = {
    "alone": {"$ref": "#"},
    "through a definition": {"$ref": "#/$defs/a", "$defs": {"a": {"allOf": [{"$ref": "#/$defs/a"}]}}},
    "beside another": {"allOf": [{"$ref": "#"}, {"type": "string"}]},
    "as an alternative": {"anyOf": [{"type": "string"}, {"$ref": "#"}]},
    "denied": {"not": {"$ref": "#"}},
    "in turn": {
        "$ref": "#/$defs/a",
        "$defs": {
            "a": {"if": {"type": "string"}, "then": {}, "else": {"$ref": "#/$defs/b"}},
            "b": {"if": {"$ref": "#/$defs/a"}, "then": {"type": "string"}},
        },
    },
    "below a member": {"type": "string", "properties": {"a": {"oneOf": [{"$ref": "#/properties/a"}]}}},
}


@pytest.mark.parametrize("openness", ["strict", "declared"])
@pytest.mark.parametrize("direction", ["consumed", "produced"])
@pytest.mark.parametrize("schema", ITSELF.values(), ids=list(ITSELF))
def test_a_reference_that_consumes_nothing_is_undecided_both_ways(
    schema: Any, direction: str, openness: str
) -> None:
    other = {"type": "string"}
    for sides in ((schema, other), (other, schema)):
        report = compare_schemas(*sides, direction=direction, openness=openness)

        assert report.verdict == "unknown"
        assert "leads back to itself" in report.reason
        assert report.reason in report.not_judged

    assert compare_schemas(schema, {**schema, "title": "T"}).verdict == "compatible"


@pytest.mark.parametrize("word", ["properties", "items", "additionalProperties", "propertyNames"])
def test_a_reference_that_consumes_something_is_no_circle(word: str) -> None:
    inner = {"$ref": "#"}
    schema = {"type": ["object", "array"], word: {"a": inner} if word == "properties" else inner}

    report = compare_schemas(schema, {"type": ["object", "array", "null"]})

    assert (report.verdict, report.not_judged) == ("compatible", ())


def test_a_part_in_a_dialect_of_its_own_is_not_judged() -> None:
    def holding(uri: str, most: int) -> dict[str, Any]:
        return {"$ref": "#/$defs/a", "$defs": {"a": {"$id": "u:a", "$schema": uri, "maxLength": most}}}

    own = [holding("http://json-schema.org/draft-07/schema#", most) for most in (1, 2)]
    same = [holding("https://json-schema.org/draft/2020-12/schema", most) for most in (1, 2)]

    assert compare_schemas(*own).verdict == "unknown"
    assert "draft-07" in compare_schemas(*own).reason
    assert compare_schemas(*same).verdict == "compatible"


def tree(kind: str, *, closed: bool) -> dict[str, Any]:
    """The extensible tree of JSON Schema 2020-12 core, appendix C."""
    plain = {
        "$id": "https://schemas.test/tree",
        "$dynamicAnchor": "node",
        "type": "object",
        "properties": {
            "data": {"type": kind},
            "children": {"type": "array", "items": {"$dynamicRef": "#node"}},
        },
    }
    extension = {"unevaluatedProperties": False} if closed else {}
    return {
        "$id": "https://schemas.test/strict-tree",
        "$dynamicAnchor": "node",
        "$ref": "tree",
        **extension,
        "$defs": {"tree": plain},
    }


@pytest.mark.parametrize(
    ("before", "after", "verdict"),
    [
        (tree("string", closed=True), tree("string", closed=False), "compatible"),
        (tree("string", closed=False), tree("string", closed=True), "breaking"),
        (tree("integer", closed=True), tree("number", closed=True), "compatible"),
        (tree("number", closed=True), tree("integer", closed=True), "breaking"),
    ],
)
def test_an_extension_of_a_tree_holds_for_its_children(before: Any, after: Any, verdict: str) -> None:
    report = compare_schemas(before, after, openness="strict")

    assert report.verdict == verdict
