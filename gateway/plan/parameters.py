"""Reads parameters by `style` and `explode` (OpenAPI 3.1 section 4.8.12) and holds them to their schemas.

Texts are split by the delimiters of the style before they are percent-decoded, so an encoded comma stays
part of its item. A parameter given twice where one value is promised, and a query parameter that no
contract names, are violations: what the contract does not speak of could be read differently behind.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import product
from typing import Any
from urllib.parse import unquote_to_bytes

from gateway.model import Headers, Violation
from gateway.plan.kinds import Kinds, Reading, candidates
from gateway.plan.validators import Validator, escape
from gateway.strict_json import NotStrict, parse

_QUERY = re.compile(rb"[!-~]*")
_BAD_PERCENT = re.compile(rb"%(?![0-9A-Fa-f]{2})")
_DEEP = re.compile(r"([^\[\]]+)\[([^\[\]]+)\]")
_DELIMITERS = {"form": b",", "spaceDelimited": b" ", "pipeDelimited": b"|", "simple": b","}
VALUES_TRIED_MAX = 16


@dataclass(frozen=True, slots=True)
class ParameterPlan:
    """One declared parameter, ready to read; `reading` is None for `content` parameters (JSON text)."""

    name: str
    where: str
    required: bool
    style: str
    explode: bool
    reading: Reading | None
    validator: Validator | None
    line_name: bytes = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "line_name", self.name.encode("latin-1", "replace"))

    def missing(self) -> Violation:
        """The violation of leaving a required parameter out."""
        return Violation(self.where, "/" + escape(self.name), "required", "is required")

    def check(self, values: list[Any], violations_max: int) -> list[Violation]:
        """Nothing when one of the values the text may mean is on contract."""
        if self.validator is None:
            return []
        for value in values:
            if self.validator.accepts(value):
                return []
        return self.validator.violations(values[0], self.where, "/" + escape(self.name), violations_max)


def decode(raw: bytes) -> str | None:
    """A percent-encoded form text (application/x-www-form-urlencoded); None when malformed."""
    if b"%" not in raw and b"+" not in raw:
        return raw.decode("ascii") if raw.isascii() else None
    if _BAD_PERCENT.search(raw) is not None:
        return None
    try:
        return unquote_to_bytes(raw.replace(b"+", b" ")).decode("utf-8")
    except UnicodeDecodeError:
        return None


def split_query(raw: bytes, count_max: int) -> dict[str, list[bytes]] | None:
    """Decoded names with their still encoded values; None when malformed or more than `count_max`."""
    found: dict[str, list[bytes]] = {}
    if not raw:
        return found
    if _QUERY.fullmatch(raw) is None or raw.count(b"&") >= count_max:
        return None
    for pair in raw.split(b"&"):
        if not pair:
            continue
        name, _, value = pair.partition(b"=")
        decoded = decode(name)
        if decoded is None or decode(value) is None:
            return None
        found.setdefault(decoded, []).append(value)
    return found


def read_text(plan: ParameterPlan, text: str) -> list[Any] | None:
    """Values a path, header or cookie text may mean; None when the style is not followed."""
    reading = plan.reading
    if reading is None:
        return _json(text)
    if plan.style == "label":
        if not text.startswith("."):
            return None
        text = text[1:]
    elif plan.style == "matrix":
        prefix = f";{plan.name}="
        if not text.startswith(prefix):
            return None
        text = text[len(prefix) :].replace(prefix, ",") if plan.explode else text[len(prefix) :]
    if reading.shape == "scalar":
        return candidates(text, reading.kinds)
    delimiter = "." if plan.style == "label" and plan.explode else ","
    parts = (
        [part.strip(" \t") if plan.where == "header" else part for part in text.split(delimiter)]
        if text
        else []
    )
    if reading.shape == "array":
        return _lists(parts, reading.items)
    return _pairs(parts, plan.explode, reading)


def check_headers(
    parameters: tuple[ParameterPlan, ...], headers: Headers, violations_max: int
) -> list[Violation]:
    """Violations of declared header lines; repeated lines are read as one list (RFC 9110 section 5.3)."""
    found: list[Violation] = []
    given = dict(headers)
    for parameter in parameters:
        name = parameter.line_name
        value = given.get(name)
        if value is None:
            if parameter.required:
                found.append(parameter.missing())
            continue
        if len(given) != len(headers):
            value = b", ".join([line for other, line in headers if other == name])
        found += check_text(parameter, value.decode("latin-1").strip(), violations_max)
    return found


def check_text(parameter: ParameterPlan, text: str, violations_max: int) -> list[Violation]:
    """Violations of a path, header or cookie text."""
    values = read_text(parameter, text)
    if values is None:
        pointer = "/" + escape(parameter.name)
        return [Violation(parameter.where, pointer, "malformed", f"is not in style {parameter.style}")]
    return parameter.check(values, violations_max)


def read_query(plan: ParameterPlan, query: dict[str, list[bytes]]) -> list[Any] | Violation | None:
    """Values the query means for this parameter; None when it is absent."""
    reading = plan.reading
    if reading is not None and reading.shape == "object" and (plan.explode or plan.style == "deepObject"):
        return _read_exploded(plan, reading, query)
    raw = query.get(plan.name)
    if raw is None:
        return None
    pointer = "/" + escape(plan.name)
    if reading is not None and reading.shape == "array" and plan.explode:
        return _lists([_text(value) for value in raw], reading.items)
    if len(raw) > 1:
        return Violation("query", pointer, "repeated", "may be given only once")
    if reading is None:
        return _json(_text(raw[0])) or Violation("query", pointer, "malformed", "is not JSON")
    if reading.shape == "scalar":
        return candidates(_text(raw[0]), reading.kinds)
    parts = [_text(part) for part in _split(raw[0], plan.style)] if raw[0] else []
    if reading.shape == "array":
        return _lists(parts, reading.items)
    return _pairs(parts, False, reading) or Violation("query", pointer, "malformed", "is not a list of pairs")


def query_names(plan: ParameterPlan) -> tuple[str, ...]:
    """Names that this parameter takes in a query; `name[]` stands for every `name[...]`."""
    reading = plan.reading
    if reading is not None and reading.shape == "object":
        if plan.style == "deepObject":
            return (plan.name + "[]",)
        if plan.explode:
            return tuple(reading.properties)
    return (plan.name,)


def undeclared(query: dict[str, list[bytes]], names: frozenset[str]) -> list[Violation]:
    """A violation for each name that no declared parameter takes."""
    found = []
    for name in query:
        deep = _DEEP.fullmatch(name)
        if name not in names and (deep is None or deep[1] + "[]" not in names):
            found.append(Violation("query", "/" + escape(name), "undeclared", "is not in the contract"))
    return found


def _read_exploded(
    plan: ParameterPlan, reading: Reading, query: dict[str, list[bytes]]
) -> list[Any] | Violation | None:
    members: dict[str, str] = {}
    for name, raw in query.items():
        key: str | None = name if name in reading.properties else None
        if plan.style == "deepObject":
            deep = _DEEP.fullmatch(name)
            key = deep[2] if deep is not None and deep[1] == plan.name else None
        if key is None:
            continue
        if len(raw) > 1:
            return Violation("query", "/" + escape(name), "repeated", "may be given only once")
        members[key] = _text(raw[0])
    return _objects(members, reading) if members else None


def _split(raw: bytes, style: str) -> list[bytes]:
    delimiter = _DELIMITERS.get(style, b",")
    if delimiter == b" ":
        return raw.replace(b"%20", b" ").replace(b"+", b" ").split(b" ")
    return (
        raw.replace(b"%7C", b"|").replace(b"%7c", b"|").split(b"|") if delimiter == b"|" else raw.split(b",")
    )


def _text(raw: bytes) -> str:
    return decode(raw) or ""


def _json(text: str) -> list[Any] | None:
    try:
        return [parse(text.encode())]
    except NotStrict:
        return None


def _lists(parts: list[str], kinds: Kinds) -> list[Any]:
    choices = [candidates(part, kinds) for part in parts]
    if all(len(choice) == 1 for choice in choices):
        return [[choice[0] for choice in choices]]
    return [list(value) for value, _ in zip(product(*choices), range(VALUES_TRIED_MAX), strict=False)]


def _pairs(parts: list[str], explode: bool, reading: Reading) -> list[Any] | None:
    if explode:
        split = [part.partition("=") for part in parts]
        members = {name: value for name, equals, value in split if equals}
        return _objects(members, reading) if len(members) == len(parts) else None
    members = dict(zip(parts[::2], parts[1::2], strict=False))
    return _objects(members, reading) if 2 * len(members) == len(parts) else None


def _objects(members: dict[str, str], reading: Reading) -> list[Any]:
    choices = [candidates(text, reading.properties.get(name, frozenset())) for name, text in members.items()]
    values = zip(product(*choices), range(VALUES_TRIED_MAX), strict=False)
    return [dict(zip(members, value, strict=True)) for value, _ in values]
