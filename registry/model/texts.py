"""Texts and moments as they are stored and written."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from registry.errors import Invalid

NO_TEXT = re.compile("[\x00\ud800-\udfff]")
"""NUL and halves of surrogate pairs."""


def storable(text: str) -> bool:
    """Whether every database takes the text."""
    return NO_TEXT.search(text) is None


def moment(text: str) -> datetime:
    """Reads an RFC 3339 date-time as UTC; raises `Invalid`."""
    try:
        read = datetime.fromisoformat(text)
        if read.tzinfo is None:
            raise ValueError("no offset from UTC")
        return read.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise Invalid("date_invalid", f"{text!r} is not a date and time with an offset: {error}.") from None


def rfc3339(at: datetime) -> str:
    """A moment in UTC as RFC 3339 writes it, with milliseconds only where there are any."""
    utc = at.astimezone(UTC)
    precision = "milliseconds" if utc.microsecond else "seconds"
    return utc.isoformat(timespec=precision).replace("+00:00", "Z")
