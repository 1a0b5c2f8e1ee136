"""The values of one enumeration share a spelling.

``DRAFT, in-review, Approved`` in one list makes callers guess. All are UPPER_SNAKE_CASE, or all are lower
case with hyphens or underscores, or all are codes of a published list.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from specs.lint.level import Level
from specs.lint.schemas import schemas_in_use
from specs.model import Contract
from specs.problem import Problem, Severity

CODE = "lint.enum_spelling"
SEVERITY: Severity = "warning"
LEVEL: Level = "bronze"
SOURCE = "Zalando guideline 240 asks for UPPER_SNAKE_CASE; here one spelling for each list"

SPELLINGS = tuple(
    re.compile(form)
    for form in (
        r"[A-Z0-9]+(?:_[A-Z0-9]+)*",
        r"[a-z0-9]+(?:[-_.:][a-z0-9]+)*",
        r"[a-z][a-zA-Z0-9]*",
        r"[A-Z][a-zA-Z0-9]*",
        r"[A-Z0-9]+(?:-[A-Z0-9]+)*",
        r"[^A-Za-z]*",
    )
)


def check(contract: Contract) -> Iterator[Problem]:
    """Enumerations of texts that no single spelling fits."""
    for use in schemas_in_use(contract):
        for keyword in ("enum", "x-extensible-enum"):
            values = use.node.value.get(keyword)
            texts = [value for value in values if isinstance(value, str)] if isinstance(values, list) else []
            if texts and not any(all(form.fullmatch(text) for text in texts) for form in SPELLINGS):
                yield use.node.problem(
                    CODE,
                    f"The {len(texts)} values are spelled in more than one way.",
                    "Write all in UPPER_SNAKE_CASE.",
                    SEVERITY,
                    below=f"/{keyword}",
                )
