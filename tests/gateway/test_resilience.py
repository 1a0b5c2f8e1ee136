"""What is decided about a system behind that fails, against models that keep everything that happened."""

from __future__ import annotations

from email.utils import formatdate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import UpstreamError
from gateway.model import UpstreamRequest, UpstreamResponse
from gateway.resilience import breaker, canary, classify, origins, retries, window
from gateway.resilience.breaker import Admitted, Breaker, Refused
from gateway.resilience.model import BreakerRules, CanaryRules, CheckRules, OutlierRules, StatusRule, Tries
from gateway.resilience.origins import Standing

STEPS = st.lists(st.tuples(st.sampled_from([0, 0, 0, 1, 3, 12]), st.booleans()), max_size=60)
RULES = BreakerRules(error_rate=0.5, calls_min=4, window_s=10, open_s=5, probes=2)


@given(STEPS)
def test_a_window_counts_what_a_list_of_all_calls_counts(steps):
    kept, now, calls = window.EMPTY, 0, []
    for passed_s, failed in steps:
        now += passed_s
        calls.append((now, failed))
        kept = window.count(kept, 10.0, now, failed=failed)
        recent = [bad for at, bad in calls if at > now - 10]
        assert window.totals(kept, 10.0, now) == (len(recent), sum(recent))
        assert len(kept) <= window.SLOTS


@given(STEPS)
def test_a_breaker_opens_and_closes_as_a_list_of_all_tries_says(steps):
    kept, now, state, since, recent, passed = Breaker(), 0, "closed", 0, [], 0
    for passed_s, failed in steps:
        now += passed_s
        kept, decided = breaker.admit(kept, RULES, now)
        if state == "open" and now < since + RULES.open_s:
            assert decided == Refused(since + RULES.open_s - now)
            continue
        if state == "open":
            state, passed = "half-open", 0
        assert isinstance(decided, Admitted)
        kept = breaker.record(kept, RULES, decided.era, now, failed=failed)
        if state == "half-open":
            passed += not failed
            if failed:
                state, since = "open", now
            elif passed == RULES.probes:
                state, recent = "closed", []
        else:
            recent = [(at, bad) for at, bad in [*recent, (now, failed)] if at > now - 10]
            if failed and len(recent) >= 4 and sum(bad for _, bad in recent) * 2 >= len(recent):
                state, since = "open", now
        assert kept.state == state


ACTIONS = st.lists(st.tuples(st.sampled_from(["ask", "good", "bad", "leave", "wait"]), st.integers(0, 5)))


@given(ACTIONS)
def test_of_a_half_open_breaker_no_more_tries_are_out_than_it_has_probes(actions):
    kept, now = Breaker("open", 1, open_until=0.0), 0.0
    out: list[int] = []
    for action, number in actions:
        if action == "wait":
            now += number
        elif action == "ask":
            kept, decided = breaker.admit(kept, RULES, now)
            if isinstance(decided, Admitted):
                out.append(decided.era)
        elif out:
            era = out.pop(number % len(out))
            if action == "leave":
                kept = breaker.release(kept, era)
            else:
                kept = breaker.record(kept, RULES, era, now, failed=action == "bad")
        if kept.state == "half-open":
            assert kept.probes_out == out.count(kept.era)
            assert kept.probes_out + kept.probes_passed <= RULES.probes


def test_what_began_before_the_breaker_opened_does_not_count_for_what_came_after():
    half_open, _ = breaker.admit(Breaker("open", 7, open_until=0.0), RULES, 1.0)
    assert breaker.record(half_open, RULES, 6, 1.0, failed=True) == half_open
    assert breaker.release(half_open, 6) == half_open


@given(st.lists(st.booleans(), max_size=300), st.floats(0, 1), st.floats(0, 20))
def test_retries_are_never_more_than_their_share_of_the_calls_and_the_burst(wants, share, burst):
    tries = Tries(budget_share=share, budget_burst=burst)
    tokens, retried = burst, 0
    for calls, wants_more in enumerate(wants, 1):
        tokens = retries.deposit(tokens, tries)
        if wants_more and (left := retries.withdraw(tokens)) is not None:
            tokens, retried = left, retried + 1
        assert retried <= burst + share * calls + 1e-6


