"""How values are written as text, and as what a text can be read: parameters, headers, forms, plain text.

OpenAPI names no types on the wire: `?n=1` is the number 1 and the text `1`. Null, and a list or an object
without content, are not written at all (RFC 6570 section 2.3), and a list of one is written like its item.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import product
from typing import Any

from compatibility.media_types import in_parts, structured
from specs.openapi import MediaType, Parameter

READINGS_MAX = 256
"""So many ways to read one text are tried; of a text with more nothing is said."""
JSON_NUMBER = re.compile(r"[-+]?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?")
DIGITS_MAX = 300


DELIMITERS = {"spaceDelimited": " ", "pipeDelimited": "|", "label": "."}


class TooManyReadingsError(Exception):
    """A text can be read in more ways than are tried."""


@dataclass(frozen=True, slots=True)
class TextForm:
    """How a place is written as text.

    `members`: the value is an object whose members are the parts of a form. Objects below it are JSON but in
    those of `deep`, and all of `kept` is. `deep_all`: nothing is JSON, as in a parameter. `exploded`: a list
    is written as one text for each item, else as one text with `delimiter`.
    """

    members: bool = False
    deep_all: bool = True
    exploded: bool = True
    delimiter: str = ","
    deep: frozenset[str] = frozenset()
    kept: frozenset[str] = frozenset()

    def below(self, name: str) -> TextForm | None:
        """The form of a member of the value; None when it is written as JSON."""
        if name in self.kept:
            return None
        return TextForm(deep_all=self.deep_all or name in self.deep, exploded=self.exploded)


HEADER = TextForm(exploded=False)


def parameter_form(parameter: Parameter) -> TextForm:
    """How a parameter that has a schema is written (OpenAPI 3.1, Style Values)."""
    return TextForm(exploded=parameter.explode, delimiter=DELIMITERS.get(parameter.style, ","))


def body_form(media: MediaType) -> TextForm | None:
    """How a body is written as text; None for one with a structure of its own.

    Parts of forms are text. An object in one is JSON (OpenAPI 3.1, Encoding Object, `contentType`), unless a
    style says that its members are parts too.
    """
    if not structured(media.name):
        return TextForm(deep_all=False)
    if not in_parts(media.name):
        return None
    encoding = media.node.value.get("encoding") if isinstance(media.node.value, dict) else None
    held = encoding if isinstance(encoding, dict) else {}
    said = {name: one for name, one in held.items() if isinstance(one, dict)}
    styled = {name for name, one in said.items() if {"style", "explode"} & set(one)}
    kinds = {name: str(one.get("contentType", "text/plain")) for name, one in said.items()}
    typed = {name for name, kind in kinds.items() if not kind.startswith("text/")}
    return TextForm(members=True, deep_all=False, deep=frozenset(styled - typed), kept=frozenset(typed))


def written(value: Any) -> str:
    """The text of a plain value; a whole number has no fraction."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def as_texts(value: Any, form: TextForm) -> Any:
    """The value with its plain parts as texts, but for what is written as JSON."""
    if isinstance(value, list):
        return [as_texts(item, form) for item in value if item is not None]
    if not isinstance(value, dict):
        return written(value)
    if not (form.members or form.deep_all):
        return value
    held = ((name, member, form.below(name)) for name, member in value.items() if member is not None)
    return {name: member if inner is None else as_texts(member, inner) for name, member, inner in held}


def readings(value: Any, form: TextForm) -> list[Any]:
    """Every value that is written like this one, itself first; none when nothing would be written.

    Errors: TooManyReadingsError.
    """
    if isinstance(value, list):
        return read_list(value, form)
    if isinstance(value, dict):
        if not (form.members or form.deep_all):
            return [value]
        return read_object(value, form)
    if value is None:
        return []
    found = read_plain(value)
    pieces = value.split(form.delimiter) if isinstance(value, str) and not form.exploded else []
    return [*found, *([one] for one in found), *([pieces] if len(pieces) > 1 else [])]


def read_plain(value: Any) -> list[Any]:
    text = written(value)
    found = [value]
    if not isinstance(value, str):
        found.append(text)
    if text in ("true", "false") and not isinstance(value, bool):
        found.append(text == "true")
    elif isinstance(value, str) and len(text) <= DIGITS_MAX and JSON_NUMBER.fullmatch(text):
        number = float(text) if re.search(r"[.eE]", text) else int(text)
        found.append(number)
    return found


def read_list(value: list[Any], form: TextForm) -> list[Any]:
    value = [item for item in value if item is not None]
    if not value:
        return []
    found: list[Any] = [list(one) for one in bounded([read_item(item, form) for item in value])]
    if len(value) == 1:
        found.extend(read_item(value[0], form))
    elif not form.exploded and not any(isinstance(item, list | dict) for item in value):
        found.append(form.delimiter.join(written(item) for item in value))
    return found


def read_item(item: Any, form: TextForm) -> list[Any]:
    plain = not isinstance(item, list | dict)
    return read_plain(item) if plain else readings(item, form) or [item]


def read_object(value: dict[str, Any], form: TextForm) -> list[Any]:
    ways: list[list[Any]] = []
    names: list[str] = []
    for name, member in value.items():
        inner = form.below(name)
        read = [member] if inner is None else readings(member, inner)
        if read:
            names.append(name)
            ways.append(read)
    if not names and not form.members:
        return []
    return [dict(zip(names, one, strict=True)) for one in bounded(ways)]


def bounded(ways: list[list[Any]]) -> list[tuple[Any, ...]]:
    count = 1
    for way in ways:
        count *= len(way)
        if count > READINGS_MAX:
            raise TooManyReadingsError
    return list(product(*ways))
