"""Every contract keeps the house rules; the first quote version shows what the rule about money is for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from specs.governance import governance_problems
from specs.lint import lint
from specs.model import Contract

MONEY_AS_NUMBERS = {
    "/components/schemas/Quote/properties/totalAmount",
    "/components/schemas/Quote/properties/lines/items/properties/unitPrice",
    "/components/schemas/Quote/properties/lines/items/properties/amount",
    "/components/schemas/QuoteCreate/properties/lines/items/properties/unitPrice",
}

Read = Callable[[str], Contract]


def test_every_contract_lints_clean(contract_path: Path, documents: Any, contract: Read) -> None:
    name = documents.name(contract_path)

    found = {(problem.code, problem.pointer) for problem in lint(contract(name))}

    if name == "system/crm-quote.v1.openapi.yaml":
        found -= {("lint.money_number", pointer) for pointer in MONEY_AS_NUMBERS}
    assert found == set()


def test_the_first_quote_version_is_warned_about_its_amounts_and_nothing_else(contract: Read) -> None:
    found = lint(contract("system/crm-quote.v1.openapi.yaml"))

    assert {problem.pointer for problem in found} == MONEY_AS_NUMBERS
    assert {(problem.code, problem.severity) for problem in found} == {("lint.money_number", "warning")}


def test_no_contract_has_a_gap_in_its_governance(contract_path: Path, documents: Any, contract: Read) -> None:
    assert governance_problems(contract(documents.name(contract_path))) == ()
