"""Who plays in the demo: teams that own contracts, applications that call them, and what each may do."""

from __future__ import annotations

from dataclasses import dataclass

TEAMS = {
    "crm-team": "owns quotes",
    "erp-team": "owns orders",
    "psa-team": "owns project delivery",
    "sales-operations": "owns the commercial events",
    "finance-systems": "runs the financial close",
    "enterprise-architecture": "owns master data and the platform's contracts",
    "integration-engineering": "owns the process APIs",
    "account-teams": "own the client portal",
}


@dataclass(frozen=True, slots=True)
class Application:
    """A consumer: its owner, its layer, what it bought (requests per second, burst) and its scopes."""

    name: str
    owner: str
    layer: str
    scopes: tuple[str, ...]
    requests_per_second: int = 20
    burst: int = 40


APPLICATIONS = (
    Application("cpq-bridge", "sales-operations", "process", ("crm.quote:read", "crm.quote:write")),
    Application(
        "sales-console", "crm-team", "system", ("crm.quote:read", "crm.quote:approve", "q2c.validation:run")
    ),
    Application(
        "quote-orchestrator",
        "integration-engineering",
        "process",
        ("crm.quote:read", "erp.customer:read", "erp.customer:write", "erp.order:read", "erp.order:write"),
    ),
    Application("finance-close", "finance-systems", "system", ("erp.order:read",)),
    Application("data-warehouse", "finance-systems", "process", ("erp.order:read",), 2, 5),
    Application(
        "client-portal-web",
        "account-teams",
        "experience",
        ("portal.engagement:read", "erp.order:read"),
        5,
        10,
    ),
    Application("crm-quote-service", "crm-team", "system", ("q2c.validation:run",)),
    Application(
        "quote-validation-service",
        "integration-engineering",
        "process",
        ("crm.quote:read", "erp.customer:read", "master-data:read"),
        50,
        100,
    ),
)
