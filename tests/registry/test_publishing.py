"""Publishing over HTTP: what is stored, what is refused, and that nothing is stored by halves."""

from __future__ import annotations

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from registry.ports import Judgement
from registry.serve import create_app
from registry.storage import tables
from tests.registry.harness import FakeReader, RegistryUnderTest, audited, contract, fake_judge


def rows(registry: RegistryUnderTest, name: str) -> list[dict[str, object]]:
    with registry.store.reading() as transaction:
        found = transaction.connection.execute(getattr(tables, name).select()).mappings()
        return [dict(row) for row in found]


def test_a_version_is_published_and_its_exact_bytes_come_back(anywhere: RegistryUnderTest) -> None:
    token = anywhere.team("erp-team")
    text = "  " + contract(title="Aufträge ☃") + "\r\n"

    published = anywhere.publish(token, text, "orders")

    assert published.status_code == 201
    assert published.headers["Location"] == "/registry/v1/contracts/orders/versions/1.0.0"
    body = published.json()
    assert (body["version"], body["major"], body["state"]) == ("1.0.0", 1, "published")
    assert body["report"] is None
    assert body["sha256"] == hashlib.sha256(text.encode()).hexdigest()
    content = anywhere.call("GET", "/contracts/orders/versions/1.0.0/content", token=token)
    assert content.content == text.encode()
    assert content.headers["ETag"] == f'"{body["sha256"]}"'
    assert "immutable" in content.headers["Cache-Control"]


def test_the_same_content_again_is_the_same_version(anywhere: RegistryUnderTest) -> None:
    token = anywhere.team("erp-team")
    first = anywhere.publish(token, contract(), "orders")
    reformatted = json.dumps(json.loads(contract()), indent=4)

    again = anywhere.publish(token, contract(), "orders")
    as_reformatted = anywhere.publish(token, reformatted, "orders")

    assert (again.status_code, as_reformatted.status_code) == (200, 200)
    assert again.json() == as_reformatted.json() == first.json()
    assert len(rows(anywhere, "versions")) == 1


def test_other_content_under_a_published_number_is_refused(registry: RegistryUnderTest) -> None:
    token = registry.team("erp-team")
    registry.publish(token, contract(), "orders")

    refused = registry.publish(token, contract(title="Another"), "orders")

    assert (refused.status_code, refused.json()["code"]) == (409, "version_exists")
    assert refused.headers["Content-Type"] == "application/problem+json"


def test_a_number_must_be_above_those_of_its_major_version(registry: RegistryUnderTest) -> None:
    token = registry.team("erp-team")
    for number in ("1.0.0", "1.2.0", "3.0.0"):
        assert registry.publish(token, contract(version=number), "orders").status_code == 201

    below = registry.publish(token, contract(version="1.1.0"), "orders")
    skipped_major = registry.publish(token, contract(version="2.0.0"), "orders")
    patch = registry.publish(token, contract(version="1.2.1"), "orders")

    assert (below.status_code, below.json()["code"]) == (409, "version_not_increasing")
    assert (skipped_major.status_code, skipped_major.json()["code"]) == (409, "version_not_increasing")
    assert patch.status_code == 201


def test_a_version_that_is_not_final_is_refused(registry: RegistryUnderTest) -> None:
    token = registry.team("erp-team")

    for number in ("1.0.0-rc.1", "1.0.0+build", "1.0", "01.0.0", "1.0.0\n"):
        refused = registry.publish(token, contract(version=number), "orders")
        assert (refused.status_code, refused.json()["code"]) == (422, "version_invalid")


def test_only_the_owner_team_publishes(registry: RegistryUnderTest) -> None:
    owner, stranger = registry.team("erp-team"), registry.team("crm-team")

    claimed = registry.publish(stranger, contract(), "orders")
    registry.publish(owner, contract(), "orders")
    taken_over = registry.publish(stranger, contract(version="1.0.1", owner="crm-team"), "orders")
    unreadable = registry.publish(stranger, "{", "orders")

    assert (claimed.status_code, claimed.json()["code"]) == (403, "not_owner")
    assert (taken_over.status_code, taken_over.json()["code"]) == (403, "not_owner")
    assert unreadable.status_code == 403
    assert "erp-team" in taken_over.json()["detail"]
    assert "crm-team" in taken_over.json()["detail"]


