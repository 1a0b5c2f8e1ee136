"""Which texts the formats of dates, identifiers and addresses take, where libraries read the RFCs otherwise.

Sources: RFC 3339 sections 5.6 and 5.7 (years 0000 to 9999; second 60 only as the last one of a day of UTC),
RFC 4122 section 3 (uuid), RFC 5321 section 4.1.2 (email: what is neither plainly an address nor plainly none
is left open, for validators differ).
"""

from __future__ import annotations

import re
from collections.abc import Callable

from compatibility.containment.formats import EXACT

TIME = re.compile(
    r"(?P<hour>[01]\d|2[0-3]):(?P<minute>[0-5]\d):(?P<second>[0-5]\d|60)(?:\.\d+)?"
    r"(?:[Zz]|(?P<sign>[+-])(?P<away>[01]\d|2[0-3]):(?P<past>[0-5]\d))",
    re.ASCII,
)
WORD = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
ADDRESS = re.compile(rf"{WORD}(?:\.{WORD})*@{LABEL}(?:\.{LABEL})*")
LOCAL_MAX, ADDRESS_MAX = 64, 254
EXACTLY = {name: re.compile(pattern, re.ASCII) for name, pattern in EXACT.items()}


class UnclearFormatError(Exception):
    """Whether a format takes a text is read differently by validators."""


def exactly(name: str) -> Callable[[object], bool]:
    def takes(value: object) -> bool:
        return not isinstance(value, str) or EXACTLY[name].fullmatch(value) is not None

    return takes


def is_time(value: object) -> bool:
    """Second 60 is taken where it is 23:59:60 of UTC."""
    if not isinstance(value, str):
        return True
    found = TIME.fullmatch(value)
    if found is None or found["second"] != "60":
        return found is not None
    away = int(found["away"] or 0) * 60 + int(found["past"] or 0)
    minutes = int(found["hour"]) * 60 + int(found["minute"]) - (away if found["sign"] == "+" else -away)
    return minutes % (24 * 60) == 24 * 60 - 1


def is_date_time(value: object) -> bool:
    if not isinstance(value, str):
        return True
    day, between, clock = value[:10], value[10:11], value[11:]
    return between in ("T", "t") and exactly("date")(day) and is_time(clock)


def is_email(value: object) -> bool:
    """Errors: UnclearFormatError."""
    if not isinstance(value, str):
        return True
    local, at, host = value.rpartition("@")
    if not at or not local or not host:
        return False
    if ADDRESS.fullmatch(value) and len(local) <= LOCAL_MAX and len(value) <= ADDRESS_MAX:
        return True
    raise UnclearFormatError(f"whether the format `email` takes {value!r:.100} is read differently")


CHECKERS: dict[str, Callable[[object], bool]] = {
    "date": exactly("date"),
    "date-time": is_date_time,
    "email": is_email,
    "idn-email": is_email,
    "ipv4": exactly("ipv4"),
    "time": is_time,
    "uuid": exactly("uuid"),
}
