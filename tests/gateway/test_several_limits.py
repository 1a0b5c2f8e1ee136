"""Several named limits by class, through the door: what was bought, what an operator adds, what is told."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from gateway.config import Limits
from gateway.errors import SourceError
from gateway.limit_plans import LimitsInForce, OperatorLimits, read_limits, write_limits
from gateway.model import Consumer, Limit, ThrottlingPlan
from gateway.operator import read_operator_settings
from gateway.policies.upstream_limits import merged

ORDERS = "/system/orders/v1/orders"
OPERATOR = """
limits:
  classes:
    T1: [{name: volume, quota: 1000, windowSeconds: 100000, unit: content-bytes}]
  consumers:
    portal:
      T3: [{name: at-once, quota: 2, unit: concurrent-requests}]
  anonymous:
    "*": [{name: daily, quota: 3, windowSeconds: 86400}]
"""


def bought(told: dict[str, Any]) -> None:
    told["consumers"][1]["layer"] = "process"
    told["consumers"][2]["plan"]["limits"] = {
        "T3": [
            {"name": "burst", "quota": 2, "windowSeconds": 10_000},
            {"name": "daily", "quota": 4, "windowSeconds": 86_400},
        ]
    }


def operator_limits(folder: Path, text: str = OPERATOR) -> OperatorLimits:
    path = folder / "operator.yaml"
    path.write_text(text)
    return read_operator_settings(path, Limits()).limits


@pytest.fixture
def limited(make_gateway: Any, upstream: Any, tmp_path: Path) -> Any:
    upstream.answers(200, b'{"items":[]}')
    return make_gateway(upstream.url, bought, operator_limits=operator_limits(tmp_path))


def by(tokens: Any, client: str) -> dict[str, str]:
    return {"authorization": "Bearer " + tokens.sign(client=client)}


def test_all_limits_are_told_and_the_longest_wait_counts(limited: Any, upstream: Any, tokens: Any) -> None:
    caller = by(tokens, "modest-client")
    first = limited.client.get(ORDERS, headers=caller)
    assert first.headers["ratelimit-policy"] == '"burst";q=2;w=10000, "daily";q=4;w=86400'
    assert first.headers["ratelimit"] == '"burst";r=1;t=5000, "daily";r=3;t=21600'
    limited.client.get(ORDERS, headers=caller)
    refused = [limited.client.get(ORDERS, headers=caller) for _ in range(3)][-1]
    problem = refused.json()
    assert (refused.status_code, problem["code"]) == (429, "throttled")
    assert problem["type"] == "https://iana.org/assignments/http-problem-types#quota-exceeded"
    assert problem["violated-policies"] == ["burst"]
    assert problem["detail"] == "more than 2 calls in 10000 s (burst) in class T3"
    assert 4990 <= int(refused.headers["retry-after"]) <= 5000
    assert refused.headers["ratelimit"].split(", ")[1].startswith('"daily";r=2;')  # nothing was charged
    assert len(upstream.seen) == 2


def test_calls_at_once_are_bounded_and_their_places_come_back(
    limited: Any, upstream: Any, tokens: Any
) -> None:
    caller = by(tokens, "portal-client")
    upstream.delay_s = 0.3
    with ThreadPoolExecutor(5) as pool:
        answers = list(pool.map(lambda _: limited.client.get(ORDERS, headers=caller), range(5)))
    upstream.delay_s = 0.0
    assert sorted(answer.status_code for answer in answers) == [200, 200, 429, 429, 429]
    refused = next(answer for answer in answers if answer.status_code == 429)
    assert refused.json()["violated-policies"] == ["at-once"]
    assert (refused.headers["retry-after"], refused.json()["detail"]) == (
        "1",
        "more than 2 calls at once (at-once) in class T3",
    )
    after = [limited.client.get(ORDERS, headers=caller) for _ in range(4)]
    assert [answer.status_code for answer in after] == [200] * 4
    policies = after[0].headers["ratelimit-policy"].split(", ")
    assert policies[1] == '"at-once";q=2;qu="concurrent-requests"'
    assert after[0].headers["ratelimit"].split(", ")[1] == '"at-once";r=1'


def test_bytes_of_both_bodies_are_counted(limited: Any, upstream: Any, tokens: Any) -> None:
    caller = by(tokens, "portal-client")
    upstream.answers(201, b'{"id":"o-1","note":"' + b"x" * 600 + b'"}', location="/o-1")
    body = b'{"customer":"c-1","lines":[{"quantity":1}]}'

    def post(number: int) -> Any:
        head = {**caller, "content-type": "application/json", "idempotency-key": f"bytes-{number}-abcdef"}
        return limited.client.post(ORDERS, content=body, headers=head)

    answers = [post(number) for number in range(3)]
    assert [answer.status_code for answer in answers] == [201, 201, 429]
    left = [answer.headers["ratelimit"].split(", ")[1].split(";")[1] for answer in answers]
    sent = len(body) + len(answers[0].content)
    assert left == [f"r={1000 - len(body)}", f"r={1000 - sent - len(body)}", "r=0"]
    assert answers[2].json()["violated-policies"] == ["volume"]
    assert 'qu="content-bytes"' in answers[2].headers["ratelimit-policy"]
    # What is owed beyond the quota comes back at 1000 bytes in 100000 s.
    owed = 2 * sent + len(body) - 1000
    assert int(answers[2].headers["retry-after"]) == pytest.approx(owed * 100, abs=200)


def test_calls_without_a_token_have_limits_by_address_over_all_classes(limited: Any, upstream: Any) -> None:
    upstream.answers(200, b'{"status":"ok"}')
    answers = [limited.client.get("/system/orders/v1/health") for _ in range(4)]
    assert [answer.status_code for answer in answers][-1] == 429
    assert answers[-1].json()["violated-policies"] == ["daily"]


def test_what_the_system_behind_says_of_its_limits_is_told_beside_ours(
    gateway: Any, upstream: Any, read: dict[str, str]
) -> None:
    upstream.answers(
        200, b'{"items":[]}', ratelimit='"T3";r=7;t=9, "their";r=0;t=30', ratelimit_policy='"their";q=5;w=60'
    )
    answer = gateway.client.get(ORDERS, headers=read)
    assert answer.headers["ratelimit"] == '"T3";r=7;t=9, "their";r=0;t=30'
    assert answer.headers["ratelimit-policy"] == '"T3";q=100000;w=1, "their";q=5;w=60'
    assert len(answer.headers.get_list("ratelimit")) == 1


OURS = ((b"ratelimit-policy", b'"T1";q=40;w=2'), (b"ratelimit", b'"T1";r=39;t=1'))
MERGED = {
    "another name": (b'"x";r=1', b'"x";q=2', b'"T1";r=39;t=1, "x";r=1', b'"T1";q=40;w=2, "x";q=2'),
    "less left": (b'"T1";r=3;t=1', b'"T1";q=5', b'"T1";r=3;t=1', b'"T1";q=5'),
    "more left": (b'"T1";r=99;t=1', b'"T1";q=100', b'"T1";r=39;t=1', b'"T1";q=40;w=2'),
    "a longer wait": (b'"T1";r=39;t=8', b'"T1";q=5', b'"T1";r=39;t=8', b'"T1";q=5'),
    "with a key": (b'"x";r=1;pk=:aGk=:', b"", b'"T1";r=39;t=1, "x";r=1;pk=:aGk=:', b'"T1";q=40;w=2'),
    "a policy alone": (b"", b'"x";q=2;w=1', b'"T1";r=39;t=1', b'"T1";q=40;w=2, "x";q=2;w=1'),
    "a state without r": (b'"x";t=1', b"", b'"T1";r=39;t=1', b'"T1";q=40;w=2'),
    "r in a string": (b'"x";a=";r=5"', b"", b'"T1";r=39;t=1', b'"T1";q=40;w=2'),
    "r in the name": (b'";r=0;";t=1', b"", b'"T1";r=39;t=1', b'"T1";q=40;w=2'),
    "an older draft": (b"limit=10, remaining=3", b"10;w=1", b'"T1";r=39;t=1', b'"T1";q=40;w=2'),
    "a comma too many": (b'"T1";r=1,', b"", b'"T1";r=39;t=1', b'"T1";q=40;w=2'),
    "two without a comma": (b'"T1";r=1 "x";r=1', b"", b'"T1";r=39;t=1', b'"T1";q=40;w=2'),
    "too long": (b'"T1";r=1, ' * 900 + b'"T1";r=1', b"", b'"T1";r=39;t=1', b'"T1";q=40;w=2'),
}


@pytest.mark.parametrize("name", MERGED)
def test_fields_are_merged_and_never_loosened(name: str) -> None:
    state, policy, wanted_state, wanted_policy = MERGED[name]
    told = [(b"ratelimit", state), (b"ratelimit-policy", policy)]
    assert dict(merged(OURS, told)) == {b"ratelimit": wanted_state, b"ratelimit-policy": wanted_policy}


def test_fields_of_the_system_behind_pass_alone_where_we_have_none() -> None:
    assert merged((), [(b"ratelimit", b'"x";r=1'), (b"ratelimit", b'"y";r=2')]) == (
        (b"ratelimit", b'"x";r=1, "y";r=2'),
    )


def test_a_class_with_limits_has_those_beside_what_the_operator_adds() -> None:
    daily, burst = Limit("daily", 9, 60, counter="*/daily"), Limit("burst", 2, 1, counter="T1/burst")
    plan = ThrottlingPlan(10.0, 20, {"T1": (burst,), "*": (daily,)})
    tight, ours = Limit("burst", 1, 1, counter="T1/burst"), Limit("T2", 5, 1, counter="T2/T2")
    operator = OperatorLimits({"T2": (ours,)}, {"app": {"T1": (tight,)}})
    consumers = [Consumer(name, "team", "process", plan) for name in ("app", "other")]

    app, other = LimitsInForce(operator, frozenset({"T1", "T2", "T3"})).of(consumers)

    assert app.plan.limits == {"T1": (tight, daily), "T2": (ours, daily), "T3": (*rate("T3"), daily)}
    assert other.plan.limits["T1"] == (burst, daily)
    plain = ThrottlingPlan(10.0, 20)
    assert LimitsInForce(OperatorLimits(), frozenset({"T1"})).anonymous(plain) == plain
    everywhere = LimitsInForce(OperatorLimits(), frozenset({"T1"}), everywhere=True).anonymous(plain)
    assert everywhere.limits == {"T1": rate("T1")}


def test_a_budget_is_of_all_callers_together(
    make_gateway: Any, upstream: Any, tokens: Any, tmp_path: Path
) -> None:
    limits = operator_limits(
        tmp_path,
        """
