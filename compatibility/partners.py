"""Which parts of two schema objects are partners: by name, by saying the same, by reference, by position.

Alternatives are a set: those that say the same are no change, wherever they stand. Only what remains is
paired further, to name a cause; whether it is one is decided for the whole place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from specs.model import Node

Same = Callable[[Node, Node], bool]
COMBINATORS = frozenset(("allOf", "anyOf", "oneOf", "not", "then", "else"))
CONTENT = "contentSchema"
EQUALS_MAX = 100
"""Lists of alternatives up to this length are searched for equal parts."""


@dataclass(frozen=True, slots=True)
class Child:
    """A part that both sides have: how a reader writes the step to it, and where it is."""

    step: str
    before: Node
    after: Node
    keyword: str
    name: Any
    way: str = ""
    """The step in words that tell an alternative from its neighbours."""


def children(before: Node, after: Node, same: Same) -> Iterator[Child]:
    """The parts of two schema objects that are partners by name or position."""
    yield from named(before, after, "properties", ".{}")
    yield from named(before, after, "patternProperties", "{{{}}}")
    for keyword, step in (
        ("items", "[]"),
        ("additionalProperties", "{*}"),
        ("not", ""),
        ("then", ""),
        ("else", ""),
    ):
        one, two = before.child(keyword), after.child(keyword)
        if (
            one is not None
            and two is not None
            and isinstance(one.value, dict)
            and isinstance(two.value, dict)
        ):
            yield Child(step, one, two, keyword, None)
    yield from listed(before, after, "prefixItems", "[{}]", never)
    yield from content_schemas(before, after)
    for keyword in ("allOf", "anyOf", "oneOf"):
        yield from listed(before, after, keyword, "", same)


def content_schemas(before: Node, after: Node) -> Iterator[Child]:
    """What a text holds once it is decoded; no validator looks into it, so it is a place of its own."""
    sides = before.child(CONTENT), after.child(CONTENT)
    if sides != (None, None):
        one, two = (
            side if side is not None else replace(node, pointer=f"{node.pointer}/{CONTENT}", value={})
            for side, node in zip(sides, (before, after), strict=True)
        )
        yield Child("(content)", one, two, CONTENT, None)


def never(_one: Node, _two: Node) -> bool:
    return False


def named(before: Node, after: Node, keyword: str, step: str) -> Iterator[Child]:
    one, two = before.child(keyword), after.child(keyword)
    if one is None or two is None or not isinstance(one.value, dict) or not isinstance(two.value, dict):
        return
    for name in one.value:
        if name in two.value:
            left, right = one.child(name), two.child(name)
            assert left is not None
            assert right is not None
            yield Child(step.format(name), left, right, keyword, name)


def listed(before: Node, after: Node, keyword: str, step: str, same: Same) -> Iterator[Child]:
    """Changed items: by the reference they make, and the others by position when as many remain."""
    one, two = before.child(keyword), after.child(keyword)
    if one is None or two is None or not isinstance(one.value, list) or not isinstance(two.value, list):
        return
    left = [node for _, node in one.items()]
    right = [node for _, node in two.items()]
    pairs = {index: index for index in range(min(len(left), len(right))) if same(left[index], right[index])}
    pairs.update(matched(left, right, pairs, same) if max(len(left), len(right)) <= EQUALS_MAX else {})
    equal = frozenset(pairs)
    pairs.update(matched(left, right, pairs, same_reference))
    if len(left) == len(right):
        pairs.update(by_likeness(left, right, pairs))
    for index in sorted(pairs):
        if index not in equal:
            partner = pairs[index]
            yield Child(step.format(index), left[index], right[partner], keyword, (index, partner))


def matched(left: list[Node], right: list[Node], pairs: dict[int, int], same: Same) -> dict[int, int]:
    """Each item that has no partner yet with the first free one that is the same."""
    found: dict[int, int] = {}
    taken = set(pairs.values())
    for index, item in enumerate(left):
        if index in pairs:
            continue
        for place, other in enumerate(right):
            if place not in taken and same(item, other):
                found[index] = place
                taken.add(place)
                break
    return found


def by_likeness(left: list[Node], right: list[Node], pairs: dict[int, int]) -> dict[int, int]:
    """The items without a partner, the most alike first, then by position."""
    taken = set(pairs.values())
    rest = [index for index in range(len(left)) if index not in pairs]
    free = [index for index in range(len(right)) if index not in taken]
    if len(rest) > EQUALS_MAX:
        return dict(zip(rest, free, strict=True))
    traits = {index: traits_of(left[index].value) for index in rest}
    others = {index: traits_of(right[index].value) for index in free}
    ranked = sorted(
        (-len(traits[one] & others[two]), abs(one - two), one, two) for one in rest for two in free
    )
    found: dict[int, int] = {}
    used: set[int] = set()
    for _, _, one, two in ranked:
        if one not in found and two not in used:
            found[one] = two
            used.add(two)
    return found


def traits_of(schema: Any) -> frozenset[tuple[str, str]]:
    """What tells one alternative from another: its type, its members, which it requires, constants."""
    if not isinstance(schema, dict):
        return frozenset()
    found = {(word, repr(schema[word])) for word in ("type", "title", "const", "enum") if word in schema}
    required, members = schema.get("required"), schema.get("properties")
    found.update(("required", str(name)) for name in (required if isinstance(required, list) else ()))
    for name, member in members.items() if isinstance(members, dict) else ():
        found.add(("member", str(name)))
        if isinstance(member, dict) and ("const" in member or "enum" in member):
            found.add((f"value of {name}", repr((member.get("const"), member.get("enum")))))
    return frozenset(found)


def same_reference(one: Node, two: Node) -> bool:
    return reference(one.value) is not None and reference(one.value) == reference(two.value)


def reference(value: Any) -> str | None:
    found = value.get("$ref") if isinstance(value, dict) else None
    return found if isinstance(found, str) else None


FIELDS = {
    "items": "items",
    "additionalProperties": "additional",
    "not": "not_",
    "then": "then",
    "else": "else_",
    "allOf": "all_of",
    "anyOf": "any_of",
    "oneOf": "one_of",
    "prefixItems": "prefix",
    "properties": "properties",
    "patternProperties": "patterns",
}

NAMED = ("properties", "patternProperties")
TOGETHER: dict[str, tuple[str, ...]] = {
    "allOf": ("all_of",),
    "anyOf": ("any_of",),
    "oneOf": ("one_of",),
    "not": ("not_",),
    "then": ("if_", "then", "else_"),
    "else": ("if_", "then", "else_"),
}
"""The fields of a term that are judged together when one of these keywords changed."""


def with_child(term: Any, child: Child, old: int, new: int, side: str = "") -> Any:
    """The term with one child's number replaced; `side` tells in whose order an alternative is counted."""
    name = FIELDS.get(child.keyword)
    if name is None:
        return term
    held = getattr(term, name)
    if held is None:
        return term
    if isinstance(held, int):
        return replace(term, **{name: new}) if held == old else term
    if child.keyword in NAMED:
        return replace(term, **{name: tuple((own, new if own == child.name else one) for own, one in held)})
    if side and len(held) > child.name[side == "after"] and held[child.name[side == "after"]] == old:
        at = child.name[side == "after"]
        return replace(term, **{name: (*held[:at], new, *held[at + 1 :])})
    return replace(term, **{name: tuple(new if one == old else one for one in held)})


def with_named(term: Any, numbers: Mapping[str, Mapping[str, int]]) -> Any:
    """The term with the numbers of named children replaced, by keyword and name, in one pass for all."""
    for keyword, news in numbers.items():
        held = getattr(term, FIELDS[keyword])
        if held is not None:
            term = replace(term, **{FIELDS[keyword]: tuple((own, news.get(own, one)) for own, one in held)})
    return term
