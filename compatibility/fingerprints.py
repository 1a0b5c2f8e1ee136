"""The fingerprint of a finding: what its edit is, and one place where the edit meets the wire.

A place of a contract is told by the operation, the surface and the path in it, not by what else stands there:
so a fingerprint survives whatever both sides gain. A finding that meets the wire at many places is called by
the first of them, and known by all: a waiver for any of these names covers it, so that one more operation
that uses a shared schema takes no waiver away.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from compatibility.changes import Draft, Touch
from compatibility.config import ReportLimits
from compatibility.identity import digest

TEMPLATE = re.compile(r"\{[^{}]*\}")
Coordinate = tuple[str, ...]
"""What kind of place, the way to it from where bytes cross, the operation, and what tells it there."""


def reached(touch: Touch, *, named: bool) -> Coordinate:
    """A changed schema where it crosses; `named`: what operations are called says something."""
    operation = TEMPLATE.sub("{}", touch.operation) if named else ""
    return "schema", touch.way, operation, touch.where, touch.media


def stated(draft: Draft) -> Coordinate:
    """What is no schema, by the operation and the name of what changed there."""
    operation = TEMPLATE.sub("{}", draft.operation or "")
    name = draft.origin.child("name") if draft.origin is not None else None
    return draft.rule, "", operation, str(name.value) if name is not None else ""


def fingerprints(
    found: Mapping[str, tuple[Iterable[Coordinate], tuple[Any, ...]]],
) -> dict[str, tuple[str, ...]]:
    """The names of each root cause, the first one first; `found` has its coordinates and its edit by a key.

    A name that two root causes of one report would share is none; what has no other is told by its key.
    """
    most = ReportLimits().operations_per_finding_max
    names: dict[str, list[str]] = {}
    for key, (coordinates, edit) in found.items():
        first = sorted(set(coordinates), key=lambda one: (len(one[1]), one))[:most]
        names[key] = list(dict.fromkeys(digest([one, edit]) for one in first))
    shared = Counter(name for own in names.values() for name in own)
    return {
        key: tuple(name for name in own if shared[name] == 1) or (digest([own, key]),)
        for key, own in names.items()
    }
