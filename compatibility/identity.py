"""What a root cause is, whatever it is called and wherever it is written: contents and edits in few words.

Within a report a place is known by the content it had before, references followed, words for people left
out; a plain value also by the name of its member. An edit is known by what it takes from and adds to each
keyword, as deep as both sides have a partner: what both say is no part of it. So renaming a component,
writing it out in place, moving lines and rewording leave a fingerprint as it is.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from hashlib import sha256
from typing import Any

from compatibility.containment.contents import MANY, NAMED, ONE, PROMISES, WORDS
from compatibility.containment.terms import FALSE, TRUE, Term, Terms
from compatibility.partners import Child
from specs.errors import SpecError
from specs.model import Node

CONTENT_DEPTH = 2
EDIT_DEPTH = 3
INSIDE_DEPTH = 8
"""How many levels of schemas an edit is followed down, to where both sides differ."""
HOPS_MAX = 40
CHILD = frozenset(
    (
        "additional", "names", "unevaluated_properties", "items", "contains", "unevaluated_items", "not_",
        "if_", "then", "else_", "noted",
    )
)  # fmt: skip
CHILDREN = frozenset(("prefix", "all_of", "any_of", "one_of"))
NAMED_CHILDREN = frozenset(("properties", "patterns", "dependent_schemas"))
SCHEMA_WORDS = frozenset(("schema", "payload"))
DEFAULTS = {one.name: one.default for one in fields(Term)}


def digest(value: Any) -> str:
    """16 hex digits over a value of JSON."""
    text = json.dumps(value, sort_keys=True, default=str)
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def said(value: Any) -> str:
    """A value of JSON in words of its own; 1 is 1.0, and lone surrogates are no obstacle."""
    return json.dumps(whole(value), sort_keys=True, default=str)


def whole(value: Any) -> Any:
    """The value with whole numbers written as such."""
    if isinstance(value, dict):
        return {name: whole(member) for name, member in value.items()}
    if isinstance(value, list):
        return [whole(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def names(value: Any) -> Any:
    """A plain value, or the names or the number of what is inside."""
    if isinstance(value, dict):
        return sorted(value)
    return len(value) if isinstance(value, list) else value


def followed(node: Node) -> Node:
    """Where plain references end, and the one part of an `allOf` that stands alone."""
    for _ in range(HOPS_MAX):
        value = node.value
        if not isinstance(value, dict):
            return node
        words = [word for word in value if word not in WORDS and word not in PROMISES]
        try:
            if isinstance(value.get("$ref"), str):
                node = node.referenced("$ref")
            elif words == ["allOf"] and isinstance(value["allOf"], list) and len(value["allOf"]) == 1:
                node = node.child("allOf", 0) or node
            else:
                return node
        except SpecError:
            return node
    return node


@dataclass(slots=True)
class Identities:
    """Contents and terms of one comparison in few words, each worked out once."""

    terms: Terms
    contents: dict[tuple[str, str, int], str] = field(default_factory=dict)
    shapes: dict[tuple[int, int], str] = field(default_factory=dict)
    inner: dict[tuple[int, int, int], Any] = field(default_factory=dict)

    def content(self, node: Node, depth: int = CONTENT_DEPTH) -> str:
        """A digest of what stands at a place, references followed, `depth` levels of schemas deep."""
        node = followed(node)
        known = (node.document.uri, node.pointer, depth)
        if known not in self.contents:
            self.contents[known] = digest(self.words(node, depth))
        return self.contents[known]

    def outline(self, node: Node) -> str:
        """A digest of a place that is no schema: its plain values, and the names of what it holds."""
        node = followed(node)
        value = node.value
        if not isinstance(value, dict):
            return digest(value)
        outer = {word: said for word, said in value.items() if word not in WORDS and word not in SCHEMA_WORDS}
        media = node.child("content")
        schemas = [one.child("schema") for _, one in media.items()] if media is not None else []
        bodies = sorted(self.content(schema) for schema in schemas if schema is not None)
        return digest([{word: names(said) for word, said in outer.items()}, bodies])

    def members(self, node: Node) -> frozenset[str]:
        """The names that a schema lists itself or in the parts of its combinators, one level deep."""
        node = followed(node)
        value = node.value if isinstance(node.value, dict) else {}
        listed = value.get("properties")
        names = set(listed if isinstance(listed, dict) else ())
        for word in ("allOf", "anyOf", "oneOf"):
            for index in range(len(value[word]) if isinstance(value.get(word), list) else 0):
                part = node.child(word, index)
                held = followed(part).value if part is not None else None
                inner = held.get("properties") if isinstance(held, dict) else None
                names.update(inner if isinstance(inner, dict) else ())
        return frozenset(names)

    def words(self, node: Node, depth: int) -> Any:
        value = node.value
        if not isinstance(value, dict):
            return value
        return {
            word: self.word(node, word, said, depth)
            for word, said in value.items()
            if not (word in WORDS or word in PROMISES or word in ("$defs", "definitions"))
            and (not word.startswith("x-") or word == "x-extensible-enum")
        }

    def word(self, node: Node, word: str, said: Any, depth: int) -> Any:
        if word in NAMED and isinstance(said, dict):
            return sorted((name, self.part(node, depth, word, name)) for name in said)
        if word in MANY and isinstance(said, list):
            return sorted(self.part(node, depth, word, index) for index in range(len(said)))
        if word in ONE and isinstance(said, dict):
            return self.part(node, depth, word)
        return sorted(said, key=repr) if word in ("type", "required") and isinstance(said, list) else said

    def part(self, node: Node, depth: int, *tokens: str | int) -> str:
        child = node.child(*tokens)
        if child is None or depth == 0:
            return ""
        return self.content(child, depth - 1)

    def shape(self, number: int, depth: int = EDIT_DEPTH) -> str:
        """A digest of a term, whatever its number is."""
        number = self.terms.resolve(number)
        if number in (FALSE, TRUE):
            return "true" if number == TRUE else "false"
        if depth == 0:
            return "deeper"
        known = (number, depth)
        if known not in self.shapes:
            term = self.terms.term(number)
            held = [
                (name, self.slot(name, getattr(term, name), depth))
                for name in Term.__slots__
                if getattr(term, name) != DEFAULTS[name]
            ]
            self.shapes[known] = digest(held)
        return self.shapes[known]

    def slot(self, name: str, value: Any, depth: int = EDIT_DEPTH) -> Any:
        """What a term says under one keyword, children by their shapes."""
        if value is None:
            return None
        if name in CHILD:
            return self.shape(value, depth - 1)
        if name in CHILDREN:
            shapes = [self.shape(one, depth - 1) for one in value]
            return shapes if name == "prefix" else sorted(shapes)
        if name in NAMED_CHILDREN:
            return sorted((own, self.shape(child, depth - 1)) for own, child in value)
        if name == "enum":
            return sorted(said(one) for one in value)
        return sorted(value) if name in ("types", "required") else repr(value)

    def edit(self, before: Term, after: Term, depth: int = INSIDE_DEPTH) -> tuple[Any, ...]:
        """What one edit takes away and adds, the same words in both directions."""
        changed = [
            name
            for name in Term.__slots__
            if name != "lists_members" and getattr(before, name) != getattr(after, name)
        ]
        if "properties" in changed:
            former, now = dict(before.properties), dict(after.properties)
            names = sorted(name for name in {*former, *now} if former.get(name) != now.get(name))
            if len(names) == 1 and names[0] not in now:
                return "member removed", names[0]
            if len(names) == 1 and names[0] not in former:
                return "member added", names[0]
        return tuple(
            (name, *self.changed(name, getattr(before, name), getattr(after, name), depth))
            for name in changed
        )

    def changed(self, name: str, former: Any, now: Any, depth: int) -> Iterator[Any]:
        """What differs under one keyword; a part that has a partner is followed, others are told whole."""
        if name in CHILD and former is not None and now is not None:
            yield self.inside(former, now, depth)
        elif name in NAMED_CHILDREN:
            one, two = dict(former), dict(now)
            for own in sorted(own for own in {*one, *two} if one.get(own) != two.get(own)):
                yield own, self.inside(one.get(own), two.get(own), depth)
        elif name in CHILDREN and len(gone := less(former, now)) == len(come := less(now, former)) == 1:
            yield self.inside(gone[0], come[0], depth)
        else:
            yield from difference(self.slot(name, former), self.slot(name, now))

    def inside(self, former: int | None, now: int | None, depth: int) -> Any:
        """The edit from one part to another, or what was and what is where one of them says little."""
        sides = [None if one is None else self.terms.resolve(one) for one in (former, now)]
        plain = depth == 0 or any(one in (None, FALSE, TRUE) for one in sides)
        one, two = sides
        if plain or one is None or two is None:
            return [None if side is None else self.shape(side) for side in sides]
        known = (one, two, depth)
        if known not in self.inner:
            self.inner[known] = digest(self.edit(self.terms.term(one), self.terms.term(two), depth - 1))
        return self.inner[known]

    def step(self, holder: Node, child: Child) -> str:
        """The step from a place to a part of it, the same whatever both sides gain beside it."""
        if child.keyword in ("anyOf", "oneOf"):
            listed = holder.child(child.keyword)
            alternatives = [one for _, one in listed.items()] if listed is not None else []
            return f"<{self.alternative(alternatives, child.name[0])}>"
        if child.keyword == "allOf":
            return ""
        return child.step or f"<{child.keyword}>"

    def alternative(self, alternatives: list[Node], index: int) -> str:
        """What tells one alternative from its neighbours: types, else constants, else all it says."""
        held = [followed(one).value for one in alternatives]
        types = [json.dumps(one.get("type") if isinstance(one, dict) else one) for one in held]
        if types.count(types[index]) == 1:
            return types[index]
        marks = [constants(one) for one in held]
        common = set.intersection(*(set(one) for one in marks if one)) if any(marks) else set()
        told = [said({name: one[name] for name in sorted(common & set(one))}) for one in marks]
        return told[index] if told.count(told[index]) == 1 else self.content(alternatives[index])


def constants(schema: Any) -> dict[str, Any]:
    """The members of an object that have one value only."""
    members = schema.get("properties") if isinstance(schema, dict) else None
    found: dict[str, Any] = {}
    for name, member in members.items() if isinstance(members, dict) else ():
        if isinstance(member, dict) and "const" in member:
            found[name] = member["const"]
        elif isinstance(member, dict) and isinstance(member.get("enum"), list) and len(member["enum"]) == 1:
            found[name] = member["enum"][0]
    return found


def less(some: tuple[int, ...] | None, others: tuple[int, ...] | None) -> list[int]:
    """The parts that the others do not have, each counted once."""
    return [one for one in dict.fromkeys(some or ()) if one not in (others or ())]


def difference(former: Any, now: Any) -> Iterator[Any]:
    """Both, less what lists have in common: an edit does not depend on what stays."""
    if isinstance(former, list) and isinstance(now, list):
        there_before, there_now = set(former), set(now)
        yield [one for one in former if one not in there_now]
        yield [one for one in now if one not in there_before]
    else:
        yield former
        yield now
