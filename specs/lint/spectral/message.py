"""Messages of rules: ``{{property}}``, ``{{error}}``, ``{{path}}``, ``{{description}}``, ``{{value}}``.

Also ``#{{print("property")}}`` and ``#{{print("value")}}``. Other expressions are refused when the ruleset is
read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

PLACEHOLDER = re.compile(r"(#?)\{\{([^}\n]+)\}\}")
PRINT = re.compile(r"""\s*print\(\s*["'](\w+)["']\s*\)\s*""")
NAMES = frozenset({"property", "error", "path", "description", "value"})


def unsupported_placeholder(message: str) -> str:
    """The first placeholder that would not be filled, or ""."""
    for found in PLACEHOLDER.finditer(message):
        printed = PRINT.fullmatch(found[2])
        name = printed[1] if printed and found[1] else found[2].strip()
        if name not in NAMES:
            return found[0]
    return ""


def filled(message: str, values: Mapping[str, str]) -> str:
    """The message with its placeholders filled."""

    def value_of(found: re.Match[str]) -> str:
        printed = PRINT.fullmatch(found[2])
        if not found[1] or printed is None:
            return values.get(found[2].strip(), "")
        if printed[1] == "property":
            return property_text(values["property"])
        return values.get(printed[1], "")

    return PLACEHOLDER.sub(value_of, message)


def property_text(name: str) -> str:
    """How core functions name what they speak of."""
    return f'"{name}" property' if name else "The document"
