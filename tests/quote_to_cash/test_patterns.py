"""Patterns mean what ECMA-262 says: a dollar is the end of the value, not the place before a last newline."""

from __future__ import annotations

import re
from typing import Any

import pytest

from quote_to_cash.examples import example
from quote_to_cash.web.patterns import as_python, as_written, with_python_patterns

ORDERS = "/system/erp-orders/v1/orders"
QUOTES = "/system/crm-quote/v2/quotes"


@pytest.mark.parametrize(
    ("pattern", "matching", "other"),
    [
        ("^a$", "a", "a\n"),
        ("^(a|b$)", "b", "b\n"),
        (r"^a\$$", "a$", "a$\n"),
        (r"^a\$", "a$\n", "a"),
        ("^[a$]+$", "$a", "$a\n"),
        (r"^[\]$]$", "$", "$\n"),
        (r"^\\$", "\\", "\\\n"),
        ("^a", "a\n", "b"),
    ],
)
def test_a_dollar_ends_the_value(pattern: str, matching: str, other: str) -> None:
    assert re.search(as_python(pattern), matching)
    assert not re.search(as_python(pattern), other)
    assert as_written(as_python(pattern)) == pattern


def placed(body: dict[str, Any], pointer: str) -> dict[str, Any]:
    """The body with a line end after the value at the pointer."""
    *path, last = pointer.strip("/").split("/")
    place: Any = body
    for token in path:
        place = place[int(token)] if isinstance(place, list) else place[token]
    place[last] += "\n"
    return body


@pytest.mark.parametrize(
    "pointer",
    [
        "/contractId",
        "/transactionId",
        "/customerRef",
        "/currency",
        "/lines/0/netAmount/amount",
        "/lines/0/quantity/value",
        "/lines/0/taxTreatment/ratePercent",
    ],
)
def test_a_value_that_ends_in_a_line_end_is_refused(world: Any, pointer: str) -> None:
    answer = world.call("POST", ORDERS, placed(example("contoso_order"), pointer), key="order-001")
    assert (answer.status_code, answer.json()["code"]) == (422, "request_invalid")
    (error,) = answer.json()["errors"]
    assert (error["pointer"], error["code"]) == (pointer, "pattern")
    assert error["detail"].endswith("$'")


@pytest.mark.parametrize("path", [f"{QUOTES}?customerId=cus_contoso%0A", f"{QUOTES}/quo_1%0A"])
def test_a_parameter_that_ends_in_a_line_end_is_refused(world: Any, path: str) -> None:
    answer = world.call("GET", path)
    assert (answer.status_code, answer.json()["code"]) == (422, "request_invalid")
    assert answer.json()["errors"][0]["detail"].endswith("$'")


def test_a_member_named_pattern_is_no_pattern() -> None:
    document = {"properties": {"pattern": {"type": "string"}, "patternProperties": {"$ref": "#/x"}}}
    assert with_python_patterns(document) == document
    named = {"patternProperties": {"^a$": {"pattern": "^b$"}}}
    assert with_python_patterns(named) == {"patternProperties": {r"^a\Z": {"pattern": r"^b\Z"}}}
