"""JSON read one way only (RFC 8259, RFC 7493 section 2.3): what parsers could read differently is refused.

orjson refuses NaN, infinities, lone surrogates, byte order marks and invalid UTF-8, but keeps the last of
two members of one name, where another parser may keep the first. Names are therefore counted twice, in the
text and in what was parsed: in valid JSON every quotation mark that is not escaped delimits a string, so
what lies outside of strings holds exactly one colon per member. A text that its value reproduces byte for
byte needs no counting; what may stand behind it, where an object or list has ended, is white space. Parsing
and judging cost time per value, so how many a text may hold is bounded too.
"""

from __future__ import annotations

from typing import Any

import orjson


class NotStrict(ValueError):
    """The text is not JSON, or not JSON that every parser reads alike."""


class TooManyValues(ValueError):
    """The text holds more values than may be parsed in the time of one request."""


def parse(raw: bytes, values_max: int | None = None) -> Any:
    """The parsed value; `NotStrict` says what is wrong and where. More than `values_max` are not parsed."""
    if values_max is not None and _marks(raw) > values_max and _marks(_outside_strings(raw)) > values_max:
        raise TooManyValues(f"more than {values_max} values")
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise NotStrict(str(error)) from error
    try:
        canonical = orjson.dumps(value)
    except TypeError as error:
        raise NotStrict("nested deeper than 254 levels") from error
    if not raw.startswith(canonical) and not _as_many_members(raw, canonical):
        raise NotStrict("two members of one object have the same name")
    return value


def _as_many_members(raw: bytes, canonical: bytes) -> bool:
    if b"\\" not in raw:
        # Without escapes every quotation mark delimits a string, in both texts, and a lost name lacks two.
        return raw.count(b'"') == canonical.count(b'"')
    return _members(raw) == _members(canonical)


def _members(text: bytes) -> int:
    return _outside_strings(text).count(b":")


def _marks(text: bytes) -> int:
    # Every value stands behind a comma or an opening bracket, but for the first of the text.
    return text.count(b",") + text.count(b"[") + text.count(b"{")


def _outside_strings(text: bytes) -> bytes:
    if b"\\" in text:
        text = text.replace(b"\\\\", b"").replace(b'\\"', b"")
    return b"".join(text.split(b'"')[::2])
