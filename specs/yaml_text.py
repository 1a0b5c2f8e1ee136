"""YAML 1.2 text to JSON values by the core schema, strictly, and where each value stands.

Built on parser events, never on a composed tree: nesting, aliases and the number of values are bounded while
the text is read, so neither depth nor a "billion laughs" document costs more than the limits allow. libyaml
reads when present; the pure Python parser of PyYAML gives the same values otherwise.

Differences from PyYAML's own loaders, all from YAML 1.2 section 10.3: ``yes``, ``on`` and dates are strings,
``0o17`` is octal, ``017`` is decimal 17. Names of members are always strings (``200:`` is ``"200"``), as JSON
needs. Merge keys (``<<``, YAML 1.1) are honoured because contracts in use have them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Protocol

import yaml

from specs.config import Limits
from specs.errors import SpecError
from specs.positions import MERGE_KEY, LineTable, PositionIndex
from specs.problem import Position, Problem
from specs.yaml_scalars import ScalarRefused, plain_value, tagged_value

# YAML 1.2 production [1] c-printable, negated; libyaml would name no line for these.
UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
LIBYAML_TOO_DEEP = "exceeded maximum nesting depth"
"""libyaml's own bound (1000, since 0.2.6), met while it reads ahead of the events in which ours is met."""
REREAD_CHARACTERS_MAX = 1_000_000
"""Up to so much is read again without libyaml, to tell exactly where the nesting becomes too deep."""


class EventSource(Protocol):
    """What both parsers of PyYAML have in common."""

    def get_event(self) -> Any: ...


def parse_yaml(text: str, uri: str, limits: Limits, *, pure: bool = False) -> tuple[Any, PositionIndex]:
    """The value and its positions; SpecError with code ``yaml.*`` or ``document.*``.

    ``pure`` reads without libyaml, as happens where it is absent.
    """
    unprintable = UNPRINTABLE.search(text)
    if unprintable is not None:
        raise SpecError([_unprintable_problem(text, unprintable.start(), uri)])
    builder = _Builder(uri, limits)
    try:
        source = _event_source(text, pure)
        while builder.accept(source.get_event()):
            pass
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        if error.problem == LIBYAML_TOO_DEEP and mark is not None:
            if mark.index <= REREAD_CHARACTERS_MAX:
                return parse_yaml(text[: mark.index], uri, limits, pure=True)
            builder.refuse_depth(mark)
            raise SpecError(builder.problems) from None
        raise SpecError([*builder.problems, _syntax_problem(error, uri)]) from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        message = f"This is not YAML: {type(error).__name__}."
        raise SpecError([Problem("yaml.syntax", message, "Correct the document.", uri)]) from None
    if builder.problems:
        raise SpecError(builder.problems)
    return builder.root, builder.index


def _event_source(text: str, pure: bool) -> EventSource:
    if yaml.__with_libyaml__ and not pure:
        return yaml.CSafeLoader(text)
    return yaml.SafeLoader(text)


@dataclass(slots=True)
class _Frame:
    """An object or array that is still open."""

    value: dict[str, Any] | list[Any]
    number: int
    anchor: str | None
    key: str | None = None
    key_mark: Any = None
    merge: bool = False
    merges: list[Any] = field(default_factory=list)
    size: int = 1
    height: int = 1


@dataclass(frozen=True, slots=True)
class _Anchored:
    value: Any
    text: str | None
    number: int
    size: int
    height: int


class _Abandon(Exception):
    """The document cannot be read further; the problems say why."""


