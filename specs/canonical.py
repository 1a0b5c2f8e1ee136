"""The JSON Canonicalization Scheme (RFC 8785): one byte sequence per JSON value.

One deliberate difference: an integer beyond 2^53 keeps its exact digits. RFC 8785 would round it to the
nearest double, and two contracts that differ in an int64 bound would count as the same content.
"""

from __future__ import annotations

import json
from typing import Any

SAFE_INTEGER_MAX = 2**53 - 1


def canonical_json(value: Any) -> bytes:
    """UTF-8 bytes of the canonical form; ``value`` is JSON without NaN, infinities or lone surrogates."""
    plain = _plain(value)
    if plain is not _NOT_PLAIN:
        text = json.dumps(plain, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    else:
        text = _text(value)
    return text.encode()


_NOT_PLAIN = object()


def _plain(value: Any) -> Any:
    """The value as C's ``json.dumps`` writes the canonical form of it, where names sort the same way.

    Floats count as plain when their repr is ECMAScript's, or when they are whole and become integers.
    """
    kind = type(value)
    if kind is dict:
        members = {}
        for name, member in value.items():
            inner = member if type(member) is str else _plain(member)
            if inner is _NOT_PLAIN or not name.isascii():
                return _NOT_PLAIN
            members[name] = inner
        return members
    if kind is list:
        items = [item if type(item) is str else _plain(item) for item in value]
        return _NOT_PLAIN if any(item is _NOT_PLAIN for item in items) else items
    if kind is float:
        if value.is_integer() and abs(value) <= SAFE_INTEGER_MAX:
            return int(value)
        return value if 1e-4 <= abs(value) < 1e15 else _NOT_PLAIN
    return value


def _text(value: Any) -> str:
    if isinstance(value, dict):
        # Section 3.2.3: names are sorted by their UTF-16 code units.
        names = sorted(value, key=lambda name: name.encode("utf-16-be"))
        return "{" + ",".join(f"{_string(name)}:{_text(value[name])}" for name in names) + "}"
    if isinstance(value, list):
        return "[" + ",".join(_text(item) for item in value) + "]"
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, str):
        return _string(value)
    return json.dumps(value)


def _string(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _number(value: float) -> str:
    """ECMAScript's Number::toString (section 3.2.2.3); Python's repr has the same shortest digits."""
    if value == 0:
        return "0"
    if value < 0:
        return "-" + _number(-value)
    mantissa, _, exponent_text = repr(value).partition("e")
    whole, _, fraction = mantissa.partition(".")
    fraction = "" if fraction == "0" else fraction
    digits = (whole + fraction).lstrip("0")
    # The value is 0.DIGITS * 10**point.
    point = len(whole) + int(exponent_text or 0) - (len(whole + fraction) - len(digits))
    digits = digits.rstrip("0")
    count = len(digits)
    if count <= point <= 21:
        return digits + "0" * (point - count)
    if 0 < point <= 21:
        return f"{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return "0." + "0" * -point + digits
    exponent = point - 1
    sign = "+" if exponent > 0 else "-"
    return f"{digits[0]}{'.' + digits[1:] if count > 1 else ''}e{sign}{abs(exponent)}"
