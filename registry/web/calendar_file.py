"""The deprecation calendar as iCalendar (RFC 5545), for whoever reads dates in a calendar."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from registry.model.plans import CalendarEntry

CALENDAR = "text/calendar; charset=utf-8"
LINE_BYTES_MAX = 75
"""RFC 5545 section 3.1: a longer line is folded."""
SPECIAL = re.compile(r"[\\;,]")
CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f]")


def calendar_bytes(entries: Sequence[CalendarEntry], now: datetime, source: str) -> bytes:
    """One event for each date; its UID stays the same as long as the date means the same."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Pactolus//Deprecations//EN", "CALSCALE:GREGORIAN"]
    for entry in entries:
        lines += event_lines(entry, now, source)
    lines.append("END:VCALENDAR")
    return b"".join(part + b"\r\n" for line in lines for part in folded(line))


def event_lines(entry: CalendarEntry, now: datetime, source: str) -> list[str]:
    """A moment that takes no time (RFC 5545 section 3.6.1)."""
    meant = f"{source}\n{entry.contract}\n{entry.major}\n{entry.reason.value}"
    if entry.reason.value == "milestone":
        meant += f"\n{entry.title}"
    return [
        "BEGIN:VEVENT",
        f"UID:{hashlib.sha256(meant.encode()).hexdigest()[:32]}@pactolus",
        f"DTSTAMP:{stamp(now)}",
        f"DTSTART:{stamp(entry.at)}",
        f"SUMMARY:{text(entry.title)}",
        f"CATEGORIES:{text(entry.reason.value)}",
        f"DESCRIPTION:{text(f'{entry.contract} v{entry.major}, owned by {entry.owner}.')}",
        "TRANSP:TRANSPARENT",
        "END:VEVENT",
    ]


def stamp(at: datetime) -> str:
    """A moment in UTC."""
    return at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def text(value: str) -> str:
    """A text value (RFC 5545 section 3.3.11)."""
    escaped = SPECIAL.sub(lambda found: "\\" + found.group(), CONTROL.sub(" ", value))
    return escaped.replace("\n", "\\n")


def folded(line: str) -> Iterator[bytes]:
    """The line in pieces of 75 bytes at most, none of which parts a character."""
    piece = b""
    for character in line:
        raw = character.encode("utf-8")
        if len(piece) + len(raw) > LINE_BYTES_MAX:
            yield piece
            piece = b" "
        piece += raw
    yield piece
