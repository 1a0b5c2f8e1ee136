"""Whether a change at a place of a schema can be met at all: some value has the place, as the whole allows.

A place below one that takes nothing, or that a neighbour excludes, holds no value, and what changes there
breaks nobody. It is asked on the way up, along every way that leads to the place: with the change at the
place alone, does the schema above it still lose a value?
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from compatibility.containment.contents import Side
from compatibility.containment.declared import in_place
from compatibility.containment.terms import FALSE, Term
from compatibility.judging import Judge
from compatibility.pairs import PairKey, Spot
from compatibility.partners import FIELDS, Child, with_child
from specs.model import Node

VISITS_MAX = 200
"""So many steps up are tried for one change; one that is not decided by then counts as met."""
HOLDERS = {"properties": "object", "additionalProperties": "object", "items": "array"}


@dataclass(slots=True)
class Exposure:
    """The ways by which one walk came to each pair of places, from `root` down."""

    judge: Judge
    nodes: Mapping[PairKey, tuple[Node, Node]]
    root: PairKey
    ways: dict[PairKey, list[tuple[PairKey, Child]]] = field(default_factory=dict)
    left: int = 0

    def add(self, held: Iterable[tuple[PairKey, Iterable[tuple[Child, PairKey]]]]) -> None:
        """Pairs and the parts they hold."""
        for holder, parts in held:
            for child, pair in parts:
                self.ways.setdefault(pair, []).append((holder, child))

    def met(self, key: PairKey, variant: int | None) -> bool:
        """Whether values show a change: `variant` is the writer's schema with it, or None where what is
        said of a place holds of all its values."""
        self.left = VISITS_MAX
        return self.upward(key, FALSE if variant is None else variant, (key,), edit=variant is not None)

    def upward(self, key: PairKey, number: int, path: tuple[PairKey, ...], *, edit: bool) -> bool:
        if key == self.root:
            return True
        for holder, child in self.ways.get(key, ()):
            self.left -= 1
            if self.left < 0 or child.keyword not in FIELDS:
                return True
            if holder in path:
                continue
            found = self.edited(holder, child, number) if edit else self.present(holder, child, number)
            if found is not None and self.upward(holder, found, (*path, holder), edit=edit):
                return True
        return False

    def edited(self, holder: PairKey, child: Child, number: int) -> int | None:
        """The writer's schema of the holder with an edit of one part; None when it loses nothing by it."""
        flow, judge = holder[0], self.judge
        if judge.between(*self.nodes[holder], flow).rank == 0:
            return None
        side: Side = "before" if flow == "consumed" else "after"
        source, lifted = self.lifted(holder, child, number, side)
        if lifted == source or plain(judge.term(source), child):
            return lifted
        return lifted if judge.answer(flow, source, lifted).rank > 0 else None

    def present(self, holder: PairKey, child: Child, number: int) -> int | None:
        """The earlier schema of the holder without values at a place; None when it never has any."""
        flow, judge = holder[0], self.judge
        source, lifted = self.lifted(holder, child, number, "before")
        term = judge.term(source)
        if child.keyword in ("anyOf", "oneOf"):
            alone = judge.number(child.before, flow, "before"), number
            source, lifted = (judge.terms.intern(only(term, child.keyword, one)) for one in alone)
            return FALSE if judge.answer(flow, source, lifted).rank > 0 else None
        if lifted == source:
            return FALSE
        lost = judge.answer(flow, source, FALSE if plain(term, child) else lifted)
        return lifted if lost.rank > 0 else None

    def raised(self, key: PairKey, spots: Mapping[PairKey, Spot], number: int) -> tuple[int, int]:
        """The writer's schema of the anchor of a pair, as it is and with the pair's replaced."""
        side: Side = "before" if key[0] == "consumed" else "after"
        spot, source, anchor = spots[key], number, spots[key].anchor
        while key != anchor and spot.parent is not None and spot.child is not None:
            source, number = self.lifted(spot.parent, spot.child, number, side)
            key, spot = spot.parent, spots[spot.parent]
        return source, number

    def lifted(self, holder: PairKey, child: Child, number: int, side: Side) -> tuple[int, int]:
        """The schema of a holder, as it is and with one part of it replaced."""
        flow, judge = holder[0], self.judge
        old = judge.number(getattr(child, side), flow, side)
        source = judge.terms.resolve(judge.number(self.nodes[holder][side == "after"], flow, side))
        return source, judge.terms.intern(with_child(judge.term(source), child, old, number, side))


def only(term: Term, keyword: str, part: int) -> Term:
    """A schema with one of its alternatives only."""
    return replace(term, any_of=(part,)) if keyword == "anyOf" else replace(term, one_of=(part,))


def plain(term: Term, child: Child) -> bool:
    """Whether a schema that has values surely has some with any value of this part."""
    kind = HOLDERS.get(child.keyword)
    if kind is None or (term.types is not None and kind not in term.types):
        return False
    if in_place(term) or term.enum is not None or term.not_ is not None or term.opaque or term.never:
        return False
    if kind == "array":
        few = term.max_items is not None and term.max_items < 1
        return not (few or term.prefix or term.contains is not None or term.unevaluated_items is not None)
    return not (
        term.patterns
        or term.dependent_required
        or term.names is not None
        or term.max_properties is not None
        or term.unevaluated_properties is not None
    )
