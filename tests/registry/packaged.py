"""The packaged contracts, as their owners publish them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from registry.serve import create_app
from specs.files import documents_root, read_contract
from tests.registry.harness import FakeClock, RegistryUnderTest, start

TEAMS = (
    "crm-team",
    "erp-team",
    "sales-operations",
    "enterprise-architecture",
    "integration-engineering",
    "account-teams",
)
CONTRACTS = sorted(
    path
    for folder in ("system", "process", "experience", "events", "platform")
    for path in (documents_root() / folder).glob("*.yaml")
)


def real_registry(folder: Path, **options: Any) -> RegistryUnderTest:
    """A registry with its own reader and judge and every team."""
    registry = start(f"sqlite:///{folder / 'registry.db'}", FakeClock(), **options)
    registry.app = create_app(registry.config, store=registry.store, clock=registry.clock)
    for team in TEAMS:
        registry.team(team)
    return registry


def body_of(path: Path) -> tuple[str, dict[str, Any]]:
    """The contract's name, and the request that publishes it with what it refers to."""
    contract = read_contract(path, (documents_root(),))
    references = [
        {"uri": uri, "content": document.raw.decode()}
        for uri, document in contract.documents.items()
        if uri != contract.document.uri
    ]
    document = {"uri": contract.document.uri, "content": contract.document.raw.decode()}
    name: str = contract.document.value["x-pactolus"]["name"]
    return name, {"document": document, "references": references}
