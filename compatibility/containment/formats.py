"""What is known of formats when they restrict: exact languages, what lies within what, and examples.

Sources: JSON Schema 2020-12 validation section 7.3; RFC 3339 section 5.6 (date), RFC 2673 section 3.2 (ipv4),
RFC 4122 section 3 (uuid); OpenAPI Initiative, Format Registry (formats of numbers, read in every dialect, for
they have no other meaning anywhere). Of other formats nothing is concluded but that each lies within itself.
"""

from __future__ import annotations

from compatibility.containment.values import TYPES

YEARS = r"\d{4}"
"""Year 0000 is one of RFC 3339 (section 1), and a leap year."""
LEAP_YEARS = r"(?:\d\d(?:0[48]|[2468][048]|[13579][26])|(?:0[048]|[2468][048]|[13579][26])00)"
LONG = r"(?:0[13578]|1[02])-(?:0[1-9]|[12]\d|3[01])"
SHORT = r"(?:0[469]|11)-(?:0[1-9]|[12]\d|30)"
FEBRUARY = r"02-(?:0[1-9]|1\d|2[0-8])"
OCTET = r"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"
HEX = "[0-9a-fA-F]"

EXACT = {
    "date": rf"^(?:{YEARS}-(?:{LONG}|{SHORT}|{FEBRUARY})|{LEAP_YEARS}-02-29)$",
    "ipv4": rf"^(?:{OCTET}\.){{3}}{OCTET}$",
    "uuid": rf"^{HEX}{{8}}-{HEX}{{4}}-{HEX}{{4}}-{HEX}{{4}}-{HEX}{{12}}$",
}
"""Formats that are regular languages, as ECMA-262 patterns."""

INTEGERS = {
    **{f"int{bits}": (-(1 << bits - 1), (1 << bits - 1) - 1) for bits in (8, 16, 32, 64)},
    **{f"uint{bits}": (0, (1 << bits) - 1) for bits in (8, 16, 32, 64)},
    "double-int": (-(1 << 53) + 1, (1 << 53) - 1),
}
"""Formats of numbers that are the integers from one to another."""

OF_NUMBERS = frozenset(("float", "double"))
OF_NUMBERS_AND_STRINGS = frozenset(("decimal", "decimal128"))
OF_STRINGS = frozenset(
    (
        "date-time", "time", "duration", "email", "idn-email", "hostname", "idn-hostname", "ipv6", "uri",
        "uri-reference", "iri", "iri-reference", "uri-template", "json-pointer", "relative-json-pointer",
        "regex", "base64url", "binary", "byte", "char", "commonmark", "date-time-local", "html", "http-date",
        "media-range", "password", "time-local", "int64", "uint64",
    )
)  # fmt: skip
"""Formats that restrict strings only. `int64` and `uint64` are read of numbers apart, as intervals."""


def kinds_of(named: str) -> frozenset[str]:
    """The JSON types a format may restrict; of a format that nobody registered that is any of them."""
    if named in OF_STRINGS:
        return frozenset(("string",))
    if named in OF_NUMBERS:
        return frozenset(("number",))
    return frozenset(("number", "string") if named in OF_NUMBERS_AND_STRINGS else TYPES)


WITHIN = {
    "float": frozenset(("double",)),
    "email": frozenset(("idn-email",)),
    "hostname": frozenset(("idn-hostname",)),
    "uri": frozenset(("uri-reference", "iri", "iri-reference")),
    "uri-reference": frozenset(("iri-reference",)),
    "iri": frozenset(("iri-reference",)),
}
"""Format -> formats that take all of its strings."""

EXAMPLES = {
    "date-time": ("2024-01-31T12:00:00Z",),
    "time": ("12:00:00Z",),
    "duration": ("P1D",),
    "email": ("a@b.co", "a.long.address@example.com"),
    "idn-email": ("a@b.co",),
    "hostname": ("a.co", "a"),
    "idn-hostname": ("a.co", "a"),
    "ipv6": ("::1", "2001:db8:0:0:0:0:0:1"),
    "uri": ("a:b", "https://example.com/a"),
    "uri-reference": ("a", "https://example.com/a"),
    "iri": ("a:b",),
    "iri-reference": ("a",),
    "json-pointer": ("", "/a"),
    "relative-json-pointer": ("0",),
    "regex": ("a",),
}
"""Strings of a format to try; the second validator decides about them."""