@given(st.integers(1, 100), st.floats(0, 1, exclude_max=True))
def test_the_wait_before_a_retry_is_bounded(made, drawn):
    assert 0 <= retries.backoff_s(Tries(backoff_s=0.1, backoff_max_s=2.0), made, drawn) <= 2.0


@pytest.mark.parametrize(
    ("value", "wanted"),
    [(b"0", 0.0), (b"120", 120.0), (b" 7 ", 7.0), (b"-1", None), (b"1.5", None), (b"soon", None),
     (b"", None), ("\u0661".encode("utf-8"), None), (b"9" * 400, 999_999_999.0),
     (formatdate(1060, usegmt=True).encode(), 60.0),
     (formatdate(5, usegmt=True).encode(), 0.0)],
)  # fmt: skip
def test_retry_after_is_seconds_or_a_date_or_nothing(value, wanted):
    assert retries.retry_after_s([(b"retry-after", value)], 1000.0) == wanted
    assert retries.retry_after_s([(b"date", value)], 1000.0) is None


@given(st.binary(max_size=60))
def test_no_value_of_retry_after_is_an_error(value):
    wait_s = retries.retry_after_s([(b"retry-after", value)], 1000.0)
    assert wait_s is None or wait_s >= 0


@pytest.mark.parametrize(
    ("request_", "wanted"),
    [
        (UpstreamRequest("GET", b"/", [], b""), True),
        (UpstreamRequest("PUT", b"/", [], b""), True),
        (UpstreamRequest("POST", b"/", [], b""), False),
        (UpstreamRequest("PATCH", b"/", [], b""), False),
        (UpstreamRequest("POST", b"/", [], b"", keyed=True), True),
        (UpstreamRequest("PUT", b"/", [], b"", parts=object()), False),
    ],
)
def test_what_may_be_sent_twice(request_, wanted):
    assert retries.is_repeatable(request_) is wanted


def problem(status: int, body: bytes = b"") -> UpstreamResponse:
    return UpstreamResponse(status, [], body)


def test_an_answer_is_taken_for_what_the_first_rule_that_fits_says():
    rules = (
        StatusRule(400, "retryable", "LOCKED"),
        StatusRule(500, "business", "CREDIT_LIMIT"),
        StatusRule(503, "fine"),
    )
    verdicts = [
        (problem(400, b'{"code":"LOCKED"}'), "retryable"),
        (problem(400, b'{"code":"OTHER"}'), "fine"),
        (problem(400, b'{"code":["LOCKED"]}'), "fine"),
        (problem(400, b"LOCKED"), "fine"),
        (problem(400), "fine"),
        (problem(500, b'{"code":"CREDIT_LIMIT"}'), "business"),
        (problem(500, b"{}"), "failure"),
        (problem(503), "fine"),
        (problem(502), "retryable"),
        (problem(501), "business"),
        (problem(204), "fine"),
    ]
    for response, verdict in verdicts:
        assert classify.of_response(response, rules) == verdict, response
    large = b'{"code":"LOCKED","x":"' + b"x" * classify.PROBLEM_BYTES_MAX + b'"}'
    assert classify.of_response(problem(400, large), rules) == "fine"


def test_connections_of_ours_that_are_all_in_use_are_no_fault_of_the_system():
    codes = ("upstream_busy", "upstream_too_large", "upstream_timeout", "upstream_unavailable")
    assert [classify.of_error(UpstreamError(code, "")) for code in codes] == [
        "fine",
        "failure",
        "retryable",
        "retryable",
    ]


OUTLIERS = OutlierRules(failures_in_row=2, eject_s=10, eject_max_s=25, ejected_share_max=0.5)


