"""Which path template answers a path (OpenAPI 3.1, 4.8.8.2): literal before template, nothing ambiguous.

A path is split at its slashes before it is decoded, so an encoded slash can never move a request to another
operation; such paths are refused, because the system behind may decode first and split later. For the same
reason dot segments, backslashes, control characters and invalid UTF-8 are refused (RFC 3986 sections 2.1,
5.2.4).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Generic, TypeVar
from urllib.parse import unquote_to_bytes

from gateway.errors import PlanError
from specs.path_templates import LITERAL, PARAMETER, are_ambiguous, pattern, rank, shape, stand_side_by_side

T = TypeVar("T")

_PLAIN = re.compile(rb"(?:/[A-Za-z0-9\-_~!$&'()*+,;=:@]+(?:\.[A-Za-z0-9\-_~!$&'()*+,;=:@.]*)?)*/?")
_ALLOWED = re.compile(rb"(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/]|%[0-9A-Fa-f]{2})*")
_TREACHEROUS = re.compile(r"[/\\\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Segment:
    """One segment of a template: literal text when `pattern` is None, else text around placeholders."""

    text: str
    names: tuple[str, ...]
    pattern: re.Pattern[str] | None
    rank: int
    shape: str


def split_path(raw: bytes) -> list[str] | None:
    """Decoded segments of a raw request path that begins with a slash; None when it is not acceptable."""
    if not raw.startswith(b"/"):
        return None
    if _PLAIN.fullmatch(raw) is not None:
        return raw.decode("ascii")[1:].split("/")
    if _ALLOWED.fullmatch(raw) is None:
        return None
    try:
        segments = [unquote_to_bytes(part).decode("utf-8") for part in raw[1:].split(b"/")]
    except UnicodeDecodeError:
        return None
    if any(segment in (".", "..") or _TREACHEROUS.search(segment) for segment in segments):
        return None
    return segments


def read_template(path: str) -> tuple[Segment, ...]:
    """Segments of a path template; `PlanError` when it cannot be one."""
    if not path.startswith("/"):
        raise PlanError("contract.path_malformed", f"{path!r} does not begin with a slash")
    segments = tuple(_read_segment(text) for text in path[1:].split("/"))
    names = [name for segment in segments for name in segment.names]
    if len(set(names)) != len(names):
        raise PlanError("contract.path_malformed", f"{path!r} names a parameter twice")
    return segments


def _read_segment(text: str) -> Segment:
    bare = PARAMETER.sub("", text)
    if "{" in bare or "}" in bare:
        raise PlanError("contract.path_malformed", f"the braces of {text!r} do not pair")
    if stand_side_by_side(text):
        raise PlanError("contract.path_ambiguous", f"nothing stands between the parameters of {text!r}")
    place = rank(text)
    compiled = None if place == LITERAL else pattern(text)
    return Segment(text, tuple(PARAMETER.findall(text)), compiled, place, shape(text))


@dataclass(slots=True)
class _Node(Generic[T]):
    literals: dict[str, _Node[T]] = field(default_factory=dict)
    patterns: list[tuple[Segment, _Node[T]]] = field(default_factory=list)
    target: T | None = None


class PathTable(Generic[T]):
    """Templates of one contract, ready to match; never changed once built."""

    __slots__ = ("_exact", "_root")

    def __init__(self, templates: Iterable[tuple[str, T]]) -> None:
        self._root: _Node[T] = _Node()
        self._exact: dict[tuple[str, ...], T] = {}
        read = [(path, read_template(path), target) for path, target in templates]
        _refuse_ambiguity([path for path, _, _ in read])
        for _, segments, target in sorted(read, key=lambda item: [segment.rank for segment in item[1]]):
            self._add(segments, target)

    def _add(self, segments: tuple[Segment, ...], target: T) -> None:
        if not any(segment.names for segment in segments):
            self._exact[tuple(segment.text for segment in segments)] = target
            return
        node = self._root
        for segment in segments:
            if not segment.names:
                node = node.literals.setdefault(segment.text, _Node())
                continue
            known = next((child for other, child in node.patterns if other.shape == segment.shape), None)
            if known is None:
                known = _Node()
                node.patterns.append((segment, known))
                node.patterns.sort(key=lambda item: item[0].rank)
            node = known
        node.target = target

    def match(self, segments: list[str]) -> tuple[T, tuple[str, ...]] | None:
        """The target and the decoded values of its placeholders, left to right."""
        exact = self._exact.get(tuple(segments))
        if exact is not None:
            return exact, ()
        return _descend(self._root, segments, 0, ())


def _descend(
    node: _Node[T], segments: list[str], depth: int, values: tuple[str, ...]
) -> tuple[T, tuple[str, ...]] | None:
    if depth == len(segments):
        return None if node.target is None else (node.target, values)
    text = segments[depth]
    child = node.literals.get(text)
    if child is not None:
        found = _descend(child, segments, depth + 1, values)
        if found is not None:
            return found
    if text:
        for segment, branch in node.patterns:
            pattern = segment.pattern
            match = pattern.fullmatch(text) if pattern is not None else None
            if match is not None:
                found = _descend(branch, segments, depth + 1, values + match.groups())
                if found is not None:
                    return found
    return None


def _refuse_ambiguity(paths: list[str]) -> None:
    by_length: dict[int, list[str]] = {}
    for path in paths:
        rivals = by_length.setdefault(path.count("/"), [])
        other = next((rival for rival in rivals if are_ambiguous(rival, path)), None)
        if other is not None:
            message = f"{other} and {path} match the same requests and neither is more specific"
            raise PlanError("contract.path_ambiguous", message)
        rivals.append(path)
