"""What of its contract one call showed: a number that `Sights` can spell out, names and declared values only.

A call that was passed on counts as looked at only where nothing in it was strange to its contract. One that
was refused was no good before any change, so what is strange in it hides nothing; only a body that could not
be parsed at all leaves it not looked at.
"""

from __future__ import annotations

from collections.abc import Mapping

from gateway.model import Request
from gateway.plan.model import Route
from gateway.plan.sights import LOOKED, UNKNOWN
from gateway.policies.request_validation import Head


def sent_by(
    request: Request, given: Mapping[bytes, bytes], route: Route, head: Head, content: bytes, *, refused: bool
) -> int:
    """The bits of one call, with `LOOKED` where it was wholly looked at; 0 where nothing can be told."""
    sights = route.operation.sights
    if sights is None:
        return 0
    found = sights.head(route.path_values, head.query, given)
    if content:
        if not head.parsed or head.body is None:
            return found & ~UNKNOWN
        found |= sights.body(head.body.name, head.parsed[0])
    if refused:
        return found & ~UNKNOWN | LOOKED
    # A body off contract that is let pass may lack what a valid one must have: none of it is told.
    strange = found & UNKNOWN or head.violations or len(given) != len(request.headers)
    return 0 if head.violations else found & ~UNKNOWN if strange else found | LOOKED
