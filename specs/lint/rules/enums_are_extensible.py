"""What a reader sees is an open enumeration: ``x-extensible-enum``, not ``enum``.

A new value in a closed ``enum`` of a response breaks every reader that trusted the list. With
``x-extensible-enum`` (Zalando's guideline 112) readers know that more may come. An ``enum`` of one value is a
tag and stays; so does one that only callers write.
"""

from __future__ import annotations

from collections.abc import Iterator

from specs.lint.level import Level
from specs.lint.schemas import PRODUCED, schemas_in_use
from specs.model import Contract
from specs.problem import Problem, Severity

CODE = "lint.closed_enum"
SEVERITY: Severity = "warning"
LEVEL: Level = "silver"
SOURCE = "Zalando guideline 112"


def check(contract: Contract) -> Iterator[Problem]:
    """Closed enumerations of strings in responses and in events that are sent."""
    for use in schemas_in_use(contract):
        values = use.node.value.get("enum")
        if not use.directions & PRODUCED or not isinstance(values, list):
            continue
        texts = [value for value in values if isinstance(value, str)]
        if len(texts) > 1 and "x-extensible-enum" not in use.node.value:
            yield use.node.problem(
                CODE,
                f"Readers see this enumeration of {len(texts)} values, and it is closed.",
                "Write the values as x-extensible-enum, so that one more is no breaking change.",
                SEVERITY,
                below="/enum",
            )
