"""A self-contained schema as one direction sees it, for the second validator.

It copies the author's tree, so that it does not share its reading with the reader of terms.
"""

from __future__ import annotations

from typing import Any


def in_view(schema: Any, hidden: str, *, forbidden: bool) -> Any:
    """A self-contained 2020-12 schema as one direction sees it.

    Members annotated `hidden` (`readOnly`, `writeOnly`) are not required; they are forbidden or unseen.
    """
    root = schema

    def walk(part: Any) -> Any:
        if isinstance(part, list):
            return [walk(item) for item in part]
        if not isinstance(part, dict):
            return part
        members = part.get("properties")
        copied = {
            name: value if name in ("enum", "const", "default", "examples", "example") else walk(value)
            for name, value in part.items()
        }
        if isinstance(members, dict):
            gone = {name for name, member in members.items() if carries(root, member, hidden)}
            if gone:
                copied["properties"] = {
                    name: False if name in gone else member
                    for name, member in copied["properties"].items()
                    if forbidden or name not in gone
                }
                if isinstance(part.get("required"), list):
                    copied["required"] = [name for name in part["required"] if name not in gone]
        return copied

    return walk(schema)


def carries(root: Any, member: Any, annotation: str) -> bool:
    """Whether a member's schema carries the annotation, itself or through its references."""
    for _ in range(10):
        if not isinstance(member, dict):
            return False
        if member.get(annotation) is True:
            return True
        reference = member.get("$ref")
        if not isinstance(reference, str) or not reference.startswith("#/"):
            return False
        member = root
        for written in reference[2:].split("/"):
            token = written.replace("~1", "/").replace("~0", "~")
            member = member.get(token) if isinstance(member, dict) else None
    return False
