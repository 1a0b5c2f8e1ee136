"""Members that came or went between two schema places, and the witness for a reader who misses one."""

from __future__ import annotations

from dataclasses import replace

from compatibility.changes import SchemaPair, quoted
from compatibility.config import Level
from compatibility.containment.evaluate import found
from compatibility.containment.formula import Literal
from compatibility.containment.terms import FALSE, Term
from compatibility.judging import Flow, Judge, view_of
from compatibility.model import Witness
from specs.errors import SpecError
from specs.model import Node

REACH_MAX = 200
REFERENCES_MAX = 10
NAMES_SHOWN_MAX = 12


def removed(pair: SchemaPair, judge: Judge) -> list[str]:
    """Names the former schema lists and no part of the later one does."""
    former = dict(pair.target.properties)
    if not former:
        return []
    names, patterns = listed(pair.source, judge)
    gone = [name for name in former if name not in names and former[name] != FALSE]
    return [name for name in gone if not any(found(pattern, name) for pattern in patterns)]


def lacks_members_only(pair: SchemaPair, judge: Judge, source: int) -> bool:
    """Whether all that is wrong is that required members are gone, which an observation says already."""
    gone = set(removed(pair, judge)) & set(pair.target.required)
    rest = tuple(name for name in pair.target.required if name not in gone)
    lenient = judge.terms.intern(replace(pair.target, required=rest))
    return bool(gone) and judge.answer(pair.flow, source, lenient).rank == 0


def listed(term: Term, judge: Judge) -> tuple[set[str], set[str]]:
    """Every name and pattern that some part of a schema lists for this object."""
    from compatibility.containment.declared import in_place

    names: set[str] = set()
    patterns: set[str] = set()
    waiting, steps = [term], 0
    while waiting and steps < REACH_MAX:
        one = waiting.pop()
        steps += 1
        names.update(name for name, child in one.properties if child != FALSE)
        patterns.update(pattern for pattern, _ in one.patterns)
        waiting.extend(judge.term(part) for part in in_place(one))
    return names, patterns


def crosses(member: Node, flow: Flow) -> bool:
    """Whether a member is sent: requests carry no `readOnly` ones, responses no `writeOnly` ones."""
    word = view_of(flow, "before").hidden
    for _ in range(REFERENCES_MAX):
        if not isinstance(member.value, dict):
            return True
        if member.value.get(word) is True:
            return False
        if not isinstance(member.value.get("$ref"), str):
            return True
        try:
            member = member.referenced("$ref")
        except SpecError:
            return True
    return True


def added(pair: SchemaPair) -> list[str]:
    """Names only the later schema lists, or that were hidden in this direction and no longer are."""
    members = [
        node.value.get("properties") if isinstance(node.value, dict) else None
        for node in (pair.before, pair.after)
    ]
    former, now = (one if isinstance(one, dict) else {} for one in members)
    hidden = {name for name in former if not lists(pair.before, name, pair.flow)}
    new = [name for name in now if name not in former or name in hidden]
    new = new if isinstance(pair.before.value, dict) else []
    nodes = ((name, pair.after.child("properties", name)) for name in new)
    return [name for name, node in nodes if node is not None and crosses(node, pair.flow)]


def lists(schema: Node, name: str, flow: Flow) -> bool:
    """Whether a schema has a member of this name that is sent in a direction."""
    member = schema.child("properties", name)
    return member is not None and crosses(member, flow)


def named_together(pair: SchemaPair, names: list[str]) -> str:
    """Members of one place in a sentence: `a.b`, or `b`, `c` and 9 more of `a`."""
    if len(names) == 1:
        return "member " + quoted([f"{pair.path}.{names[0]}" if pair.path else names[0]])
    shown = names[:NAMES_SHOWN_MAX]
    rest = len(names) - len(shown)
    listed = ", ".join(quoted([name]) for name in shown) + f" and {rest} more" if rest else quoted(shown)
    return f"members {listed}" + (f" of `{pair.path}`" if pair.path else "")


def carrying(pair: SchemaPair, judge: Judge, name: str) -> tuple[Level, Witness | None]:
    """The proof for one removed member: breaking with a witness, unknown without one, info when none can be.

    When it was required: a later object that lacks it, refused by the former contract. Otherwise a former
    object that carries it, refused by the later contract read as its writers do, that is without members it
    does not list.
    """
    if name in pair.target.required:
        source, target = judge.terms.intern(pair.source), judge.terms.intern(Term(required=(name,)))
        answer = judge.answer("produced", source, target)
        found = judge.witness(answer.model, pair.before, pair.after, "produced") if answer.rank > 1 else None
        return level_of(answer.rank, found), found
    number = judge.number(pair.before, "produced", "before")
    holding = judge.terms.intern(Term(types=frozenset(("object",)), required=(name,)))
    answer = judge.solver.solve((Literal(True, number, True), Literal(True, holding)), goals_max=500)
    if answer.rank < 2 or not isinstance(answer.model, dict) or name not in answer.model:
        return level_of(answer.rank, None), None
    former = judge.self_contained(pair.before, "produced", "before")
    if not judge.opinion.accepts(former, answer.model):
        return "unknown", None
    error = f"{name!r} is not a member of the later contract"
    return "breaking", Witness(answer.model, "before", "after", error)


def level_of(rank: int, witness: Witness | None) -> Level:
    """Proved with a witness, refuted, or neither."""
    if witness is not None:
        return "breaking"
    return "info" if rank == 0 else "unknown"


def withdrawn(source: Term, variant: Term) -> set[str]:
    """The members that a writer could send and that are taken away by an edit."""
    left = {name for name, child in variant.properties if child != FALSE}
    return {name for name, child in source.properties if child != FALSE} - left
