"""The catalog in the forms of others, and its index made anew."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from sqlalchemy import text

from pactolus.cli import pactolus
from registry.config import CatalogLimits, RegistryConfig
from registry.model import Submission, SubmittedDocument, What
from registry.serve import default_reader
from registry.web.exports.backstage import NAME, entity_name, tags
from specs.files import documents_root, read_contract
from tests.registry.harness import RegistryUnderTest, contract


@pytest.fixture
def filled(anywhere: RegistryUnderTest) -> RegistryUnderTest:
    token = anywhere.team("erp-team")
    for name, version in (("orders", "1.0.0"), ("orders", "1.1.0"), ("orders", "2.0.0"), ("quotes", "1.0.0")):
        operations = ["order", "more"] if version == "1.1.0" else ["order"]
        published = anywhere.publish(token, contract(name, version, operations=operations), name)
        assert published.status_code == 201, published.text
    anywhere.consumer("portal", "erp-team")
    body = {"contract": "orders", "major": 1}
    assert anywhere.call("POST", "/consumers/portal/subscriptions", json=body).status_code == 201
    return anywhere


def parts(registry: RegistryUnderTest, form: str, limit: int) -> list[Any]:
    """All parts, by their Link headers."""
    found = []
    path: str | None = f"/catalog/exports/{form}?limit={limit}"
    while path is not None:
        answer = registry.call("GET", path)
        assert answer.status_code == 200, answer.text
        found.append(answer)
        following = re.search(
            r"<http://registry.test/registry/v1(.*)>; rel=\"next\"", answer.headers.get("link", "")
        )
        path = following[1] if following else None
    return found


@pytest.mark.parametrize("limit", [1, 2, 3, 50])
def test_the_parts_of_an_export_are_the_whole_whatever_their_size(
    filled: RegistryUnderTest, limit: int
) -> None:
    found = [part.json() for part in parts(filled, "json", limit)]

    assert [team["name"] for part in found for team in part["teams"]] == ["erp-team"]
    assert [one["name"] for part in found for one in part["consumers"]] == ["portal"]
    contracts = [one for part in found for one in part["contracts"]]
    assert [(one["name"], [version["version"] for version in one["inForce"]]) for one in contracts] == [
        ("orders", ["2.0.0", "1.1.0"]),
        ("quotes", ["1.0.0"]),
    ]


def test_backstage_is_given_an_entity_for_each_thing(filled: RegistryUnderTest) -> None:
    answer = parts(filled, "backstage", 50)[0]
    entities = list(yaml.safe_load_all(answer.text))

    assert answer.headers["content-type"] == "application/yaml"
    assert [(one["kind"], one["metadata"]["name"]) for one in entities] == [
        ("Group", "erp-team"),
        ("Component", "portal"),
        ("API", "orders-v2"),
        ("API", "orders-v1"),
        ("API", "quotes-v1"),
    ]
    assert entities[1]["spec"]["consumesApis"] == ["api:default/orders-v1"]
    assert entities[3]["spec"]["definition"] == contract("orders", "1.1.0", operations=["order", "more"])
    assert entities[3]["spec"]["owner"] == "group:default/erp-team"


def test_names_that_backstage_refuses_are_replaced_without_a_clash() -> None:
    awkward = ["a" * 63 + "-v1", "a" * 63 + "-v2", "orders-", "a--b", "x_y"]
    names = [entity_name(name) for name in awkward]

    assert all(NAME.fullmatch(name) and len(name) <= 63 for name in names)
    assert len(set(names)) == len(names)
    assert tags("system", "Master Data", "a" * 64) == ["system"]


def test_xregistry_counts_what_it_holds(filled: RegistryUnderTest) -> None:
    found = parts(filled, "xregistry", 50)[0].json()

    group = found["schemagroups"]["finance"]
    orders = group["schemas"]["orders"]
    assert (found["specversion"], found["schemagroupscount"], group["schemascount"]) == ("1.0-rc2", 1, 2)
    assert (orders["versionid"], orders["isdefault"], orders["versionscount"]) == ("2.0.0", True, 2)
    assert orders["versions"]["1.1.0"]["isdefault"] is False
    assert orders["versions"]["1.1.0"]["xid"] == "/schemagroups/finance/schemas/orders/versions/1.1.0"
    path = orders["versions"]["1.1.0"]["schemaurl"].removeprefix("http://registry.test/registry/v1")
    assert filled.call("GET", path).text == contract("orders", "1.1.0", operations=["order", "more"])


@pytest.mark.parametrize("cursor", ["WyJ4IiwgInkiXQ", "e30", "x"])
def test_a_cursor_of_another_list_is_refused(registry: RegistryUnderTest, cursor: str) -> None:
    answer = registry.call("GET", "/catalog/exports/json", params={"cursor": cursor})

    assert answer.status_code == 400


WELL_KNOWN = "/.well-known/api-catalog"


def test_the_well_known_catalog_shows_everything_to_who_may_read(filled: RegistryUnderTest) -> None:
    token = filled.team("erp-team")
    answer = filled.send("GET", WELL_KNOWN, headers={"Authorization": f"Bearer {token}"})
    catalog, *described = answer.json()["linkset"]

    assert answer.headers["content-type"] == (
        'application/linkset+json; profile="https://www.rfc-editor.org/info/rfc9727"'
    )
    assert catalog["anchor"] == "http://registry.test/.well-known/api-catalog"
    assert [item["href"].removeprefix("http://registry.test") for item in catalog["item"]] == [
        "/registry/v1/contracts/orders/versions/2.0.0",
        "/registry/v1/contracts/orders/versions/1.1.0",
        "/registry/v1/contracts/quotes/versions/1.0.0",
    ]
    assert [one["anchor"] for one in described] == [item["href"] for item in catalog["item"]]


def test_the_well_known_catalog_shows_the_public_to_everybody_else(filled: RegistryUnderTest) -> None:
    with filled.store.writing() as transaction:
        statement = "UPDATE contracts SET audience = 'external-public' WHERE name = 'quotes'"
        transaction.connection.execute(text(statement))

    answer = filled.send("GET", WELL_KNOWN)
    head = filled.send("HEAD", WELL_KNOWN)
    refused = filled.send("GET", WELL_KNOWN, headers={"Authorization": "Bearer nonsense"})

    assert [item["href"].split("/")[-3] for item in answer.json()["linkset"][0]["item"]] == ["quotes"]
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["link"] == '<http://registry.test/.well-known/api-catalog>; rel="api-catalog"'
    assert (refused.status_code, refused.json()["code"]) == (401, "token_invalid")
    assert filled.send("GET", WELL_KNOWN, params={"cursor": "x"}).status_code == 400


def test_a_real_contract_is_read_into_what_can_be_found() -> None:
    root = documents_root()
    loaded = read_contract(root / "system" / "erp-orders.v1.openapi.yaml", (root,))

    facts = default_reader(CatalogLimits()).facts(loaded)

    found = {(item.what, item.name) for item in facts.items}
    assert {
        (What.OPERATION, "createOrder"), (What.SCHEMA, "money"), (What.FIELD, "currency"),
        (What.FIELD, "cursor"),
    } <= found  # fmt: skip
    shapes = {shape.operation_id: shape for shape in facts.shapes}
    assert (shapes["getCustomer"].action, shapes["getCustomer"].entity) == ("read", "customer")
    assert (shapes["listOrders"].action, shapes["listOrders"].entity) == ("list", "order")
    assert "legalName" in shapes["getCustomer"].fields
    money = "https://pactolus.dev/schemas/canonical/money.v1.schema.yaml"
    assert ("", money) in {(link.source, link.target) for link in facts.links}
    assert all(item.name != "example" for item in facts.items if item.what is What.FIELD)


def test_what_is_beyond_the_limits_is_left_out() -> None:
    root = documents_root()
    loaded = read_contract(root / "system" / "erp-orders.v1.openapi.yaml", (root,))
    limits = CatalogLimits(items_max=7, shapes_max=2, links_max=1, text_chars_max=10, fields_of_a_shape_max=3)

    facts = default_reader(limits).facts(loaded)

    assert (len(facts.items), len(facts.shapes), len(facts.links)) == (7, 2, 1)
    assert max(len(item.text) for item in facts.items) <= 10
    assert max(len(shape.fields) for shape in facts.shapes) <= 3


def test_the_index_is_made_anew_from_the_documents(database_url: str) -> None:
    from registry.serve import create_app, initialise_registry, open_store
    from tests.registry.harness import FakeClock

    config = RegistryConfig(database_url, issuer="http://registry.test")
    made = initialise_registry(config)
    store = open_store(config)
    app = create_app(config, store=store)
    admin = {"clientId": made.client_id, "clientSecret": made.client_secret}
    registry = RegistryUnderTest(app, config, FakeClock(), admin, store)
    registry.call("POST", "/teams", json={"name": "erp-team"})
    root = documents_root()
    loaded = read_contract(root / "system" / "erp-orders.v1.openapi.yaml", (root,))
    submission = Submission(
        SubmittedDocument(loaded.document.uri, loaded.document.raw),
        tuple(
            SubmittedDocument(uri, one.raw)
            for uri, one in loaded.documents.items()
            if uri != loaded.document.uri
        ),
    )
    documents = [{"uri": one.uri, "content": one.raw.decode()} for one in submission.documents]
    body = {"document": documents[0], "references": documents[1:]}
    assert registry.call("POST", "/contracts/erp-orders/versions", json=body).status_code == 201
    before = registry.call("GET", "/catalog/search", params={"q": "createOrder"}).json()
    with store.writing() as transaction:
        transaction.discovery.remove("erp-orders", 1)
    assert registry.call("GET", "/catalog/search", params={"q": "createOrder"}).json()["items"] == []

    told = CliRunner().invoke(pactolus, ["registry", "reindex", "--database", database_url])

    assert (told.exit_code, told.output) == (0, "indexed 1 versions, 0 could not be read\n")
    after = registry.call("GET", "/catalog/search", params={"q": "createOrder"}).json()
    assert [one["matches"] for one in after["items"]] == [one["matches"] for one in before["items"]]
    store.engine.dispose()