def test_the_administrator_publishes_on_behalf_and_it_is_recorded(registry: RegistryUnderTest) -> None:
    registry.team("erp-team")

    published = registry.call(
        "POST",
        "/contracts/orders/versions",
        json={"document": {"uri": "orders.json", "content": contract()}},
        headers={"X-Correlation-ID": "request-77"},
    )

    assert published.status_code == 201
    assert published.json()["onBehalfOf"] == "erp-team"
    (entry,) = audited(registry.store, "contract.published")
    assert entry["onBehalfOf"] == "erp-team"
    assert entry["actor"] == registry.admin["clientId"]
    assert entry["requestId"] == "request-77"


def test_a_refused_publication_is_recorded_and_nothing_else_is(registry: RegistryUnderTest) -> None:
    owner, stranger = registry.team("erp-team"), registry.team("crm-team")
    registry.publish(owner, contract(), "orders")
    revision = registry.call("GET", "/health").json()["revision"]
    other, grown = contract(title="Other"), contract(version="1.0.1", operations=["order", "cancel"])

    registry.publish(stranger, other, "orders", headers={"X-Correlation-ID": "request-1"})
    registry.publish(owner, other, "orders")
    registry.publish(owner, "{", "nothing")
    registry.publish(owner, grown, "orders")
    registry.publish(owner, grown, "orders", params={"dryRun": "true"})

    entries = audited(registry.store, "contract.publication_refused")
    details: list[Any] = [entry["detail"] for entry in entries]
    recorded = [(entry["subject"], detail["code"]) for entry, detail in zip(entries, details, strict=True)]
    assert recorded == [
        ("orders", "not_owner"),
        ("orders", "version_exists"),
        ("nothing", "contract_invalid"),
        ("orders", "version_bump_too_small"),
    ]
    assert details[0]["sha256"] == hashlib.sha256(other.encode()).hexdigest()
    assert entries[0]["requestId"] == "request-1"
    assert str(entries[0]["actor"]).startswith("crm-team-")
    assert registry.call("GET", "/health").json()["revision"] == revision


def test_ownership_changes_only_by_the_administrator(registry: RegistryUnderTest) -> None:
    owner = registry.team("erp-team")
    registry.team("crm-team")
    registry.publish(owner, contract(), "orders")
    handed = contract(version="1.0.1", owner="crm-team")

    by_owner = registry.publish(owner, handed, "orders")
    by_admin = registry.publish(
        registry.token(registry.admin["clientId"], registry.admin["clientSecret"]), handed, "orders"
    )

    assert (by_owner.status_code, by_owner.json()["code"]) == (409, "owner_changed")
    assert by_admin.status_code == 201
    assert registry.call("GET", "/contracts/orders").json()["owner"] == "crm-team"


def test_an_owner_is_required_and_must_be_a_team(registry: RegistryUnderTest) -> None:
    token = registry.team("erp-team")
    without = json.dumps({"name": "orders", "version": "1.0.0"})

    absent = registry.publish(token, without, "orders")
    unknown = registry.publish(token, contract(owner="nobody-team"), "orders")

    assert (absent.status_code, absent.json()["code"]) == (422, "owner_required")
    assert (unknown.status_code, unknown.json()["code"]) == (422, "owner_unknown")


def test_the_document_is_sent_to_its_own_name(registry: RegistryUnderTest) -> None:
    token = registry.team("erp-team")

    refused = registry.publish(token, contract(name="orders"), "invoices")

    assert (refused.status_code, refused.json()["code"]) == (422, "name_mismatch")


def test_what_identifies_a_contract_never_changes(registry: RegistryUnderTest) -> None:
    token = registry.team("erp-team")
    registry.publish(token, contract(), "orders")

    def refusal(**changes: str) -> str:
        response = registry.publish(token, contract(version="2.0.0", **changes), "orders")
        assert response.status_code == 409
        code: str = response.json()["code"]
        return code

    assert refusal(apiId="another") == "api_id_changed"
    assert refusal(kind="asyncapi") == "kind_changed"
    assert refusal(layer="process") == "layer_changed"
    second = registry.publish(token, contract(name="invoices", apiId="id-of-orders"), "invoices")
    assert (second.status_code, second.json()["code"]) == (409, "api_id_taken")


