"""Bounds on what was parsed: a name that every pointer below it would repeat."""

from __future__ import annotations

import json

import pytest

from specs.config import LIMITS
from specs.errors import SpecError
from specs.lint import lint
from specs.load import contract_from_value, load_document


def test_a_name_beyond_the_limit_is_refused_with_its_place() -> None:
    name = "n" * (LIMITS.name_characters_max + 1)
    raw = json.dumps({"type": "object", "properties": {name: {"type": "string"}}}).encode()

    with pytest.raises(SpecError) as refused:
        load_document(raw, "long.json")

    (problem,) = refused.value.problems
    assert (problem.code, problem.pointer) == ("document.name_too_long", "/properties")
    assert problem.position is not None
    assert len(problem.message) < 200


def test_a_name_at_the_limit_is_read() -> None:
    name = "n" * LIMITS.name_characters_max

    document = load_document(json.dumps({"type": "object", "properties": {name: {}}}).encode(), "long.json")

    assert name in document.value["properties"]


def test_the_address_of_a_vendor_is_a_warning_and_a_wrong_path_of_ours_an_error() -> None:
    found = {}
    for url in ("https://api.vendor.example/v3", "/system/other/v1"):
        value = {
            "openapi": "3.1.0",
            "info": {"title": "t", "version": "1.0.0", "x-audience": "company-internal"},
            "x-api-id": "0e3a9c52-0000-4000-8000-000000000000",
            "x-pactolus": {"name": "vendor", "owner": "a-team", "layer": "system", "domain": "finance"},
            "servers": [{"url": url}],
            "paths": {},
        }
        problems = lint(contract_from_value(value))
        found[url] = [problem.severity for problem in problems if problem.code == "lint.server_url"]

    assert found == {"https://api.vendor.example/v3": ["warning"], "/system/other/v1": ["error"]}
