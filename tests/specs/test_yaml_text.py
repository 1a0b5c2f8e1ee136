"""YAML is read by the core schema of YAML 1.2, bounded, with the line of everything refused."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from specs.config import Limits
from specs.errors import SpecError
from specs.load import load_document
from specs.positions import PositionIndex
from specs.yaml_text import parse_yaml

both = pytest.mark.parametrize("pure", [False, True], ids=["libyaml", "pure"])


def read(text: str, pure: bool = False, limits: Limits | None = None) -> tuple[Any, PositionIndex]:
    return parse_yaml(text, "x.yaml", limits or Limits(), pure=pure)


SCALARS = [
    ("no", "no"),
    ("yes", "yes"),
    ("on", "on"),
    ("y", "y"),
    ("2026-01-31", "2026-01-31"),
    ("12:30:45", "12:30:45"),
    ("1_000", "1_000"),
    ("0b11", "0b11"),
    ("017", 17),
    ("0o17", 15),
    ("0x1F", 31),
    ("-12", -12),
    ("+12", 12),
    ("1.5", 1.5),
    ("1.", 1.0),
    (".5", 0.5),
    ("1e3", 1000.0),
    ("-1.5E-3", -0.0015),
    ("1.0.0", "1.0.0"),
    ("3.1", 3.1),
    ("~", None),
    ("null", None),
    ("NULL", None),
    ("nULL", "nULL"),
    ("", None),
    ("true", True),
    ("True", True),
    ("tRue", "tRue"),
    ("FALSE", False),
    ("'true'", "true"),
    ('"1"', "1"),
    ("!!str 1", "1"),
    ("! 1", "1"),
    ("!!float 1", 1.0),
    ("!!int 0x10", 16),
    ("!!null ''", None),
    ("-", "-"),
    ("+", "+"),
    (".", "."),
    ("=", "="),
    ("<<", "<<"),
]


@both
@pytest.mark.parametrize(("text", "value"), [pair for pair in SCALARS if pair[0] != "-"])
def test_a_scalar_has_the_value_the_core_schema_gives_it(text: str, value: object, pure: bool) -> None:
    found, _ = read(f"a: {text}\n", pure)

    assert found == {"a": value}
    assert type(found["a"]) is type(value)


REFUSED = [
    ("a: 1\nb: 2\na: 3", "yaml.duplicate_key", (3, 1)),
    ("{a: 1,\n 'a': 2}", "yaml.duplicate_key", (2, 2)),
    ("200: 1\n'200': 2", "yaml.duplicate_key", (2, 1)),
    ("a: &x\n  b: *x", "yaml.alias_cycle", (2, 6)),
    ("a: *missing", "yaml.unknown_alias", (1, 4)),
    ("a:\n\t- b", "yaml.syntax", (2, 1)),
    ("a: 1\n---\nb: 2", "yaml.several_documents", (2, 1)),
    ("a: 1\n...\n---\nb: 2", "yaml.several_documents", (3, 1)),
    ("a: !!python/object/apply:os.system [x]", "yaml.unknown_tag", (1, 4)),
    ("a: !!timestamp 2026-01-01", "yaml.unknown_tag", (1, 4)),
    ("a: !!set {x}", "yaml.unknown_tag", (1, 4)),
    ("a: !custom b", "yaml.unknown_tag", (1, 4)),
    ("a: !!int b", "yaml.tag_mismatch", (1, 4)),
    ("a: .inf", "yaml.not_a_number", (1, 4)),
    ("a: .NaN", "yaml.not_a_number", (1, 4)),
    ("a: 1e999", "yaml.number_range", (1, 4)),
    ("a: " + "9" * 401, "yaml.number_range", (1, 4)),
    ("? [a]\n: 1", "yaml.bad_key", (1, 3)),
    ("a: {<<: 1}", "yaml.bad_merge", (1, 5)),
    ("a: b\x07", "yaml.control_character", (1, 5)),
    ("a: b: c", "yaml.syntax", (1, 5)),
    ("- " * 101 + "a", "document.too_deep", (1, 201)),
    ("[" * 100_000, "document.too_deep", (1, 101)),
    ("{a: " * 100_000, "document.too_deep", (1, 401)),
]


def test_nesting_that_libyaml_refuses_far_into_a_text_is_told_with_a_line() -> None:
    text = "- " + "a" * 1_000_001 + "\n- " + "[" * 100_000

    with pytest.raises(SpecError) as refusal:
        read(text, False)

    problem = refusal.value.problems[0]
    assert (problem.code, problem.position and problem.position.line) == ("document.too_deep", 2)


@both
@pytest.mark.parametrize(("text", "code", "place"), REFUSED)
def test_what_json_cannot_say_is_refused_with_its_place(
    text: str, code: str, place: tuple[int, int], pure: bool
) -> None:
    with pytest.raises(SpecError) as refusal:
        read(text, pure)

    problem = refusal.value.problems[0]
    assert problem.code == code
    assert problem.position is not None
    assert problem.position.line == place[0]
    if code != "yaml.syntax":
        assert problem.position == place


def test_all_duplicate_names_are_reported_at_once() -> None:
    with pytest.raises(SpecError) as refusal:
        read("a: 1\na: 2\nb:\n  c: 1\n  c: !x 2\na: 3\n")

    assert [problem.position for problem in refusal.value.problems] == [(2, 1), (5, 3), (5, 6), (6, 1)]


@both
def test_names_of_members_are_always_strings(pure: bool) -> None:
    found, _ = read("200: a\ntrue: b\nnull: c\n1.0: d\n2026-01-01: e\n", pure)

    assert found == {"200": "a", "true": "b", "null": "c", "1.0": "d", "2026-01-01": "e"}


@both
def test_aliases_and_merge_keys_give_the_values_they_stand_for(pure: bool) -> None:
    text = """
