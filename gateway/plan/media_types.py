"""What a Content-Type says (RFC 9110 sections 5.6.6, 8.3): read one way, or told to be unreadable.

A parameter that is malformed or given twice may be read differently by the system behind; JSON has one
character set (RFC 8259 section 8.1).
"""

from __future__ import annotations

import re
from typing import NamedTuple

from gateway.plan.model import BodyPlan

_ESSENCE = re.compile(r"[A-Za-z0-9!#$&^_.+-]+/[A-Za-z0-9!#$&^_.+-]+")
_PARAMETER = re.compile(
    r"[ \t]*;[ \t]*(?:([A-Za-z0-9!#$%&'*+.^_`|~-]+)="
    r'(?:([A-Za-z0-9!#$%&\'*+.^_`|~-]+)|"((?:[^"\\]|\\.)*)"))?'
)


class ContentType(NamedTuple):
    """`essence` is type and subtype in lower case, empty when unreadable; `problem` why JSON is not taken."""

    essence: str
    problem: str | None


_JSON = ContentType("application/json", None)


def read_content_type(value: bytes) -> ContentType:
    """The media type of one Content-Type line."""
    if value == b"application/json":
        return _JSON
    text = value.decode("latin-1").strip(" \t")
    essence, semicolon, _ = text.partition(";")
    length = len(essence)
    essence = essence.rstrip(" \t").lower()
    if _ESSENCE.fullmatch(essence) is None:
        return ContentType("", "Content-Type is not of the form type/subtype")
    return ContentType(essence, _problem_of(text, length) if semicolon else None)


def _problem_of(text: str, start: int) -> str | None:
    seen: dict[str, str] = {}
    while start < len(text):
        match = _PARAMETER.match(text, start)
        if match is None:
            return "a parameter of Content-Type is not of the form name=value"
        start = match.end()
        if match[1] is None:
            continue
        name = match[1].lower()
        if name in seen:
            return f"Content-Type gives {name} twice"
        seen[name] = match[2] or match[3] or ""
    if seen.get("charset", "utf-8").lower() != "utf-8":
        return "Content-Type names a character set other than utf-8"
    return None


def is_json(name: str) -> bool:
    """Whether a media type, as a contract writes it, is JSON (RFC 6839 section 3.1)."""
    essence = name.partition(";")[0].strip().lower()
    return essence == "application/json" or essence.endswith("+json")


def select_body(bodies: tuple[BodyPlan, ...], essence: str) -> BodyPlan | None:
    """The most specific declared media type that covers this one."""
    ranges = (essence, essence.partition("/")[0] + "/*", "*/*") if essence else ()
    for name in ranges:
        for body in bodies:
            if body.name == name:
                return body
    return None
