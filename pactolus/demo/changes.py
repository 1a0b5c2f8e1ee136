"""The last chapters: a version is deprecated, a breaking change refused, a compatible one served."""

from __future__ import annotations

import copy
import json
from datetime import UTC, datetime, timedelta
from importlib import resources
from typing import Any

import yaml

from pactolus.demo.config import SERVED_WITHIN_S
from pactolus.demo.stage import Stage
from pactolus.demo.story import ORDERS, serves
from pactolus.errors import RegistryRefused
from pactolus.report_lines import report_lines
from specs.files import documents_root, read_contract
from specs.model import Contract

SUNSET_AFTER = timedelta(days=180)
USAGE_WITHIN_S = 10.0
CALLERS_TOLD_OF = {"quote-orchestrator", "finance-close"}


def deprecate(stage: Stage, quote_id: str) -> None:
    """Version 1 of the quote contract is deprecated; its callers see it in the headers."""
    stage.narrator.chapter("5. Version 1 is deprecated: consumers read it in the headers")
    path = f"/system/crm-quote/v1/quotes/{quote_id}"
    bridge = stage.caller("cpq-bridge")
    response = bridge.call("GET", path)
    stage.tell(
        "cpq-bridge",
        response,
        200,
        "the same quote in version 1, no Deprecation header",
        holds=lambda _: "Deprecation" not in response.headers,
    )
    now = datetime.now(UTC).replace(microsecond=0)
    lifecycle = {
        "state": "deprecated",
        "deprecatedAt": now.isoformat().replace("+00:00", "Z"),
        "sunsetAt": (now + SUNSET_AFTER).isoformat().replace("+00:00", "Z"),
        "successor": "2.0.0",
    }
    team, version = stage.teams["crm-team"], "/registry/v1/contracts/crm-quote/versions/1.0.0"
    team.call("GET", version)
    team.call("PUT", f"{version}/lifecycle", lifecycle, headers={"If-Match": team.last_headers["ETag"]})
    waited = stage.wait(
        "the Deprecation header", SERVED_WITHIN_S, lambda: "Deprecation" in bridge.call("GET", path).headers
    )
    response = bridge.call("GET", path)
    names = ("Deprecation", "Sunset", "Link")
    told = "\n".join(f"{name}: {response.headers.get(name)}" for name in names)
    stage.tell(
        "cpq-bridge",
        response,
        200,
        f"{waited:.1f} s after crm-team deprecated it:\n{told}",
        holds=lambda _: all(name in response.headers for name in names),
    )


def change_orders(stage: Stage, order_id: str) -> None:
    """A breaking change is refused with witness and callers; the compatible one is in force at once."""
    stage.narrator.chapter("6. The ERP team changes its contract: judged by proof and by use")
    before = _orders_contract()
    stage.wait("the usage to arrive", USAGE_WITHIN_S, lambda: _callers(stage) >= CALLERS_TOLD_OF)
    status, answer = _publish(stage, _proposal(before, "erp-orders.breaking.patch.json"))
    report = answer.get("report") or {"findings": []}
    report_text = "\n".join(report_lines(report))
    affected = {
        consumer["consumer"]
        for finding in report["findings"]
        for consumer in finding["consumers"]
        if consumer["status"] != "UNAFFECTED" and consumer["calls"] > 0
    }
    stage.narrator.step(
        "erp-team",
        "POST /registry/v1/contracts/erp-orders/versions",
        status,
        f"{answer.get('code')}: {answer.get('detail')}\n{report_text}",
        expected=409,
        came_out=answer.get("code") == "compatibility_failed" and affected >= CALLERS_TOLD_OF,
    )
    status, answer = _publish(stage, _proposal(before, "erp-orders.compatible.patch.json"))
    version = str(answer.get("version"))
    stage.narrator.step(
        "erp-team",
        "POST /registry/v1/contracts/erp-orders/versions",
        status,
        f"the same wish made compatibly: erp-orders {version}, {_verdict(answer)}",
        expected=201,
        came_out=version == "1.1.0",
    )
    waited = stage.wait("serving 1.1.0", SERVED_WITHIN_S, lambda: serves(stage, "erp-orders", "1.1.0"))
    stage.narrator.fact(f"the gateway enforces 1.1.0, {waited:.1f} s after it was published", holds=True)
    response = stage.caller("quote-orchestrator").call("GET", f"{ORDERS}/{order_id}")
    stage.tell("quote-orchestrator", response, 200, "and its consumers go on as before")


def _orders_contract() -> Contract:
    root = documents_root()
    return read_contract(root / "system/erp-orders.v1.openapi.yaml", (root,))


def _proposal(before: Contract, name: str) -> dict[str, Any]:
    """The publication that a JSON Patch (RFC 6902) makes of the contract in force."""
    from pactolus.registry_client import publication

    patch = json.loads(resources.files("pactolus").joinpath("demo", "proposals", name).read_text("utf-8"))
    value = copy.deepcopy(before.document.value)
    for operation in patch:
        _apply(value, operation)
    text = yaml.safe_dump(value, sort_keys=False, allow_unicode=True)
    return {**publication(before), "document": {"uri": before.document.uri, "content": text}}


def _apply(value: Any, operation: dict[str, Any]) -> None:
    """``add``, ``replace`` or ``remove`` of RFC 6902 section 4, which is all that the proposals use."""
    *path, last = (part.replace("~1", "/").replace("~0", "~") for part in operation["path"].split("/")[1:])
    for part in path:
        value = value[int(part)] if isinstance(value, list) else value[part]
    if operation["op"] == "remove":
        del value[int(last) if isinstance(value, list) else last]
    elif isinstance(value, list) and operation["op"] == "add":
        value.insert(len(value) if last == "-" else int(last), operation["value"])
    else:
        value[int(last) if isinstance(value, list) else last] = operation["value"]


def _publish(stage: Stage, proposal: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    team = stage.teams["erp-team"]
    try:
        answer = team.publish_text("erp-orders", proposal["document"], proposal["references"])
    except RegistryRefused as refusal:
        return refusal.status, refusal.problem
    return team.last_status, answer


def _callers(stage: Stage) -> set[str]:
    items = stage.teams["erp-team"].call(
        "GET", "/registry/v1/contracts/erp-orders/usage", params={"days": "30"}
    )
    return {item["consumer"] for item in items["items"]}


def _verdict(answer: dict[str, Any]) -> str:
    report = answer.get("report") or {}
    return f"verdict {report.get('verdict')}, {report.get('bump', {}).get('required')} version required"
