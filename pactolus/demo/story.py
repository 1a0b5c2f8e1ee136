"""The story, chapter by chapter: published, enforced, counted, and counted on when a change is judged."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pactolus.demo.config import SERVED_WITHIN_S
from pactolus.demo.stage import Stage, example
from pactolus.errors import RegistryRefused
from specs.files import documents_root, read_contract
from specs.governance import governance_of
from specs.model import Contract

QUOTES = "/system/crm-quote/v2/quotes"
ORDERS = "/system/erp-orders/v1/orders"
CUSTOMER = "/system/erp-orders/v1/customers/cus_contoso"
LEGACY_CONTRACT = "ctr_9"
PUBLICATIONS = (
    "platform/registry.v1.openapi.yaml",
    "system/master-data.v1.openapi.yaml",
    "system/crm-quote.v1.openapi.yaml",
    "system/crm-quote.v2.openapi.yaml",
    "system/erp-orders.v1.openapi.yaml",
    "process/quote-validation.v1.openapi.yaml",
    "events/commercial-events.v1.asyncapi.yaml",
    "experience/client-portal.v1.openapi.yaml",
)


def publish_contracts(stage: Stage) -> None:
    """Each team publishes what it owns; the gateway serves it without a restart."""
    stage.narrator.chapter("1. Each team publishes its contracts; the gateway serves them")
    root = documents_root()
    for name in PUBLICATIONS:
        contract = read_contract(root / name, (root,))
        owner = governance_of(contract).owner
        publish(stage, owner, contract, expected=201)
    served = stage.wait(
        "serving the last of them", SERVED_WITHIN_S, lambda: serves(stage, "client-portal", "1.0.0")
    )
    stage.narrator.fact(
        f"the gateway serves the last of them {served:.1f} s later, without a restart", holds=True
    )
    quote = read_contract(root / "system/crm-quote.v2.openapi.yaml", (root,))
    publish(stage, "crm-team", quote, expected=200)
    publish(stage, "erp-team", quote, expected=403, code="not_owner")


def quote_to_order(stage: Stage) -> tuple[str, str]:
    """An invalid quote is refused; mended, it is approved and becomes an order. Answers both ids."""
    stage.narrator.chapter("2. A quote is validated and approved through the gateway, and becomes an order")
    path = _refused_quote(stage)
    _mended_quote(stage, path)
    orchestrator = stage.caller("quote-orchestrator")
    response = orchestrator.call("POST", ORDERS, example("contoso_order.json"), key="order-contoso-1")
    order = stage.tell(
        "quote-orchestrator",
        response,
        201,
        lambda body: f"{body['id']}: {_totals(body)}",
        holds=lambda body: body["totals"]["gross"]["amount"] == "208012.00",
    )
    for read in ("first", "second", "third"):
        response = stage.caller("finance-close").call("GET", f"{ORDERS}/{order['id']}")
        reason = f"the {read} of its reads, each counted"
        stage.tell("finance-close", response, 200, reason, holds=lambda body: "purchaseOrderRef" in body)
    return path.rpartition("/")[2], str(order["id"])


def _refused_quote(stage: Stage) -> str:
    """The customer's tax id is wrong, and one line is sold by a company not ours. Answers its path."""
    bridge, console = stage.caller("cpq-bridge"), stage.caller("sales-console")
    response = stage.caller("quote-orchestrator").call(
        "PUT", CUSTOMER, example("contoso_customer_invalid.json"), headers={"If-None-Match": "*"}
    )
    stage.tell("quote-orchestrator", response, 201, "the customer is in the ERP, with tax id DE000000000")
    response = bridge.call("POST", QUOTES, example("contoso_quote_invalid.json"), key="quote-contoso")
    quote = stage.tell("cpq-bridge", response, 201, lambda body: f"{body['id']}, with a line sold by NW-FR")
    response = bridge.call("POST", QUOTES, example("contoso_quote_invalid.json"), key="quote-contoso")
    stage.tell(
        "cpq-bridge",
        response,
        201,
        "the same Idempotency-Key: the same quote, not a second one",
        holds=lambda body: body["id"] == quote["id"],
    )
    path = f"{QUOTES}/{quote['id']}"
    response = bridge.call("POST", f"{path}/submission", key="submission-1")
    stage.tell("cpq-bridge", response, 200, lambda body: f"status {body['status']}")
    response = console.call("POST", f"{path}/approval", key="approval-1")
    stage.tell("sales-console", response, 422, _errors, holds=lambda body: len(body["errors"]) > 1)
    return path


