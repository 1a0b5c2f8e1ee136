"""Exceptions from rules: what they cover, and what happens when they expire or cover nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from specs.lint.exceptions import LintException, exception_problems, judged
from specs.lint.run import Rule
from specs.lint.scorecard import scorecard
from specs.load import contract_from_value
from specs.problem import Problem

TODAY = date(2027, 3, 31)
CONTRACT = contract_from_value(
    {
        "openapi": "3.1.0",
        "info": {"title": "t", "version": "1.0.0"},
        "paths": {},
        "x-pactolus": {"name": "crm-quote"},
    },
    "quote.yaml",
)
FINDING = Problem("lint.money_number", "m.", "f.", "quote.yaml", "/components/schemas/Quote/total")
EXCEPTION = LintException("lint.money_number", "crm-team", "Version 1 goes.", TODAY, "crm-quote")


@pytest.mark.parametrize(
    "scope",
    [
        {"contract": "crm-quote"},
        {"contract": "quote.yaml"},
        {"contract": "", "pointer": "/components/schemas/Quote"},
        {"contract": "", "pointer": "/components/schemas/Quote/total"},
        {"contract": "crm-quote", "pointer": "/components"},
    ],
)
def test_an_exception_covers_its_rule_in_its_contract_or_below_its_place(scope: dict[str, Any]) -> None:
    found = judged([FINDING], CONTRACT, [replace(EXCEPTION, **scope)], TODAY)

    assert found.left == ()
    assert [one.problem for one in found.excepted] == [FINDING]


@pytest.mark.parametrize(
    "scope",
    [
        {"rule": "lint.date_format"},
        {"contract": "erp-orders"},
        {"pointer": "/components/schemas/Quo"},
        {"pointer": "/components/schemas/Quote/total/type"},
        {"expires": date(2027, 3, 30)},
    ],
)
def test_an_exception_covers_nothing_else(scope: dict[str, Any]) -> None:
    found = judged([FINDING], CONTRACT, [replace(EXCEPTION, **scope)], TODAY)

    assert found.left == (FINDING,)
    assert found.excepted == ()


def test_an_expired_exception_is_an_error_and_an_unused_one_is_named() -> None:
    expired = replace(EXCEPTION, expires=date(2027, 3, 30))
    unused = replace(EXCEPTION, owner="erp-team")

    found = exception_problems([expired, unused, EXCEPTION], [EXCEPTION], TODAY)

    assert [(problem.code, problem.severity) for problem in found] == [
        ("lint.exception_expired", "error"),
        ("lint.exception_unused", "warning"),
    ]
    assert "2027-03-30" in found[0].message
    assert "erp-team" in found[1].message


def rule(code: str, level: Any) -> Rule:
    return Rule(code, code, "warning", level, "source", "manual", lambda contract: iter(()))


RULES = [rule("governance", "baseline"), rule("b", "bronze"), rule("s", "silver"), rule("g", "gold")]


@pytest.mark.parametrize(
    ("codes", "level", "next_level", "missing"),
    [
        ([], "gold", None, []),
        (["g"], "silver", "gold", ["g"]),
        (["g", "s", "s"], "bronze", "silver", ["s"]),
        (["s", "b"], "baseline", "bronze", ["b"]),
        (["governance.owner_required"], None, "baseline", ["governance"]),
        (["openapi.invalid"], None, "baseline", ["openapi.invalid"]),
    ],
)
def test_a_level_is_reached_when_it_and_all_below_are_kept(
    codes: list[str], level: str | None, next_level: str | None, missing: list[str]
) -> None:
    card = scorecard("Quotes", "1.0.0", RULES, [replace(FINDING, code=code) for code in codes])

    assert (card.level, card.next_level) == (level, next_level)
    assert [one.code for one in card.missing] == missing


def test_a_card_counts_rules_kept_findings_and_exceptions() -> None:
    excepted = judged([FINDING], CONTRACT, [EXCEPTION], TODAY).excepted

    card = scorecard("Quotes", "1.0.0", RULES, [replace(FINDING, code="s")] * 2, excepted)

    assert [(one.level, one.kept, one.rules) for one in card.levels] == [
        ("baseline", 1, 1),
        ("bronze", 1, 1),
        ("silver", 0, 1),
        ("gold", 1, 1),
    ]
    assert card.missing[0].findings == 2
    assert card.excepted == 1
    assert card.as_json()["missing"][0]["first"]["pointer"] == FINDING.pointer


def test_no_rule_counts_as_kept_in_an_invalid_contract() -> None:
    card = scorecard("Quotes", "1.0.0", RULES, [replace(FINDING, code="openapi.invalid")])

    assert sum(one.kept for one in card.levels) == 0
