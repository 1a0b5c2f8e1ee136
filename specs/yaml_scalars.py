"""YAML scalars to JSON values: the core schema of YAML 1.2 (section 10.3.2)."""

from __future__ import annotations

import math
import re

Scalar = None | bool | int | float | str

CONSTANTS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
INTEGER = re.compile(r"[-+]?[0-9]+")
OCTAL = re.compile(r"0o[0-7]+")
HEXADECIMAL = re.compile(r"0x[0-9a-fA-F]+")
# Possessive: a long run of digits is read once.
FLOAT = re.compile(r"[-+]?(?:\.[0-9]++|[0-9]++(?:\.[0-9]*+)?)(?:[eE][-+]?[0-9]++)?")
NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
NUMBER_START = frozenset("0123456789+-.")
CORE_TAG = "tag:yaml.org,2002:"


class ScalarRefused(Exception):
    """A scalar no JSON value can stand for; the caller makes it a problem."""

    def __init__(self, code: str, message: str, fix: str) -> None:
        super().__init__(message)
        self.code, self.message, self.fix = code, message, fix


def plain_value(text: str, digits_max: int) -> Scalar:
    """The value of an unquoted, untagged scalar; ScalarRefused for infinities, NaN and huge numbers."""
    if text in CONSTANTS:
        return CONSTANTS[text]
    if text[0] not in NUMBER_START:
        return text
    if INTEGER.fullmatch(text):
        return _integer(text, 10, digits_max)
    if text.startswith("0o") and OCTAL.fullmatch(text):
        return _integer(text[2:], 8, digits_max)
    if text.startswith("0x") and HEXADECIMAL.fullmatch(text):
        return _integer(text[2:], 16, digits_max)
    if FLOAT.fullmatch(text):
        return _float(text)
    if NOT_FINITE.fullmatch(text):
        raise ScalarRefused(
            "yaml.not_a_number", f"JSON has no {text}.", "Write a number, null, or a quoted string."
        )
    return text


def tagged_value(tag: str, text: str, digits_max: int) -> Scalar:
    """The value of a scalar with an explicit core tag; ScalarRefused when the text does not fit the tag."""
    name = tag.removeprefix(CORE_TAG)
    if name == "str":
        return text
    value = plain_value(text, digits_max)
    if name == "float" and isinstance(value, int | float) and not isinstance(value, bool):
        return _float(repr(value))
    expected = {"null": type(None), "bool": bool, "int": int}.get(name)
    if expected is not None and type(value) is expected:
        return value
    if expected is not None or name == "float":
        raise ScalarRefused(
            "yaml.tag_mismatch",
            f"{text[:40]!r} is no value of the tag !!{name}.",
            "Correct the value or its tag.",
        )
    raise ScalarRefused(
        "yaml.unknown_tag",
        f"The tag {tag!r} has no meaning in JSON.",
        "Remove the tag; contracts use the YAML core schema only.",
    )


def _integer(digits: str, base: int, digits_max: int) -> int:
    if len(digits) > digits_max:
        raise _too_large(digits)
    return int(digits, base)


def _float(digits: str) -> float:
    value = float(digits)
    if math.isinf(value):
        raise _too_large(digits)
    return value


def _too_large(digits: str) -> ScalarRefused:
    shown = digits if len(digits) <= 40 else digits[:40] + "…"
    return ScalarRefused(
        "yaml.number_range",
        f"The number {shown} is beyond what a double can hold.",
        "Use a smaller number, or a string.",
    )
