"""The cell rate algorithm against a bucket that is emptied and refilled by hand."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.buckets import BucketTable
from gateway.model import ThrottlingPlan
from gateway.policies.throttling import headers, take


@given(
    rate=st.sampled_from([1, 2, 4, 8, 16]),
    burst=st.integers(1, 12),
    steps=st.lists(st.integers(0, 64), max_size=80),
)
def test_it_decides_as_a_bucket_of_burst_tokens_refilled_at_the_rate(rate, burst, steps):
    plan, arrival, now = ThrottlingPlan(float(rate), burst), 0.0, 1000.0
    filled, refilled_at = Fraction(burst), Fraction(1000)
    for step in steps:
        now += step / 64
        filled = min(Fraction(burst), filled + (Fraction(now) - refilled_at) * rate)
        refilled_at = Fraction(now)
        allowance, arrival = take(arrival, now, plan)
        assert allowance.allowed == (filled >= 1)
        if filled >= 1:
            filled -= 1
            assert allowance.remaining == int(filled)
            assert allowance.reset_s == pytest.approx(float((burst - filled) / rate))
        else:
            assert allowance.retry_after_s == pytest.approx(float((1 - filled) / rate))


@given(rate=st.floats(0.01, 1000), burst=st.integers(1, 100), steps=st.lists(st.floats(0, 10), max_size=60))
def test_it_never_lets_more_through_than_burst_and_rate_allow(rate, burst, steps):
    plan, arrival, now, allowed = ThrottlingPlan(rate, burst), 0.0, 1000.0, 0
    for step in steps:
        now += step
        allowance, arrival = take(arrival, now, plan)
        allowed += allowance.allowed
        assert allowed <= burst + rate * (now - 1000.0 - (steps[0] if steps else 0)) + 1e-3


def test_who_waits_as_told_is_let_in():
    plan, arrival, now = ThrottlingPlan(3.0, 2), 0.0, 10.0
    for _ in range(50):
        allowance, arrival = take(arrival, now, plan)
        now += allowance.retry_after_s
        if not allowance.allowed:
            assert take(arrival, now, plan)[0].allowed


def test_the_header_lines_follow_the_draft():
    plan = ThrottlingPlan(20.0, 40)
    allowance, _ = take(0.0, 100.0, plan)
    assert headers("T1", plan, allowance) == (
        (b"ratelimit-policy", b'"T1";q=40;w=2'),
        (b"ratelimit", b'"T1";r=39;t=1'),
    )


def read(table, key):
    return table.update(key, 0.0, lambda arrival: (arrival, arrival))


def write(table, key, arrival, now):
    table.update(key, now, lambda _: (None, arrival))


def test_the_table_forgets_full_buckets_first_and_stays_bounded():
    table = BucketTable(3, 300.0)
    for number, arrival in enumerate((5.0, 50.0, 60.0)):
        write(table, (f"c{number}", "T1"), arrival, 0.0)
    write(table, ("c3", "T1"), 70.0, 10.0)
    assert len(table) == 3
    assert [read(table, (f"c{number}", "T1")) for number in range(4)] == [0.0, 50.0, 60.0, 70.0]
    for number in range(100):
        write(table, (f"d{number}", "T1"), 1000.0 + number, 10.0)
    assert len(table) == 3
