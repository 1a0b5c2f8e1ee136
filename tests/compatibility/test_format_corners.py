"""Corners of asserted formats: model, second validator and RFC agree, or the verdict is unknown."""

from __future__ import annotations

import pytest

from compatibility import compare_schemas

TAKEN = {
    "date-time": (
        "2016-12-31T23:59:60Z",
        "2016-12-31T23:59:60.5z",
        "2017-01-01T05:29:60+05:30",
        "2016-12-31T15:59:60-08:00",
        "0000-01-01T00:00:00Z",
        "0000-02-29t00:00:00z",
        "9999-12-31T23:59:59-23:59",
    ),
    "time": ("23:59:60Z", "00:59:60+01:00", "12:00:00.000z"),
    "date": ("0000-01-01", "0000-02-29", "2024-02-29"),
    "uuid": ("ABCDEF01-0000-0000-0000-00000000000f",),
    "email": ("a@b", "a.b+c@example.com"),
    "ipv4": ("1.2.3.4", "0.0.0.0"),
    "ipv6": ("::1", "::1.2.3.4"),
    "uri": ("a:b", "urn:x"),
}
REFUSED = {
    "date-time": (
        "2016-12-31T22:59:60Z",
        "2016-12-31T23:59:60+01:00",
        "2024-01-31 12:00:00Z",
        "2023-02-29T00:00:00Z",
        "2024-01-31T24:00:00Z",
        "2024-01-31T12:00:00",
        "2024-01-31T12:00:00Z\n",
    ),
    "time": ("22:59:60Z", "23:59:61Z", "12:00:00", "24:00:00Z"),
    "date": ("2023-02-29", "0001-02-29", "20240101", "2024-01-01\n", "٢٠٢٤-01-01"),
    "uuid": ("1_345678-1234-1234-1234-123456789012", "{ABCDEF01-0000-0000-0000-00000000000f}"),
    "email": ("@", "a@", "@b", "a"),
    "ipv4": ("01.2.3.4", "256.1.1.1", "1.2.3"),
    "ipv6": ("::1%eth0", "1::2::3"),
    "uri": ("a", "http://[::1"),
}
UNCLEAR = {"email": ("a b@c", '"a b"@c.de', "a@@b", "a..b@c", "a@[1.2.3.4]")}


def flat(cases: dict[str, tuple[str, ...]]) -> list[tuple[str, str]]:
    return [(name, text) for name, texts in cases.items() for text in texts]


def verdicts(name: str, text: str) -> tuple[str, str]:
    """Whether the text is surely of the format, and whether it surely is not."""
    of_format = {"type": "string", "format": name}
    inside = compare_schemas({"const": text}, of_format, formats="assertion", openness="strict")
    outside = compare_schemas(
        of_format, {"type": "string", "not": {"const": text}}, formats="assertion", openness="strict"
    )
    for report in (inside, outside):
        assert report.verdict != "unknown" or report.reason
    return inside.verdict, outside.verdict


@pytest.mark.parametrize(("name", "text"), flat(TAKEN))
def test_what_the_rfc_takes_is_taken(name: str, text: str) -> None:
    assert verdicts(name, text) == ("compatible", "breaking")


@pytest.mark.parametrize(("name", "text"), flat(REFUSED))
def test_what_the_rfc_refuses_is_refused(name: str, text: str) -> None:
    assert verdicts(name, text) == ("breaking", "compatible")


@pytest.mark.parametrize(("name", "text"), flat(UNCLEAR))
def test_what_validators_read_differently_is_unknown_with_a_reason(name: str, text: str) -> None:
    assert verdicts(name, text) == ("unknown", "unknown")


@pytest.mark.parametrize(
    "after", [{"type": "integer"}, {"format": "ipv4"}, {"type": "string", "maxLength": 9}]
)
def test_a_date_in_a_proof_is_one_that_every_validator_takes(after: dict[str, object]) -> None:
    before = {"type": "string", "format": "date"}
    report = compare_schemas(before, after, formats="assertion", openness="strict")
    assert report.witness is not None
    assert "1000-01-01" <= str(report.witness.value) < "3"


def test_where_only_the_year_0000_is_left_it_is_the_proof() -> None:
    before = {"type": "string", "format": "date", "pattern": "^0000-02"}
    report = compare_schemas(before, {"type": "integer"}, formats="assertion", openness="strict")
    assert report.witness is not None
    assert str(report.witness.value).startswith("0000-02-")
