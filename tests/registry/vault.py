"""A registry with one contract that few may see, and whatever hangs on it; every name of it has one word."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from registry.usecases.accounts import add_account
from tests.registry.change_calls import PLAN
from tests.registry.harness import GATEWAY_SCOPES, RegistryUnderTest, contract
from tests.registry.readers import PASSWORD, Reader
from tests.registry.schema_client import SchemaClient, sent
from tests.registry.vault_governance import SCHEMAS, govern, governing_bodies, hook_of

WORD = "xyzzy"
NAME, TWIN = "xyzzy-vault", "qwert-vault"
"""The contract that is hidden, and a name of the same length that no contract has."""
SCOPES = ("registry:approve", "registry:audit", "registry:publish", "registry:read")
SHAPE = ["order", "POST /order", "create", "order", ["order"], ["amount", "currency"]]


@dataclass
class Vault:
    """Who owns the hidden contract, who may not see it, and what there is of it."""

    registry: RegistryUnderTest
    owner: str
    spy: str
    change: str
    digest: str
    entry: int
    schema: int
    spy_client: SchemaClient
    owner_client: SchemaClient
    owner_reader: Reader
    spy_reader: Reader
    owner_hook: str
    spy_hook: str

    def names(self, *, hidden: bool) -> dict[str, str]:
        """The variable parts of addresses: of what is hidden, or of what is not there."""
        if hidden:
            return {
                "name": NAME,
                "subject": f"{WORD}-subject",
                "id": self.change,
                "sha256": self.digest,
                "index": str(self.entry),
                "schema": str(self.schema),
            }
        return {
            "name": TWIN,
            "subject": "qwert-subject",
            "id": self.change[:-4] + ("0000" if not self.change.endswith("0000") else "1111"),
            "sha256": "f" * 64,
            "index": "99999",
            "schema": "99999",
        }


def hidden_text(version: str = "1.0.0", **more: Any) -> str:
    """The hidden contract as `FakeReader` reads it."""
    usual = {
        "audience": "component-internal",
        "domain": f"{WORD}-domain",
        "title": f"The {WORD} ledger",
        "operations": ["order", f"{WORD}Order"],
        "fields": [f"{WORD}Amount"],
        "shapes": [SHAPE],
        "links": [["", f"https://{WORD}.example/money"]],
        "schemas": SCHEMAS,
    }
    return contract(NAME, version, "vault-team", **{**usual, **more})


def made(registry: RegistryUnderTest) -> Vault:
    """All of it."""
    registry.team("erp-team")
    owner, spy = registry.team("vault-team", SCOPES), registry.team("spy-team", SCOPES)
    hooks = [hook_of(registry, team, token) for team, token in (("vault-team", owner), ("spy-team", spy))]
    registry.publish(registry.team("erp-team"), contract(shapes=[SHAPE], schemas=SCHEMAS), "orders")
    published = registry.publish(owner, hidden_text(), NAME)
    assert published.status_code == 201, published.text
    registry.consumer("vault-app", "vault-team")
    body = {"contract": NAME, "major": 1}
    assert (
        registry.call("POST", "/consumers/vault-app/subscriptions", token=owner, json=body).status_code == 201
    )
    gateway = registry.team("gateway-team", GATEWAY_SCOPES)
    report(registry, gateway)
    bundle = published.json()["bundleSha256"]
    run = {"bundleSha256": bundle, "suite": f"{WORD}-suite", "run": "1", "outcome": "passed"}
    registry.call("POST", f"/contracts/{NAME}/test-evidence", token=owner, json=run)
    moved = {"contract": NAME, "version": "1.0.0"}
    assert registry.call("POST", "/environments/dev/deployments", token=owner, json=moved).status_code == 201
    breaking = hidden_text("1.1.0", operations=["order"])
    asked = {"document": {"uri": f"{NAME}.json", "content": breaking}, "plan": PLAN}
    opened = registry.call("POST", f"/contracts/{NAME}/changes", token=owner, json=asked)
    assert opened.status_code == 201, opened.text
    deprecated = {
        "state": "deprecated",
        "deprecatedAt": "2026-10-01T00:00:00Z",
        "sunsetAt": "2026-10-15T00:00:00Z",
    }
    tag = registry.call("GET", f"/contracts/{NAME}/versions/1.0.0").headers["ETag"]
    path = f"/contracts/{NAME}/versions/1.0.0/lifecycle"
    assert registry.call("PUT", path, json=deprecated, headers={"If-Match": tag}).status_code == 200
    assert registry.publish(owner, hidden_text("2.0.0"), NAME).status_code == 201
    govern(registry, NAME, WORD)
    clients = [schema_client(registry, team) for team in ("vault-team", "spy-team")]
    text = {"type": "object", "x-audience": "component-internal", "title": f"{WORD} text"}
    registered = clients[0].register(f"{WORD}-subject", text)
    assert registered.status_code == 200, registered.text
    entries = registry.call("GET", "/audit", params={"subject": NAME}).json()["items"]
    readers = []
    for name, team in (("olga", "vault-team"), ("igor", "spy-team")):
        add_account(registry.store, registry.clock, name, name, team, PASSWORD)
        reader = Reader(registry)
        assert reader.sign_in(name).status_code == 303
        readers.append(reader)
    return Vault(
        registry,
        owner,
        spy,
        opened.json()["id"],
        published.json()["sha256"],
        entries[0]["index"],
        registered.json()["id"],
        clients[1],
        clients[0],
        *readers,
        *hooks,
    )


def report(registry: RegistryUnderTest, gateway: str) -> None:
    """Calls to the hidden contract, and answers off it."""
    used = {
        "consumer": "vault-app",
        "contract": NAME,
        "version": "1.0.0",
        "operation": f"POST /{WORD}Order",
        "status": 201,
        "count": 7,
        "firstSeen": "2026-11-01T08:00:00Z",
        "lastSeen": "2026-11-01T09:00:00Z",
    }
    body = {"gateway": "g", "batchId": "1", "records": [used]}
    assert registry.call("POST", "/usage", token=gateway, json=body).status_code == 204
    off = {key: value for key, value in used.items() if key != "consumer"}
    off |= {"upstream": f"http://{WORD}", "errors": [{"pointer": "/a", "detail": f"{WORD} is off"}]}
    body = {"gateway": "g", "batchId": "1", "records": [off]}
    assert registry.call("POST", "/drift", token=gateway, json=body).status_code == 204


def schema_client(registry: RegistryUnderTest, team: str) -> SchemaClient:
    """A fresh client of a team at the door for schema registry clients."""
    asked = registry.call("POST", f"/teams/{team}/credentials", json={}).json()
    return SchemaClient(registry, asked["clientId"], asked["clientSecret"])


def bodies(vault: Vault, name: str) -> dict[str, Any]:
    """A body for each operation that names the contract in it, or needs one to come that far."""
    text = hidden_text("1.2.0").replace(NAME, name)
    documents = {"document": {"uri": "a.json", "content": text}}
    return {
        **governing_bodies(name, text),
        "createSubscription": {"contract": name, "major": 1},
        "promoteVersion": {"contract": name, "version": "1.0.0"},
        "rollBackVersion": {"contract": name, "version": "1.0.0"},
        "openChange": {**documents, "plan": PLAN},
        "reviseChange": {**documents, "plan": PLAN},
        "decideChange": {"decision": "approve", "digest": "0" * 64},
        "commentOnChange": {"text": "Hello."},
        "withdrawChange": {},
        "setLifecycle": {"state": "deprecated"},
        "recordTestEvidence": {"bundleSha256": "0" * 64, "suite": "s", "run": "1", "outcome": "passed"},
        "checkCompatibility": {
            "contract": name,
            "before": {"version": "1.0.0"},
            "after": documents,
        },
    }


def grant(registry: RegistryUnderTest, subject: str, role: str, **scope: str) -> Any:
    """Gives a team a role by the API; the grant."""
    body = {"subjectKind": "team", "subject": subject, "role": role, **scope}
    answer = registry.call("POST", "/grants", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


def draft(word: str) -> Any:
    """A schema to look up or check."""
    return sent({"type": "object", "title": word})
