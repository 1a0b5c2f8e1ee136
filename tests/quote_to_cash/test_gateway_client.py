"""The one door outward: tokens fetched once, safe calls repeated within bounds, failures told apart."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import httpx
import pytest

from gateway.config import Timeouts
from quote_to_cash.config import (
    UPSTREAM_ANSWER_BYTES_MAX,
    UPSTREAM_BACKOFF_MAX_S,
    UPSTREAM_DEADLINE_S,
    UPSTREAM_READ_TIMEOUT_S,
    GatewayAccess,
)
from quote_to_cash.errors import UpstreamFailed, UpstreamRefused, UpstreamUnavailable
from quote_to_cash.exchange import Trace
from quote_to_cash.gateway_client import GatewayCall, GatewayClient

ACCESS = GatewayAccess(
    "http://gateway.test/", "http://registry.test/oauth/token", "cli_1", "s3cret", ("a:read", "b:read")
)
TRACE = Trace("c-100")
GET = GatewayCall("GET", "/system/x/v1/things", TRACE)
POST = GatewayCall("POST", "/system/x/v1/things", TRACE, body={"a": 1})


class Upstream:
    """Answers by a script, the last entry again and again; counts tokens."""

    def __init__(
        self, *script: httpx.Response | Exception | Callable[[httpx.Request], httpx.Response]
    ) -> None:
        self.script = list(script)
        self.seen: list[httpx.Request] = []
        self.tokens = 0
        self.token_answer: httpx.Response | None = None
        self.token_requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.host == "registry.test":
            self.tokens += 1
            self.token_requests.append(request)
            return self.token_answer or httpx.Response(
                200, json={"access_token": f"t{self.tokens}", "expires_in": 600}
            )
        self.seen.append(request)
        step = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        if isinstance(step, Exception):
            raise step
        return step(request) if callable(step) else step


class Time:
    def __init__(self) -> None:
        self.now_s = 1000.0
        self.pauses: list[float] = []

    def monotonic(self) -> float:
        return self.now_s

    def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now_s += seconds

    def silence(self, request: httpx.Request) -> httpx.Response:
        """An upstream that says nothing until the client's patience with this one request ends."""
        self.now_s += request.extensions["timeout"]["read"]
        raise httpx.ReadTimeout("x", request=request)


def client(upstream: Upstream, time: Time | None = None) -> GatewayClient:
    clock = time or Time()
    http = httpx.Client(transport=httpx.MockTransport(upstream))
    return GatewayClient(ACCESS, http, clock.monotonic, clock.pause)


def ok(**headers: str) -> Callable[[httpx.Request], httpx.Response]:
    return lambda _request: httpx.Response(200, json={"items": []}, headers=headers)


def test_a_call_carries_token_correlation_and_trace() -> None:
    upstream = Upstream(ok(ETag='"1"'))
    call = GatewayCall("GET", "/system/x/v1/things", Trace("c-100", "00-aa"), headers={"If-Match": '"1"'})
    reply = client(upstream).send(call)
    assert (reply.status, reply.body) == (200, {"items": []})
    sent = upstream.seen[0]
    assert str(sent.url) == "http://gateway.test/system/x/v1/things"
    assert sent.headers["Authorization"] == "Bearer t1"
    assert sent.headers["X-Correlation-ID"] == "c-100"
    assert sent.headers["traceparent"] == "00-aa"
    assert sent.headers["If-Match"] == '"1"'


def test_the_token_is_asked_for_by_client_credentials_with_basic_authentication() -> None:
    upstream = Upstream(ok())
    client(upstream).send(GET)
    asked = upstream.token_requests[0]
    assert (
        asked.headers["Authorization"]
        == httpx.Request("POST", "http://x", headers={"Authorization": "Basic Y2xpXzE6czNjcmV0"}).headers[
            "Authorization"
        ]
    )
    assert asked.read() == b"grant_type=client_credentials&scope=a%3Aread+b%3Aread"


def test_a_token_serves_until_shortly_before_it_expires() -> None:
    upstream, time = Upstream(ok()), Time()
    door = client(upstream, time)
    for _ in range(3):
        door.send(GET)
    time.now_s += 569
    door.send(GET)
    assert upstream.tokens == 1
    time.now_s += 2
    door.send(GET)
    assert upstream.tokens == 2


def test_a_token_refused_is_replaced_once() -> None:
    upstream = Upstream(httpx.Response(401, json={}), ok())
    assert client(upstream).send(GET).status == 200
    assert [r.headers["Authorization"] for r in upstream.seen] == ["Bearer t1", "Bearer t2"]


def test_a_second_refusal_is_told_and_not_repeated_for_ever() -> None:
    upstream = Upstream(httpx.Response(401, json={}))
    with pytest.raises(UpstreamRefused):
        client(upstream).send(GET)
    assert len(upstream.seen) == 2


def test_threads_that_need_a_token_together_fetch_one() -> None:
    upstream = Upstream(ok())
    door = client(upstream)
    barrier = Barrier(8)

    def send(_: int) -> int:
        barrier.wait()
        return door.send(GET).status

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(send, range(8))) == {200}
    assert upstream.tokens == 1


@pytest.mark.parametrize("failure", [httpx.Response(503), httpx.ConnectError("x"), httpx.ReadTimeout("x")])
def test_a_safe_call_is_repeated_until_it_succeeds(failure: Any) -> None:
    upstream, time = Upstream(failure, failure, ok()), Time()
    assert client(upstream, time).send(GET).status == 200
    assert len(upstream.seen) == 3
    assert time.pauses == [0.1, 0.2]


