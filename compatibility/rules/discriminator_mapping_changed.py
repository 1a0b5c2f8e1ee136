"""A value of the discriminator stands for another schema, or for none: what it tags is read as another.

Validation is the same, dispatch is not. It breaks where what one side sends under a value is not what the
other side's schema for that value takes, or where that side knows no schema for it. Names of components are
values too. Where both schemas can stand for each other it is noted, as is a discriminator that is new or
gone: then one side never dispatched."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from compatibility.changes import Draft, SchemaPair, quoted
from compatibility.config import Level
from compatibility.containment.terms import Term
from compatibility.dispatch import mapping, tags, told_apart_by
from compatibility.drafting import NEW_MAJOR, draft
from compatibility.judging import Judge
from compatibility.model import Witness
from specs.model import Node

MIRROR = "itself: it is judged the same way in both directions"
FLOW = "both"


def observe(pair: SchemaPair, judge: Judge) -> Iterator[Draft]:
    former, now = told_apart_by(pair.before.value), told_apart_by(pair.after.value)
    if former is None or now is None:
        if former != now:
            verb = "no longer tells" if now is None else "now tells"
            yield said(
                pair, f"{verb} alternatives apart by `{former or now}`", "info", [former or "", now or ""]
            )
        return
    if former != now:
        return  # discriminator-changed says it
    found: dict[Level, dict[str, Witness | None]] = {}
    for tag, (level, witness) in judged(pair, judge, now).items():
        found.setdefault(level, {})[tag] = witness
    changed = [tag for level in ("breaking", "unknown") for tag in found.get(level, {})]
    one, two = mapping(pair.before.value), mapping(pair.after.value)
    noted = sorted(tag for tag in {**one, **two} if one.get(tag) != two.get(tag) and tag not in changed)
    if noted:
        found["info"] = dict.fromkeys(noted)
    for level, witnesses in found.items():
        names = sorted(witnesses)
        proof = next((witnesses[name] for name in names if witnesses[name] is not None), None)
        yield said(pair, f"maps {quoted(names)} differently", level, names, proof)


def said(
    pair: SchemaPair, what: str, level: Level, names: list[str], witness: Witness | None = None
) -> Draft:
    return draft(
        "discriminator-mapping-changed",
        pair.surface.operation,
        (pair.before, pair.after),
        f"{pair.surface.operation}: {pair.member} in the {pair.surface.where} {what}",
        "Tell consumers that dispatch on the discriminator."
        if level == "info"
        else f"Keep what each value stands for, {NEW_MAJOR}",
        ("mapping", *names),
        level=level,
        direction=pair.flow,
        witness=witness,
    )


def judged(pair: SchemaPair, judge: Judge, member: str) -> dict[str, tuple[Level, Witness | None]]:
    """The values that the writer sends and the reader does not read as they were meant."""
    sides = tags(pair.before), tags(pair.after)
    sent, read = sides if pair.flow == "consumed" else sides[::-1]
    found: dict[str, tuple[Level, Witness | None]] = {}
    for tag, source in sent.items():
        target = read.get(tag)
        nodes = (source, target) if pair.flow == "consumed" else (target, source)
        if target is not None and (source.pointer == target.pointer or judge.same(*both(nodes))):
            continue
        meant = tagged(pair, judge, member, tag, source)
        if judge.shares_nothing(meant, meant):
            continue  # no such value is sent
        if target is None:
            found[tag] = "breaking", None
            continue
        answer = judge.answer(pair.flow, meant, judge.number(target, pair.flow, reader(pair)))
        if answer.rank > 0:
            witness = proof(pair, judge, answer.model, both(nodes)) if answer.rank > 1 else None
            found[tag] = ("unknown", None) if witness is None else ("breaking", witness)
    return found


def both(nodes: tuple[Node | None, Node | None]) -> tuple[Node, Node]:
    before, after = nodes
    assert before is not None
    assert after is not None
    return before, after


def writer(pair: SchemaPair) -> Literal["before", "after"]:
    return "before" if pair.flow == "consumed" else "after"


def reader(pair: SchemaPair) -> Literal["before", "after"]:
    return "after" if pair.flow == "consumed" else "before"


def tagged(pair: SchemaPair, judge: Judge, member: str, tag: str, source: Node) -> int:
    """What is sent under a value of the discriminator."""
    terms = judge.terms
    named = Term(
        types=frozenset(("object",)), properties=((member, terms.finite((tag,))),), required=(member,)
    )
    return terms.intern(Term(all_of=(judge.number(source, pair.flow, writer(pair)), terms.intern(named))))


def proof(pair: SchemaPair, judge: Judge, value: object, nodes: tuple[Node, Node]) -> Witness | None:
    """A value with its tag that the second validator takes by the one schema and refuses by the other."""
    schemas = {
        "before": judge.self_contained(nodes[0], pair.flow, "before"),
        "after": judge.self_contained(nodes[1], pair.flow, "after"),
    }
    accepting, rejecting = writer(pair), reader(pair)
    if not judge.opinion.confirms(schemas[accepting], schemas[rejecting], value):
        return None
    error = judge.opinion.complaint(schemas[rejecting], value) or ""
    return Witness(value, accepting, rejecting, error)
