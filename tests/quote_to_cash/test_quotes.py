"""Quotes over HTTP: revising, preconditions, lists, version 1, and what the contract refuses."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from quote_to_cash.examples import example

V2 = "/system/crm-quote/v2/quotes"
V1 = "/system/crm-quote/v1/quotes"


def create(world: Any, body: dict[str, Any] | None = None, path: str = V2) -> dict[str, Any]:
    answer = world.call("POST", path, body or example("contoso_quote"), key=world.fresh_key())
    assert answer.status_code == 201, answer.text
    return answer.json()


def pointers(answer: Any) -> list[tuple[str, str]]:
    return [(error["code"], error.get("pointer", error.get("name"))) for error in answer.json()["errors"]]


def test_a_revision_needs_the_current_version_and_gives_the_next(world: Any) -> None:
    quote = create(world)
    path = f"{V2}/{quote['id']}"
    patch = {"validUntil": "2027-01-31"}
    missing = world.call("PATCH", path, patch)
    assert (missing.status_code, missing.json()["code"]) == (428, "precondition_required")
    stale = world.call("PATCH", path, patch, headers={"If-Match": '"7"'})
    assert (stale.status_code, stale.json()["code"]) == (412, "version_conflict")
    answer = world.call("PATCH", path, patch, headers={"If-Match": '"1"'})
    assert (answer.status_code, answer.headers["ETag"]) == (200, '"2"')
    assert answer.json()["validUntil"] == "2027-01-31"
    assert answer.json()["lines"] == quote["lines"]
    again = world.call("PATCH", path, patch, headers={"If-Match": '"1"'})
    assert again.status_code == 412


def test_a_merge_patch_removes_optional_members_and_replaces_lines_whole(world: Any) -> None:
    quote = create(world)
    line = example("contoso_quote")["lines"][0]
    patch = {"purchaseOrderRef": None, "opportunityId": None, "lines": [line]}
    path = f"{V2}/{quote['id']}"
    revised = world.call("PATCH", path, patch, headers={"If-Match": '"1"'}).json()
    assert "purchaseOrderRef" not in revised
    assert "opportunityId" not in revised
    assert len(revised["lines"]) == 1
    assert revised["totals"][0]["net"]["amount"] == "36800.00"
    assert world.call("GET", path).json() == revised


def test_only_a_draft_can_be_revised_or_submitted(world: Any) -> None:
    quote = create(world)
    path = f"{V2}/{quote['id']}"
    assert world.call("POST", f"{path}/submission", key="submit-01").status_code == 200
    again = world.call("POST", f"{path}/submission", key="submit-02")
    assert (again.status_code, again.json()["code"]) == (409, "wrong_state")
    revised = world.call("PATCH", path, {"validUntil": "2027-01-31"}, headers={"If-Match": '"2"'})
    assert (revised.status_code, revised.json()["code"]) == (409, "wrong_state")


def test_a_quote_in_approval_is_withdrawn_mended_and_submitted_anew(world: Any) -> None:
    quote = create(world)
    path = f"{V2}/{quote['id']}"
    early = world.call("POST", f"{path}/withdrawal", key="withdraw-01")
    assert (early.status_code, early.json()["code"]) == (409, "wrong_state")
    world.call("POST", f"{path}/submission", key="submit-01")

    withdrawn = world.call("POST", f"{path}/withdrawal", {"comment": "a wrong line"}, key="withdraw-02")
    revised = world.call("PATCH", path, {"validUntil": "2027-01-31"}, headers={"If-Match": '"3"'})
    again = world.call("POST", f"{path}/submission", key="submit-02")

    assert (withdrawn.status_code, withdrawn.json()["status"]) == (200, "DRAFT")
    assert withdrawn.json()["approvals"][-1]["decision"] == "WITHDRAWN"
    assert withdrawn.headers["ETag"] == '"3"'
    assert (revised.status_code, revised.json()["validUntil"]) == (200, "2027-01-31")
    assert (again.status_code, again.json()["status"]) == (200, "IN_APPROVAL")


def test_a_quote_that_does_not_exist_is_not_found(world: Any) -> None:
    assert world.call("GET", f"{V2}/quo_nothing").status_code == 404
    assert world.call("POST", f"{V2}/quo_nothing/approval", key="approve-1").status_code == 404


EUR_1 = {"amount": "1.00", "currency": "EUR"}
HUGE = {
    "quantity": {"value": "999999999999", "unitCode": "C62"},
    "unitPrice": {"amount": "999999999999999", "currency": "EUR"},
}


@pytest.mark.parametrize(
    ("change", "code", "pointer"),
    [
        ({"/lines/0/billingTerms/amount": EUR_1}, "amount_mismatch", "/lines/0/billingTerms/amount"),
        ({"/lines/1/quantity/value": "2"}, "amount_mismatch", "/lines/1/billingTerms/milestones"),
        (
            {"/lines/1/billingTerms/milestones/0/amount/currency": "USD"},
            "currency_mismatch",
            "/lines/1/billingTerms/milestones/0/amount/currency",
        ),
        ({"/lines/0/discountPercent": "100.5"}, "discount_too_large", "/lines/0/discountPercent"),
        (
            {"/lines/0/servicePeriod": {"start": "2027-02-01", "end": "2027-01-01"}},
            "period_reversed",
            "/lines/0/servicePeriod/end",
        ),
        (
            {"/lines/0/quantity": HUGE["quantity"], "/lines/0/unitPrice": HUGE["unitPrice"]},
            "amount_too_large",
            "/lines/0/unitPrice",
        ),
        ({"/lines/0/unitPrice/currency": "AAA"}, "money_invalid", "/lines/0/unitPrice"),
        (
            {"/lines/0/billingTerms/amount/amount": "36800.001"},
            "amount_scale",
            "/lines/0/billingTerms/amount/amount",
        ),
    ],
)
def test_amounts_that_do_not_agree_are_refused_with_their_place(
    world: Any, change: dict[str, Any], code: str, pointer: str
) -> None:
    answer = world.call("POST", V2, changed(example("contoso_quote"), change), key="create-01")
    assert answer.status_code == 422, answer.text
    assert (code, pointer) in pointers(answer)
    assert world.call("GET", V2).json()["items"] == []


def changed(body: dict[str, Any], change: dict[str, Any]) -> dict[str, Any]:
    result = copy.deepcopy(body)
    for place, value in change.items():
        *parents, last = place.strip("/").split("/")
        target: Any = result
        for token in parents:
            target = target[int(token)] if isinstance(target, list) else target[token]
        target[last] = value
    return result


def test_a_discount_is_taken_before_rounding(world: Any) -> None:
    body = {**example("contoso_quote"), "lines": [copy.deepcopy(example("contoso_quote")["lines"][0])]}
    line = body["lines"][0]
    line["unitPrice"]["amount"], line["discountPercent"] = "33.333333", "12.5"
    line["quantity"]["value"] = "3"
    line["billingTerms"]["amount"]["amount"] = "87.50"
    quote = create(world, body)
    assert quote["lines"][0]["netAmount"] == {"amount": "87.50", "currency": "EUR"}


def test_every_violation_of_the_contract_is_told_at_once(world: Any) -> None:
    body = copy.deepcopy(example("contoso_quote"))
    body["lines"][0]["unitPrice"]["amount"] = "368,00"
    body["lines"][1]["billingTerms"]["milestones"][2]["surprise"] = 1
    del body["validUntil"]
    body["extra"] = True
    answer = world.call("POST", V2, body, key="create-01")
    assert answer.status_code == 422
    assert {place for _, place in pointers(answer)} == {
        "",
        "/lines/0/unitPrice/amount",
        "/lines/1/billingTerms/milestones/2",
    }
    assert len(answer.json()["errors"]) == 4


def test_a_wrong_member_of_billing_terms_is_told_for_the_model_that_was_meant(world: Any) -> None:
    body = copy.deepcopy(example("contoso_quote_mixed"))
    body["lines"][3]["billingTerms"]["amountPerPeriod"]["amount"] = "six thousand"
    answer = world.call("POST", V2, body, key="create-01")
    assert pointers(answer) == [("pattern", "/lines/3/billingTerms/amountPerPeriod/amount")]


def test_a_misspelled_member_is_told_even_when_nothing_else_is_wrong(world: Any) -> None:
    change = {"/lines/1/billingTerms/milestones/0/plannedFor": "2027-01-29"}
    answer = world.call("POST", V2, changed(example("contoso_quote"), change), key="create-01")
    assert pointers(answer) == [("unevaluated_properties", "/lines/1/billingTerms/milestones/0")]


def test_lists_show_each_quote_once_newest_first_and_cursors_belong_to_their_query(world: Any) -> None:
    ids = []
    for _ in range(5):
        world.clock.advance(1)
        ids.append(create(world)["id"])
    seen: list[str] = []
    page = world.call("GET", f"{V2}?limit=2&status=DRAFT").json()
    while True:
        seen += [quote["id"] for quote in page["items"]]
        if "nextCursor" not in page:
            break
        path = f"{V2}?limit=2&status=DRAFT&cursor={page['nextCursor']}"
        page = world.call("GET", path).json()
        last = path
    assert seen == ids[::-1]
    other = world.call("GET", last.replace("DRAFT", "APPROVED"))
    assert (other.status_code, other.json()["code"]) == (400, "cursor_invalid")
    assert world.call("GET", f"{V2}?cursor=nonsense").status_code == 400
    assert world.call("GET", f"{V2}?status=APPROVED").json()["items"] == []
    assert world.call("GET", f"{V2}?customerId=cus_other").json()["items"] == []


def test_numbers_count_up_per_legal_entity_without_gaps(world: Any) -> None:
    body = example("contoso_quote")
    numbers = [create(world, body)["number"] for _ in range(2)]
    refused = {**body, "validUntil": "2026-02-30"}
    assert world.call("POST", V2, refused, key="create-99").status_code == 422
    numbers.append(create(world, body)["number"])
    numbers.append(create(world, {**body, "legalEntityId": "NW-US"})["number"])
    assert numbers == ["Q-NW-DE-00001", "Q-NW-DE-00002", "Q-NW-DE-00003", "Q-NW-US-00001"]


def test_version_1_tells_a_quote_of_one_currency_and_seller(world: Any) -> None:
    quote = create(world)
    told = world.call("GET", f"{V1}/{quote['id']}")
    assert told.status_code == 200
    assert (told.json()["currency"], told.json()["totalAmount"]) == ("EUR", 174800)
    assert [line["amount"] for line in told.json()["lines"]] == [36800, 138000]
    assert told.headers["ETag"] == '"1"'


def test_version_1_refuses_what_it_cannot_tell_and_leaves_it_out_of_lists(world: Any) -> None:
    plain = create(world)
    mixed = create(world, example("contoso_quote_mixed"))
    two_sellers = create(world, {**example("contoso_quote"), "legalEntityId": "NW-US"})
    for quote, words in ((mixed, "EUR and USD"), (two_sellers, "NW-DE")):
        answer = world.call("GET", f"{V1}/{quote['id']}")
        assert (answer.status_code, answer.json()["code"]) == (409, "not_representable_in_v1")
        assert words in answer.json()["detail"]
    assert [quote["id"] for quote in world.call("GET", V1).json()["items"]] == [plain["id"]]
    assert len(world.call("GET", V2).json()["items"]) == 3


def test_a_quote_made_in_version_1_is_a_fixed_fee_in_version_2(world: Any) -> None:
    made = create(world, example("contoso_quote_v1"), V1)
    assert made["totalAmount"] == 36800
    quote = world.call("GET", f"{V2}/{made['id']}").json()
    assert quote["totals"][0]["gross"] == {"amount": "43792.00", "currency": "EUR"}
    assert quote["lines"][0]["billingTerms"]["billingModel"] == "FIXED_FEE"
    assert quote["lines"][0]["taxTreatment"] == {"category": "S", "ratePercent": "19"}


@pytest.mark.parametrize(
    ("member", "value", "place"),
    [
        ("taxRatePercent", 19.123456, "/taxRatePercent"),
        ("currency", "AAA", "/currency"),
        (
            "lines",
            [{"serviceItemId": "svc_discovery", "quantity": 1e-9, "unitPrice": 1}],
            "/lines/0/quantity",
        ),
    ],
)
def test_numbers_of_version_1_that_no_document_can_carry_are_refused(
    world: Any, member: str, value: Any, place: str
) -> None:
    answer = world.call("POST", V1, {**example("contoso_quote_v1"), member: value}, key="create-01")
    assert answer.status_code == 422, answer.text
    assert place in [where for _, where in pointers(answer)]


def test_both_versions_keep_their_idempotency_keys_apart(world: Any) -> None:
    first = world.call("POST", V1, example("contoso_quote_v1"), key="same-key-1")
    second = world.call("POST", V2, example("contoso_quote"), key="same-key-1")
    assert (first.status_code, second.status_code) == (201, 201)
    assert "Idempotent-Replayed" not in second.headers