def _mended_quote(stage: Stage, path: str) -> None:
    """Tax id and line are mended, and the quote is approved."""
    bridge, console = stage.caller("cpq-bridge"), stage.caller("sales-console")
    orchestrator = stage.caller("quote-orchestrator")
    version = orchestrator.call("GET", CUSTOMER).headers["ETag"]
    response = orchestrator.call(
        "PUT", CUSTOMER, example("contoso_customer.json"), headers={"If-Match": version}
    )
    stage.tell("quote-orchestrator", response, 200, "the tax id is corrected")
    response = bridge.call("POST", f"{path}/withdrawal", key="withdrawal-1")
    stage.tell("cpq-bridge", response, 200, lambda body: f"status {body['status']}")
    lines = {"lines": example("contoso_quote.json")["lines"]}
    headers = {"If-Match": response.headers["ETag"], "Content-Type": "application/merge-patch+json"}
    response = bridge.call("PATCH", path, lines, headers=headers)
    stage.tell("cpq-bridge", response, 200, lambda body: f"the lines are ours: {_totals(body)}")
    response = bridge.call("POST", f"{path}/submission", key="submission-2")
    stage.tell("cpq-bridge", response, 200, lambda body: f"status {body['status']}")
    quote_id = path.rpartition("/")[2]
    response = console.call("POST", "/process/quote-validation/v1/validations", {"quoteId": quote_id})
    stage.tell("sales-console", response, 200, _checks, holds=lambda body: body["valid"])
    response = console.call("POST", f"{path}/approval", key="approval-2")
    stage.tell("sales-console", response, 200, lambda body: f"status {body['status']}")


def refusals(stage: Stage, order_id: str) -> None:
    """What the contracts forbid is refused before it reaches a service."""
    stage.narrator.chapter("3. What a contract does not allow never reaches the service behind it")
    order = f"{ORDERS}/{order_id}"
    stage.tell("nobody", stage.caller("nobody").call("GET", order), 401, _detail)
    response = stage.caller("finance-close").call(
        "POST", ORDERS, example("contoso_order.json"), key="no-scope-1"
    )
    stage.tell("finance-close", response, 403, _detail, code="insufficient_scope")
    response = stage.caller("client-portal-web").call("GET", order)
    stage.tell("client-portal-web", response, 403, _detail, code="layer_violation")
    response = stage.caller("finance-close").call("GET", "/system/erp-orders/v1/invoices")
    stage.tell("finance-close", response, 404, _detail)
    response = stage.caller("finance-close").call("DELETE", order)
    stage.tell("finance-close", response, 405, f"Allow: {response.headers.get('Allow')}")
    bad = example("contoso_order.json")
    bad["lines"][0]["netAmount"]["amount"] = 36800
    bad["currency"] = "EURO"
    response = stage.caller("quote-orchestrator").call("POST", ORDERS, bad, key="off-contract-1")
    stage.tell("quote-orchestrator", response, 422, _errors, holds=lambda body: len(body["errors"]) > 1)
    _flood(stage, order)


def _flood(stage: Stage, path: str) -> None:
    warehouse = stage.caller("data-warehouse")
    responses = [warehouse.call("GET", path) for _ in range(12)]
    good = [response for response in responses if response.status_code == 200]
    refused = [response for response in responses if response.status_code == 429]
    stage.narrator.note(
        f"data-warehouse calls 12 times at once; its plan is 2 a second, burst 5: {len(good)} answered"
    )
    if not refused:
        stage.narrator.fact("a call beyond the plan is refused", holds=False)
        return
    last = refused[-1]
    text = f"RateLimit: {last.headers.get('RateLimit')}; Retry-After: {last.headers.get('Retry-After')}"
    stage.tell("data-warehouse", last, 429, text, holds=lambda _: 5 <= len(good) < len(responses))


