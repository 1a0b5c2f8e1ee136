"""From a surface that does not hold to its root causes: the pairs of places where something changed.

The walk goes down both schemas together. A pair that is proved compatible ends it. At each other pair the
children that have a partner are made equal; what still fails there is the pair's own, and the schema rules
name it. So one change in a shared component is one finding, however many operations reach it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from compatibility.changes import Draft, PairOfPlaces, SchemaPair, Surface, Touch
from compatibility.config import Level
from compatibility.containment.contents import Side
from compatibility.containment.terms import TRUE
from compatibility.exposure import Exposure
from compatibility.identity import Identities
from compatibility.judging import Flow, Judge, Judgement
from compatibility.model import Verdict
from compatibility.pairs import Cause, Found, PairKey, Spot, first_step, joined, speaking
from compatibility.partners import COMBINATORS, NAMED, TOGETHER, Child, children, with_child, with_named
from compatibility.places import landed, place_of, uri_of
from compatibility.removed_members import crosses, lacks_members_only, listed, withdrawn
from compatibility.rules import SchemaRule
from compatibility.schemas import DISAGREED
from compatibility.text_forms import TextForm
from compatibility.unexplained import relaxed, whole
from specs.model import Node

PAIRS_MAX = 20_000
COMBINED = frozenset(("request-combination-narrowed", "response-combination-widened"))
OF_TYPES = frozenset(("request-type-narrowed", "response-type-widened"))


@dataclass(slots=True)
class SchemaWalk:
    """Walks the pairs of one comparison, each once per direction."""

    judge: Judge
    rules: tuple[SchemaRule, ...]
    pairs: dict[PairKey, Found] = field(default_factory=dict)
    nodes: dict[PairKey, tuple[Node, Node]] = field(default_factory=dict)
    reached: dict[PairKey, list[Draft]] = field(default_factory=dict)
    spots: dict[PairKey, list[tuple[PairKey, Spot]]] = field(default_factory=dict)
    asked: list[tuple[PairKey, Surface]] = field(default_factory=list)
    full: bool = False
    """More pairs differ than are looked at; what lies beyond is not judged."""
    identities: Identities = field(init=False)

    def __post_init__(self) -> None:
        self.identities = Identities(self.judge.terms)

    def drafts(self, surface: Surface) -> Iterator[Draft]:
        """Every root cause this surface reaches, with the surface's operation."""
        if surface.before is None or surface.after is None:
            return
        root = self.key(surface.flow, surface.before, surface.after)
        self.asked.append((root, surface))
        if root not in self.reached:
            self.reached[root] = self.accounted(root, surface, list(self.causes(root, surface)))
        for draft in self.reached[root]:
            yield replace(
                draft,
                operation=surface.operation,
                every_request=surface.every_request,
                where=surface.where,
                text=surface.text,
            )

    def as_texts(self, form: TextForm) -> SchemaWalk:
        """A walk of places that cross as text; which places were looked at is told to both."""
        judge = self.judge.as_texts(form)
        return SchemaWalk(judge, self.rules, nodes=self.nodes, spots=self.spots, asked=self.asked)

    def before(self, pair: PairOfPlaces) -> Node:
        """The earlier place of a pair."""
        return self.either(pair)[0]

    def schemas(self, pair: PairOfPlaces, direction: str) -> tuple[Any, Any]:
        """Both schemas of a pair, self-contained, as a direction sees them."""
        flow: Flow = "produced" if direction == "produced" else "consumed"
        before, after = self.either(pair)
        return (
            self.judge.self_contained(before, flow, "before"),
            self.judge.self_contained(after, flow, "after"),
        )

    def either(self, pair: PairOfPlaces) -> tuple[Node, Node]:
        consumed: PairKey = ("consumed", *pair)
        return self.nodes.get(consumed) or self.nodes[("produced", *pair)]

    def touching(self, pairs: set[PairOfPlaces]) -> dict[PairOfPlaces, list[Touch]]:
        """Every surface that holds one of these pairs, whether or not it does any harm there."""
        found: dict[PairOfPlaces, dict[Touch, None]] = {}
        held = {
            root: [(key[1:], spot) for key, spot in spots if key[1:] in pairs]
            for root, spots in self.spots.items()
        }
        for root, surface in self.asked:
            for pair, spot in held.get(root, ()):
                on = surface.operation, surface.where, spot.path, surface.flow
                touch = Touch(*on, spot.way, surface.media)
                found.setdefault(pair, {})[touch] = None
        return {pair: list(touches) for pair, touches in found.items()}

    def accounted(self, root: PairKey, surface: Surface, drafts: list[Draft]) -> list[Draft]:
        """A surface that fails is never without a finding, even when each pair of a cycle blames the next."""
        before, after = self.nodes[root]
        flow = root[0]
        told = any(draft.level != "info" for draft in drafts)
        if not told and self.judge.between(before, after, flow).rank > 0:
            drafts.append(self.as_whole(root, "", surface))
        return drafts

    def causes(self, root: PairKey, surface: Surface) -> Iterator[Draft]:
        """The drafts of every pair below a root that values can show, and what is merely noted."""
        exposure = Exposure(self.judge, self.nodes, root)
        candidates = list(self.candidates(root, surface, exposure))
        if any(cause.draft.level != "info" for _, cause in candidates):
            exposure.add((key, self.pairs[key].children) for key, _ in self.spots[root])
        for key, cause in candidates:
            if cause.draft.level == "info" or exposure.met(key, cause.variant):
                yield cause.draft

    def candidates(
        self, root: PairKey, surface: Surface, exposure: Exposure
    ) -> Iterator[tuple[PairKey, Cause]]:
        """The drafts of every pair below a root with the place they are about, in breadth, each pair once.

        What stands in alternatives comes last, and is a cause only where the whole place loses values by it.
        """
        spots = {root: Spot()}
        waiting, inside = deque([root]), dict[PairKey, None]()
        owing: dict[PairKey, str] = {}
        told = set[tuple[PairKey, tuple[str, ...]]]()
        while waiting or inside:
            key = waiting.popleft() if waiting else next(iter(inside))
            inside.pop(key, None)
            spot = spots[key]
            found = self.visit(key, spot.path, surface)
            for place, cause in self.standing(key, spots, exposure) if found.causes else ():
                owing.pop(spot.anchor or key, None)
                if spot.anchor is not None:
                    told.add((spot.anchor, TOGETHER[first_step(key, spots).keyword]))
                draft = replace(cause.draft, pair=key[1:], path=spot.path)
                yield place, Cause(draft, cause.variant)
            if found.below and spot.anchor is None and not self.plainly_below(found):
                owing[key] = spot.path
            for child, pair in found.children:
                if pair not in spots or (spots[pair].anchor is not None and pair in inside):
                    anchor = spot.anchor or (key if child.keyword in COMBINATORS else None)
                    if pair in spots and anchor is not None:
                        continue
                    inside.pop(pair, None)
                    way = spot.way + child.way
                    spots[pair] = Spot(joined(spot.path, child.step), key, child, anchor, way)
                    waiting.append(pair) if anchor is None else inside.setdefault(pair)
        for key, spot in spots.items():
            if spot.anchor is None and self.pairs[key].has_alternatives:
                for cause in self.masked(key, spot, surface, told):
                    owing.pop(key, None)
                    draft = replace(cause.draft, pair=key[1:], path=spot.path)
                    yield key, Cause(draft, cause.variant)
        for key, path in owing.items():
            yield key, Cause(self.as_whole(key, path, surface), self.reader(key))
        self.spots[root] = list(spots.items())

    def plainly_below(self, found: Found) -> bool:
        """Whether a part that is no alternative fails, so that the failure is told there."""
        return any(
            self.judge.between(*self.nodes[key], key[0]).rank > 0
            for child, key in found.children
            if child.keyword not in COMBINATORS
        )

    def masked(
        self, key: PairKey, spot: Spot, surface: Surface, told: set[tuple[PairKey, tuple[str, ...]]]
    ) -> Iterator[Cause]:
        """Alternatives that lose values and that no draft is about; another break may stand beside them."""
        found = self.pairs[key]
        children = found.children
        groups = dict.fromkeys(
            TOGETHER[child.keyword] for child, _ in children if child.keyword in COMBINATORS
        )
        (before, after), flow, judge = self.nodes[key], key[0], self.judge
        if not groups or judge.between(before, after, flow).rank == 0:
            return
        equal: SchemaPair | None = None
        if any(cause.draft.rule in COMBINED for cause in found.causes):
            equal = self.pair(key, spot.path, surface, [child for child, _ in children])
        plain = [child for child, _ in children if child.keyword not in COMBINATORS]
        view = self.pair(key, spot.path, surface, plain)
        source = judge.number(*((before, flow, "before") if flow == "consumed" else (after, flow, "after")))
        for fields in groups:
            variant = view.taking(*fields)
            if (key, fields) in told or variant is None or (equal and equal.taking(*fields)):
                continue
            number = judge.terms.intern(variant)
            answer = judge.answer(flow, source, number)
            if answer.rank == 0:
                continue
            witness = judge.witness(answer.model, before, after, flow) if answer.rank > 1 else None
            verdict: Verdict = "unknown" if witness is None else "breaking"
            sides = (view.source, variant) if flow == "consumed" else (variant, view.source)
            delta = self.identities.edit(*sides)
            reason = judge.undecided(flow, source, number, answer.reason or DISAGREED)
            yield Cause(whole(view, Judgement(verdict, witness, reason), delta), number)

    def standing(
        self, key: PairKey, spots: dict[PairKey, Spot], exposure: Exposure
    ) -> Iterator[tuple[PairKey, Cause]]:
        """What holds of a pair where it stands: in alternatives, an edit must refute the whole place."""
        anchor = spots[key].anchor
        for cause in self.pairs[key].causes:
            if anchor is None:
                yield key, cause
                continue
            if cause.variant is None:
                yield from ((key, Cause(draft)) for draft in self.observed(cause.draft, key, spots))
                continue
            source, lifted = exposure.raised(key, spots, cause.variant)
            if cause.draft.level == "info":
                continue
            loss = self.judge.lost((source, lifted), *self.nodes[anchor], key[0])
            if loss.verdict == "compatible":
                continue
            witness = loss.witness if cause.draft.level == "breaking" else None
            level: Level = "unknown" if witness is None else "breaking"
            draft = replace(cause.draft, level=level, witness=speaking(witness, cause.draft.witness))
            yield anchor, Cause(draft, lifted)

    def observed(self, draft: Draft, key: PairKey, spots: dict[PairKey, Spot]) -> Iterator[Draft]:
        """An observation in an alternative: a member another alternative still lists is not gone."""
        anchor = spots[key].anchor
        if draft.witness is None or anchor is None or spots[anchor].path != spots[key].path:
            yield draft
            return
        judge, flow, value = self.judge, key[0], draft.witness.value
        before, after = self.nodes[anchor]
        sides = judge.self_contained(before, flow, "before"), judge.self_contained(after, flow, "after")
        accepting, rejecting = sides if draft.witness.accepted_by == "before" else sides[::-1]
        holds = judge.opinion.accepts(accepting, value)
        if draft.witness.rejected_by == "before":
            holds = holds and judge.opinion.confirms(accepting, rejecting, value)
        names, _ = listed(judge.term(judge.number(after, flow, "after")), judge)
        if holds:
            yield draft
        elif draft.delta[-1] not in names:
            yield replace(draft, witness=None)

    def key(self, flow: Flow, before: Node, after: Node) -> PairKey:
        before, after = landed(before), landed(after)
        key = (flow, uri_of(before), before.pointer, uri_of(after), after.pointer)
        self.nodes.setdefault(key, (before, after))
        return key

    def visit(self, key: PairKey, path: str, surface: Surface) -> Found:
        known = self.pairs.get(key)
        if known is not None:
            return known
        found = self.pairs[key] = Found()
        if len(self.pairs) > PAIRS_MAX:
            self.full = True
            return found
        before, after = self.nodes[key]
        judge, flow = self.judge, key[0]
        if judge.same(before, after, "promise"):
            return found
        numbers = judge.number(before, flow, "before"), judge.number(after, flow, "after")
        pairs = [
            (
                replace(child, way=self.identities.step(before, child)),
                self.key(flow, child.before, child.after),
            )
            for child in children(before, after, judge.same)
            if crosses(child.before, flow) and crosses(child.after, flow)
        ]
        found.children.extend(pairs)
        found.has_alternatives = any(child.keyword in COMBINATORS for child, _ in pairs)
        view = self.pair(key, path, surface, [child for child, _ in pairs])
        # What says nothing at all on one side is one cause: each member of the other would only say it again.
        rules = () if (numbers[0] == TRUE) != (numbers[1] == TRUE) else self.rules
        for rule in rules:
            if rule.observe is not None and rule.flow in (flow, "both"):
                found.causes.extend(Cause(draft) for draft in rule.observe(view, judge))
        source = numbers[0] if flow == "consumed" else numbers[1]
        if judge.between(before, after, flow).rank > 0:
            self.explain(found, view, source, key)
        elif not found.causes:
            found.causes.extend(Cause(draft) for draft in self.relaxed(view, source))
        return found

    def relaxed(self, view: SchemaPair, source: int) -> Iterator[Draft]:
        """A change at this place that breaks nobody and still is one: the reader's side holds more values."""
        own = self.judge.terms.intern(view.target)
        if self.judge.same(view.before, view.after) or self.judge.answer(view.flow, own, source).rank == 0:
            return
        yield relaxed(view, self.said(view))

    def pair(self, key: PairKey, path: str, surface: Surface, shared: list[Child]) -> SchemaPair:
        """The pair with its partnered children made equal on the reader's side."""
        before, after = self.nodes[key]
        judge, flow = self.judge, key[0]
        terms = (
            judge.term(judge.number(before, flow, "before")),
            judge.term(judge.number(after, flow, "after")),
        )
        source, target = terms if flow == "consumed" else (terms[1], terms[0])
        named: dict[str, dict[Any, int]] = {}
        for child in shared:
            numbers = judge.number(child.before, flow, "before"), judge.number(child.after, flow, "after")
            theirs = numbers if flow == "consumed" else (numbers[1], numbers[0])
            if child.keyword in NAMED:
                named.setdefault(child.keyword, {})[child.name] = theirs[0]
            else:
                target = with_child(target, child, theirs[1], theirs[0])
        target = with_named(target, named)
        return SchemaPair(flow, path, surface, before, after, source, target)

    def explain(self, found: Found, view: SchemaPair, source: int, key: PairKey) -> None:
        """Names the changes at this place that break it; one that nothing below explains is said as it is."""
        judge, flow = self.judge, view.flow
        own = judge.terms.intern(view.target)
        local = judge.answer(flow, source, own)
        named, bare = False, TRUE in (source, own)
        if local.rank > 0:
            for rule in self.rules:
                if rule.flow == flow and rule.edits is not None and (not bare or rule.name in OF_TYPES):
                    for cause in self.attributed(rule, view, source):
                        found.causes.append(cause)
                        named = True
        if named or (flow == "produced" and not bare and lacks_members_only(view, judge, source)):
            return
        found.below = local.rank == 0 and self.fails_below(found)
        if not found.below:
            found.causes.append(Cause(self.as_whole(key, view.path, view.surface), self.reader(key)))

    def reader(self, key: PairKey) -> int:
        """The reader's schema of a pair."""
        side: Side = "after" if key[0] == "consumed" else "before"
        return self.judge.number(self.nodes[key][side == "after"], key[0], side)

    def fails_below(self, found: Found) -> bool:
        """Whether some child fails on its own, so that the cause is to be found there."""
        for _, key in found.children:
            before, after = self.nodes[key]
            if self.judge.between(before, after, key[0]).rank > 0:
                return True
        return False

    def attributed(self, rule: SchemaRule, view: SchemaPair, source: int) -> Iterator[Cause]:
        """The edits of one rule that are causes: each alone loses values, as the second validator agrees."""
        assert rule.edits is not None
        for edit in rule.edits(view):
            variant = self.judge.terms.intern(edit.variant)
            answer = self.judge.answer(view.flow, source, variant)
            if answer.rank < 2:
                continue
            witness = self.judge.lost((source, variant), view.before, view.after, view.flow).witness
            if witness is None:
                continue
            sides = view.source, edit.variant
            gone = withdrawn(*sides)
            sides = sides if view.flow == "consumed" else sides[::-1]
            draft = Draft(
                rule=rule.name,
                level="breaking",
                direction=view.flow,
                operation=view.surface.operation,
                before=place_of(view.before),
                after=place_of(view.after),
                message=edit.message,
                fix=edit.fix,
                delta=self.identities.edit(*sides),
                witness=witness,
                members=tuple(sorted(gone)),
                missing=tuple(sorted(set(edit.variant.required) - set(view.source.required))),
            )
            yield Cause(draft, variant)

    def as_whole(self, key: PairKey, path: str, surface: Surface) -> Draft:
        """The place as a whole, where nothing smaller explains it."""
        view = self.pair(key, path, surface, [])
        judgement = self.judge.compare(view.before, view.after, view.flow)
        return replace(whole(view, judgement, self.said(view)), pair=key[1:], path=path)

    def said(self, view: SchemaPair) -> tuple[Any, ...]:
        sides = (view.source, view.target) if view.flow == "consumed" else (view.target, view.source)
        return ("schema", *self.identities.edit(*sides))
