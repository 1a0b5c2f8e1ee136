"""JSON is read strictly: what readers differ on is refused, with the line."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from specs.config import Limits
from specs.errors import SpecError
from specs.json_text import json_positions, parse_json
from specs.load import load_document
from specs.pointers import pointer_of, tokens_of, value_at

REFUSED = [
    ('{"a": 1,\n "a": 2}', "json.duplicate_key", (2, 2)),
    ('{"a": {"b": 1,\n "\\u0062": 2}}', "json.duplicate_key", (2, 2)),
    ('{"a":\n NaN}', "json.not_a_number", (2, 2)),
    ('{"a":\n\n -Infinity}', "json.not_a_number", (3, 2)),
    ('{"a": [1,\n 1e999]}', "json.number_range", (2, 2)),
    ('{"a":\n' + "9" * 500 + "}", "json.number_range", (2, 1)),
    ('{"a": 1,\n}', "json.syntax", (2, 1)),
    ("{\"a\":\n 'b'}", "json.syntax", (2, 2)),
    ('{"a": "\n"}', "json.syntax", (1, 8)),
    ('{"a": 1} {', "json.syntax", (1, 10)),
    ("", "document.empty", (1, 1)),
    (" \n ", "document.empty", (1, 1)),
    ('{"a": "\\ud800"}', "json.lone_surrogate", (1, 2)),
]


@pytest.mark.parametrize(("text", "code", "place"), REFUSED)
def test_what_is_no_strict_json_is_refused_with_its_place(
    text: str, code: str, place: tuple[int, int]
) -> None:
    with pytest.raises(SpecError) as refusal:
        load_document(text.encode(), "x.json")

    assert refusal.value.code == code
    assert refusal.value.problems[0].position == place
    assert refusal.value.problems[0].fix


def test_all_duplicate_names_are_reported_at_once() -> None:
    text = '{"a": 1, "a": 2, "b": {"c": 1, "c": 2}, "a": NaN}'

    with pytest.raises(SpecError) as refusal:
        load_document(text.encode(), "x.json")

    codes = [problem.code for problem in refusal.value.problems]
    assert codes == ["json.duplicate_key", "json.duplicate_key", "json.duplicate_key", "json.not_a_number"]


def test_depth_beyond_the_limit_is_refused_where_it_is_passed() -> None:
    text = "[" * 101 + "]" * 101

    with pytest.raises(SpecError) as refusal:
        load_document(f'{{"a": {text}}}'.encode(), "x.json")

    assert refusal.value.code == "document.too_deep"
    assert refusal.value.problems[0].position == (1, 7 + 100)


@pytest.mark.parametrize("depth", [1_000, 100_000, 1_000_000])
def test_no_depth_exhausts_the_stack(depth: int) -> None:
    with pytest.raises(SpecError) as refusal:
        load_document(b'{"a":' * depth, "x.json")

    assert refusal.value.code in ("document.too_deep", "json.syntax")


def test_a_byte_order_mark_is_no_part_of_the_text() -> None:
    document = load_document(b'\xef\xbb\xbf{"openapi": "3.1.0"}', "x.json")

    assert document.value == {"openapi": "3.1.0"}
    assert document.position("/openapi") == (1, 2)


@pytest.mark.parametrize(
    "raw", [b'{"a":\n "\xff"}', b"a:\n  \xff", '{"a": 1}'.encode("utf-16")], ids=["json", "yaml", "utf-16"]
)
def test_bytes_that_are_not_utf8_are_refused_with_the_line(raw: bytes) -> None:
    with pytest.raises(SpecError) as refusal:
        load_document(raw, "x")

    assert refusal.value.code == "document.not_utf8"
    assert refusal.value.problems[0].position == ((1, 1) if raw[0] == 0xFF else (2, 3))


def test_a_document_beyond_the_byte_limit_is_not_parsed() -> None:
    with pytest.raises(SpecError) as refusal:
        load_document(b"[" * 200_000_000, "x.json")

    assert refusal.value.code == "document.too_large"


@pytest.mark.parametrize("text", ["[1, 2, 3, 4]", '{"a": {}, "b": [[]]}', "[[], [], [], []]"])
def test_more_values_than_the_limit_are_refused_before_they_are_built(text: str) -> None:
    few = Limits(nodes_max=3)

    with pytest.raises(SpecError) as refusal:
        load_document(text.encode(), "x.json", few)

    assert refusal.value.code == "document.too_many_values"
    assert load_document(b'{"a": ",,,,[[["}', "x.json", few).value == {"a": ",,,,[[["}


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(json_values, st.sampled_from([None, 1, "\t"]))
def test_every_json_value_is_read_as_the_standard_library_reads_it(value: object, indent: object) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=False)  # type: ignore[arg-type]

    assert parse_json(text, "x.json", Limits()) == value


@given(json_values, st.sampled_from([None, 2]))
def test_every_position_is_where_the_name_or_the_item_stands(value: object, indent: int | None) -> None:
    text = json.dumps(value, indent=indent)
    index = json_positions(text)
    lines = text.split("\n")

    for pointer in _pointers(value, ()):
        position = index.find(tokens_of(pointer))
        assert position is not None
        rest = "\n".join([lines[position.line - 1][position.column - 1 :], *lines[position.line :]])
        tokens = tokens_of(pointer)
        parent = value_at(value, tokens[:-1])
        expected = tokens[-1] if tokens and isinstance(parent, dict) else value_at(value, tokens)
        assert json.JSONDecoder().raw_decode(rest)[0] == expected


def _pointers(value: object, path: tuple[str | int, ...]) -> list[str]:
    found = [pointer_of(path)]
    if isinstance(value, dict):
        for name, member in value.items():
            found += _pointers(member, (*path, name))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            found += _pointers(item, (*path, number))
    return found