class _Builder:
    """Takes parser events one by one; ``root`` is the value once ``accept`` has returned False."""

    def __init__(self, uri: str, limits: Limits) -> None:
        self.root: Any = None
        self.index = PositionIndex()
        self.problems: list[Problem] = []
        self._uri = uri
        self._limits = limits
        self._frames: list[_Frame] = []
        self._anchors: dict[str, _Anchored | None] = {}
        self._documents = 0
        self._total = 0

    def accept(self, event: Any) -> bool:
        kind = type(event)
        try:
            if kind is yaml.ScalarEvent:
                self._scalar(event)
            elif kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent:
                self._start(event, is_object=kind is yaml.MappingStartEvent)
            elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
                self._end()
            elif kind is yaml.AliasEvent:
                self._alias(event)
            elif kind is yaml.DocumentStartEvent:
                self._document(event)
            return kind is not yaml.StreamEndEvent
        except _Abandon:
            return False

    def _document(self, event: Any) -> None:
        self._documents += 1
        if self._documents > 1:
            self._problem(
                "yaml.several_documents",
                "A second document begins here.",
                "Put one contract into one file; remove this '---' and what follows.",
                event.start_mark,
            )
            raise _Abandon

    def _start(self, event: Any, *, is_object: bool) -> None:
        tag = event.tag
        if tag is not None and tag not in ("!", f"tag:yaml.org,2002:{'map' if is_object else 'seq'}"):
            self._unknown_tag(tag, event.start_mark)
        frame = self._frames[-1] if self._frames else None
        if len(self._frames) >= self._limits.depth_max:
            self._too_deep(event.start_mark)
        if frame is not None and isinstance(frame.value, dict) and frame.key is None:
            self._bad_key(event.start_mark)
        value: dict[str, Any] | list[Any] = {} if is_object else []
        number = self._number(event.start_mark)
        if event.anchor is not None:
            self._anchors[event.anchor] = None
        self._frames.append(_Frame(value, number, event.anchor))

    def _end(self) -> None:
        frame = self._frames.pop()
        self.index.close(frame.number)
        value = frame.value
        if frame.merges:
            # An explicit member wins over merged ones, an earlier merge over a later (yaml.org/type/merge).
            merged: dict[str, Any] = {}
            for source in reversed(frame.merges):
                merged.update(source)
            merged.update(value)
            value = merged
        if frame.anchor is not None:
            self._anchors[frame.anchor] = _Anchored(value, None, frame.number, frame.size, frame.height)
        self._add(value, frame.size, frame.height, None)

    def _scalar(self, event: Any) -> None:
        text = event.value
        frame = self._frames[-1] if self._frames else None
        if frame is not None and frame.key is None and isinstance(frame.value, dict):
            if event.anchor is not None:
                self._anchors[event.anchor] = _Anchored(text, text, 0, 1, 0)
            self._key(frame, text, event.start_mark, plain=event.implicit[0] and event.tag is None)
            return
        try:
            if event.tag is not None and event.tag != "!":
                value = tagged_value(event.tag, text, self._limits.integer_digits_max)
            elif event.implicit[0] and event.tag is None:
                value = plain_value(text, self._limits.integer_digits_max)
            else:
                value = text
        except ScalarRefused as refused:
            self._problem(refused.code, refused.message, refused.fix, event.start_mark)
            value = None
        number = self._number(event.start_mark)
        if event.anchor is not None:
            self._anchors[event.anchor] = _Anchored(value, text, number, 1, 0)
        self._add(value, 1, 0, event.start_mark)

    def _alias(self, event: Any) -> None:
        if event.anchor not in self._anchors:
            self._problem(
                "yaml.unknown_alias",
                f"No anchor &{event.anchor} stands before this alias.",
                "Define the anchor first, or use $ref.",
                event.start_mark,
            )
            raise _Abandon
        anchored = self._anchors[event.anchor]
        if anchored is None:
            self._problem(
                "yaml.alias_cycle",
                f"The alias *{event.anchor} stands inside the value it stands for.",
                "Use $ref for a recursive structure; YAML aliases cannot be recursive in JSON.",
                event.start_mark,
            )
            raise _Abandon
        frame = self._frames[-1]
        if frame.key is None and isinstance(frame.value, dict):
            if anchored.text is None:
                self._bad_key(event.start_mark)
            self._key(frame, anchored.text or "", event.start_mark, plain=False)
            return
        if len(self._frames) + anchored.height > self._limits.depth_max:
            self._too_deep(event.start_mark)
        self.index.aliases[self._number(event.start_mark)] = anchored.number
        self._add(anchored.value, anchored.size, anchored.height, event.start_mark)

    def _key(self, frame: _Frame, text: str, mark: Any, *, plain: bool) -> None:
        assert isinstance(frame.value, dict)
        frame.merge = plain and text == MERGE_KEY
        frame.key, frame.key_mark = text, mark
        if text in frame.value and not frame.merge:
            self._problem(
                "yaml.duplicate_key",
                f"The name {text!r} stands twice in one object.",
                "Remove or rename one of them; readers differ in which one they keep.",
                mark,
            )

    def _number(self, mark: Any) -> int:
        frame = self._frames[-1] if self._frames else None
        if frame is not None and frame.key_mark is not None:
            mark = frame.key_mark
        return self.index.open(mark.line, mark.column, frame.key if frame is not None else None)

    def _add(self, value: Any, size: int, height: int, mark: Any) -> None:
        self._total += size
        if not self._frames:
            self.root = value
            return
        frame = self._frames[-1]
        frame.size += size
        if frame.size > self._limits.nodes_max:
            self._too_many(mark or frame.key_mark)
        if height >= frame.height:
            frame.height = height + 1
        if isinstance(frame.value, list):
            frame.value.append(value)
            return
        if frame.merge:
            self._merge(frame, value)
        else:
            assert frame.key is not None
            frame.value[frame.key] = value
        frame.key = frame.key_mark = None
        frame.merge = False

    def _merge(self, frame: _Frame, value: Any) -> None:
        sources = value if isinstance(value, list) else [value]
        if all(isinstance(source, dict) for source in sources):
            frame.merges.extend(sources)
            return
        self._problem(
            "yaml.bad_merge",
            "A merge key '<<' needs an object, or a list of objects.",
            "Give it an alias of an object, or quote the key if '<<' is a name.",
            frame.key_mark,
        )

    def refuse_depth(self, mark: Any) -> None:
        """Tells that values are nested too deeply at `mark`."""
        self._problem(
            "document.too_deep",
            f"Values are nested deeper than {self._limits.depth_max} levels.",
            "Move nested parts into named definitions and refer to them with $ref.",
            mark,
        )

    def _too_deep(self, mark: Any) -> None:
        self.refuse_depth(mark)
        raise _Abandon

    def _too_many(self, mark: Any) -> None:
        self._problem(
            "document.too_many_values",
            f"With aliases expanded the document has more than {self._limits.nodes_max} values.",
            "Use $ref instead of aliases of aliases, or split the document.",
            mark,
        )
        raise _Abandon

    def _bad_key(self, mark: Any) -> None:
        self._problem(
            "yaml.bad_key", "An object or array is the name of a member.", "Use a string as the name.", mark
        )
        raise _Abandon

    def _unknown_tag(self, tag: str, mark: Any) -> None:
        self._problem(
            "yaml.unknown_tag",
            f"The tag {tag!r} has no meaning in JSON.",
            "Remove the tag; contracts use the YAML core schema only.",
            mark,
        )

    def _problem(self, code: str, message: str, fix: str, mark: Any) -> None:
        position = Position(mark.line + 1, mark.column + 1) if mark is not None else None
        self.problems.append(Problem(code, message, fix, self._uri, position=position))
        if len(self.problems) >= self._limits.problems_max:
            raise _Abandon


def _unprintable_problem(text: str, at: int, uri: str) -> Problem:
    return Problem(
        "yaml.control_character",
        f"The character U+{ord(text[at]):04X} may not stand in YAML.",
        'Remove it, or write it as an escape in a double-quoted string ("\\x07").',
        uri,
        position=LineTable.of(text).position(at),
    )


def _syntax_problem(error: yaml.MarkedYAMLError, uri: str) -> Problem:
    mark = error.problem_mark or error.context_mark
    position = Position(mark.line + 1, mark.column + 1) if mark is not None else None
    detail = ", ".join(part for part in (error.context, error.problem) if part)
    fix = "Correct the text here; indent with spaces and quote strings that hold ': ' or ' #'."
    return Problem("yaml.syntax", f"This is not YAML: {detail}.", fix, uri, position=position)
