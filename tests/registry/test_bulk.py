"""Many contracts in one request: in the order of their references, all or none, with every problem named."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import httpx
import pytest

from registry.model import CatalogFacts, DocumentLink, Submission, SubmittedDocument
from registry.usecases.bulk import Item, ordered
from tests.registry.harness import FakeReader, RegistryUnderTest, audited, contract
from tests.registry.packaged import CONTRACTS, body_of, real_registry
from tests.registry.test_canonical import LINE, MONEY, MONEY_URI, api


def bulk(
    registry: RegistryUnderTest, *texts: str, token: str | None = "admin", dry_run: bool = False
) -> httpx.Response:
    """Publishes documents that refer to nothing."""
    documents = [{"uri": f"{number}.json", "content": text} for number, text in enumerate(texts)]
    body = {"documents": documents, "publications": [{"document": one["uri"]} for one in documents]}
    params = {"dryRun": str(dry_run).lower()}
    return registry.call("POST", "/publications", token=token, json=body, params=params)


def names(registry: RegistryUnderTest) -> list[str]:
    return [one["name"] for one in registry.call("GET", "/contracts").json()["items"]]


def test_all_are_published_in_one_request(anywhere: RegistryUnderTest) -> None:
    token = anywhere.team("erp-team")
    revision = anywhere.call("GET", "/health").json()["revision"]

    answer = bulk(anywhere, contract("orders"), contract("invoices"), token=token)

    assert answer.status_code == 200, answer.text
    found = answer.json()["publications"]
    assert [(one["contract"], one["created"], one["verdict"]) for one in found] == [
        ("invoices", True, None),
        ("orders", True, None),
    ]
    assert names(anywhere) == ["invoices", "orders"]
    assert anywhere.call("GET", "/health").json()["revision"] == revision + 1
    assert len(audited(anywhere.store, "contract.published")) == 2


def test_the_same_again_changes_nothing_and_only_what_is_new_is_added(registry: RegistryUnderTest) -> None:
    token = registry.team("erp-team")
    bulk(registry, contract("orders"), token=token)

    again = bulk(registry, contract("orders"), token=token)
    more = bulk(registry, contract("orders"), contract("invoices"), token=token)

    assert [one["created"] for one in again.json()["publications"]] == [False]
    assert [one["created"] for one in more.json()["publications"]] == [True, False]
    assert len(audited(registry.store, "contract.published")) == 2


def test_one_that_is_refused_keeps_all_out_and_each_problem_is_told(registry: RegistryUnderTest) -> None:
    token = registry.team("erp-team")
    registry.publish(token, contract(operations=["order", "cancel"]), "orders")
    texts = [
        contract("invoices"),
        contract("orders", "1.1.0", operations=["order"]),
        "{",
        contract("payments", owner="nobody-team"),
    ]

    refused = bulk(registry, *texts, token=token)

    problem = refused.json()
    assert (refused.status_code, problem["code"]) == (409, "bulk_refused")
    results = {one["document"]: one for one in problem["results"]}
    assert [results[f"{number}.json"]["outcome"] for number in range(4)] == [
        "publishable",
        "refused",
        "refused",
        "refused",
    ]
    assert [results[f"{number}.json"].get("code") for number in range(4)] == [
        None,
        "compatibility_failed",
        "contract_invalid",
        "owner_unknown",
    ]
    assert results["1.json"]["report"]["verdict"] == "breaking"
    assert names(registry) == ["orders"]
    entries = audited(registry.store, "contract.publication_refused")
    assert sorted(entry["detail"]["code"] for entry in entries) == [
        "compatibility_failed",
        "contract_invalid",
        "owner_unknown",
    ]


def test_a_stranger_publishes_none_of_them(registry: RegistryUnderTest) -> None:
    owner, stranger = registry.team("erp-team"), registry.team("crm-team")
    registry.publish(owner, contract(), "orders")

    refused = bulk(registry, contract("quotes", owner="crm-team"), contract(version="1.0.1"), token=stranger)
    unreadable = bulk(registry, "{", token=stranger)

    assert (refused.status_code, unreadable.status_code) == (403, 422)
    assert names(registry) == ["orders"]


def test_a_dry_run_tells_the_same_and_leaves_no_trace(registry: RegistryUnderTest) -> None:
    token = registry.team("erp-team")

    planned = bulk(registry, contract("orders"), contract("invoices"), token=token, dry_run=True)
    refused = bulk(registry, contract("orders"), "{", token=token, dry_run=True)

    assert planned.json()["dryRun"] is True
    assert [one["created"] for one in planned.json()["publications"]] == [True, True]
    assert refused.status_code == 422
    assert names(registry) == []
    assert audited(registry.store, "contract.") == []


def test_a_major_version_stands_once_in_a_request(registry: RegistryUnderTest) -> None:
    token = registry.team("erp-team")

    twice = bulk(registry, contract(version="1.0.1"), contract(), token=token)
    same_id = bulk(registry, contract(), contract("invoices", apiId="id-of-orders"), token=token)

    for refused in (twice, same_id):
        assert refused.status_code == 409
        assert [one.get("code") for one in refused.json()["results"]] == ["contract_repeated", None]


def test_major_versions_of_a_contract_are_published_together(anywhere: RegistryUnderTest) -> None:
    token = anywhere.team("erp-team")
    first = [contract(version="3.0.0", title="Third"), contract(title="First"), contract(version="2.0.0")]

    fresh = bulk(anywhere, *first, token=token)
    later = bulk(anywhere, contract(version="3.0.1", title="Newer"), contract(version="2.0.1"), token=token)
    changed = contract(version="4.0.0", layer="process")
    refused = bulk(anywhere, changed, contract(version="5.0.0"), token=token)

    assert fresh.status_code == 200, fresh.text
    assert [one["version"] for one in fresh.json()["publications"]] == ["1.0.0", "2.0.0", "3.0.0"]
    assert [one["verdict"] for one in fresh.json()["publications"]] == [None, "compatible", "compatible"]
    assert later.status_code == 200, later.text
    found = anywhere.call("GET", "/contracts/orders").json()
    assert (found["latest"], found["title"]) == ("3.0.1", "Newer")
    assert [one.get("code") for one in refused.json()["results"]] == ["layer_changed", None]


def test_documents_that_are_missing_or_there_twice_are_told(registry: RegistryUnderTest) -> None:
    token = registry.team("erp-team")
    document = {"uri": "a.json", "content": contract()}
    body = {
        "documents": [document, document],
        "publications": [{"document": "a.json", "references": ["b.json"]}],
    }

    refused = registry.call("POST", "/publications", token=token, json=body)

    assert (refused.status_code, refused.json()["code"]) == (422, "documents_unclear")
    assert [one["code"] for one in refused.json()["errors"]] == ["document_repeated", "document_missing"]


def test_of_two_that_publish_the_same_at_once_both_succeed(anywhere: RegistryUnderTest) -> None:
    token = anywhere.team("erp-team")
    texts = [contract(f"orders-{number}") for number in range(5)]

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda _: bulk(anywhere, *texts, token=token), range(2)))

    assert [one.status_code for one in answers] == [200, 200], [one.text for one in answers]
    assert sum(one["created"] for answer in answers for one in answer.json()["publications"]) == 5


def item(name: str, schema_id: str | None, *targets: str) -> Item:
    submission = Submission(SubmittedDocument(f"{name}.json", contract(name).encode()))
    read = replace(FakeReader().read(submission), schema_id=schema_id)
    return Item(submission, read, CatalogFacts(links=tuple(DocumentLink("", one) for one in targets)))


def test_each_comes_after_the_schemas_it_refers_to() -> None:
    items = [
        item("api", None, "urn:line"),
        item("line", "urn:line", "urn:money"),
        item("money", "urn:money", "urn:unit", "urn:elsewhere"),
        item("unit", "urn:unit", "urn:money"),
        item("another", None),
    ]

    found = [one.read.identity.name for one in ordered(items)]

    assert sorted(found) == ["another", "api", "line", "money", "unit"]
    assert found.index("money") < found.index("line") < found.index("api")
    assert found == [one.read.identity.name for one in ordered(items[::-1])]


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RegistryUnderTest]:
    """A registry with its own reader and judge, and nothing in it."""
    registry = real_registry(tmp_path_factory.mktemp("bulk"))
    registry.team("data-team")
    yield registry
    registry.close()


def test_the_packaged_contracts_are_published_at_once(real: RegistryUnderTest) -> None:
    bodies = [body_of(path)[1] for path in CONTRACTS]
    texts = {one["uri"]: one for body in bodies for one in (body["document"], *body["references"])}
    publications: list[dict[str, Any]] = [
        {"document": body["document"]["uri"], "references": [one["uri"] for one in body["references"]]}
        for body in bodies
    ]

    answer = real.call(
        "POST", "/publications", json={"documents": list(texts.values()), "publications": publications}
    )

    assert answer.status_code == 200, answer.text
    assert len(answer.json()["publications"]) == len(CONTRACTS)
    assert len(real.snapshot()["contracts"]) == len(CONTRACTS)


def test_canonical_schemas_come_first(real: RegistryUnderTest) -> None:
    line_uri = "canonical/line.v1.schema.json"
    orders = api("goods", f"../{line_uri}")
    orders["x-pactolus"]["owner"] = "erp-team"
    values = {"system/goods.json": orders, line_uri: LINE, MONEY_URI: MONEY}
    body = {
        "documents": [{"uri": uri, "content": json.dumps(value)} for uri, value in values.items()],
        "publications": [
            {"document": "system/goods.json", "references": [line_uri, MONEY_URI]},
            {"document": line_uri, "references": [MONEY_URI]},
            {"document": MONEY_URI},
        ],
    }

    answer = real.call("POST", "/publications", json=body)

    assert answer.status_code == 200, answer.text
    assert [one["contract"] for one in answer.json()["publications"]] == ["money", "line", "goods"]
