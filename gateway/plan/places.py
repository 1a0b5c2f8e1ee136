"""Which places of a JSON value a schema speaks of, through references and combinations of schemas.

Schemas are those of `specs.schema.self_contained`: 2020-12, with all they refer to below `$defs`. Marks are
`readOnly` and `writeOnly`. In a request a member that is marked read-only may not stand, in an answer one
marked write-only does not stand; so neither is required there (OpenAPI 3.0.4, 4.7.24.1). What one branch of a
combination marks write-only is so in all of them: a secret too little is better than one too many.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from gateway.errors import PlanError

Mark = Literal["readOnly", "writeOnly"]
READ_ONLY: dict[str, Any] = {"not": {"$comment": "readOnly"}}
"""What stands in place of a read-only member's schema; `plan.validators` knows it in a finding."""
_ALL = ("allOf", "anyOf", "oneOf")
_PARTS = ("if", "then", "else")
_ITEMS = ("items", "contains", "unevaluatedItems")
_OTHERS = ("additionalProperties", "unevaluatedProperties")


@dataclass(slots=True, eq=False)
class Trim:
    """What goes from a value: members by name, and what goes from those that stay."""

    drops: set[str] = field(default_factory=set)
    members: dict[str, Trim] = field(default_factory=dict)
    items: Trim | None = None
    others: Trim | None = None


class Directions:
    """The schemas of one contract, seen from requests or answers; what they share is looked at once."""

    __slots__ = ("_kept", "_places_max", "_rewritten", "_trims", "_useful")

    def __init__(self, places_max: int) -> None:
        self._places_max = places_max
        self._kept: list[dict[str, Any]] = []
        self._rewritten: dict[tuple[int, Mark], Any] = {}
        self._trims: dict[tuple[Mark, frozenset[int]], Trim] = {}
        self._useful: set[Trim] = set()

    def schema(self, root: dict[str, Any], mark: Mark) -> dict[str, Any]:
        """The schema for the direction in which marked members do not stand; `root` is not changed."""
        self._kept.append(root)  # what is known goes by identity, which must not be given to another
        made: dict[str, Any] = _Rewriting(root, mark, self._rewritten).schema(root, frozenset())
        return made

    def trim(self, root: dict[str, Any], mark: Mark) -> Trim | None:
        """What goes from a value of the schema; None for nothing."""
        self._kept.append(root)
        before = set(self._trims.values())
        made = _trim(root, applied(root, [root]), mark, self._trims, self._places_max)
        fresh = set(self._trims.values()) - before
        found = {trim for trim in fresh if trim.drops}
        while found:
            self._useful |= found
            waiting = fresh - self._useful
            found = {trim for trim in waiting if not self._useful.isdisjoint(_below(trim))}
        for trim in fresh & self._useful:
            trim.members = {name: below for name, below in trim.members.items() if below in self._useful}
            trim.items = trim.items if trim.items in self._useful else None
            trim.others = trim.others if trim.others in self._useful else None
        return made if made in self._useful else None


def pointer_trim(tokens: Sequence[str]) -> Trim:
    """What takes away the member at a pointer; `*` stands for every item of a list."""
    trim = Trim()
    if len(tokens) == 1:
        trim.drops.add(tokens[0])
    elif tokens[0] == "*":
        trim.items = pointer_trim(tokens[1:])
    else:
        trim.members[tokens[0]] = pointer_trim(tokens[1:])
    return trim


def is_required(root: dict[str, Any], tokens: Sequence[str]) -> bool:
    """Whether a schema requires the member at a pointer where its object stands."""
    group = applied(root, [root])
    for token in tokens[:-1]:
        group = applied(root, list(_at(group, token)))
    return any(tokens[-1] in schema.get("required", ()) for schema in group)


def apply(value: Any, trim: Trim) -> bool:
    """Takes away from `value`, which is changed; True when anything stood there."""
    changed = False
    waiting = [(value, trim)]
    while waiting:
        current, what = waiting.pop()
        if isinstance(current, dict):
            for name in what.drops & current.keys():
                del current[name]
                changed = True
            if what.members or what.others is not None:
                for name, below in current.items():
                    found = what.members.get(name, what.others)
                    if found is not None:
                        waiting.append((below, found))
        elif isinstance(current, list) and what.items is not None:
            waiting.extend((item, what.items) for item in current)
    return changed


