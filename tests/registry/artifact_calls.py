"""Calls about mappings, rulesets and documents of vendors that several tests make."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx

from specs.files import documents_root
from tests.registry.harness import RegistryUnderTest
from tests.registry.packaged import body_of, real_registry

DATA = Path(__file__).parent / "artifacts"
OWNER = "integration-engineering"
LEDGERLY = {"vendor": "Ledgerly", "product": "Books"}


def text_of(name: str) -> str:
    return (DATA / name).read_text()


def with_orders(folder: Path, **options: Any) -> RegistryUnderTest:
    """A registry with its own reader and judge, and `erp-orders` in force."""
    registry = real_registry(folder, **options)
    name, body = body_of(documents_root() / "system" / "erp-orders.v1.openapi.yaml")
    assert registry.call("POST", f"/contracts/{name}/versions", json=body).status_code == 201
    return registry


def keep(
    registry: RegistryUnderTest,
    kind: str,
    name: str,
    content: str,
    version: str = "1.0.0",
    *,
    token: str | None = "admin",
    owner: str = OWNER,
    dry_run: bool = False,
    **more: Any,
) -> httpx.Response:
    """Publishes an artifact."""
    body = {"version": version, "owner": owner, "uri": f"{name}.yaml", "content": content, **more}
    params = {"dryRun": "true"} if dry_run else {}
    path = f"/artifacts/{kind}/{name}/versions"
    return registry.call("POST", path, token=token, json=body, params=params)


def release(registry: RegistryUnderTest, version: str, **options: Any) -> httpx.Response:
    """Imports a release of the invented vendor."""
    content = text_of(f"ledgerly-{version}.yaml")
    return keep(registry, "vendor-document", "ledgerly-books", content, version, **LEDGERLY, **options)
