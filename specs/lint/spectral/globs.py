"""Which documents an override of a ruleset is for: the patterns of minimatch, as far as files need them."""

from __future__ import annotations

import re

PARTS = re.compile(r"\*\*/|\*\*|\*|\?|\[[^\]]*\]|\{[^{}]*\}|.", re.DOTALL)
FIXED = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}


def is_matched(path: str, pattern: str) -> bool:
    """A pattern without a slash is for the file's name in any folder."""
    if "/" not in pattern:
        path = path.rpartition("/")[2]
    return re.fullmatch(_translated(pattern.removeprefix("./")), path) is not None


def _translated(pattern: str) -> str:
    made = []
    for part in PARTS.findall(pattern):
        if part in FIXED:
            made.append(FIXED[part])
        elif part[0] == "[" and len(part) > 1:
            made.append("[" + ("^" + part[2:] if part[1] == "!" else part[1:]).replace("\\", "\\\\"))
        elif part[0] == "{" and len(part) > 1:
            made.append("(?:" + "|".join(_translated(one) for one in part[1:-1].split(",")) + ")")
        else:
            made.append(re.escape(part))
    return "".join(made)
