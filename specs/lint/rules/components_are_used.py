"""Each component is referred to.

A schema nobody refers to is read, kept and reviewed for nothing, and looks like a promise. Security schemes
are named, not referred to, and do not count.
"""

from __future__ import annotations

from collections.abc import Iterator

from specs.lint.level import Level
from specs.lint.references import referenced_places
from specs.model import Contract, Kind
from specs.pointers import escape
from specs.problem import Problem, Severity

CODE = "lint.component_unused"
SEVERITY: Severity = "warning"
LEVEL: Level = "gold"
SOURCE = "OpenAPI 3.1 section 4.8.7; AsyncAPI 3.0, Components Object"

KINDS = ("schemas", "responses", "parameters", "headers", "requestBodies", "messages", "examples", "links")


def check(contract: Contract) -> Iterator[Problem]:
    """Components of the contract's own document that no reference leads to."""
    components = contract.root.child("components") if contract.kind is not Kind.JSON_SCHEMA else None
    if components is None:
        return
    used = referenced_places(contract)
    for kind in KINDS:
        section = components.child(kind)
        for name, node in section.items() if section is not None else ():
            place = f"{components.pointer}/{kind}/{escape(name)}"
            if (contract.document.uri, place) not in used:
                yield node.problem(
                    CODE, f"Nothing refers to {name[:100]!r} in {kind}.", "Use it, or delete it.", SEVERITY
                )