base: &base {a: 1, b: 2}
more: &more {b: 3, c: 4}
one: {<<: *base, b: 9}
two: {<<: [*base, *more], d: 5}
three: *base
name: &name key
"""
    found, index = read(text, pure)

    assert found["one"] == {"a": 1, "b": 9}
    assert found["two"] == {"a": 1, "b": 2, "c": 4, "d": 5}
    assert found["three"] == {"a": 1, "b": 2}
    assert index.find(["one", "a"]) == (2, 14)
    assert index.find(["one", "b"]) == (4, 18)
    assert index.find(["two", "c"]) == (3, 20)
    assert index.find(["three", "b"]) == (2, 20)


@both
def test_a_yaml_bomb_is_refused_by_what_it_stands_for(pure: bool) -> None:
    levels = ["l0: &l0 [x, x, x, x, x, x, x, x, x, x]"]
    levels += [f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 10)}]" for n in range(1, 12)]

    with pytest.raises(SpecError) as refusal:
        read("\n".join(levels), pure)

    assert refusal.value.code == "document.too_many_values"
    assert refusal.value.problems[0].position is not None
    assert refusal.value.problems[0].position.line == 7


@both
def test_aliases_count_towards_the_depth(pure: bool) -> None:
    text = "l0: &l0 [x]\n" + "".join(f"l{n}: &l{n} [*l{n - 1}]\n" for n in range(1, 120))

    with pytest.raises(SpecError) as refusal:
        read(text, pure)

    assert refusal.value.code == "document.too_deep"


@both
def test_positions_are_those_of_names_and_items(pure: bool) -> None:
    text = "openapi: 3.1.0\npaths:\n  /a~b/c:\n    get:\n      tags: [x,\n        y]\n"
    _, index = read(text, pure)

    assert index.find([]) == (1, 1)
    assert index.find(["paths", "/a~b/c"]) == (3, 3)
    assert index.find(["paths", "/a~b/c", "get"]) == (4, 5)
    assert index.find(["paths", "/a~b/c", "get", "tags", "1"]) == (6, 9)
    assert index.find(["paths", "/missing"]) is None


def test_json_in_a_yaml_file_is_read_and_yaml_in_braces_too() -> None:
    assert load_document(b'{"openapi": "3.1.0"}', "x.yaml").value == {"openapi": "3.1.0"}
    assert load_document(b"{openapi: 3.1.0}", "x.yaml").value == {"openapi": "3.1.0"}
    assert load_document(b'{"openapi": "3.1.0"}', "x").value == {"openapi": "3.1.0"}


plain = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cs", "Cc", "Cn", "Co", "Zl", "Zp"]), max_size=8
)
yaml_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats(-1e9, 1e9, allow_nan=False).map(lambda number: round(number, 3))
    | plain,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(plain, inner, max_size=4),
    max_leaves=12,
)


@both
@given(yaml_values, st.booleans())
def test_what_pyyaml_writes_quoted_is_read_back(pure: bool, value: object, flow: bool) -> None:
    text = yaml.dump(_quoted(value), Dumper=yaml.SafeDumper, default_flow_style=flow, default_style='"')

    found, _ = read(text, pure)

    assert found == _quoted(value)


def _quoted(value: object) -> object:
    """Strings only: what unquoted scalars mean is where YAML 1.1 and 1.2 differ."""
    if isinstance(value, dict):
        return {name: _quoted(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_quoted(item) for item in value]
    return str(value)
