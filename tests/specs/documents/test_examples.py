"""Every example shows what its schema allows, and what schemas refuse is refused at every depth."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import jsonschema_rs

from specs.model import Contract
from specs.openapi import operations
from specs.schema import self_contained

STRANGER = "unheardOf"


def test_every_example_conforms_to_its_schema(document_path: Path, documents: Any) -> None:
    faults = [
        f"{example.place}{error.json_path[1:]}: {error.message}"
        for example in documents.examples(documents.name(document_path))
        for error in documents.validator(example.schema).iter_errors(example.value)
    ]

    assert faults == []


def test_the_canonical_values_show_examples(documents: Any) -> None:
    shown = {name for name in documents.values if any(documents.examples(name))}
    values = {
        f"canonical/{name}.v1.schema.yaml" for name in ("money", "quantity", "billing-terms", "identifiers")
    }

    assert values <= shown


def test_every_body_shows_an_example(openapi_path: Path, documents: Any) -> None:
    name = documents.name(openapi_path)
    bare = []
    for path, item in documents.values[name]["paths"].items():
        for method, operation in item.items():
            if not isinstance(operation, dict):
                continue
            bodies = [operation.get("requestBody")] + [
                response for status, response in operation["responses"].items() if status < "300"
            ]
            for body in filter(None, bodies):
                bare += [
                    f"{method} {path}" for media in body["content"].values() if not media.get("examples")
                ]

    assert bare == []


def test_a_misspelled_member_of_a_request_is_refused_at_every_depth(
    openapi_path: Path, documents: Any
) -> None:
    passed = [
        place
        for example in documents.examples(documents.name(openapi_path))
        if example.direction == "request"
        for place, changed in with_stranger(example.value, example.place)
        if documents.validator(example.schema).is_valid(changed)
    ]

    assert passed == []


def test_a_new_member_of_a_response_is_accepted_at_every_depth(openapi_path: Path, documents: Any) -> None:
    refused = [
        place
        for example in documents.examples(documents.name(openapi_path))
        if example.direction == "response"
        for place, changed in with_stranger(example.value, example.place)
        if not documents.validator(example.schema).is_valid(changed)
    ]

    assert refused == []


def test_a_second_validator_agrees_on_bodies_of_the_contract(
    openapi_path: Path, documents: Any, contract: Callable[[str], Contract]
) -> None:
    name = documents.name(openapi_path)
    shown = {example.place: example for example in documents.examples(name)}
    compared = 0
    for operation in operations(contract(name)):
        body = operation.request_body
        contents = [*(body.content if body else ()), *(m for r in operation.responses for m in r.content)]
        for media in contents:
            assert media.schema is not None
            fast = jsonschema_rs.Draft202012Validator(self_contained(media.schema), validate_formats=True)
            for place, example in shown.items():
                if place.split("#")[1].startswith(media.node.pointer + "/example"):
                    compared += 1
                    assert fast.is_valid(example.value), place
                    for changed_place, changed in with_stranger(example.value, place):
                        slow = documents.validator(example.schema).is_valid(changed)
                        assert fast.is_valid(changed) is slow, changed_place

    assert compared > 0


def test_members_the_service_gives_are_refused_in_requests(documents: Any) -> None:
    refused = {
        "system/crm-quote.v2.openapi.yaml": ("QuoteCreate", ("id", "number", "status", "totals", "version")),
        "system/crm-quote.v1.openapi.yaml": ("QuoteCreate", ("id", "number", "status", "totalAmount")),
        "system/erp-orders.v1.openapi.yaml": ("OrderCreate", ("id", "number", "status", "totals", "version")),
    }
    for name, (schema, members) in refused.items():
        validator = documents.validator(f"https://documents.test/{name}#/components/schemas/{schema}")
        request = documents.values[name]["components"]["examples"][schema]["value"]
        assert validator.is_valid(request)
        for member in members:
            assert not validator.is_valid({**request, member: "x"}), (name, member)


def test_money_is_a_decimal_string(documents: Any) -> None:
    money = documents.validator("https://documents.test/canonical/money.v1.schema.yaml")

    for amount in ("0", "36800.00", "-12.5", "185.125", "999999999999999.999999"):
        assert money.is_valid({"amount": amount, "currency": "EUR"}), amount
    for amount in (36800.0, "", "1,000.00", "01.00", "1.", ".5", "1e3", "+1", "1.0000001", "1 000", "١"):
        assert not money.is_valid({"amount": amount, "currency": "EUR"}), amount
    assert not money.is_valid({"amount": "1.00"})
    assert not money.is_valid({"amount": "1.00", "currency": "eur"})


def test_each_billing_model_needs_its_members(documents: Any) -> None:
    terms = documents.validator("https://documents.test/canonical/billing-terms.v1.schema.yaml")
    required = {
        "FIXED_FEE": {"amount"},
        "TIME_AND_MATERIALS": {"rateCard"},
        "MILESTONE": {"milestones"},
        "RETAINER": {"amountPerPeriod", "period", "billingTiming"},
        "PASS_THROUGH_EXPENSE": {"category"},
    }
    shown = documents.values["canonical/billing-terms.v1.schema.yaml"]["examples"]

    assert {example["billingModel"] for example in shown} == set(required)
    for example in shown:
        for member in required[example["billingModel"]] | {"billingModel"}:
            assert not terms.is_valid({k: v for k, v in example.items() if k != member}), member
    assert not terms.is_valid({"billingModel": "BARTER"})


def test_the_amounts_of_the_examples_add_up(documents: Any) -> None:
    summed = 0
    for name in documents.values:
        for example in documents.examples(name):
            for holder in objects(example.value):
                summed += check_lines(holder) + check_totals(holder)

    assert summed > 20


def check_totals(holder: dict[str, Any]) -> int:
    if not {"net", "tax", "gross"} <= holder.keys():
        return 0
    net, tax, gross = (Decimal(holder[key]["amount"]) for key in ("net", "tax", "gross"))
    assert net + tax == gross
    assert {holder[key]["currency"] for key in ("net", "tax", "gross")} == {holder["currency"]}
    return 1


def check_lines(holder: dict[str, Any]) -> int:
    """Totals follow from the lines: net per currency, tax once per category and rate."""
    lines, totals = holder.get("lines"), holder.get("totals")
    if not lines or not totals or "netAmount" not in lines[0] or "unitPrice" not in lines[0]:
        return 0
    for entry in totals if isinstance(totals, list) else [totals]:
        same = [line for line in lines if line["netAmount"]["currency"] == entry["currency"]]
        by_rate: dict[tuple[str, str], Decimal] = {}
        for line in same:
            net = Decimal(line["netAmount"]["amount"])
            assert net == Decimal(line["quantity"]["value"]) * Decimal(line["unitPrice"]["amount"])
            treatment = (line["taxTreatment"]["category"], line["taxTreatment"]["ratePercent"])
            by_rate[treatment] = by_rate.get(treatment, Decimal(0)) + net
        tax = sum(
            (net * Decimal(rate) / 100).quantize(Decimal("0.01"), ROUND_HALF_UP)
            for (_, rate), net in by_rate.items()
        )
        assert Decimal(entry["net"]["amount"]) == sum(by_rate.values())
        assert Decimal(entry["tax"]["amount"]) == tax
    return 1


def objects(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        for member in value.values():
            yield from objects(member)
    elif isinstance(value, list):
        for item in value:
            yield from objects(item)


CLOSED_VALUES = ({"amount", "currency"}, {"value", "unitCode"}, {"start", "end"})
"""Complete by definition in both directions: money, quantity, period."""


def with_stranger(value: Any, place: str) -> Iterator[tuple[str, Any]]:
    """The value once per object in it, that object with one more member; closed values are left alone."""
    found = list(objects(value))
    for index, holder in enumerate(found):
        if set(holder) in CLOSED_VALUES:
            continue
        changed = copy.deepcopy(value)
        list(objects(changed))[index][STRANGER] = True
        yield f"{place} object {index} with members {sorted(holder)}", changed
