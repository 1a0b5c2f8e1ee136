"""Prefers a witness that recorded traffic has: a recorded value where it proves the same, else its members'.

The second validator confirms every value again, so a recording can only make a proof likelier, not weaker.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from compatibility.config import ReportLimits
from compatibility.containment.confirm import SecondOpinion
from compatibility.model import Evidence, Finding, Seen, UsageRow, Witness
from compatibility.text_values import ReadAsText
from specs.pointers import MISSING


def likelier(finding: Finding, rows: Iterable[UsageRow], opinion: SecondOpinion) -> Witness | None:
    """The finding's witness, or one that traffic has."""
    evidence, witness = finding.evidence, finding.witness
    if evidence is None or witness is None:
        return witness
    if evidence.text is not None:
        opinion = ReadAsText(opinion.validators, form=evidence.text)
    sides = (evidence.before, evidence.after)
    accepting, rejecting = sides if witness.accepted_by == "before" else sides[::-1]
    value = witness.value
    if not opinion.confirms(accepting, rejecting, value):
        return witness  # proved by another reading than validity
    recorded = in_places(evidence, rows)[: ReportLimits().recorded_values_tried_max]
    for path, candidate in recorded:
        if not path:
            if opinion.confirms(accepting, rejecting, candidate):
                value = candidate
                break
            continue
        changed = with_member(value, path, candidate)
        if changed is not MISSING and opinion.confirms(accepting, rejecting, changed):
            value = changed
    if value == witness.value:
        return witness
    return replace(witness, value=value, error=opinion.complaint(rejecting, value) or witness.error)


def in_places(evidence: Evidence, rows: Iterable[UsageRow]) -> list[tuple[str, Any]]:
    """Recorded values at and below the changed place, with their path from it; of each path the most frequent
    last, so that it stays, except at the place itself, where the first that proves it is taken."""
    counted: dict[tuple[str, str], tuple[int, Any]] = {}
    places = {(one.operation, one.where): one.path for one in evidence.meetings}
    for row in rows:
        for one in row.seen:
            place = places.get((row.operation, one.where))
            path = inner(place, one) if place is not None else None
            if path is not None and one.value is not MISSING:
                key = (path, json.dumps(one.value, sort_keys=True, default=str))
                counted[key] = (counted.get(key, (0, None))[0] + one.calls, one.value)
    ranked = sorted(
        counted.items(),
        key=lambda item: (item[0][0], -item[1][0] if not item[0][0] else item[1][0], item[0][1]),
    )
    return [(path, value) for (path, _), (_, value) in ranked]


def inner(place: str, one: Seen) -> str | None:
    """The path of a recording from a changed place; None when it lies elsewhere."""
    if one.path == place:
        return ""
    if not place:
        return one.path
    rest = one.path.removeprefix(place)
    return rest.removeprefix(".") if rest != one.path and rest[:1] in (".", "[") else None


def with_member(value: Any, path: str, member: Any) -> Any:
    """The value with what stands at a path replaced, in each item of a list; MISSING where nothing is."""
    head, *rest = list(steps(path))
    remaining = ".".join(rest)
    if head == "[]":
        if not isinstance(value, list) or not value:
            return MISSING
        items = [with_member(item, remaining, member) if remaining else member for item in value]
        return MISSING if any(item is MISSING for item in items) else items
    if not isinstance(value, dict) or head not in value:
        return MISSING
    inside = with_member(value[head], remaining, member) if remaining else member
    return MISSING if inside is MISSING else {**value, head: inside}


def steps(path: str) -> Iterator[str]:
    """`lines[].kind` as `lines`, `[]`, `kind`."""
    for part in path.replace("[]", ".[]").split("."):
        if part:
            yield part
