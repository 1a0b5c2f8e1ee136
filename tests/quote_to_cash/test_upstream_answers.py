"""What other systems answer is never taken on trust: nonsense ends in a failure, not in a verdict."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from quote_to_cash.errors import QuoteUnknown, UpstreamFailed
from quote_to_cash.examples import example
from quote_to_cash.exchange import Trace
from quote_to_cash.gateway_client import GatewayCall, GatewayReply
from quote_to_cash.processes.quote_validation.reading import CUSTOMERS, MASTER_DATA, QUOTES, GatewayFacts
from quote_to_cash.systems.crm.validation import GatewayQuoteValidation

TRACE = Trace("c-100")


class ScriptedGateway:
    """Answers by the longest path prefix it knows; 404 otherwise."""

    def __init__(self, answers: dict[str, GatewayReply]) -> None:
        self.answers = answers
        self.seen: list[GatewayCall] = []

    def send(self, call: GatewayCall) -> GatewayReply:
        self.seen.append(call)
        known = [prefix for prefix in self.answers if call.path.startswith(prefix)]
        return self.answers[max(known, key=len)] if known else GatewayReply(404, {"code": "not_found"})


def violation(**members: Any) -> dict[str, Any]:
    return {
        "code": "tax_id_invalid",
        "pointer": "/customer/taxRegistrations/0/taxId",
        "detail": "no",
        "check": "tax",
        "owner": "sales-operations",
        "playbook": "PB-11",
        **members,
    }


def asked(reply: GatewayReply) -> Any:
    return GatewayQuoteValidation(ScriptedGateway({"/process": reply})).violations("quo_1", TRACE)


def test_a_verdict_is_taken_over_with_every_member() -> None:
    assert asked(GatewayReply(200, {"valid": True, "violations": []})) == ()
    (found,) = asked(GatewayReply(200, {"valid": False, "violations": [violation()]}))
    assert found.as_json() == violation()


@pytest.mark.parametrize(
    "reply",
    [
        GatewayReply(200, {"valid": True, "violations": [violation()]}),
        GatewayReply(200, {"valid": False, "violations": []}),
        GatewayReply(200, {"valid": True}),
        GatewayReply(200, {"valid": False, "violations": [{"code": "x"}]}),
        GatewayReply(200, None),
        GatewayReply(200, ["valid"]),
        GatewayReply(404, {"code": "not_found"}),
        GatewayReply(422, {"code": "quote_unknown"}),
    ],
)
def test_a_verdict_that_is_none_never_approves_a_quote(reply: GatewayReply) -> None:
    with pytest.raises(UpstreamFailed):
        asked(reply)


def sound() -> dict[str, GatewayReply]:
    quote = {"id": "quo_1", "version": 2, **copy.deepcopy(example("contoso_quote_mixed"))}
    customer = {"id": "cus_contoso", **example("contoso_customer")}
    return {
        QUOTES: GatewayReply(200, quote),
        CUSTOMERS: GatewayReply(200, customer),
        f"{MASTER_DATA}/legal-entities": GatewayReply(200, {"id": "NW-DE"}),
        f"{MASTER_DATA}/service-items": GatewayReply(200, {"id": "svc", "taxClass": "consulting"}),
        f"{MASTER_DATA}/tax-registrations": GatewayReply(200, {"status": "VALID"}),
        f"{MASTER_DATA}/tax-determinations": GatewayReply(200, {"taxTreatment": {"category": "S"}}),
    }


def test_each_different_document_is_read_once() -> None:
    gateway = ScriptedGateway(sound())
    facts = GatewayFacts(gateway).facts("quo_1", TRACE)
    # quote, customer, 2 legal entities, 5 service items, 1 registration, 2 different sales
    assert len(gateway.seen) == 1 + 1 + 2 + 5 + 1 + 2
    assert len(facts.tax_treatments) == 2
    assert all(call.method == "GET" or call.safe for call in gateway.seen)


def test_an_unknown_quote_is_the_callers_mistake() -> None:
    with pytest.raises(QuoteUnknown):
        GatewayFacts(ScriptedGateway({})).facts("quo_1", TRACE)


def test_what_is_missing_is_a_fact() -> None:
    gateway = ScriptedGateway({QUOTES: sound()[QUOTES]})
    facts = GatewayFacts(gateway).facts("quo_1", TRACE)
    assert facts.customer is None
    assert set(facts.legal_entities.values()) == {None}
    assert facts.tax_treatments == {}


def test_a_sale_no_rule_covers_is_a_fact() -> None:
    answers = sound()
    answers[f"{MASTER_DATA}/tax-determinations"] = GatewayReply(422, {"code": "tax_rule_missing"})
    facts = GatewayFacts(ScriptedGateway(answers)).facts("quo_1", TRACE)
    assert set(facts.tax_treatments.values()) == {None}


@pytest.mark.parametrize("place", list(sound()))
@pytest.mark.parametrize("reply", [GatewayReply(400, {"code": "x"}), GatewayReply(200, None)])
def test_an_answer_that_says_nothing_ends_the_validation(place: str, reply: GatewayReply) -> None:
    with pytest.raises(UpstreamFailed):
        GatewayFacts(ScriptedGateway({**sound(), place: reply})).facts("quo_1", TRACE)


def test_a_determination_without_a_treatment_ends_the_validation() -> None:
    answers = {**sound(), f"{MASTER_DATA}/tax-determinations": GatewayReply(200, {"ruleId": "x"})}
    with pytest.raises(UpstreamFailed):
        GatewayFacts(ScriptedGateway(answers)).facts("quo_1", TRACE)
