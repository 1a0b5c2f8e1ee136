"""Path templates against a plain reading of the rules: every template tried, the most specific one taken."""

from __future__ import annotations

import json
import re
from urllib.parse import quote

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from gateway.errors import PlanError
from gateway.plan.paths import PathTable, split_path
from specs.lint.rules import path_templates_are_unambiguous
from specs.load import load_contract
from specs.model import Contract

SEGMENT = st.sampled_from(["a", "b", "{x}", "{y}", "a{x}", "{x}.json", "a-{x}-b", "{x}-{y}", "b-{x}"])
TEMPLATES = st.lists(st.lists(SEGMENT, min_size=1, max_size=4), min_size=1, max_size=6)
TEXT = st.sampled_from(["a", "b", "c", "ab", "a.json", "x.json", "a-1-b", "a-b", "", "é", "a b"])


def distinct(segments: list[str], number: int) -> str:
    named = [re.sub(r"\{(.)\}", rf"{{p{position}\1}}", text) for position, text in enumerate(segments)]
    return "/" + "/".join(named)


def contract_with(paths: list[str]) -> Contract:
    promised = {"get": {"responses": {"200": {"description": "Promised."}}}}
    document = {"openapi": "3.1.0", "info": {"title": "Paths", "version": "1.0.0"},
                "paths": dict.fromkeys(paths, promised)}  # fmt: skip
    return load_contract("paths.v1.openapi.json", json.dumps(document).encode(), {})


def table(paths: list[str]) -> PathTable[str] | None:
    try:
        return PathTable((path, path) for path in paths)
    except PlanError:
        return None


def matches(path: str, segments: list[str]) -> bool:
    pattern = re.sub(r"\\\{p\d[xy]\\\}", "([^/]+)", re.escape(path))
    return re.fullmatch(pattern, "/" + "/".join(segments)) is not None


def specificity(path: str) -> list[int]:
    return [
        2 if re.fullmatch(r"\{[^}]*\}", part) else 1 if "{" in part else 0 for part in path[1:].split("/")
    ]


@given(TEMPLATES, st.lists(TEXT, min_size=1, max_size=4))
def test_the_most_specific_template_that_matches_is_taken(templates, segments):
    paths = sorted({distinct(template, number) for number, template in enumerate(templates)})
    built = table(paths)
    assume(built is not None)
    fitting = [path for path in paths if matches(path, segments)]
    found = built.match(segments)
    if found is None:
        assert fitting == []
        return
    assert found[0] in fitting
    assert all(
        all(mine <= other for mine, other in zip(specificity(found[0]), specificity(path), strict=True))
        for path in fitting
    ), "another template is more specific somewhere"


@pytest.mark.parametrize(
    "paths",
    [
        ["/a/{x}", "/a/{y}"],
        ["/{x}/me", "/books/{y}"],
        ["/{x}{y}"],
        ["/a{x}", "/{x}b"],
        ["/{x}/{x}"],
        ["/{a}-{b}/x", "/y-{c}/{d}"],
        ["/{a"],
        ["a"],
    ],
)
def test_templates_that_cannot_be_told_apart_are_refused(paths):
    with pytest.raises(PlanError):
        PathTable((path, path) for path in paths)


@pytest.mark.parametrize(
    ("paths", "asked", "found"),
    [
        (["/{a}-{b}/x", "/y-{c}/z"], ["y-1", "z"], "/y-{c}/z"),
        (["/{a}-{b}/x", "/y-{c}/z"], ["y-1", "x"], "/{a}-{b}/x"),
        (["/a{x}/1", "/{x}b/2", "/{x}/{y}"], ["ab", "3"], "/{x}/{y}"),
    ],
)
def test_templates_that_a_later_segment_tells_apart_are_served(paths, asked, found):
    built = PathTable((path, path) for path in paths)
    match = built.match(asked)
    assert match is not None
    assert match[0] == found


@given(TEMPLATES)
def test_what_the_lint_passes_the_gateway_serves_and_what_it_names_the_gateway_refuses(templates):
    paths = sorted({distinct(template, number) for number, template in enumerate(templates)})
    found = [problem.code for problem in path_templates_are_unambiguous.check(contract_with(paths))]
    assert (table(paths) is None) == bool(found)


def test_an_inner_literal_does_not_hide_a_template_further_up():
    built = PathTable((path, path) for path in ["/a/b/c", "/a/{x}/d", "/{y}/b/e"])
    assert built.match(["a", "b", "c"]) == ("/a/b/c", ())
    assert built.match(["a", "b", "d"]) == ("/a/{x}/d", ("b",))
    assert built.match(["z", "b", "e"]) == ("/{y}/b/e", ("z",))


@given(
    st.lists(
        st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="/\\"), max_size=8),
        min_size=1,
    )
)
def test_a_path_is_decoded_segment_by_segment(segments):
    assume(not {".", ".."} & set(segments))
    raw = "/" + "/".join(quote(segment, safe="") for segment in segments)
    assert split_path(raw.encode()) == segments


PIECES = st.sampled_from(
    [b"/", b"a", b".", b"%2e", b"%2F", b"%5c", b"%00", b"%7F", b"%c3%a9", b"%", b"%2", b"\\"]
)


@given(st.binary(max_size=30) | st.lists(PIECES, max_size=8).map(b"".join))
def test_what_is_accepted_holds_no_second_meaning(raw):
    segments = split_path(raw)
    if segments is not None:
        assert raw.startswith(b"/")
        assert len(segments) == raw.count(b"/")
        assert not {".", ".."} & set(segments)
        assert not any(re.search(r"[/\\\x00-\x1f\x7f]", segment) for segment in segments)
