"""The order of the policies, operation by operation, as a file that shows every change of it."""

from __future__ import annotations

from pathlib import Path

GOLDEN = Path(__file__).with_name("golden_order.txt")


def test_the_policies_of_every_operation_stand_in_the_golden_order(gateway):
    lines = []
    for contract in gateway.client.get("/-/routes").json()["contracts"]:
        for operation in contract["operations"]:
            scopes = (
                "none"
                if operation["scopes"] is None
                else " | ".join(" ".join(x) for x in operation["scopes"])
            )
            lines.append(
                f"{contract['contract']} {operation['operation']} [{scopes}] {operation['throttling']}"
            )
            lines.extend(f"    {policy}" for policy in operation["policies"])
    assert "\n".join(lines) + "\n" == GOLDEN.read_text()
