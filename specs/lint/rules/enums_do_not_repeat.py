"""An enumeration names each value once.

A repeated value is a slip of the pen, often for another one that is now missing. It holds for ``enum`` and
for ``x-extensible-enum``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from specs.lint.level import Level
from specs.lint.schemas import schemas_in_use
from specs.model import Contract
from specs.problem import Problem, Severity

CODE = "lint.enum_repeats"
SEVERITY: Severity = "warning"
LEVEL: Level = "gold"
SOURCE = "JSON Schema 2020-12 validation section 6.1.2: elements should be unique"


def check(contract: Contract) -> Iterator[Problem]:
    """Enumerations with a value twice, at its second place."""
    for use in schemas_in_use(contract):
        for keyword in ("enum", "x-extensible-enum"):
            values = use.node.value.get(keyword)
            seen: set[str] = set()
            for number, value in enumerate(values if isinstance(values, list) else ()):
                text = json.dumps(value, sort_keys=True)
                if text in seen:
                    yield use.node.problem(
                        CODE,
                        f"The value {text[:100]} stands twice.",
                        "Take one away, or write the value that was meant.",
                        SEVERITY,
                        below=f"/{keyword}/{number}",
                    )
                seen.add(text)
