"""The server URL is ``/{layer}/{name}/v{major}``: where the gateway serves the contract.

Layer and name come from ``x-pactolus``, the major from ``info.version``. So a new major version never
replaces an old one, and a path tells whose contract it is. A platform contract is served by the platform
itself, not through the gateway, at ``/{name}/v{major}``.

An absolute URL with another path is a warning only: it is where a vendor serves the API itself.
"""

from __future__ import annotations

from collections.abc import Iterator

from specs.errors import SpecError
from specs.governance import governance_of
from specs.lint.level import Level
from specs.model import Contract, Kind
from specs.openapi import server_base_path
from specs.problem import Problem, Severity

CODE = "lint.server_url"
SEVERITY: Severity = "error"
LEVEL: Level = "baseline"
SOURCE = "OpenAPI 3.1 section 4.8.5; the routes of the gateway"


def check(contract: Contract) -> Iterator[Problem]:
    """Nothing is said while the governance is incomplete; that is another rule's matter."""
    if contract.kind is not Kind.OPENAPI:
        return
    try:
        governance = governance_of(contract)
    except SpecError:
        return
    expected = f"/{governance.name}/v{governance.major}"
    if governance.layer != "platform":
        expected = f"/{governance.layer}{expected}"
    found = server_base_path(contract)
    if found != expected:
        server = contract.root.child("servers", 0, "url")
        place = server if server is not None else contract.root
        absolute = server is not None and "://" in str(server.value)
        yield place.problem(
            CODE,
            f"The first server's path is {found or '/'}, and this contract is served at {expected}.",
            f"Write 'servers: [{{url: {expected}}}]'.",
            "warning" if absolute else SEVERITY,
        )
