"""The packaged contracts through the real reader and the real judge, over HTTP."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from registry.contracts import SpecsReader
from registry.judgement import judge
from registry.model import Submission, SubmittedDocument
from specs.config import LIMITS
from specs.files import documents_root
from tests.registry.harness import GATEWAY_SCOPES, RegistryUnderTest
from tests.registry.packaged import CONTRACTS, body_of, real_registry


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RegistryUnderTest]:
    """A registry with its own reader and judge and every team."""
    registry = real_registry(tmp_path_factory.mktemp("real"))
    yield registry
    registry.close()


def publish(real: RegistryUnderTest, name: str, body: dict[str, Any]) -> httpx.Response:
    return real.call("POST", f"/contracts/{name}/versions", json=body)


@pytest.fixture(scope="module")
def published(real: RegistryUnderTest) -> RegistryUnderTest:
    """With every packaged contract in force."""
    for path in CONTRACTS:
        response = publish(real, *body_of(path))
        assert response.status_code == 201, f"{path.name}: {response.text}"
    return real


@pytest.mark.parametrize("path", CONTRACTS, ids=[path.name for path in CONTRACTS])
def test_a_packaged_contract_is_published_once_and_served_byte_for_byte(
    published: RegistryUnderTest, path: Path
) -> None:
    name, body = body_of(path)

    again = publish(published, name, body)

    assert again.status_code == 200
    version = again.json()["version"]
    content = published.call("GET", f"/contracts/{name}/versions/{version}/content").content
    assert content == path.read_bytes()
    served = [one for one in published.snapshot()["contracts"] if one["version"] == version]
    (one,) = [one for one in served if one["name"] == name]
    for reference in one["references"]:
        document = published.call("GET", f"/documents/{reference['sha256']}").content
        assert document == (documents_root() / reference["uri"]).read_bytes()


def orders(published: RegistryUnderTest) -> tuple[dict[str, Any], dict[str, Any]]:
    name, body = body_of(documents_root() / "system" / "erp-orders.v1.openapi.yaml")
    assert name == "erp-orders"
    return yaml.safe_load(body["document"]["content"]), body


def with_document(body: dict[str, Any], value: dict[str, Any]) -> dict[str, Any]:
    content = yaml.safe_dump(value, sort_keys=False)
    return {**body, "document": {**body["document"], "content": content}}


def test_a_member_made_required_is_refused_with_a_witness_and_its_callers(
    published: RegistryUnderTest,
) -> None:
    published.consumer("quote-app", "account-teams")
    gateway = published.team("integration-engineering", GATEWAY_SCOPES)
    record = {
        "consumer": "quote-app",
        "contract": "erp-orders",
        "version": "1.0.0",
        "operation": "POST /orders",
        "status": 201,
        "count": 12,
        "firstSeen": "2026-11-02T07:00:00Z",
        "lastSeen": "2026-11-02T07:30:00Z",
    }
    batch = {"gateway": "g", "batchId": "b", "records": [record]}
    assert published.call("POST", "/usage", token=gateway, json=batch).status_code == 204
    value, body = orders(published)
    value["info"]["version"] = "1.1.0"
    schema = value["components"]["schemas"]["OrderCreate"]
    schema["required"] = [*schema["required"], "purchaseOrderRef"]

    refused = publish(published, "erp-orders", with_document(body, value))

    problem = refused.json()
    assert (refused.status_code, problem["code"]) == (409, "compatibility_failed"), refused.text[:500]
    breaking = [one for one in problem["report"]["findings"] if one["level"] == "breaking"]
    assert breaking
    assert any(one["witness"] is not None for one in breaking)
    impact = {one["consumer"]: one for finding in breaking for one in finding["consumers"]}
    assert impact["quote-app"]["calls"] == 12
    assert impact["quote-app"]["status"] != "UNAFFECTED"
    assert "quote-app" in problem["detail"]


def test_an_optional_member_is_a_minor_version(published: RegistryUnderTest) -> None:
    value, body = orders(published)
    value["info"]["version"] = "1.0.1"
    value["components"]["schemas"]["OrderCreate"]["properties"]["costCentre"] = {
        "type": "string",
        "maxLength": 20,
        "description": "Where the cost goes.",
    }

    as_patch = publish(published, "erp-orders", with_document(body, value))
    value["info"]["version"] = "1.1.0"
    as_minor = published.call(
        "POST", "/contracts/erp-orders/versions?dryRun=true", json=with_document(body, value)
    )

    assert (as_patch.status_code, as_patch.json()["code"]) == (409, "version_bump_too_small")
    assert as_minor.status_code == 200, as_minor.text[:800]
    assert as_minor.json()["report"]["verdict"] == "compatible"


def test_the_two_major_versions_of_quotes_are_compared(published: RegistryUnderTest) -> None:
    report = published.call("GET", "/contracts/crm-quote/comparison?before=1.0.0&after=2.0.0").json()

    assert report["verdict"] == "breaking"
    assert report["bump"] == {"required": "major", "declared": "major", "sufficient": True}


BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{new}: &{new} [{','.join([f'*{old}'] * 9)}]\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (BOMB, "contract_invalid"),
        ("openapi: 3.1.0\n  broken: [", "contract_invalid"),
        ("openapi: 3.1.0\nopenapi: 3.1.0\n", "contract_invalid"),
        ("[" * 100_000, "contract_invalid"),
        ("just a text", "contract_invalid"),
        ("", "contract_invalid"),
        ("\x07", "contract_invalid"),
        ("!!python/object/apply:os.system [echo]", "contract_invalid"),
        ("openapi: 3.1.0\ninfo: {title: T, version: 1.0.0}\npaths: {}\n", "owner_required"),
    ],
)
def test_documents_that_cannot_be_used_are_422_with_the_place(
    published: RegistryUnderTest, text: str, code: str
) -> None:
    before = published.call("GET", "/health").json()["revision"]

    refused = publish(published, "orders", {"document": {"uri": "orders.yaml", "content": text}})

    problem = refused.json()
    assert (refused.status_code, problem["code"]) == (422, code), refused.text[:300]
    assert problem["errors"]
    assert {"code", "uri", "pointer", "line", "column", "detail", "fix"} <= set(problem["errors"][0])
    assert published.call("GET", "/health").json()["revision"] == before


@pytest.mark.parametrize(
    "reference",
    [
        "http://127.0.0.1:9/steal.yaml",
        "https://example.com/x.json#/a",
        "../../../etc/passwd",
        "file:///etc/passwd",
        "gone.yaml",
    ],
)
def test_a_reference_out_of_what_was_sent_is_422(published: RegistryUnderTest, reference: str) -> None:
    value, body = orders(published)
    value["components"]["schemas"]["OrderCreate"]["properties"]["extra"] = {"$ref": reference}

    refused = publish(published, "erp-orders", with_document(body, value))

    assert (refused.status_code, refused.json()["code"]) == (422, "contract_invalid")
    assert any(error["code"].startswith("ref.") for error in refused.json()["errors"])


def test_two_documents_under_one_uri_are_422(published: RegistryUnderTest) -> None:
    _, body = orders(published)
    repeated = {**body, "references": [*body["references"], body["document"]]}

    refused = publish(published, "erp-orders", repeated)

    assert (refused.status_code, refused.json()["code"]) == (422, "document_repeated")


def test_a_title_that_no_database_takes_is_422(published: RegistryUnderTest) -> None:
    value, body = orders(published)
    value["info"]["title"] = "a\0b"

    refused = publish(published, "erp-orders", with_document(body, value))

    assert refused.status_code == 422


def test_the_real_ports_fit_the_use_cases() -> None:
    path = documents_root() / "system" / "erp-orders.v1.openapi.yaml"
    _, body = body_of(path)
    submission = Submission(
        SubmittedDocument(body["document"]["uri"], path.read_bytes()),
        tuple(SubmittedDocument(one["uri"], one["content"].encode()) for one in body["references"]),
    )
    reader = SpecsReader()

    read = reader.read(submission)
    judgement = judge(reader.parse(submission), read.model, ())

    assert ("createOrder", "POST /orders") in [(one.operation_id, one.name) for one in read.operations]
    assert (judgement.verdict, judgement.bump_required) == ("compatible", "none")


def test_a_refusal_lists_each_problem_once(published: RegistryUnderTest) -> None:
    name, body = body_of(documents_root() / "platform" / "registry.v1.openapi.yaml")
    text = body["document"]["content"]
    body["document"]["content"] = re.sub(r"version: \d+\.\d+\.\d+", "version: first", text, count=1)

    refused = publish(published, name, body)

    assert [error["code"] for error in refused.json()["errors"]] == ["governance.version_not_semantic"]


def test_a_refusal_is_of_bounded_size_and_says_how_much_there_is(published: RegistryUnderTest) -> None:
    properties = {f"Name_{number}": {"type": "boolean", "default": "no"} for number in range(2_100)}
    schema: dict[str, Any] = {"type": "object", "properties": properties}
    for _ in range(20):
        # The longest name that a document may have; the pointer to each problem repeats all of them.
        schema = {"type": "object", "properties": {"k" * LIMITS.name_characters_max: schema}}
    value = {
        "openapi": "3.0.3",
        "info": {"title": "Long", "version": "1.0.0"},
        "paths": {},
        "components": {"schemas": {"A": schema}},
    }
    body = {"document": {"uri": "long.json", "content": json.dumps(value)}, "references": []}

    refused = publish(published, "long", body)

    assert refused.status_code == 422
    assert len(refused.content) < 4_000_000
    assert len(refused.json()["errors"]) == 2_000
    assert re.search(r"have 21\d\d problems, the first 2000 of them listed", refused.json()["detail"])
