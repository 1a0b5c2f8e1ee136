"""Rulesets that are bound, rules that may be broken for a while, and the level a contract reaches."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from specs.lint import all_rules, lint
from specs.lint.scorecard import scorecard
from specs.load import load_contract
from specs.validity import validity_problems
from tests.registry.artifact_calls import keep, text_of
from tests.registry.harness import RegistryUnderTest, audited
from tests.registry.packaged import real_registry

BOARD = "enterprise-architecture"
RULES = """rules:
  contact-named:
    message: A contract names whom to ask.
    severity: error
    given: $.info
    then: {field: contact, function: truthy}
  short-title:
    message: A title is short.
    given: $.info
    then: {field: title, function: length, functionOptions: {max: 3}}
"""
RATES = text_of("rates.yaml")


@pytest.fixture
def real(tmp_path: Path) -> Iterator[RegistryUnderTest]:
    registry = real_registry(tmp_path)
    assert keep(registry, "ruleset", "named", RULES, owner=BOARD).status_code == 201
    yield registry
    registry.close()


def publish(registry: RegistryUnderTest, text: str = RATES, version: str = "1.0.0") -> httpx.Response:
    content = text.replace("version: 1.0.0", f"version: {version}")
    body = {"document": {"uri": "rates.yaml", "content": content}}
    return registry.call("POST", "/contracts/rates/versions", json=body)


def bind(registry: RegistryUnderTest, scope: str, subject: str, **options: Any) -> httpx.Response:
    body = {"scope": scope, "subject": subject, "ruleset": "named", "version": "1.0.0"}
    return registry.call("POST", "/ruleset-bindings", json=body, **options)


def excepted(registry: RegistryUnderTest, rule: str, **more: Any) -> httpx.Response:
    options = {"token": more.pop("token")} if "token" in more else {}
    body = {"rule": rule, "owner": "erp-team", "reason": "Agreed.", "expires": "2026-12-31", **more}
    return registry.call("POST", "/contracts/rates/lint-exceptions", json=body, **options)


def codes(response: httpx.Response) -> list[str]:
    return [one["code"] for one in response.json().get("errors", [])]


def test_a_ruleset_is_applied_to_what_its_domain_publishes(real: RegistryUnderTest) -> None:
    assert bind(real, "domain", "finance").status_code == 200

    refused = publish(real)
    kept_it = publish(real, RATES.replace("  title:", "  contact: {name: Treasury}\n  title:"))
    elsewhere = publish(
        real,
        RATES.replace("domain: finance", "domain: governance").replace("name: rates", "name: rates"),
        "1.0.1",
    )

    assert (refused.status_code, codes(refused)) == (422, ["contact-named"])
    assert refused.json()["errors"][0]["line"] is not None
    assert kept_it.status_code == 201
    assert [one["code"] for one in kept_it.json()["problems"]] == ["short-title"]
    assert elsewhere.status_code == 201, elsewhere.text


def test_a_ruleset_of_a_contract_stays_until_it_is_unbound(real: RegistryUnderTest) -> None:
    publish(real)
    bind(real, "contract", "rates")

    refused = publish(real, version="1.0.1")
    asked_for = real.call(
        "POST",
        "/contracts/rates/changes",
        json={
            "document": {"uri": "rates.yaml", "content": RATES.replace("1.0.0", "1.0.1")},
            "plan": {"type": "normal", "title": "T", "justification": "J", "environments": ["prod"]},
        },
    )
    withdrawal = real.call("DELETE", "/artifacts/ruleset/named/versions/1.0.0")
    listed = real.call("GET", "/ruleset-bindings").json()["items"]
    freed = real.call("DELETE", "/ruleset-bindings/contract/rates")
    twice = real.call("DELETE", "/ruleset-bindings/contract/rates")

    assert codes(refused) == codes(asked_for) == ["contact-named"]
    assert (withdrawal.status_code, withdrawal.json()["code"]) == (409, "ruleset_bound")
    assert [(one["scope"], one["subject"], one["version"]) for one in listed] == [
        ("contract", "rates", "1.0.0")
    ]
    assert (freed.status_code, twice.status_code) == (204, 404)
    assert publish(real, version="1.0.1").status_code == 201
    assert [one["action"] for one in audited(real.store, "ruleset.")] == ["ruleset.bound", "ruleset.unbound"]


def test_a_ruleset_is_bound_by_the_owner_and_by_the_board(real: RegistryUnderTest) -> None:
    publish(real)
    owner, board, other = real.team("erp-team"), real.team(BOARD), real.team("crm-team")

    statuses = {
        who: [bind(real, scope, subject, token=token).status_code for scope, subject in PLACES]
        for who, token in (("owner", owner), ("board", board), ("other", other))
    }

    assert statuses == {"owner": [200, 403], "board": [403, 200], "other": [403, 403]}
    missing = {"scope": "domain", "subject": "finance", "ruleset": "named", "version": "7.0.0"}
    assert real.call("POST", "/ruleset-bindings", json=missing).status_code == 404


PLACES = (("contract", "rates"), ("domain", "finance"))


def test_an_exception_lets_a_rule_be_broken_until_its_last_day(real: RegistryUnderTest) -> None:
    publish(real)
    bind(real, "contract", "rates")

    made = excepted(real, "contact-named")
    again = excepted(real, "contact-named")
    published = publish(real, version="1.0.1")
    real.clock.pass_time(days=60)
    real.tokens.clear()
    late = publish(real, version="1.0.2")
    listed = real.call("GET", "/lint-exceptions", params={"contract": "rates"}).json()["items"]

    assert (made.status_code, again.json()["id"]) == (201, made.json()["id"])
    assert published.status_code == 201
    assert codes(late) == ["contact-named"]
    assert [(one["rule"], one["expired"]) for one in listed] == [("contact-named", True)]


def test_an_exception_covers_its_place_and_is_ended_before_its_time(real: RegistryUnderTest) -> None:
    publish(real)
    bind(real, "contract", "rates")
    excepted(real, "contact-named", pointer="/paths")

    elsewhere = publish(real, version="1.0.1")
    there = excepted(real, "contact-named", pointer="/info").json()
    published = publish(real, version="1.0.1")
    path = f"/contracts/rates/lint-exceptions/{there['id']}"
    stranger = real.call("DELETE", path, token=real.team("crm-team"))
    ended = real.call("DELETE", path)

    assert codes(elsewhere) == ["contact-named"]
    assert published.status_code == 201
    assert (stranger.status_code, ended.status_code) == (403, 204)
    assert real.call("DELETE", path).status_code == 404
    assert codes(publish(real, version="1.0.2")) == ["contact-named"]


def test_an_exception_is_the_owners_to_make_and_before_the_first_version_the_boards(
    real: RegistryUnderTest,
) -> None:
    bind(real, "domain", "finance")
    owner, board = real.team("erp-team"), real.team(BOARD)

    too_early = excepted(real, "contact-named", token=owner)
    agreed = excepted(real, "contact-named", token=board)
    first = publish(real)
    now = excepted(real, "short-title", token=owner)
    stranger = excepted(real, "short-title", token=real.team("crm-team"))

    assert (too_early.status_code, agreed.status_code, first.status_code) == (404, 201, 201)
    assert (now.status_code, stranger.status_code) == (201, 403)


def test_an_exception_ends_on_a_day_that_comes_and_is_not_far(real: RegistryUnderTest) -> None:
    publish(real)
    days = ("2026-11-01", "2026-11-02", "2027-11-03", "2027-11-04", "2026-02-30")

    statuses = [excepted(real, "contact-named", expires=day).status_code for day in days]

    assert statuses == [422, 201, 201, 422, 422]


def test_no_exception_takes_an_owner_away(real: RegistryUnderTest) -> None:
    excepted(real, "governance.owner_required")

    refused = publish(real, RATES.replace("  owner: erp-team\n", ""))

    assert (refused.status_code, refused.json()["code"]) == (422, "owner_required")


def test_the_scorecard_is_that_of_the_command_line_with_the_exceptions_in_force(
    real: RegistryUnderTest,
) -> None:
    text = RATES.replace("currency: {type: string}", "Currency_code: {type: string}")
    text = text.replace("required: [currency, rate]", "required: [Currency_code, rate]")
    assert publish(real, text).status_code == 201
    contract = load_contract("rates.yaml", text.encode())
    found = (*validity_problems(contract), *lint(contract))
    expected = scorecard("rates", "1.0.0", all_rules(), found).as_json()

    card = real.call("GET", "/contracts/rates/versions/latest/scorecard").json()
    (rule,) = {one["code"] for one in card["missing"]}
    excepted(real, rule)
    after = real.call("GET", "/contracts/rates/versions/1.0.0/scorecard").json()

    assert card == expected
    assert (card["level"], card["excepted"]) == ("baseline", 0)
    assert (after["level"], after["excepted"]) == ("gold", 1)
    assert real.call("GET", "/contracts/rates/versions/9.0.0/scorecard").status_code == 404
