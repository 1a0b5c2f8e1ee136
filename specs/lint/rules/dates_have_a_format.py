"""A date is a string with the format ``date``, a moment one with ``date-time``.

Names tell them apart: ``dueDate``, ``invoicedOn`` and ``validUntil`` are days of business; ``publishedAt`` is
a moment, in UTC. A string without a format lets each system choose its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from specs.lint.level import Level
from specs.lint.schemas import properties_in_use, types_of
from specs.model import Contract
from specs.problem import Problem, Severity

CODE = "lint.date_format"
SEVERITY: Severity = "warning"
LEVEL: Level = "bronze"
SOURCE = "Zalando guideline 169; RFC 3339 section 5.6"

DAY = re.compile(r"(?:.*[a-z](?:Date|On)|date|valid(?:From|To|Until))")
MOMENT = re.compile(r".*[a-z]At")
ENUMERATIONS = frozenset({"enum", "const", "x-extensible-enum"})
"""``invoiceOn: SIGNATURE`` names an occasion."""


def check(contract: Contract) -> Iterator[Problem]:
    """Members named like dates that are strings of another format, or numbers."""
    for member in properties_in_use(contract):
        day = DAY.fullmatch(member.name) is not None
        if not day and MOMENT.fullmatch(member.name) is None:
            continue
        value = member.schema.value if isinstance(member.schema.value, dict) else {}
        types = types_of(value) - {"null"}
        if not types & {"string", "number", "integer"} or ENUMERATIONS & value.keys():
            continue
        accepted = ("date", "date-time") if day else ("date-time",)
        if types != {"string"} or value.get("format") not in accepted:
            yield member.written.problem(
                CODE,
                f"{member.name} does not say how its {'day' if day else 'moment'} is written.",
                f"Make it a string with 'format: {accepted[0]}' (RFC 3339).",
                SEVERITY,
            )
