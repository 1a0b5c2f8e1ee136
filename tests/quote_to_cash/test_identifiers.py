"""Identifiers: valid ULIDs that sort by time and come from nothing but their inputs."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quote_to_cash.identifiers import ALPHABET, identifier_source, ulid

moments = st.integers(0, (1 << 48) - 1)
randomness = st.binary(min_size=10, max_size=10)


@given(moments, randomness)
def test_a_ulid_holds_its_time_and_randomness(milliseconds: int, random: bytes) -> None:
    text = ulid(milliseconds, random)
    number = 0
    for character in text:
        number = number * 32 + ALPHABET.index(character)
    assert len(text) == 26
    assert (number >> 80, (number & ((1 << 80) - 1)).to_bytes(10, "big")) == (milliseconds, random)


@given(moments, moments, randomness, randomness)
def test_ulids_sort_by_time(first: int, second: int, random: bytes, other: bytes) -> None:
    if first < second:
        assert ulid(first, random) < ulid(second, other)


def test_the_example_of_the_ulid_specification_is_reproduced() -> None:
    assert ulid(1469918176385, bytes(10)).startswith("01ARYZ6S41")


@pytest.mark.parametrize(("milliseconds", "size"), [(1 << 48, 10), (-1, 10), (0, 9)])
def test_what_does_not_fit_is_refused(milliseconds: int, size: int) -> None:
    with pytest.raises(ValueError, match="ULID"):
        ulid(milliseconds, bytes(size))


def test_an_identifier_has_its_prefix_and_comes_from_clock_and_randomness_alone() -> None:
    now = datetime(2026, 11, 23, tzinfo=UTC)
    first, second = (identifier_source(lambda: now, bytes)("quo") for _ in range(2))
    assert first == second
    assert re.fullmatch(r"quo_[0-9A-HJKMNP-TV-Z]{26}", first)
