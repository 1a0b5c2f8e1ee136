"""What a service reads from its own store, taken as broken rather than passed on when it cannot be.

The same values sent by a caller are the caller's mistake; found in the store they are the service's failure.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from quote_to_cash.errors import QuoteToCashError, StoredRecordInvalid

ReadT = TypeVar("ReadT")


def read_stored(record: str, member: str, read: Callable[[], ReadT]) -> ReadT:
    """What ``read`` makes of a stored value; StoredRecordInvalid when it makes nothing of it.

    ``record`` names the kind (a quote) and ``member`` the place (lines/0/unitPrice); a violation told by
    ``read`` names its place within the member. The value itself is told nobody but the log.
    """
    try:
        return read()
    except StoredRecordInvalid:
        raise
    except QuoteToCashError as error:
        within = error.violations[0].pointer.strip("/") if error.violations else ""
        raise broken(record, "/".join(part for part in (member, within) if part)) from error
    except (ValueError, ArithmeticError, LookupError, TypeError, AttributeError) as error:
        raise broken(record, member) from error


def broken(record: str, member: str) -> StoredRecordInvalid:
    """The failure to tell: which kind of record, and where in it."""
    place = f" at {member}" if member else ""
    return StoredRecordInvalid(f"A stored {record} is broken{place}; its owner has to mend it.")


def stored_moment(record: str, member: str, text: str) -> datetime:
    """A moment stored in ISO 8601."""
    return read_stored(record, member, lambda: datetime.fromisoformat(text))