def applied(root: dict[str, Any], schemas: Iterable[Any]) -> list[dict[str, Any]]:
    """All schemas that speak of one value, given some of them: by reference and in combinations."""
    found: dict[int, dict[str, Any]] = {}
    waiting = [schema for schema in schemas if isinstance(schema, dict)]
    while waiting:
        schema = waiting.pop()
        if id(schema) in found:
            continue
        found[id(schema)] = schema
        reference = schema.get("$ref")
        if isinstance(reference, str):
            waiting.append(_referred(root, reference))
        waiting.extend(part for name in _ALL for part in schema.get(name, ()) if isinstance(part, dict))
        waiting.extend(schema[name] for name in _PARTS if isinstance(schema.get(name), dict))
        waiting.extend(part for part in schema.get("dependentSchemas", {}).values() if isinstance(part, dict))
    return list(found.values())


def _referred(root: dict[str, Any], reference: str) -> dict[str, Any]:
    name = reference.removeprefix("#/$defs/").replace("~1", "/").replace("~0", "~")
    found = root.get("$defs", {}).get(name, {})
    return found if isinstance(found, dict) else {}


def _at(group: list[dict[str, Any]], step: str) -> Iterator[Any]:
    for schema in group:
        if step == "*":
            yield from (schema[name] for name in _ITEMS if name in schema)
            yield from schema.get("prefixItems", ())
        else:
            named = schema.get("properties", {})
            if step in named:
                yield named[step]


def _trim(
    root: dict[str, Any],
    group: list[dict[str, Any]],
    mark: Mark,
    trims: dict[tuple[Mark, frozenset[int]], Trim],
    places_max: int,
) -> Trim:
    key = (mark, frozenset(map(id, group)))
    known = trims.get(key)
    if known is not None:
        return known
    if len(trims) >= places_max:
        raise PlanError("contract.too_large", f"{mark} has to be looked for in more than {places_max} places")
    trim = trims[key] = Trim()
    named: dict[str, list[Any]] = {}
    others: list[Any] = []
    for schema in group:
        for name, below in schema.get("properties", {}).items():
            named.setdefault(name, []).append(below)
        others += [schema[name] for name in _OTHERS if name in schema]
        others += schema.get("patternProperties", {}).values()
    for name, written in named.items():
        below = applied(root, written)
        if any(schema.get(mark) is True for schema in below):
            trim.drops.add(name)
        elif below:
            trim.members[name] = _trim(root, below, mark, trims, places_max)
    items = applied(root, _at(group, "*"))
    trim.items = _trim(root, items, mark, trims, places_max) if items else None
    beside = applied(root, others)
    trim.others = _trim(root, beside, mark, trims, places_max) if beside else None
    return trim


def _below(trim: Trim) -> set[Trim]:
    return {below for below in (*trim.members.values(), trim.items, trim.others) if below is not None}


class _Rewriting:
    """One schema on its way to the form for one direction."""

    __slots__ = ("_known", "_mark", "_root")

    def __init__(self, root: dict[str, Any], mark: Mark, known: dict[tuple[int, Mark], Any]) -> None:
        self._root = root
        self._mark = mark
        self._known = known

    def schema(self, schema: Any, absent: frozenset[str]) -> Any:
        """`absent` are members that a schema of the same value marks."""
        if not isinstance(schema, dict):
            return schema
        named = schema.get("properties", {})
        marked = {name for one in applied(self._root, [schema]) for name in one.get("properties", {})
                  if self._is_marked(one["properties"][name])}  # fmt: skip
        absent |= marked
        made: dict[str, Any] = {}
        for keyword, value in schema.items():
            if keyword == "properties":
                made[keyword] = {name: self._member(name, below, named) for name, below in value.items()}
            elif keyword == "required":
                made[keyword] = [name for name in value if name not in absent]
            elif keyword in _ALL:
                made[keyword] = [self.schema(part, absent) for part in value]
            elif keyword in _PARTS:
                made[keyword] = self.schema(value, absent)
            elif keyword == "dependentSchemas":
                made[keyword] = {name: self.schema(part, absent) for name, part in value.items()}
            elif keyword == "$defs":
                made[keyword] = {name: self._definition(part) for name, part in value.items()}
            elif keyword == "patternProperties":
                made[keyword] = {name: self.schema(part, frozenset()) for name, part in value.items()}
            elif keyword in _ITEMS or keyword in _OTHERS:
                made[keyword] = self.schema(value, frozenset())
            elif keyword == "prefixItems":
                made[keyword] = [self.schema(part, frozenset()) for part in value]
            else:
                made[keyword] = value
        return made

    def _definition(self, part: Any) -> Any:
        key = (id(part), self._mark)
        if key not in self._known:
            self._known[key] = self.schema(part, frozenset())
        return self._known[key]

    def _member(self, name: str, below: Any, named: dict[str, Any]) -> Any:
        if self._mark == "readOnly" and self._is_marked(named[name]):
            return READ_ONLY
        return self.schema(below, frozenset())

    def _is_marked(self, schema: Any) -> bool:
        return any(one.get(self._mark) is True for one in applied(self._root, [schema]))