def drift(stage: Stage, migrate: Callable[[str, str], None]) -> None:
    """A record enters the ERP's database past its API; its answer is off contract and is held back."""
    stage.narrator.chapter("4. An upstream that answers off contract is held back, and its owner is told")
    legacy = {**example("contoso_order.json"), "contractId": LEGACY_CONTRACT}
    response = stage.caller("quote-orchestrator").call("POST", ORDERS, legacy, key="order-legacy-1")
    order_id = stage.tell("quote-orchestrator", response, 201, "an order of another contract")["id"]
    migrate(order_id, "LEGACY-" + "0" * 83)
    stage.narrator.note(
        "a migration script writes a purchase order number of 90 characters into the ERP's database"
    )
    response = stage.caller("finance-close").call("GET", f"{ORDERS}/{order_id}")
    stage.tell("finance-close", response, 502, _detail, code="contract_violation")
    team = stage.teams["erp-team"]
    found: list[dict[str, Any]] = []

    def recorded() -> bool:
        found[:] = team.call("GET", "/registry/v1/drift", params={"contract": "erp-orders"})["items"]
        return bool(found)

    stage.wait("the drift record", 10.0, recorded)
    record = found[0]
    text = ", ".join(f"{error['pointer']} {error['detail']}" for error in record["errors"][:2])
    stage.narrator.fact(f"drift record for {record['owner']}: {record['operation']} {text}", holds=True)
    migrate(order_id, legacy["purchaseOrderRef"])
    response = stage.caller("finance-close").call("GET", f"{ORDERS}/{order_id}")
    stage.tell("finance-close", response, 200, "the migration is put right, and the order is served again")


def publish(stage: Stage, team: str, contract: Contract, *, expected: int, code: str | None = None) -> Any:
    """A team publishes a contract; printed as a step with the registry's answer."""
    name = governance_of(contract).name
    try:
        body = stage.teams[team].publish(name, contract)
        status = stage.teams[team].last_status
        reason = f"{name} {body['version']}" + (
            ", the same content again: the same version" if status == 200 else ""
        )
    except RegistryRefused as refusal:
        body, status, reason = refusal.problem, refusal.status, refusal.problem.get("detail", "")
    came_out = code is None or body.get("code") == code
    request = f"POST /registry/v1/contracts/{name}/versions"
    stage.narrator.step(team, request, status, reason, expected=expected, came_out=came_out)
    return body


def serves(stage: Stage, name: str, version: str) -> bool:
    """Whether the gateway's routes show that version of the contract."""
    routes = stage.http.get("/-/routes").json()
    return any(route["contract"] == name and route["version"] == version for route in routes["contracts"])


def _totals(body: dict[str, Any]) -> str:
    totals = body["totals"] if isinstance(body["totals"], list) else [body["totals"]]
    return "; ".join(
        f"net {_money(total['net'])}, tax {_money(total['tax'])}, gross {_money(total['gross'])}"
        for total in totals
    )


def _money(value: Any) -> str:
    return f"{value['amount']} {value['currency']}" if isinstance(value, dict) else str(value)


def _checks(body: dict[str, Any]) -> str:
    return ", ".join(
        f"{check['name']} {'passed' if check['passed'] else 'failed'}" for check in body["checks"]
    )


def _detail(body: dict[str, Any]) -> str:
    return f"{body['code']}: {body['detail']}"


def _errors(body: dict[str, Any]) -> str:
    lines = [f"{error['pointer']}  {error.get('code', '')}: {error['detail']}" for error in body["errors"]]
    return "\n".join([f"{body['code']}: {body['detail']}", *lines])
