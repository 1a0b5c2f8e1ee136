"""What governs the hidden contract of the vault, and tells of it: rules, mappings, a plan, events."""

from __future__ import annotations

from typing import Any

from tests.registry.harness import RegistryUnderTest

MAPPING = "orders-map"
HOOK = {"url": "https://hooks.example/events"}
PLAN_OF_END = {"deprecateAt": "2026-11-20T00:00:00Z", "sunsetAt": "2027-03-31T00:00:00Z"}
EXCEPTION = {"rule": "lint.money_number", "owner": "vault-team", "reason": "Agreed.", "expires": "2026-12-31"}
SCHEMAS = {"/a": {"type": "string"}, "/b": {"type": "string"}}


def mapping_to(name: str, pointer: str = "/a") -> dict[str, str]:
    """A mapping from `orders` to a contract, as it is sent."""
    text = (
        "description: Orders.\nsource: {contract: orders, version: 1.0.0}\n"
        f"target: {{contract: {name}, version: 1.0.0}}\nfields:\n  - {{from: {pointer}, to: /a}}\n"
    )
    return {"version": "1.0.0", "owner": "vault-team", "uri": "map.yaml", "content": text}


def hook_of(registry: RegistryUnderTest, team: str, token: str) -> str:
    """A webhook of a team that wants everything."""
    made = registry.call("POST", f"/teams/{team}/webhooks", token=token, json=HOOK)
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


def govern(registry: RegistryUnderTest, name: str, word: str) -> None:
    """Binds rules to version 1, excepts from one, maps to it, and plans the end of version 2."""
    rules = {"version": "1.0.0", "owner": "erp-team", "uri": "rules.yaml", "content": "rules: {}"}
    sent: list[tuple[str, str, dict[str, Any]]] = [
        ("POST", "/artifacts/ruleset/house/versions", rules),
        ("POST", "/ruleset-bindings", binding_of(name)),
        ("POST", f"/contracts/{name}/lint-exceptions", {**EXCEPTION, "reason": f"For {word}."}),
        ("POST", f"/artifacts/mapping/{MAPPING}/versions", mapping_to(name)),
        ("POST", f"/artifacts/mapping/{MAPPING}-again/versions", mapping_to(name, "/b")),
        (
            "PUT",
            f"/contracts/{name}/deprecation-plans/2",
            {**PLAN_OF_END, "guide": f"https://{word}.example"},
        ),
    ]
    for method, path, body in sent:
        headers = {"If-Match": '"0"'} if method == "PUT" else {}
        answer = registry.call(method, path, json=body, headers=headers)
        assert answer.status_code in (200, 201), answer.text


def binding_of(name: str) -> dict[str, str]:
    """Rules bound to a contract, as they are sent."""
    return {"scope": "contract", "subject": name, "ruleset": "house", "version": "1.0.0"}


def governing_bodies(name: str, text: str) -> dict[str, Any]:
    """A body for each operation that governs the contract of that name."""
    return {
        "setCompatibilityPolicy": {"policy": "full"},
        "putDeprecationPlan": PLAN_OF_END,
        "acknowledgeDeprecationPlan": {"consumer": "vault-app"},
        "createLintException": EXCEPTION,
        "bindRuleset": binding_of(name),
        "publishArtifactVersion": mapping_to(name),
        "publishAll": {
            "documents": [{"uri": "a.json", "content": text}],
            "publications": [{"document": "a.json"}],
        },
    }