limits:
  upstreams:
    orders.v1: [{name: calls, quota: 3, windowSeconds: 86400}]
""",
    )
    upstream.answers(200, b'{"items":[]}')
    gateway = make_gateway(upstream.url, operator_limits=limits)
    callers = [by(tokens, client) for client in ("modest-client", "process-client") * 2]
    answers = [gateway.client.get(ORDERS, headers=caller) for caller in (*callers, callers[0])]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 503, 429]
    assert answers[2].headers["ratelimit-policy"] == '"T3";q=2;w=200, "orders.v1:calls";q=3;w=86400'
    spent, both = answers[3], answers[4]
    assert spent.json()["code"] == "upstream_budget_spent"
    assert spent.json()["violated-policies"] == ["orders.v1:calls"]
    assert spent.json()["type"].endswith("#temporary-reduced-capacity")
    assert len(spent.headers.get_list("ratelimit")) == 1
    assert int(spent.headers["retry-after"]) == pytest.approx(86400 / 3, abs=5)
    assert both.json()["violated-policies"] == ["T3", "orders.v1:calls"]
    assert len(upstream.seen) == 3


def rate(name: str) -> tuple[Limit, ...]:
    return (Limit(name, 20, 2.0, counter=name),)


WRONG = {
    "no window": {"T1": [{"name": "a", "quota": 1}]},
    "places in a window": {
        "T1": [{"name": "a", "quota": 1, "windowSeconds": 1, "unit": "concurrent-requests"}]
    },
    "too many places": {"T1": [{"name": "a", "quota": 201, "unit": "concurrent-requests"}]},
    "one name twice": {"T1": [{"name": "a", "quota": 1, "windowSeconds": 1}] * 2},
    "a quotation mark": {"T1": [{"name": 'a"', "quota": 1, "windowSeconds": 1}]},
    "an unknown unit": {"T1": [{"name": "a", "quota": 1, "windowSeconds": 1, "unit": "tokens"}]},
    "nothing allowed": {"T1": [{"name": "a", "quota": 0, "windowSeconds": 1}]},
    "none": {"T1": []},
    "nine": {"T1": [{"name": f"a{number}", "quota": 1, "windowSeconds": 1} for number in range(9)]},
    "a class of two words": {"T 1": [{"name": "a", "quota": 1, "windowSeconds": 1}]},
}


@pytest.mark.parametrize("name", WRONG)
def test_limits_that_cannot_be_used_are_told(name: str, tmp_path: Path) -> None:
    import yaml

    with pytest.raises(ValueError):
        read_limits(WRONG[name])
    with pytest.raises(SourceError, match=r"operator\.yaml"):
        operator_limits(tmp_path, yaml.safe_dump({"limits": {"classes": WRONG[name]}}))


def test_limits_are_written_as_they_are_read() -> None:
    limits = read_limits(
        {
            "T1": [{"name": "a", "quota": 5, "windowSeconds": 60, "unit": "content-bytes"}],
            "*": [{"name": "b", "quota": 2, "unit": "concurrent-requests"}],
        }
    )
    assert read_limits(write_limits(limits)) == limits