def test_a_dry_run_decides_and_stores_nothing(registry: RegistryUnderTest) -> None:
    token = registry.team("erp-team")
    before = registry.call("GET", "/health").json()["revision"]

    tried = registry.publish(token, contract(), "orders", params={"dryRun": "true"})

    assert tried.status_code == 200
    assert tried.json()["version"] == "1.0.0"
    assert registry.call("GET", "/contracts/orders").status_code == 404
    assert rows(registry, "blobs") == []
    assert registry.call("GET", "/health").json()["revision"] == before


def test_warnings_are_kept_with_the_version(registry: RegistryUnderTest) -> None:
    token = registry.team("erp-team")
    warning = {"code": "lint.example", "detail": "No example.", "severity": "warning"}

    published = registry.publish(token, contract(warnings=[warning]), "orders")

    assert published.json()["problems"] == [warning]
    read = registry.call("GET", "/contracts/orders/versions/latest", token=token)
    assert read.json()["problems"] == [warning]


def test_references_are_stored_and_served_by_their_digest(registry: RegistryUnderTest) -> None:
    token = registry.team("erp-team")
    money = "type: object\n"
    body = {
        "document": {"uri": "system/orders.json", "content": contract()},
        "references": [{"uri": "canonical/money.yaml", "content": money}],
    }

    registry.call("POST", "/contracts/orders/versions", token=token, json=body)

    served = registry.call("GET", "/contracts/orders/versions/latest").json()
    (reference,) = served["references"]
    assert served["document"] == {"uri": "system/orders.json", "sha256": served["sha256"]}
    assert reference["uri"] == "canonical/money.yaml"
    document = registry.call("GET", f"/documents/{reference['sha256']}")
    assert document.content == money.encode()
    tag = document.headers["ETag"]
    held = registry.call("GET", f"/documents/{reference['sha256']}", headers={"If-None-Match": tag})
    assert (held.status_code, held.content) == (304, b"")


def test_of_concurrent_publications_one_is_stored(anywhere: RegistryUnderTest) -> None:
    token = anywhere.team("erp-team")
    anywhere.publish(token, contract(), "orders")
    texts = [contract(version="1.0.1", title=f"Title {n}") for n in range(6)]

    with ThreadPoolExecutor(len(texts)) as pool:
        answers = list(pool.map(lambda text: anywhere.publish(token, text, "orders"), texts))

    statuses = sorted(answer.status_code for answer in answers)
    assert statuses == [201, 409, 409, 409, 409, 409]
    codes = {answer.json()["code"] for answer in answers if answer.status_code == 409}
    assert codes <= {"publish_conflict", "version_exists"}
    assert len(rows(anywhere, "versions")) == 2


def test_concurrent_publications_of_the_same_content_all_succeed(anywhere: RegistryUnderTest) -> None:
    token = anywhere.team("erp-team")

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: anywhere.publish(token, contract(), "orders"), range(6)))

    assert sorted(answer.status_code for answer in answers) == [200] * 5 + [201]
    assert len(rows(anywhere, "versions")) == 1
    assert len(audited(anywhere.store, "contract.published")) == 1


def test_a_decision_on_what_has_changed_meanwhile_is_not_carried_out(anywhere: RegistryUnderTest) -> None:
    token = anywhere.team("erp-team")
    anywhere.publish(token, contract(), "orders")
    overtaking = contract(version="1.0.1", title="Overtaking")
    undisturbed = anywhere.app

    def judge_while_another_publishes(*sides: Any) -> Judgement:
        anywhere.app = undisturbed
        assert anywhere.publish(token, overtaking, "orders").status_code == 201
        return fake_judge(*sides)

    anywhere.app = create_app(
        anywhere.config,
        store=anywhere.store,
        reader=FakeReader(),
        judging=judge_while_another_publishes,
        clock=anywhere.clock,
    )
    overtaken = anywhere.publish(token, contract(version="1.0.2"), "orders")

    assert (overtaken.status_code, overtaken.json()["code"]) == (409, "publish_conflict")
    assert "publish again" in overtaken.json()["detail"]
    assert overtaken.json()["retryable"] is True
    assert anywhere.call("GET", "/contracts/orders").json()["latest"] == "1.0.1"
