"""How bodies of one major version become bodies of the next, and back: steps, each with its inverse.

A step is written once, from before to after. Upwards the steps are applied in their order, downwards inverted
and in the opposite order. What one side cannot say raises `Unrepresentable`; nothing is lost that no step
says may be lost. Values are changed in place: they belong to who calls.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, Literal

Direction = Literal["up", "down"]
Path = tuple[str, ...]
_MISSING = object()
ALL = "*"


class Unrepresentable(Exception):
    """A value that the other version has no place for; `pointer` is where, in the form of the steps."""

    def __init__(self, pointer: str, detail: str) -> None:
        super().__init__(detail)
        self.pointer = pointer
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Move:
    """The member at `before` is at `after` in the later version; both lead into the same items of lists."""

    before: Path
    after: Path

    def apply(self, value: Any, direction: Direction) -> None:
        source, target = (self.before, self.after) if direction == "up" else (self.after, self.before)
        shared = _items_end(source)
        for base in _each(value, source[:shared]):
            taken = _take(base, source[shared:])
            if taken is not _MISSING:
                _put(base, target[shared:], taken, target)


@dataclass(frozen=True, slots=True)
class Default:
    """The later version has a member that the earlier lacks: `value` upwards, and nothing else downwards."""

    after: Path
    value: Any

    def apply(self, value: Any, direction: Direction) -> None:
        shared = _items_end(self.after)
        for base in _each(value, self.after[:shared]):
            if direction == "up":
                if _look(base, self.after[shared:]) is _MISSING:
                    _put(base, self.after[shared:], deepcopy(self.value), self.after)
                continue
            taken = _take(base, self.after[shared:])
            if taken is not _MISSING and not _same(taken, self.value):
                raise Unrepresentable(pointer(self.after), "has a value that the earlier version cannot say")


@dataclass(frozen=True, slots=True)
class Drop:
    """A member that only one side has, and that may be lost; the way back it has `value`, if one is given."""

    path: Path
    side: Literal["before", "after"]
    value: Any = _MISSING

    def apply(self, value: Any, direction: Direction) -> None:
        shared = _items_end(self.path)
        leaves = (direction == "up") == (self.side == "before")
        for base in _each(value, self.path[:shared]):
            if leaves:
                _take(base, self.path[shared:])
            elif self.value is not _MISSING and _look(base, self.path[shared:]) is _MISSING:
                _put(base, self.path[shared:], deepcopy(self.value), self.path)


@dataclass(frozen=True, slots=True)
class Values:
    """Texts that are called otherwise in the later version, each to one; others it cannot say. null stays."""

    path: Path
    upwards: Mapping[str, str]
    downwards: Mapping[str, str]

    def apply(self, value: Any, direction: Direction) -> None:
        known = self.upwards if direction == "up" else self.downwards
        *parent, last = self.path
        for base in _each(value, tuple(parent)):
            for key in _keys(base, last):
                text = base[key]
                if text is None:
                    continue
                if not isinstance(text, str) or text not in known:
                    raise Unrepresentable(
                        pointer(self.path), "has a value that the other version does not know"
                    )
                base[key] = known[text]


Step = Move | Default | Drop | Values


@dataclass(frozen=True, slots=True)
class OperationTransform:
    """One operation: the later one's key ("POST /orders"), query names, and steps of its bodies.

    `responses` is by status text: "200", "2XX" or "default".
    """

    after: str
    query: Mapping[str, str] = field(default_factory=dict)
    request: tuple[Step, ...] = ()
    responses: Mapping[str, tuple[Step, ...]] = field(default_factory=dict)

    def response_steps(self, status: int) -> tuple[Step, ...]:
        """The steps for an answer, as the contract finds its response."""
        for name in (str(status), f"{status // 100}XX", "default"):
            if name in self.responses:
                return self.responses[name]
        return ()


@dataclass(frozen=True, slots=True)
class Transform:
    """A whole contract (`name.v1`) served by the system behind a later one (`name.v2`).

    `operations` is by the earlier one's key; those that are not named are the same in both.
    """

    before: str
    after: str
    operations: Mapping[str, OperationTransform]


def applied(steps: Sequence[Step], value: Any, direction: Direction) -> Any:
    """The value in the other version; it is changed in place. Raises `Unrepresentable`."""
    for step in steps if direction == "up" else reversed(steps):
        step.apply(value, direction)
    return value


def path_of(text: str) -> Path:
    """The names in a JSON pointer (RFC 6901)."""
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in text.split("/")[1:])


def pointer(path: Path) -> str:
    """The JSON pointer to it."""
    return "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in path)


def leads_into_same_items(before: Path, after: Path) -> bool:
    """Whether a member can be moved from one to the other: within an item, never between items."""
    shared = _items_end(before)
    return (
        shared == _items_end(after)
        and before[:shared] == after[:shared]
        and len(before) > shared < len(after)
    )


def _items_end(path: Path) -> int:
    """How many names lead to the innermost item of a list."""
    return max((index + 1 for index, name in enumerate(path) if name == ALL), default=0)


def _each(value: Any, path: Path) -> Iterator[Any]:
    """The values at a path, of all items where it says so; none where there is nothing."""
    if not path:
        yield value
        return
    for key in list(_keys(value, path[0])):
        yield from _each(value[key], path[1:])


def _keys(value: Any, name: str) -> Iterator[Any]:
    if name == ALL:
        if isinstance(value, list):
            yield from range(len(value))
    elif isinstance(value, dict) and name in value:
        yield name


def _look(base: Any, path: Path) -> Any:
    return next(_each(base, path), _MISSING)


def _take(base: Any, path: Path) -> Any:
    """Takes the member out, and with it the objects around it that hold nothing else."""
    if not isinstance(base, dict) or path[0] not in base:
        return _MISSING
    if len(path) == 1:
        return base.pop(path[0])
    taken = _take(base[path[0]], path[1:])
    if taken is not _MISSING and not base[path[0]]:
        del base[path[0]]
    return taken


def _put(base: Any, path: Path, value: Any, whole: Path) -> None:
    for name in path[:-1]:
        if not isinstance(base, dict):
            break
        base = base.setdefault(name, {})
    if not isinstance(base, dict):
        raise Unrepresentable(pointer(whole), "has no place: what should hold it is no object")
    if path[-1] in base:
        raise Unrepresentable(pointer(whole), "is taken: the value already has a member of this name")
    base[path[-1]] = value


def _same(one: Any, other: Any) -> bool:
    """Equality as JSON has it: true is not 1; 1.0 is."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(one[name], other[name]) for name in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return bool(one == other)
