"""Which methods an address knows, for the Allow header that 405 demands (RFC 9110 section 15.5.6).

The router names the first matching route's method only; the contract knows them all.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

METHODS = ("get", "head", "put", "post", "delete", "patch", "options")


class AllowedMethods:
    """Looks addresses up among the paths of a contract."""

    def __init__(self, contract: Mapping[str, Any], base_path: str) -> None:
        self._paths: Sequence[tuple[re.Pattern[str], str]] = [
            (template_pattern(base_path + path), allow_header(item))
            for path, item in contract["paths"].items()
        ]

    def header(self, path: str) -> str | None:
        """The value of Allow, None for an address that the contract does not have."""
        return next((allow for pattern, allow in self._paths if pattern.fullmatch(path)), None)


def template_pattern(template: str) -> re.Pattern[str]:
    """A pattern for a path template; a parameter is one segment."""
    parts = re.split(r"\{[^}]+\}", template)
    return re.compile("[^/]+".join(re.escape(part) for part in parts))


def allow_header(item: Mapping[str, Any]) -> str:
    """The methods of a path item; where there is GET, there is HEAD."""
    found = [method for method in METHODS if method in item or (method == "head" and "get" in item)]
    return ", ".join(method.upper() for method in found)
