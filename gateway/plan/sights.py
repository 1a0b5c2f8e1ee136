"""What a call showed of its contract: which optional members, parameters and declared values it sent.

Each place of a request that a contract names (a parameter, `lines[].taxCategory`, one value of an enum) has
one bit of a number, so what a call sent is one number, and equal calls are counted under one. Only names and
values that stand in the contract can be told; nothing else of a payload can. A call that holds something
without a bit (a member that no schema names, a place deeper than the bound) is told as not wholly looked at,
so that its silence about a place is never taken for absence.

The table of an operation is made at its first call: a thousand operations of which ten are called cost ten.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from gateway.model import Violation
from gateway.plan.kinds import kinds_of, target
from gateway.plan.parameters import ParameterPlan, read_query, read_text
from gateway.plan.validators import Schema
from specs.pointers import MISSING

LOOKED = 1
"""Set in what a call sent when all of it was looked at."""
UNKNOWN = 2
"""Set while a message is walked that holds something without a bit; never told."""
DEPTH_MAX = 8
SHAPES_REMEMBERED_MAX = 64
PLACE_LENGTH_MAX = 200
PATH_LENGTH_MAX = 300
VALUE_LENGTH_MAX = 200
VALUES_PER_PLACE_MAX = 64
PARTS_MAX = 64
_SCALARS = (str, int, float, bool, type(None))
_VALUES = frozenset({"enum", "const"})
_UNTOLD = frozenset({"prefixItems", "contentSchema"})
_TOLD = _VALUES | _UNTOLD | {"properties", "items"}
"""With one of these a place holds more to be told than that it is there."""


class Coordinate(NamedTuple):
    """A place of a request as reports name it; `value` is `MISSING` where its presence is meant."""

    where: str
    path: str
    value: Any = MISSING

    def as_json(self, calls: int) -> dict[str, Any]:
        """The count of one coordinate as the registry takes it."""
        found = {"where": self.where, "path": self.path, "calls": calls}
        return found if self.value is MISSING else {**found, "value": self.value}


class Spot:
    """One schema place: bits for its members and declared values, and the places below."""

    __slots__ = ("_shapes", "item_bit", "items", "members", "opaque", "stray", "values")

    def __init__(self) -> None:
        self.members: dict[str, tuple[int, Spot | None]] = {}
        self.items: Spot | None = None
        self.item_bit = 0
        self.values: dict[Any, int] = {}
        self.opaque = False
        self.stray = 0
        self._shapes: dict[tuple[str, ...], tuple[int, tuple[tuple[str, Spot], ...]]] = {}

    def sent(self, value: Any) -> int:
        """The bits of one value: of the members that it has, of the values declared for it, and below."""
        if self.opaque:
            return UNKNOWN
        kind = type(value)
        if kind is dict:
            names = tuple(value)
            found, below = self._shapes.get(names) or self._shape(names)
            for name, spot in below:
                found |= spot.sent(value[name])
            return found
        if kind is list:
            if not value:
                return 0
            if self.items is None:
                return self.item_bit or UNKNOWN
            found, one = self.item_bit, self.items.sent
            for item in value:
                found |= one(item)
            return found
        if not self.values:
            return 0
        return self.values.get(value if kind is str else (kind, value), self.stray)

    def _shape(self, names: tuple[str, ...]) -> tuple[int, tuple[tuple[str, Spot], ...]]:
        found, below, members = 0, [], self.members
        for name in names:
            known = members.get(name)
            if known is None:
                found |= UNKNOWN
                continue
            bit, spot = known
            found |= bit
            if spot is not None:
                below.append((name, spot))
        shape = (found, tuple(below))
        # Names that the contract does not have are not kept: whoever calls chooses how many and how long.
        if not found & UNKNOWN and len(self._shapes) < SHAPES_REMEMBERED_MAX:
            self._shapes[names] = shape
        return shape


@dataclass(frozen=True, slots=True)
class SeenParameter:
    """A parameter to look for, under the name that its contract writes."""

    name: str
    plan: ParameterPlan
    schema: Schema


@dataclass(frozen=True, slots=True)
class Seeing:
    """What is to be looked for in the calls of one operation; path parameters in the order of its path.

    `bodies` are the schemas of JSON media types.
    """

    parameters: tuple[SeenParameter, ...] = ()
    bodies: Mapping[str, Schema] = field(default_factory=dict)


class Sights:
    """The coordinates of one operation, and what of them a call sent; made when first asked."""

    __slots__ = ("_always", "_bodies", "_coordinates_max", "_lines", "_others", "_seeing", "coordinates")

    def __init__(self, seeing: Seeing, coordinates_max: int) -> None:
        self._seeing: Seeing | None = seeing
        self._coordinates_max = coordinates_max
        self._always = 0
        self._lines: tuple[tuple[bytes, int], ...] = ()
        self._others: tuple[tuple[ParameterPlan, int, Spot | None, int], ...] = ()
        self._bodies: dict[str, tuple[int, Spot]] = {}
        self.coordinates: tuple[Coordinate, ...] = ()
        """The n-th stands for the bit n + 2."""

    def head(
        self, path_values: Sequence[str], query: dict[str, list[bytes]], given: Mapping[bytes, bytes]
    ) -> int:
        """The bits of the parameters of a call."""
        if self._seeing is not None:
            self._make(self._seeing)
        found = self._always
        for name, bit in self._lines:
            if name in given:
                found |= bit
        for plan, bit, spot, position in self._others:
            where = plan.where
            if where == "query":
                if query:
                    found |= _queried(plan, bit, spot, query)
                continue
            if where == "path":
                raw: str | None = path_values[position]
            elif where == "header":
                line = given.get(plan.line_name)
                raw = None if line is None else line.decode("latin-1").strip()
            else:
                raw = _cookie(given, plan.name)
            if raw is not None:
                found |= bit if spot is None else bit | _meant(spot, plan, read_text(plan, raw))
        return found

    def body(self, media_type: str, value: Any) -> int:
        """The bits of a body that was parsed."""
        known = self._bodies.get(media_type)
        if known is None:
            return UNKNOWN
        bit, spot = known
        return bit | spot.sent(value)

    def _make(self, seeing: Seeing) -> None:
        numbers = _Numbers(self._coordinates_max)
        lines, others, position = [], [], 0
        for one in seeing.parameters:
            where = one.plan.where
            place = f"{where} parameter `{one.name}`"
            bit = numbers.bit(Coordinate(place, ""))
            spot = _Maker(numbers, place, one.schema).spot()
            if where == "path" and spot is None:
                self._always |= bit
            elif where == "header" and spot is None:
                lines.append((one.plan.line_name, bit))
            else:
                others.append((one.plan, bit, spot, position))
            position += where == "path"
        self._lines, self._others = tuple(lines), tuple(others)
        for media_type, schema in seeing.bodies.items():
            bit = numbers.bit(Coordinate("request", ""))
            self._bodies[media_type] = (bit, _Maker(numbers, "request", schema).spot() or Spot())
        self.coordinates = tuple(numbers.known)
        self._seeing = None


def _queried(plan: ParameterPlan, bit: int, spot: Spot | None, query: dict[str, list[bytes]]) -> int:
    if spot is None:
        return bit if plan.name in query else 0
    values = read_query(plan, query)
    if values is None:
        return 0
    return bit | (UNKNOWN if isinstance(values, Violation) else _meant(spot, plan, values))


def _meant(spot: Spot, plan: ParameterPlan, values: Sequence[Any] | None) -> int:
    if not values:
        return UNKNOWN
    validator = plan.validator
    accepted = (one for one in values if validator is None or validator.accepts(one))
    return spot.sent(next(accepted, values[0]))


def _cookie(given: Mapping[bytes, bytes], name: str) -> str | None:
    for pair in given.get(b"cookie", b"").decode("latin-1").split(";"):
        key, equals, text = pair.strip().partition("=")
        if equals and key == name:
            return text
    return None


class _Numbers:
    """Gives out the bits of one operation; beyond the bound a place has none and is not known."""

    def __init__(self, count_max: int) -> None:
        self._count_max = count_max
        self._bits: dict[tuple[str, str, str, str], int] = {}
        self.known: list[Coordinate] = []

    def bit(self, coordinate: Coordinate) -> int:
        # True equals 1 to Python, so a value is told apart by its type too.
        value = coordinate.value
        key = (coordinate.where, coordinate.path, type(value).__name__, repr(value))
        known = self._bits.get(key)
        if known is None:
            too_long = len(coordinate.where) > PLACE_LENGTH_MAX or len(coordinate.path) > PATH_LENGTH_MAX
            if too_long or len(self._bits) >= self._count_max:
                return UNKNOWN
            known = self._bits[key] = 1 << (len(self._bits) + 2)
            self.known.append(coordinate)
        return known


class _Maker:
    """Reads one self-contained schema, the shallow places first, so that the bound takes the deep ones.

    An object that must have each of its members, and may have no others, is not walked at all: where it is
    valid, its being there says everything.
    """

    def __init__(self, numbers: _Numbers, where: str, root: Schema) -> None:
        self._numbers = numbers
        self._where = where
        self._root = root
        self._waiting: deque[tuple[Spot, _Parts, str, int]] = deque()
        self._made: list[tuple[Spot, str | None, Spot]] = []
        self._fixed: set[int] = set()

    def spot(self) -> Spot | None:
        """The place of the whole; None where nothing below its presence can be told or missed."""
        first = self._spot([self._root], "", 0, in_list=False)
        while self._waiting:
            self._fill(*self._waiting.popleft())
        for parent, name, spot in reversed(self._made):
            if id(spot) not in self._fixed or any(below is not None for _, below in spot.members.values()):
                continue
            bits = 0
            for bit, _ in spot.members.values():
                bits |= bit
            if name is None:
                parent.item_bit, parent.items = parent.item_bit | bits, None
            else:
                parent.members[name] = (parent.members[name][0] | bits, None)
        return first

    def _spot(self, schemas: Sequence[Schema], path: str, depth: int, *, in_list: bool) -> Spot | None:
        parts = _parts(schemas, self._root)
        kinds = frozenset[str]().union(*(kinds_of(schema, self._root) for schema in schemas))
        known = parts.all is not None and all(kinds_of(schema, self._root) for schema in schemas)
        if (
            known
            and not kinds & {"array", "object"}
            and not any(set(part) & _TOLD for part in parts.all or ())
        ):
            return None
        spot = Spot()
        spot.stray = UNKNOWN if in_list else 0
        if parts.all is None or depth > DEPTH_MAX or any(set(part) & _UNTOLD for part in parts.all):
            spot.opaque = True
        else:
            if kinds == {"object"} and parts.is_closed and not any(set(part) & _VALUES for part in parts.all):
                self._fixed.add(id(spot))
            self._waiting.append((spot, parts, path, depth))
        return spot

    def _fill(self, spot: Spot, parts: _Parts, path: str, depth: int) -> None:
        below: dict[str, list[Schema]] = {}
        items: list[Schema] = []
        for part in parts.all or ():
            for name, schema in part.get("properties", {}).items():
                below.setdefault(name, []).append(schema)
            if "items" in part:
                items.append(part["items"])
            for value in [*part.get("enum", ()), *([part["const"]] if "const" in part else ())]:
                self._value(spot, path, value)
        if not parts.required >= set(below):
            self._fixed.discard(id(spot))
        in_list = spot.stray == UNKNOWN
        for name, schemas in below.items():
            inner = f"{path}.{name}" if path else name
            bit = self._numbers.bit(Coordinate(self._where, inner))
            if bit == UNKNOWN:
                self._fixed.discard(id(spot))
                continue
            made = self._spot(schemas, inner, depth + 1, in_list=in_list)
            spot.members[name] = (bit, made)
            if made is not None:
                self._made.append((spot, name, made))
        if items:
            inner = f"{path}[]"
            spot.item_bit = self._numbers.bit(Coordinate(self._where, inner))
            spot.items = self._spot(items, inner, depth + 1, in_list=True)
            if spot.items is not None:
                self._made.append((spot, None, spot.items))

    def _value(self, spot: Spot, path: str, value: Any) -> None:
        if not isinstance(value, _SCALARS) or len(spot.values) >= VALUES_PER_PLACE_MAX:
            return
        if isinstance(value, str) and len(value) > VALUE_LENGTH_MAX:
            return
        bit = self._numbers.bit(Coordinate(self._where, path, value))
        if bit != UNKNOWN:
            spot.values[value if isinstance(value, str) else (type(value), value)] = bit


@dataclass(frozen=True, slots=True)
class _Parts:
    """All schema objects that speak of a value (None: too many), and what those that surely hold ask for."""

    all: list[dict[str, Any]] | None
    required: frozenset[str]
    is_closed: bool


def _parts(schemas: Sequence[Schema], root: Schema) -> _Parts:
    found: list[dict[str, Any]] = []
    required: set[str] = set()
    is_closed = False
    waiting = [(schema, len(schemas) == 1) for schema in schemas]
    while waiting:
        schema, surely = waiting.pop()
        if isinstance(schema, bool):
            continue
        found.append(schema)
        if len(found) > PARTS_MAX:
            return _Parts(None, frozenset(), is_closed=False)
        if surely:
            required.update(schema.get("required", ()))
            names = "additionalProperties", "unevaluatedProperties"
            is_closed |= "patternProperties" not in schema and any(
                schema.get(name) is False for name in names
            )
        if "$ref" in schema:
            waiting.append((target(schema["$ref"], root), surely))
        waiting.extend((part, surely) for part in schema.get("allOf", ()))
        for keyword in ("anyOf", "oneOf"):
            waiting.extend((part, False) for part in schema.get(keyword, ()))
        waiting.extend((schema[keyword], False) for keyword in ("then", "else") if keyword in schema)
    return _Parts(found, frozenset(required), is_closed)
