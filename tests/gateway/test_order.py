"""The order of the policies, operation by operation, as a file that shows every change of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from gateway.config import Limits
from gateway.model import ContractRecord, DocumentRef
from gateway.plan.compile import compile_contract
from gateway.web import routes_of
from specs.load import load_contract
from tests.gateway.credentials_harness import CONTRACT

GOLDEN = Path(__file__).with_name("golden_order.txt")


def lines_of(contract: str, operations: Sequence[dict]) -> Iterator[str]:
    for operation in operations:
        scopes = (
            "none" if operation["scopes"] is None else " | ".join(" ".join(x) for x in operation["scopes"])
        )
        yield f"{contract} {operation['operation']} [{scopes}] {operation['throttling']}"
        yield from (f"    {policy}" for policy in operation["policies"])


def test_the_policies_of_every_operation_stand_in_the_golden_order(gateway):
    lines = []
    for contract in gateway.client.get("/-/routes").json()["contracts"]:
        lines.extend(lines_of(contract["contract"], contract["operations"]))
    record = ContractRecord("vault", "openapi", "1.0.0", 1, "process", "t", DocumentRef("memory:a.yaml", ""))
    api = compile_contract(load_contract("memory:a.yaml", CONTRACT.read_bytes(), {}), record, Limits())
    lines.extend(lines_of("vault", routes_of(api)["operations"]))
    assert "\n".join(lines) + "\n" == GOLDEN.read_text()
