"""One finding per root cause: the drafts that are about the same edit of the same place, in both directions.

A root cause is what is changed and how, not where it is written: see `compatibility.identity`. So a shared
component is one finding for all operations it reaches, and so is the same parameter with the same edit. What
it is called from one report to the next is told by `compatibility.fingerprints`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from compatibility.changes import Draft, PairOfPlaces, Touch
from compatibility.config import PROMISE_LEVELS, Promise, ReportLimits
from compatibility.fingerprints import Coordinate, fingerprints, reached, stated
from compatibility.identity import digest
from compatibility.model import Direction, Evidence, Finding, Meeting, Place, Reach, Verdict
from compatibility.rules import promises
from compatibility.schema_walk import SchemaWalk
from compatibility.unexplained import HARMLESS
from compatibility.verdicts import LEVELS, ordered
from specs.model import Kind

OPERATION = re.compile(r"/(paths|webhooks|operations|channels)/[^/]+(/[^/]+)?")
INSIDE = ("/paths/", "/webhooks/", "/operations/", "/channels/")
"""Where operations are written; what stands outside holds for all of them."""
NAMES_SAY = 2
"""A schema with this many members is known by them; a smaller one also by what it is called."""
VERDICTS: dict[str, Verdict] = {"breaking": "breaking", "unknown": "unknown", "info": "compatible"}
WORST: tuple[Verdict | None, ...] = (None, "compatible", "unknown", "breaking")
Group = list[Draft]


@dataclass(frozen=True, slots=True)
class Grouping:
    """Groups the drafts of one comparison; `level` is the promise that is judged."""

    walk: SchemaWalk
    level: Promise
    promises: dict[str, Promise]
    touches: dict[PairOfPlaces, list[Touch]] = field(default_factory=dict)
    places: dict[str, dict[PairOfPlaces, None]] = field(default_factory=dict)
    """The pairs that are the same place, written more than once."""
    known: dict[PairOfPlaces, tuple[Any, ...]] = field(default_factory=dict)

    def findings(self, drafts: list[Draft]) -> tuple[Finding, ...]:
        """The findings, the worst first."""
        self.touches.update(self.walk.touching({draft.pair for draft in drafts if draft.pair is not None}))
        groups: dict[str, Group] = {}
        explained: set[str] = set()
        for draft in drafts:
            if self.promise(draft) == "docs" and self.level != "docs":
                continue
            one = self.held_to(draft)
            place = digest(self.place(one))
            groups.setdefault(digest([place, one.delta]), []).append(one)
            if one.pair is not None:
                self.places.setdefault(place, {})[one.pair] = None
                explained.update(() if one.rule in HARMLESS else (place,))
        told = {
            key: group
            for key, group in groups.items()
            if any(one.rule not in HARMLESS for one in group) or digest(self.place(group[0])) not in explained
        }
        names = fingerprints({key: (self.coordinates(group), group[0].delta) for key, group in told.items()})
        return ordered(self.finding(names[key], group) for key, group in told.items())

    def coordinates(self, group: Group) -> Iterator[Coordinate]:
        """Every place where a root cause meets the wire."""
        named = self.walk.judge.before.kind is not Kind.JSON_SCHEMA
        for pair in {draft.pair: None for draft in group if draft.pair is not None}:
            yield from (reached(touch, named=named) for touch in self.touches.get(pair, ()))
        for draft in group:
            if draft.pair is not None:
                continue
            if len(self.place(draft)) == 1 or draft.operation is None:
                yield draft.rule, ""
            else:
                yield stated(draft)

    def promise(self, draft: Draft) -> Promise:
        return draft.promise or self.promises.get(draft.rule, "wire")

    def held_to(self, draft: Draft) -> Draft:
        """What holds only beyond the level that is judged is noted."""
        promise = self.promise(draft)
        beyond = PROMISE_LEVELS.index(promise) > PROMISE_LEVELS.index(self.level)
        return replace(draft, promise=promise, level="info" if beyond else draft.level)

    def place(self, draft: Draft) -> Any:
        """What is changed, in words that do not depend on where it is written."""
        if draft.pair is not None:
            return "schema", *self.schema(draft.pair)
        origin = draft.origin
        if origin is None or draft.operation is None:
            return draft.rule, draft.operation
        if OPERATION.fullmatch(origin.pointer):
            return draft.rule, draft.operation
        named = origin.child("name") is not None or "/headers/" in origin.pointer
        if named or origin.pointer.startswith("/components/"):
            return draft.rule, self.walk.identities.outline(origin)
        if not origin.pointer.startswith(INSIDE):
            return (draft.rule,)
        return draft.rule, draft.operation, self.walk.identities.outline(origin)

    def schema(self, pair: PairOfPlaces) -> tuple[Any, ...]:
        if pair not in self.known:
            self.known[pair] = self.known_by(pair)
        return self.known[pair]

    def known_by(self, pair: PairOfPlaces) -> tuple[Any, ...]:
        before = self.walk.before(pair)
        content = self.walk.identities.content(before)
        if len(self.walk.identities.members(before)) >= NAMES_SAY:
            return (content,)
        return content, *sorted({called(touch) for touch in self.touches.get(pair, ())})

    def finding(self, names: tuple[str, ...], group: Group) -> Finding:
        leading = sorted(group, key=lambda one: (LEVELS[one.level], one.direction, one.rule))
        first = leading[0]
        hit = [draft for draft in group if draft.level == first.level]
        operations = tuple(dict.fromkeys(draft.operation for draft in hit if draft.operation))
        mirrors = other_direction(first, hit)
        mirrored = "".join(f"; {one.message}" for one in mirrors)
        further = len(operations) - len({one.operation for one in (first, *mirrors) if one.operation})
        more = f" (and {further} more operation{'s' * (further > 1)})" if further > 0 else ""
        limits = ReportLimits()
        places = (first.before, first.after)
        return Finding(
            rule=first.rule,
            level=first.level,
            direction=direction(hit),
            operations=operations[: limits.operations_per_finding_max],
            before=first.before,
            after=first.after,
            message=f"{first.message}{mirrored}{more}",
            fix=" ".join(dict.fromkeys(one.fix for one in (first, *mirrors))),
            fingerprint=names[0],
            known_as=names[1:],
            witness=next((draft.witness for draft in leading if draft.witness is not None), None),
            every_request=all(draft.every_request for draft in hit),
            promise=min((self.promise(draft) for draft in hit), key=PROMISE_LEVELS.index),
            reach=tuple(self.reach(group))[: limits.operations_per_finding_max],
            also_at=tuple(others(places, hit))[: limits.places_per_finding_max],
            evidence=self.evidence(first, hit),
        )

    def reach(self, group: Group) -> Iterator[Reach]:
        """Every operation that holds the changed place, with its verdict in each direction."""
        verdicts: dict[str, dict[str, Verdict | None]] = {}

        def say(operation: str, flow: str, verdict: Verdict | None) -> None:
            held = verdicts.setdefault(operation, {"consumed": None, "produced": None})
            if flow in held and WORST.index(verdict) > WORST.index(held[flow]):
                held[flow] = verdict

        for draft in group:
            if draft.operation is not None:
                for flow in ("consumed", "produced") if draft.direction == "both" else (draft.direction,):
                    say(draft.operation, flow, VERDICTS[draft.level])
        for pair in self.places.get(digest(self.place(group[0])), ()):
            for touch in self.touches.get(pair, ()):
                say(touch.operation, touch.flow, "compatible")
        for operation, held in verdicts.items():
            yield Reach(operation, held["consumed"], held["produced"])

    def evidence(self, first: Draft, hit: Group) -> Evidence | None:
        """What a usage join needs of a finding that counts."""
        if first.level == "info":
            return None
        meetings = (
            Meeting(draft.operation or "", draft.where, draft.path, draft.direction)
            for draft in hit
            if draft.where and draft.direction in ("consumed", "produced")
        )
        before, after = self.walk.schemas(first.pair, first.direction) if first.pair else (True, True)
        return Evidence(
            before,
            after,
            tuple(dict.fromkeys(meetings))[: ReportLimits().operations_per_finding_max],
            first.members,
            first.missing,
            first.text,
            frozenset(draft.operation for draft in hit if draft.every_request and draft.operation),
        )


def grouping(walk: SchemaWalk, level: Promise) -> Grouping:
    return Grouping(walk, level, promises())


def called(touch: Touch) -> str:
    """The name of the member, parameter or header that holds a value; none for a whole body."""
    last = touch.path.rpartition(".")[2]
    named = touch.where.partition("`")[2].partition("`")[0]
    return last or named


def other_direction(first: Draft, hit: Group) -> Group:
    """The first draft that says what the same edit does in the other direction; empty where none does."""
    ways = {first.direction, "both", "none"}
    found = (one for one in hit if one.direction not in ways and first.direction not in ("both", "none"))
    return [one for one in found if one.rule not in HARMLESS][:1]


def direction(group: Group) -> Direction:
    found = {draft.direction for draft in group}
    if len(found) == 1:
        return found.pop()
    return "both" if found & {"both", "consumed"} and found & {"both", "produced"} else sorted(found)[0]


def others(places: tuple[Place | None, Place | None], group: Group) -> Iterator[Place]:
    """Where else the same edit stands: the later place of each, the earlier where there is none."""
    told = {places}
    for draft in group:
        both = (draft.before, draft.after)
        if both not in told and (draft.after or draft.before) is not None:
            told.add(both)
            place = draft.after or draft.before
            assert place is not None
            if place != (places[1] or places[0]):
                yield place
