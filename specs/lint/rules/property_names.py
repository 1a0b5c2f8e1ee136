"""Names of members are camelCase.

One spelling for all contracts, so that nothing is mapped only to be renamed. Extension attributes of
CloudEvents are lower case and fit.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from specs.lint.level import Level
from specs.lint.schemas import schemas_in_use
from specs.model import Contract
from specs.problem import Problem, Severity

CODE = "lint.property_name"
SEVERITY: Severity = "warning"
LEVEL: Level = "bronze"
SOURCE = "Zalando guideline 118 asks for one spelling; ours is camelCase"

CAMEL_CASE = re.compile(r"[a-z][a-zA-Z0-9]*")


def check(contract: Contract) -> Iterator[Problem]:
    """Named members that are not camelCase, where they are written."""
    for use in schemas_in_use(contract):
        listed = use.node.child("properties")
        if listed is None:
            continue
        for name, written in listed.items():
            if not CAMEL_CASE.fullmatch(name) and not name.startswith("$"):
                yield written.problem(
                    CODE, f"The member {name!r} is not camelCase.", "Rename it in the next major.", SEVERITY
                )
