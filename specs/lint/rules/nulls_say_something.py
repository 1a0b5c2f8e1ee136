"""A boolean or an array is never null.

``null`` beside ``true`` and ``false`` is a third value without a name: use an enumeration. An empty array
says that there is nothing; null beside it says the same in a second way.
"""

from __future__ import annotations

from collections.abc import Iterator

from specs.lint.level import Level
from specs.lint.schemas import schemas_in_use, types_of
from specs.model import Contract
from specs.problem import Problem, Severity

CODE = "lint.null_ambiguous"
SEVERITY: Severity = "warning"
LEVEL: Level = "silver"
SOURCE = "Zalando guidelines 122 and 124"


def check(contract: Contract) -> Iterator[Problem]:
    """Schemas of booleans and arrays that allow null."""
    for use in schemas_in_use(contract):
        types = types_of(use.node.value)
        is_nullable = "null" in types or use.node.value.get("nullable") is True
        kind = next((one for one in ("boolean", "array") if one in types), None)
        if is_nullable and kind is not None:
            yield use.node.problem(
                CODE,
                f"This {kind} may be null.",
                "Leave null away: an enumeration for a third value, an empty array for nothing.",
                SEVERITY,
            )