def test_repeating_is_bounded() -> None:
    upstream = Upstream(httpx.ConnectError("x"))
    with pytest.raises(UpstreamUnavailable):
        client(upstream).send(GET)
    assert len(upstream.seen) == 3


def test_a_call_that_may_have_written_is_never_repeated() -> None:
    upstream = Upstream(httpx.ReadTimeout("x"))
    with pytest.raises(UpstreamUnavailable):
        client(upstream).send(POST)
    assert len(upstream.seen) == 1


def test_a_post_declared_safe_is_repeated() -> None:
    upstream = Upstream(httpx.Response(502), ok())
    assert client(upstream).send(GatewayCall("POST", "/x", TRACE, body={}, safe=True)).status == 200


def test_retry_after_is_respected_within_the_bound() -> None:
    upstream, time = Upstream(httpx.Response(429, headers={"Retry-After": "3600"}), ok()), Time()
    client(upstream, time).send(GET)
    assert time.pauses == [UPSTREAM_BACKOFF_MAX_S]


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (httpx.Response(503), UpstreamUnavailable),
        (httpx.Response(504), UpstreamUnavailable),
        (httpx.Response(429), UpstreamUnavailable),
        (httpx.Response(500), UpstreamFailed),
        (httpx.Response(502), UpstreamFailed),
        (httpx.Response(200, content=b"<html>"), UpstreamFailed),
        (httpx.Response(403), UpstreamRefused),
        (httpx.Response(302, headers={"Location": "http://elsewhere.test/"}), UpstreamRefused),
        (httpx.Response(200, content=b" " * (UPSTREAM_ANSWER_BYTES_MAX + 1)), UpstreamRefused),
    ],
)
def test_failures_are_told_apart(answer: httpx.Response, error: type[Exception]) -> None:
    upstream = Upstream(answer)
    with pytest.raises(error):
        client(upstream).send(POST)
    assert {request.url.host for request in upstream.seen} == {"gateway.test"}


def test_refusals_of_the_business_are_answers() -> None:
    reply = client(Upstream(httpx.Response(422, json={"code": "tax_rule_missing"}))).send(POST)
    assert (reply.status, reply.body) == (422, {"code": "tax_rule_missing"})


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (httpx.Response(500), UpstreamUnavailable),
        (httpx.Response(401, json={"error": "invalid_client"}), UpstreamRefused),
        (httpx.Response(200, json={"token": "x"}), UpstreamFailed),
        (httpx.Response(200, content=b"not json"), UpstreamFailed),
        (httpx.Response(200, json=["x"]), UpstreamFailed),
    ],
)
def test_a_token_endpoint_that_fails_is_told_without_its_secret(
    answer: httpx.Response, error: type[Exception]
) -> None:
    upstream = Upstream(ok())
    upstream.token_answer = answer
    with pytest.raises(error) as told:
        client(upstream).send(POST)
    assert "s3cret" not in str(told.value)
    assert upstream.seen == []


def test_all_attempts_of_a_call_end_by_one_deadline() -> None:
    time = Time()
    with pytest.raises(UpstreamUnavailable):
        client(Upstream(time.silence), time).send(GET)
    assert time.now_s <= 1000.0 + UPSTREAM_DEADLINE_S


def test_all_calls_for_one_request_end_by_its_deadline() -> None:
    time = Time()
    upstream = Upstream(time.silence)
    door = client(upstream, time)
    hurried = GatewayCall("GET", "/system/x/v1/things", Trace("c-100", deadline_s=time.now_s + 6))
    for _ in range(3):
        with pytest.raises(UpstreamUnavailable):
            door.send(hurried)
    assert time.now_s <= 1006.0
    assert len(upstream.seen) == 2


def test_a_slow_token_counts_towards_the_deadline() -> None:
    time = Time()
    http = httpx.Client(transport=httpx.MockTransport(time.silence))
    with pytest.raises(UpstreamUnavailable):
        GatewayClient(ACCESS, http, time.monotonic, time.pause).send(GET)
    assert time.now_s <= 1000.0 + UPSTREAM_DEADLINE_S


def test_an_answer_that_trickles_ends_by_the_deadline() -> None:
    time = Time()

    def trickle() -> Iterator[bytes]:
        for _ in range(100):
            time.now_s += 1
            yield b" "

    upstream = Upstream(lambda _request: httpx.Response(200, content=trickle()))
    with pytest.raises(UpstreamUnavailable):
        client(upstream, time).send(GET)
    assert time.now_s <= 1000.0 + UPSTREAM_DEADLINE_S + UPSTREAM_READ_TIMEOUT_S


def test_a_wait_that_the_deadline_would_cut_short_is_not_begun() -> None:
    time = Time()
    upstream = Upstream(httpx.Response(503, headers={"Retry-After": "1"}), ok())
    hurried = GatewayCall("GET", "/system/x/v1/things", Trace("c-100", deadline_s=time.now_s + 0.5))
    with pytest.raises(UpstreamUnavailable):
        client(upstream, time).send(hurried)
    assert (time.pauses, len(upstream.seen)) == ([], 1)


def test_the_service_gives_up_before_the_gateway_gives_the_service_up() -> None:
    assert Timeouts().upstream_response_s > UPSTREAM_DEADLINE_S + UPSTREAM_READ_TIMEOUT_S
