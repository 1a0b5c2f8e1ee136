"""What a caller may not see: no operation, page or door tells of it; asking for it is asking for nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from registry.web.app import api_contract
from registry.web.confluent.routes import ROUTES
from registry.web.methods import METHODS
from tests.registry.harness import FakeClock, contract, start
from tests.registry.vault import NAME, TWIN, WORD, Vault, bodies, draft, made
from tests.registry.vault_governance import MAPPING

CONTRACT = api_contract()
OPERATIONS = {
    item[method]["operationId"]: (method, path, item)
    for path, item in CONTRACT["paths"].items()
    for method in METHODS
    if method in item
}
TELLS_A_NAME_IS_TAKEN = {"publishAll", "publishVersion"}
"""Two contracts cannot have one name; who tries learns that a name is taken, and nothing else."""
QUERIES: dict[str, dict[str, str]] = {
    "searchCatalog": {"q": WORD},
    "getGraph": {"focus": f"contract:{NAME}"},
    "listTestEvidence": {"bundleSha256": "0" * 64},
    "getChangeGate": {"environment": "prod"},
    "canIPromote": {"environment": "dev"},
    "compareVersions": {"before": "1.0.0", "after": "1.0.0"},
    "exportChange": {"system": "jira"},
    "listChanges": {"contract": NAME},
    "listDrift": {"contract": NAME},
    "getAuditConsistency": {"older": "1"},
    "listUpkeep": {"days": "1"},
    "listDuplicates": {"minimum": "0.1"},
    "exportAudit": {"first": "0", "count": "100"},
}
PATH_PARTS = {
    "form": "backstage",
    "environment": "dev",
    "version": "1.0.0",
    "domain": f"{WORD}-domain",
    "major": "2",
    "kind": "mapping",
    "artifact": MAPPING,
    "artifactVersion": "1.0.0",
    "scope": "contract",
    "team": "vault-team",
}


@pytest.fixture(scope="module")
def vault(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Vault]:
    path = tmp_path_factory.mktemp("vault") / "registry.db"
    started = start(f"sqlite:///{path}", FakeClock())
    vault = made(started)
    for operation in SEEN_BY_ITS_OWNER:  # what memory keeps of it must not be shown to others
        called(vault, operation, vault.owner, hidden=True)
    yield vault
    started.close()


def resolved(parameter: dict[str, Any]) -> dict[str, Any]:
    name = parameter.get("$ref", "").rpartition("/")[2]
    found: dict[str, Any] = CONTRACT["components"]["parameters"][name] if name else parameter
    return found


def called(vault: Vault, operation: str, token: str, *, hidden: bool, bare: bool = False) -> httpx.Response:
    """The operation with what is hidden, or what is not there, wherever it takes a name."""
    method, path, item = OPERATIONS[operation]
    name = NAME if hidden else TWIN
    parts = dict(vault.names(hidden=hidden))
    for parameter in (resolved(one) for one in item.get("parameters", ())):
        if parameter["in"] == "path":
            given = PATH_PARTS.get(parameter["name"], parameter.get("example"))
            parts.setdefault(parameter["name"], str(given))
    if not path.startswith(("/contracts/", "/changes/")):
        parts |= {"name": "vault-app"}
    if path.startswith("/ruleset-bindings"):
        parts |= {"subject": name}
    parts |= {key: value for key, value in PATH_PARTS.items() if f"{{{key}}}" in path}
    if not path.startswith("/changes/") and "{id}" in path:
        own = [resolved(one) for one in item["parameters"]]
        parts["id"] = str(next(one["example"] for one in own if one["name"] == "id"))
    if not hidden and "{domain}" in path:
        parts["domain"] = "qwert-domain"
    query = (
        {} if bare else {key: value.replace(NAME, name) for key, value in QUERIES.get(operation, {}).items()}
    )
    given = bodies(vault, name).get(operation, {})
    options: dict[str, Any] = {"json": given} if method in ("post", "put") else {}
    headers = {"X-Correlation-Id": "same", "If-Match": '"x"'}
    return vault.registry.call(
        method.upper(), path.format(**parts), token=token, params=query, headers=headers, **options
    )


def told(answer: httpx.Response) -> str:
    """All that an answer says."""
    return f"{dict(answer.headers)} {answer.text}"


def without_names(answer: httpx.Response, vault: Vault) -> tuple[int, str]:
    """Status and body with the names that were asked for taken out."""
    asked = [f"{WORD}-domain", "qwert-domain"]
    for hidden in (True, False):
        asked += [value for value in vault.names(hidden=hidden).values() if not value.isdigit()]
    text = answer.text
    for value in sorted(asked, key=len, reverse=True):
        text = text.replace(value, "*")
    return answer.status_code, re.sub(r"((?:entries|ids)/|entry |Schema )[0-9]+", r"\1*", text)


@pytest.mark.parametrize("operation", sorted(set(OPERATIONS) - TELLS_A_NAME_IS_TAKEN))
def test_an_operation_asked_for_what_is_hidden_answers_as_if_it_were_not_there(
    vault: Vault, operation: str
) -> None:
    hidden = called(vault, operation, vault.spy, hidden=True)
    absent = called(vault, operation, vault.spy, hidden=False)

    assert without_names(hidden, vault) == without_names(absent, vault)
    assert hidden.status_code < 500


@pytest.mark.parametrize("operation", sorted(OPERATIONS))
def test_no_operation_tells_of_what_is_hidden(vault: Vault, operation: str) -> None:
    answers = [called(vault, operation, vault.spy, hidden=False, bare=bare) for bare in (False, True)]

    assert all(WORD not in told(answer) for answer in answers)


SEEN_BY_ITS_OWNER = [
    "getContract",
    "listContracts",
    "listVersions",
    "getVersion",
    "getVersionContent",
    "compareVersions",
    "listChanges",
    "getChange",
    "listDeployments",
    "canIPromote",
    "listTestEvidence",
    "getChangeReport",
    "exportChange",
    "listSubscriptions",
    "listUsage",
    "listDrift",
    "getDocument",
    "searchCatalog",
    "getGraph",
    "listUpkeep",
    "listDuplicates",
    "exportCatalog",
    "listDomains",
    "getDomain",
    "listAudit",
    "getAuditEntry",
    "getAuditProof",
    "getCompatibilityPolicy",
    "listReferences",
    "getScorecard",
    "listDeprecationPlans",
    "getDeprecationPlan",
    "listDeprecationCalendar",
    "getDeprecationCalendarFile",
    "getArtifactVersion",
    "getArtifactContent",
    "listMappingConflicts",
    "listRulesetBindings",
    "listLintExceptions",
    "listNotices",
]


@pytest.mark.parametrize("operation", SEEN_BY_ITS_OWNER)
def test_the_owner_sees_what_others_do_not(vault: Vault, operation: str) -> None:
    answer = called(vault, operation, vault.owner, hidden=True)

    assert answer.status_code == 200, answer.text
    if operation not in ("listTestEvidence", "getAuditProof"):
        assert WORD in answer.text


def test_a_name_that_is_taken_is_all_that_publishing_tells(vault: Vault) -> None:
    text = contract(NAME, "9.0.0", "spy-team", apiId="another")
    answer = vault.registry.publish(vault.spy, text, NAME)

    assert (answer.status_code, answer.json()["code"]) == (409, "name_taken")
    assert "vault-team" not in answer.text
    same_id = contract("spy-orders", "1.0.0", "spy-team", apiId=f"id-of-{NAME}")
    refused = vault.registry.publish(vault.spy, same_id, "spy-orders")
    assert (refused.json()["code"], NAME in refused.json()["detail"].replace(f"id-of-{NAME}", "")) == (
        "api_id_taken",
        False,
    )


def portal_rules(vault: Vault) -> list[Any]:
    """The rules of the portal that are read."""
    app = vault.registry.app
    while not hasattr(app, "_middleware_app"):
        app = app.app
    rules = app.app.url_map.iter_rules()
    return [one for one in rules if one.endpoint.startswith("portal.") and "GET" in one.methods]


def filled(rule: str, parts: dict[str, str]) -> str:
    """The address of a rule."""
    named = parts | {"version": "1.0.0", "id_": parts["id"], "filename": "portal.css", "_rest": "nothing"}
    return re.sub(r"<(?:\w+:)?(\w+)>", lambda matched: named.get(matched[1], named["name"]), rule)


def test_no_page_of_the_portal_tells_of_what_is_hidden(vault: Vault) -> None:
    rules = portal_rules(vault)
    shown = 0
    for rule in rules:
        for query in ("", f"?q={WORD}&contract={NAME}&state=open&whose=all"):
            pages = {
                hidden: vault.spy_reader.get(filled(rule.rule, vault.names(hidden=hidden)) + query)
                for hidden in (True, False)
            }
            texts = {hidden: without_names(page, vault) for hidden, page in pages.items()}
            texts = {
                hidden: (status, re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "*", text))
                for hidden, (status, text) in texts.items()
            }
            assert texts[True] == texts[False], rule.rule
            asked = query.replace("&", "&amp;")
            page = (
                pages[False].text.replace(asked, "").replace(f'value="{WORD}"', "").replace(f"“{WORD}”", "")
            )
            assert f"{WORD}-" not in page, rule.rule
            assert f"{WORD} ledger" not in page, rule.rule
            shown += WORD in vault.owner_reader.get(filled(rule.rule, vault.names(hidden=True))).text

    assert len(rules) > 10
    assert shown > 10, "the owner sees it on these pages"


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} /{'/'.join(route.address)}")
def test_the_door_for_schema_clients_tells_nothing_of_a_hidden_subject(vault: Vault, route: Any) -> None:
    answers = {}
    twin = f"qwert-subj-{ROUTES.index(route):02}"
    for hidden in (True, False):
        names = vault.names(hidden=hidden)
        subject = names["subject"] if hidden else twin
        first = names["schema"] if "ids" in route.address else subject
        given = iter([first, "1"])
        address = "/" + "/".join(next(given) if part == "{}" else part for part in route.address)
        settings = {"compatibility": "FULL", "mode": "READONLY"}
        body = {"POST": {"json": draft("none")}, "PUT": {"json": settings}}.get(route.method, {})
        answers[hidden] = vault.spy_client.send(route.method, address, **body)

    if (route.method, route.address[:1]) in {("PUT", ("config",)), ("PUT", ("mode",))} or (
        route.method == "POST" and route.address == ("subjects", "{}", "versions")
    ):  # these make a subject of that name, so that they tell that it is taken
        assert "cannot be used" in answers[True].text or answers[True].status_code in (403, 422)
    else:
        status_, text = without_names(answers[False], vault)
        assert without_names(answers[True], vault) == (status_, text.replace(twin, "*"))
    assert WORD not in told(answers[False])


def test_a_hidden_schema_is_not_served_from_memory(vault: Vault) -> None:
    path = f"/schemas/ids/{vault.schema}"

    first, again = vault.owner_client.send("GET", path), vault.owner_client.send("GET", path)

    assert (first.status_code, again.status_code) == (200, 200)
    assert [vault.spy_client.send("GET", path).status_code for _ in range(2)] == [404, 404]


def test_hidden_bytes_are_not_served_from_memory(vault: Vault) -> None:
    registry = vault.registry
    for path in (f"/contracts/{NAME}/versions/1.0.0/content", f"/documents/{vault.digest}"):
        seen = [registry.call("GET", path, token=vault.owner).status_code for _ in range(2)]
        unseen = [registry.call("GET", path, token=vault.spy).status_code for _ in range(2)]
        assert (seen, unseen) == ([200, 200], [404, 404])


def test_the_public_catalog_shows_public_contracts_only(vault: Vault) -> None:
    stranger = vault.registry.send("GET", "/.well-known/api-catalog")
    spy = {"Authorization": f"Bearer {vault.spy}"}
    known = vault.registry.send("GET", "/.well-known/api-catalog", headers=spy)

    assert "orders" not in stranger.text
    assert "orders" in known.text
    assert WORD not in known.text


def test_events_reach_only_teams_that_see_the_contract(vault: Vault) -> None:
    found = {}
    for hook, token in ((vault.owner_hook, vault.owner), (vault.spy_hook, vault.spy)):
        path = f"/webhooks/{hook}/deliveries"
        listed = vault.registry.call("GET", path, token=token, params={"limit": "100"}).json()["items"]
        found[hook] = "".join(
            vault.registry.call("GET", f"{path}/{one['id']}", token=token).text for one in listed
        )

    assert NAME in found[vault.owner_hook]
    assert '"subject":"orders/1.0.0"' in found[vault.spy_hook]
    assert WORD not in found[vault.spy_hook]


def pact(vault: Vault, token: str, name: str, more: str = "") -> httpx.Response:
    """May an application be deployed? Asked at Pact's door."""
    headers = {"Authorization": f"Bearer {token}"}
    return vault.registry.send("GET", f"/pact/matrix?q[][pacticipant]={name}{more}", headers=headers)


def test_the_door_of_pact_tells_nothing_of_what_is_hidden(vault: Vault) -> None:
    unseen, absent = (pact(vault, vault.spy, name) for name in (NAME, TWIN))

    assert without_names(unseen, vault) == without_names(absent, vault)
    assert unseen.status_code == 400
    assert pact(vault, vault.owner, NAME).status_code == 200
    assert WORD in pact(vault, vault.owner, "vault-app").text
    assert WORD not in pact(vault, vault.spy, "vault-app").text
    undecided = pact(vault, vault.spy, "vault-app", "&environment=test")
    assert undecided.json()["summary"]["deployable"] is not True, "what is not seen is judged"
    assert "you may not see" in undecided.text
    assert WORD not in undecided.text