@given(st.integers(1, 5), st.lists(st.tuples(st.integers(0, 4), st.booleans(), st.sampled_from([0, 1, 30]))))
def test_never_more_origins_are_ejected_than_their_share(count, tries):
    standings, now = [Standing()] * count, 0.0
    for index, failed, passed_s in tries:
        now += passed_s
        at = index % count
        standings[at] = origins.after_try(standings, at, OUTLIERS, now, failed=failed)
        ejected = [one for one in standings if one.ejected_until > now]
        assert len(ejected) <= count / 2
        assert all(one.ejected_until <= now + OUTLIERS.eject_max_s for one in ejected)


def test_an_origin_that_fails_again_after_its_ejection_is_left_out_longer():
    standings, lengths, now = [Standing(), Standing()], [], 0.0
    for _ in range(4):
        while standings[0].ejected_until <= now:
            standings[0] = origins.after_try(standings, 0, OUTLIERS, now, failed=True)
        lengths.append(standings[0].ejected_until - now)
        now = standings[0].ejected_until
    assert lengths == [10, 20, 25, 25]


FLAGS = st.lists(st.tuples(st.booleans(), st.booleans(), st.booleans()), min_size=1, max_size=5)


@given(FLAGS, st.integers(0, 100), st.sets(st.integers(0, 4)))
def test_an_origin_is_chosen_that_is_well_and_new_if_there_is_one(flags, turn, tried):
    standings = [
        Standing(ejected_until=20.0 * ejected, resting_until=15.0 * resting, unhealthy=unhealthy)
        for ejected, resting, unhealthy in flags
    ]
    chosen = origins.choose(standings, turn, sorted(tried), 10.0)
    awake = {index for index, one in enumerate(standings) if not one.resting_until}
    if not awake:
        assert chosen == 5.0
        return
    well = {index for index in awake if standings[index].state(10.0) == "in use"}
    assert chosen in (well - tried or well or awake - tried or awake)


def test_calls_go_to_the_origins_in_turns():
    standings = [Standing()] * 3
    assert [origins.choose(standings, turn, [], 0.0) for turn in range(6)] == [0, 1, 2, 0, 1, 2]


@given(st.lists(st.booleans(), max_size=40))
def test_an_active_check_counts_only_several_in_a_row(passes):
    rules, standing, unhealthy, row = (
        CheckRules("/", unhealthy_after=3, healthy_after=2),
        Standing(),
        False,
        0,
    )
    for passed in passes:
        standing = origins.after_check(standing, rules, passed=passed)
        row = row + 1 if passed == unhealthy else 0
        if row == (2 if unhealthy else 3):
            unhealthy, row = not unhealthy, 0
        assert standing.unhealthy is unhealthy


@given(st.integers(1, 99), st.integers(1, 200))
def test_a_canary_takes_its_share_of_every_run_of_calls(percent, calls):
    rules, kept, taken = CanaryRules(("http://x",), share=percent / 100), canary.Canary(), 0
    for number in range(1, calls + 1):
        kept, takes = canary.takes(kept, rules, [])
        taken += takes
        assert abs(taken - number * percent / 100) < 1 + 1e-6


def test_a_canary_takes_what_its_header_asks_for_until_it_is_rolled_back():
    line = (b"x-preview", b"yes")
    rules = CanaryRules(("http://x",), header=line, error_rate=0.5, calls_min=4, window_s=10)
    kept = canary.Canary()
    assert canary.takes(kept, rules, [line])[1]
    assert not canary.takes(kept, rules, [(b"x-preview", b"no")])[1]
    for failed in (True, True, False, True):
        assert not kept.rolled_back
        kept = canary.record(kept, rules, 1.0, failed=failed)
    assert kept.rolled_back
    assert not canary.takes(kept, rules, [line])[1]
    assert canary.record(kept, rules, 1000.0, failed=False).rolled_back, "only a start brings it back"


def test_a_window_keeps_a_bounded_number_of_slots():
    kept = window.EMPTY
    for second in range(30):
        kept = window.count(kept, 10.0, second, failed=True)
    assert len(kept) == window.SLOTS
    assert window.totals(kept, 10.0, 29) == (10, 10)
