"""Search over what is in force: the same suite over every database."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from registry.model import CatalogFacts, CatalogItem, Contract, Lifecycle, SemanticVersion, State, What
from registry.model.words import asked_words, highlights, parts_of, words_of
from registry.ports import SearchFilter
from registry.storage.store import SqlStore
from tests.registry.harness import RegistryUnderTest, contract

ORDERS = Contract("orders", "id-1", "openapi", "ERP Orders", "system", "finance", "erp-team", "internal", 1)
QUOTES = Contract("quotes", "id-2", "asyncapi", "Quotes", "process", "commercial", "erp-team", "internal", 1)
V1 = SemanticVersion(1, 0, 0)


def item(what: What, name: str, text: str = "") -> CatalogItem:
    return CatalogItem(what, name, "", f"/{name}", text)


def facts(*items: CatalogItem) -> CatalogFacts:
    return CatalogFacts(items)


@pytest.fixture
def filled(store: SqlStore) -> SqlStore:
    with store.writing() as transaction:
        for one in (ORDERS, QUOTES):
            transaction.catalog.add_contract(one)
        transaction.discovery.put(
            ORDERS,
            V1,
            facts(
                item(What.OPERATION, "createOrder", "POST /orders"), item(What.FIELD, "billingPlan", "Größe")
            ),
        )
        transaction.discovery.put(
            QUOTES,
            V1,
            facts(
                item(What.SCHEMA, "Quote", "What is offered"),
                item(What.FIELD, "orderNumber", "billing of it"),
            ),
        )
    return store


def found(store: SqlStore, query: str, **wanted: object) -> list[str]:
    with store.reading() as transaction:
        words = asked_words(query, 8)
        results = transaction.discovery.search(words, SearchFilter(**wanted), 0, 10)  # type: ignore[arg-type]
    return [result.contract.name for result in results]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("order", ["orders", "quotes"]),
        ("ORDERS", ["orders"]),
        ("billing plan", ["orders"]),
        ("bill", ["orders", "quotes"]),
        ("größ", ["orders"]),
        ("GRÖSSE", ["orders"]),
        ("offered quote", ["quotes"]),
        ("nothing", []),
        ("o", []),
    ],
)
def test_every_word_must_be_found_as_the_beginning_of_one(
    filled: SqlStore, query: str, names: list[str]
) -> None:
    assert sorted(found(filled, query)) == names


def test_the_name_of_a_contract_weighs_more_than_that_of_a_field(filled: SqlStore) -> None:
    assert found(filled, "order") == ["orders", "quotes"]


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        ({"what": What.CONTRACT}, ["orders"]),
        ({"what": What.OPERATION}, ["orders"]),
        ({"what": What.SCHEMA}, []),
        ({"what": What.FIELD}, ["quotes"]),
        ({"layer": "process"}, ["quotes"]),
        ({"domain": "finance"}, ["orders"]),
        ({"owner": "erp-team"}, ["orders", "quotes"]),
        ({"owner": "crm-team"}, []),
        ({"kind": "asyncapi"}, ["quotes"]),
        ({"state": State.PUBLISHED}, ["quotes"]),
        ({"state": State.DEPRECATED}, ["orders"]),
    ],
)
def test_a_search_is_narrowed(filled: SqlStore, wanted: dict[str, object], names: list[str]) -> None:
    with filled.writing() as transaction:
        transaction.catalog.set_lifecycle("orders", 1, Lifecycle(State.DEPRECATED))

    assert found(filled, "order", **wanted) == names


def test_an_entry_is_replaced_and_removed_as_a_whole(filled: SqlStore) -> None:
    with filled.writing() as transaction:
        transaction.discovery.put(ORDERS, replace(V1, minor=1), facts(item(What.FIELD, "dunning")))
    assert (found(filled, "billingPlan"), found(filled, "dunning")) == ([], ["orders"])

    with filled.writing() as transaction:
        transaction.discovery.remove("orders", 1)
    assert found(filled, "dunning") == []
    with filled.reading() as transaction:
        assert transaction.discovery.entries(None, 10) == [("quotes", V1)]


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    query=st.text(max_size=60)
    | st.sampled_from(['"', "a OR b", "NEAR(", "{field} : x", "a:*", "-a", "'; DROP"])
)
def test_no_text_is_a_query_of_the_database(filled: SqlStore, query: str) -> None:
    words = asked_words(query, 8)
    for what in (None, What.FIELD):
        if words:
            with filled.reading() as transaction:
                transaction.discovery.search(words, SearchFilter(what), 0, 5)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(text=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40))
def test_whatever_is_indexed_is_found_by_its_own_words(store: SqlStore, text: str) -> None:
    words = asked_words(text, 8)
    with store.writing() as transaction:
        if transaction.catalog.contract("orders") is None:
            transaction.catalog.add_contract(ORDERS)
        transaction.discovery.put(ORDERS, V1, facts(item(What.FIELD, "field", text)))

    if words:
        assert found(store, text) == ["orders"]


def test_words_of_a_name_in_camel_case_are_known_together_and_apart() -> None:
    assert words_of("billingPlan HTTPServer2") == [
        "billingplan", "billing", "plan", "httpserver2", "http", "server", "2",
    ]  # fmt: skip
    assert parts_of("legalEntity-id Größe") == ["legal", "entity", "id", "grösse"]
    assert highlights("the billingPlan", ["plan", "the"]) == ([(0, 3), (11, 15)], {"plan", "the"})


def test_a_publication_is_found_until_its_major_version_is_retired(anywhere: RegistryUnderTest) -> None:
    token = anywhere.team("erp-team")
    text = contract(name="erp-orders", fields=["billingPlan", "planNumber", "other"])
    assert anywhere.publish(token, text, "erp-orders").status_code == 201

    first = anywhere.call("GET", "/catalog/search", params={"q": "plan"}).json()["items"]

    assert [(one["contract"], one["version"], one["state"]) for one in first] == [
        ("erp-orders", "1.0.0", "published")
    ]
    assert [match["name"] for match in first[0]["matches"]] == ["billingPlan", "planNumber"]
    assert first[0]["matches"][0]["highlights"] == [
        {"in": "name", "start": 7, "end": 11},
        {"in": "text", "start": 13, "end": 17},
    ]
    tag = anywhere.call("GET", "/contracts/erp-orders/versions/1.0.0").headers["etag"]
    body, headers = {"state": "retired"}, {"If-Match": tag}
    path = "/contracts/erp-orders/versions/1.0.0/lifecycle"
    assert anywhere.call("PUT", path, token=token, json=body, headers=headers).status_code == 200
    assert anywhere.call("GET", "/catalog/search", params={"q": "plan"}).json()["items"] == []


def test_a_refused_publication_leaves_the_index_as_it_was(anywhere: RegistryUnderTest) -> None:
    token = anywhere.team("erp-team")
    anywhere.publish(token, contract(fields=["kept"]), "orders")

    broken = contract(version="1.0.1", operations=["other"], fields=["lost"])
    assert anywhere.publish(token, broken, "orders").status_code == 409

    for query, count in (("kept", 1), ("lost", 0)):
        found = anywhere.call("GET", "/catalog/search", params={"q": query}).json()["items"]
        assert len(found) == count


def test_pages_of_a_search_follow_one_another(registry: RegistryUnderTest) -> None:
    token = registry.team("erp-team")
    for number in range(5):
        registry.publish(token, contract(name=f"orders-{number}"), f"orders-{number}")

    names: list[str] = []
    cursor = None
    for _ in range(3):
        params = {"q": "orders", "limit": "2"} | ({"cursor": cursor} if cursor else {})
        answer = registry.call("GET", "/catalog/search", params=params).json()
        names += [one["contract"] for one in answer["items"]]
        cursor = answer["nextCursor"]

    assert sorted(names) == [f"orders-{number}" for number in range(5)]
    assert cursor is None


@pytest.mark.parametrize(
    "query", ["*", '"', "'", "a' OR 1=1 --", "NEAR(a b)", "\\", "(", "{x} : y", "\u200b", "💥"]
)
def test_a_hostile_query_finds_nothing_and_breaks_nothing(anywhere: RegistryUnderTest, query: str) -> None:
    answer = anywhere.call("GET", "/catalog/search", params={"q": query})

    assert (answer.status_code, answer.json()) == (200, {"items": [], "nextCursor": None})


@pytest.mark.parametrize("params", [{}, {"q": ""}, {"q": "a" * 201}, {"q": "a", "cursor": "WyJ4Il0"}])
def test_a_search_that_asks_nothing_is_refused(registry: RegistryUnderTest, params: dict[str, str]) -> None:
    assert registry.call("GET", "/catalog/search", params=params).status_code == 400
