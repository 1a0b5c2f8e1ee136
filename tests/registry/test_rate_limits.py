"""Flask-Limiter on the API and, stricter, on the authorization server."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from registry.config import RatePolicy
from registry.errors import SetupError
from registry.serve import create_app
from tests.redis_server import redis_of_its_own
from tests.registry.harness import FakeClock, RegistryUnderTest, basic, start

PERIOD = "50 years"
"""Counting starts anew where the time since 1970 is a multiple of the period: an hour ends while a test runs,
and a request more is let through; the second period of 50 years ends in 2068 (a year has 360 days here)."""
PERIOD_S = 50 * 360 * 24 * 3600


def limited(tmp_path: Path, clock: FakeClock, **rates: str) -> RegistryUnderTest:
    return start(f"sqlite:///{tmp_path / 'limited.db'}", clock, rates=RatePolicy(**rates))


def test_the_api_answers_429_with_the_seconds_to_wait(tmp_path: Path, clock: FakeClock) -> None:
    registry = limited(tmp_path, clock, api=f"3 per {PERIOD}")

    answers = [registry.call("GET", "/teams") for _ in range(4)]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    refused = answers[3]
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert 1 <= int(refused.headers["Retry-After"]) <= PERIOD_S
    assert (refused.json()["code"], refused.json()["retryable"]) == ("rate_limited", True)
    assert "Retry-After" not in answers[0].headers
    registry.close()


def test_each_client_has_its_own_count(tmp_path: Path, clock: FakeClock) -> None:
    registry = limited(tmp_path, clock, api=f"3 per {PERIOD}")
    team = registry.team("erp-team")
    for _ in range(4):
        refused = registry.call("GET", "/teams")

    assert refused.status_code == 429
    assert registry.call("GET", "/teams", token=team).status_code == 200
    registry.close()


def ask_for_token(registry: RegistryUnderTest, client_id: str, *, in_form: bool = False) -> httpx.Response:
    """Asks with a wrong secret."""
    form = {"grant_type": "client_credentials"}
    if in_form:
        return registry.send(
            "POST", "/oauth/token", data={**form, "client_id": client_id, "client_secret": "x"}
        )
    return registry.send("POST", "/oauth/token", data=form, headers=basic(client_id, "x"))


@pytest.mark.parametrize("in_form", [False, True])
def test_a_noisy_client_does_not_lock_out_the_others_behind_its_address(
    tmp_path: Path, clock: FakeClock, in_form: bool
) -> None:
    registry = limited(tmp_path, clock, token=f"4 per {PERIOD}")

    answers = [ask_for_token(registry, "noisy", in_form=in_form) for _ in range(5)]

    assert [answer.status_code for answer in answers] == [401, 401, 401, 401, 429]
    assert answers[4].headers["Content-Type"] == "application/problem+json"
    assert int(answers[4].headers["Retry-After"]) >= 1
    assert registry.token(registry.admin["clientId"], registry.admin["clientSecret"])
    assert registry.send("GET", "/oauth/jwks").status_code == 200
    assert registry.send("GET", "/registry/v1/health").status_code == 200
    registry.close()


def test_the_count_of_a_client_is_one_over_all_endpoints_and_ways_to_send_its_name(
    tmp_path: Path, clock: FakeClock
) -> None:
    registry = limited(tmp_path, clock, token=f"2 per {PERIOD}")

    first = registry.send("POST", "/oauth/introspect", data={"token": "x"}, headers=basic("noisy", "x"))
    second = ask_for_token(registry, "noisy", in_form=True)
    third = ask_for_token(registry, "noisy")

    assert [one.status_code for one in (first, second, third)] == [401, 401, 429]
    registry.close()


def test_an_address_has_a_ceiling_whatever_clients_it_claims_to_be(tmp_path: Path, clock: FakeClock) -> None:
    registry = limited(tmp_path, clock, token_address=f"4 per {PERIOD}")

    answers = [ask_for_token(registry, f"c{number}" * 500) for number in range(5)]

    assert [answer.status_code for answer in answers] == [401, 401, 401, 401, 429]
    registry.close()


def test_what_a_client_is_refused_does_not_count_against_its_address(
    tmp_path: Path, clock: FakeClock
) -> None:
    registry = limited(tmp_path, clock, token=f"2 per {PERIOD}", token_address=f"4 per {PERIOD}")

    for _ in range(9):
        refused = ask_for_token(registry, "noisy")
    other = ask_for_token(registry, "quiet")

    assert (refused.status_code, other.status_code) == (429, 401)
    registry.close()


@pytest.mark.service("redis")
def test_counts_are_shared_by_way_of_redis(tmp_path: Path, clock: FakeClock) -> None:
    with redis_of_its_own(tmp_path) as (url, _):
        registry = limited(tmp_path, clock, api=f"3 per {PERIOD}", storage_url=url)
        one = registry.app
        other = create_app(registry.config, store=registry.store, clock=clock)

        statuses = []
        for registry.app in (one, other, one, other):
            statuses.append(registry.call("GET", "/teams").status_code)

    assert statuses == [200, 200, 200, 429]
    registry.close()


@pytest.mark.service("redis")
def test_a_storage_that_goes_away_is_replaced_by_counts_in_memory(tmp_path: Path, clock: FakeClock) -> None:
    with redis_of_its_own(tmp_path) as (url, server):
        registry = limited(tmp_path, clock, api=f"3 per {PERIOD}", storage_url=url)
        before = registry.call("GET", "/teams").status_code
        server.kill()
        server.wait()

        after = [registry.call("GET", "/teams").status_code for _ in range(4)]

    assert before == 200
    assert after == [200, 200, 200, 429]
    registry.close()


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("redis://127.0.0.1:1", "limits_storage_unreachable"),
        ("redis://:hidden@127.0.0.1:1", "limits_storage_unreachable"),
        ("redis://127.0.0.1:port", "limits_storage_invalid"),
        ("nonsense://127.0.0.1", "limits_storage_invalid"),
    ],
)
def test_a_storage_that_cannot_be_used_is_refused_at_the_start(
    tmp_path: Path, clock: FakeClock, url: str, code: str
) -> None:
    with pytest.raises(SetupError) as caught:
        limited(tmp_path, clock, storage_url=url)

    assert caught.value.code == code
    assert "hidden" not in caught.value.detail
