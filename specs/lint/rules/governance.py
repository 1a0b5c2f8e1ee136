"""A contract names its owner, layer, domain, audience, id and a semantic version.

Without them nobody can be asked, the gateway cannot place it, and a change cannot be judged. The shape of
``x-pactolus`` is ``specs/meta/x-pactolus.schema.json``; ``x-api-id`` and ``x-audience`` follow Zalando's
guidelines 215 and 219, ``x-sunset`` is a date.
"""

from __future__ import annotations

from collections.abc import Iterator

from specs.governance import governance_problems
from specs.lint.level import Level
from specs.model import Contract, Kind
from specs.problem import Problem, Severity

CODE = "governance"
SEVERITY: Severity = "error"
LEVEL: Level = "baseline"
SOURCE = "Zalando guidelines 116, 215 and 219"


def check(contract: Contract) -> Iterator[Problem]:
    """Codes are ``governance.*``, one per kind of gap."""
    if contract.kind is not Kind.JSON_SCHEMA:
        yield from governance_problems(contract)
