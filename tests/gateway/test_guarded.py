"""Systems behind that fail by a script, and what their guards make of it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from gateway.config import Limits, Timeouts
from gateway.errors import ConfigError, SourceError, UpstreamError
from gateway.guarded import GuardedDirectory
from gateway.model import UpstreamRequest
from gateway.operator import read_operator_settings
from gateway.resilience.model import (
    BreakerRules,
    CanaryRules,
    CheckRules,
    OutlierRules,
    StatusRule,
    Tries,
    UpstreamSettings,
)  # fmt: skip
from gateway.upstream import UpstreamDirectory
from tests.gateway.upstream_harness import GET, OK, POST

ORDERS = "/system/orders/v1"
THREE = Tries(tries_max=3, budget_burst=100.0, backoff_s=1.0, backoff_max_s=4.0)


def answer(status: int, body: bytes = b"", *lines: bytes) -> bytes:
    head = b"".join(line + b"\r\n" for line in lines)
    return b"HTTP/1.1 %d X\r\ncontent-length: %d\r\n%b\r\n%b" % (status, len(body), head, body)


DOWN = answer(503)


LIMITS = Limits()


class FakeClock:
    """Time that passes only when somebody sleeps."""

    def __init__(self) -> None:
        self.at = 100.0

    def now(self) -> float:
        return self.at

    def elapsed(self) -> float:
        return self.at

    async def sleep(self, wait_s: float) -> None:
        self.at += wait_s


class Origin:
    """A system behind that answers by a script, the last of it for ever; None hangs up, "" says nothing."""

    def __init__(self, *script: bytes | None) -> None:
        self._script = list(script)
        self.seen: list[bytes] = []
        self.url = ""
        self.handlers: list[asyncio.Task[None]] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.handlers.append(asyncio.current_task())
        while True:
            try:
                head = await reader.readuntil(b"\r\n\r\n")
                if b"content-length: 4" in head:
                    head += await reader.readexactly(4)
            except (asyncio.IncompleteReadError, ConnectionResetError):
                break
            self.seen.append(head)
            now = self._script.pop(0) if len(self._script) > 1 else self._script[0]
            if now is None:
                break
            writer.write(now)
        writer.close()


Scenario = Callable[[GuardedDirectory, FakeClock], Awaitable[None]]


def run(
    scenario: Scenario,
    settings: UpstreamSettings,
    *served: Origin,
    preview: Origin | None = None,
    limits: Limits = LIMITS,
) -> None:
    async def main() -> None:
        servers = []
        for origin in (*served, *((preview,) if preview else ())):
            servers.append(await asyncio.start_server(origin.serve, "127.0.0.1", 0))
            origin.url = f"http://127.0.0.1:{servers[-1].sockets[0].getsockname()[1]}"
        own = replace(settings, origins=settings.origins or tuple(origin.url for origin in served))
        if own.canary is not None and preview is not None:
            own = replace(own, canary=replace(own.canary, origins=(preview.url,)))
        clock = FakeClock()
        plain = UpstreamDirectory({}, Limits(), Timeouts())
        directory = GuardedDirectory(
            plain, {}, {"x.v1": own}, limits, Timeouts(), clock, lambda: 0.5, clock.sleep
        )
        try:
            await scenario(directory, clock)
        finally:
            directory.close()
            for server in servers:
                server.close()
            every = (*served, *((preview,) if preview else ()))
            await asyncio.gather(*(task for origin in every for task in origin.handlers))

    asyncio.run(main())


async def ask(directory: GuardedDirectory, request: UpstreamRequest = GET) -> int | str:
    try:
        return (await directory.send("x.v1", request)).status
    except UpstreamError as error:
        return error.code


@pytest.mark.parametrize("first", [DOWN, answer(502), None, b"SSH-2.0\r\n\r\n"])
def test_a_call_that_may_be_repeated_is_tried_again(first):
    origin = Origin(first, OK)

    async def scenario(directory: GuardedDirectory, clock: FakeClock) -> None:
        assert await ask(directory) == 200
        assert clock.at == 100.5, "half of the backoff of one second, by the draw"

    run(scenario, UpstreamSettings(tries=THREE), origin)
    assert len(origin.seen) == 2


@pytest.mark.parametrize(
    ("request_", "tried"),
    [(GET, 3), (POST, 1), (POST._replace(keyed=True), 3), (GET._replace(method="PATCH"), 1)],
)
def test_only_what_may_be_repeated_is_tried_again_and_the_last_answer_passes(request_, tried):
    origin = Origin(DOWN)

    async def scenario(directory: GuardedDirectory, clock: FakeClock) -> None:
        assert await ask(directory, request_) == 503

    run(scenario, UpstreamSettings(tries=THREE), origin)
    assert len(origin.seen) == tried


def test_a_retry_goes_to_another_origin():
    origins = Origin(DOWN), Origin(OK)

    async def scenario(directory: GuardedDirectory, clock: FakeClock) -> None:
        assert await ask(directory) == 200

    run(scenario, UpstreamSettings(tries=THREE), *origins)
    assert [len(origin.seen) for origin in origins] == [1, 1]


def test_retries_end_with_their_budget():
    origin = Origin(DOWN)

    async def scenario(directory: GuardedDirectory, clock: FakeClock) -> None:
        for _ in range(20):
            await ask(directory)

    run(scenario, UpstreamSettings(tries=replace(THREE, budget_burst=2.0, budget_share=0.1)), origin)
    assert 20 + 2 <= len(origin.seen) <= 20 + 2 + 2


def test_what_is_business_is_not_tried_again_and_what_passes_is():
    rules = (StatusRule(400, "retryable", "LOCKED"), StatusRule(500, "business"))
    settings = UpstreamSettings(tries=THREE, rules=rules, breaker=BreakerRules(calls_min=1))
    locked = Origin(answer(400, b'{"code":"LOCKED"}'), OK)
    business = Origin(answer(500))

    async def scenario(directory: GuardedDirectory, clock: FakeClock) -> None:
        assert await ask(directory) == (200 if directory.states()[0].origins[0].origin == locked.url else 500)

    run(scenario, replace(settings, breaker=None), locked)
    run(scenario, settings, business)
    assert (len(locked.seen), len(business.seen)) == (2, 1)


def test_a_try_that_takes_too_long_is_cut_and_the_time_for_all_tries_holds():
    silent = Origin(b"")
    settings = UpstreamSettings(tries=THREE, per_try_s=0.02, total_s=30.0)

    async def scenario(directory: GuardedDirectory, clock: FakeClock) -> None:
        assert await ask(directory) == "upstream_timeout"

    run(scenario, settings, silent)
    assert len(silent.seen) == 3
    run(scenario, replace(settings, total_s=0.6), silent := Origin(b""))
    assert len(silent.seen) == 2, "after the second try the wait of one second is longer than what is left"
    run(scenario, replace(settings, per_try_s=None, total_s=0.02), silent := Origin(b""))
    assert len(silent.seen) == 1, "a try may not take longer than all of them"


def test_a_breaker_opens_and_closes_again():
    origin = Origin(answer(500), answer(500), OK)
    rules = BreakerRules(error_rate=0.5, calls_min=2, window_s=10, open_s=5, probes=1)

    async def scenario(directory: GuardedDirectory, clock: FakeClock) -> None:
        assert [await ask(directory) for _ in range(4)] == [500, 500] + ["upstream_circuit_open"] * 2
        assert directory.states()[0].breaker == "open"
        with pytest.raises(UpstreamError) as caught:
            await directory.send("x.v1", GET)
        assert caught.value.retry_after_s == 5.0
        clock.at += 5.0
        assert await ask(directory) == 200
        assert directory.states()[0].breaker == "closed"

    run(scenario, UpstreamSettings(breaker=rules), origin)
    assert len(origin.seen) == 3


def test_a_caller_who_leaves_gives_its_probe_back():
    origin = Origin(answer(500), b"", OK)
    rules = BreakerRules(error_rate=0.5, calls_min=1, open_s=5, probes=1)

    async def scenario(directory: GuardedDirectory, clock: FakeClock) -> None:
        await ask(directory)
        clock.at += 5.0
        leaving = asyncio.ensure_future(directory.send("x.v1", GET))
        while len(origin.seen) < 2:
            await asyncio.sleep(0)
        assert await ask(directory) == "upstream_circuit_open"
        leaving.cancel()
        await asyncio.wait([leaving])
        assert await ask(directory) == 200

    run(scenario, UpstreamSettings(breaker=rules), origin)


def test_an_origin_that_fails_is_left_out_and_comes_back():
    good, bad = Origin(OK), Origin(DOWN, DOWN, OK)
    settings = UpstreamSettings(outliers=OutlierRules(failures_in_row=2, eject_s=10))

    async def scenario(directory: GuardedDirectory, clock: FakeClock) -> None:
        statuses = [await ask(directory) for _ in range(12)]
        assert statuses.count(503) == 2
        assert [one.state for one in directory.states()[0].origins] == ["in use", "ejected"]
        clock.at += 10.0
        assert [await ask(directory) for _ in range(4)] == [200] * 4

    run(scenario, settings, good, bad)
    assert len(bad.seen) == 4


def test_an_origin_that_asks_for_a_pause_gets_it_and_callers_learn_how_long():
    origin = Origin(answer(503, b"", b"retry-after: 7"), OK)

    async def scenario(directory: GuardedDirectory, clock: FakeClock) -> None:
        assert await ask(directory) == 503
        with pytest.raises(UpstreamError) as caught:
            await directory.send("x.v1", GET)
        assert (caught.value.code, caught.value.retry_after_s) == ("upstream_resting", 7.0)
        assert directory.states()[0].origins[0].state == "resting"
        clock.at += 7.0
        assert await ask(directory) == 200

    run(scenario, UpstreamSettings(tries=THREE), origin)
    assert len(origin.seen) == 2


def test_a_pause_is_never_longer_than_its_bound():
    async def scenario(directory: GuardedDirectory, clock: FakeClock) -> None:
        await ask(directory)
        clock.at += Timeouts().upstream_pause_max_s
        assert await ask(directory) == 429

    run(scenario, UpstreamSettings(), Origin(answer(429, b"", b"retry-after: 99999999")))


def test_an_origin_that_does_not_pass_its_checks_gets_no_calls():
    well, ill = Origin(OK), Origin(answer(500))
    settings = UpstreamSettings(check=CheckRules("/health", unhealthy_after=2, healthy_after=1))

    async def scenario(directory: GuardedDirectory, clock: FakeClock) -> None:
        ((interval_s, check),) = directory.checks()
        assert interval_s == 5.0
        for _ in range(2):
            await check()
        assert [one.state for one in directory.states()[0].origins] == ["in use", "unhealthy"]
        assert [await ask(directory) for _ in range(4)] == [200] * 4
        assert len(ill.seen) == 2
        assert ill.seen[0].startswith(b"GET /health HTTP/1.1\r\n")
        ill._script[:] = [OK]
        await check()
        assert directory.states()[0].origins[1].state == "in use"

    run(scenario, settings, well, ill)


def test_when_no_origin_passes_its_checks_all_are_used():
    settings = UpstreamSettings(check=CheckRules("/health", unhealthy_after=1, timeout_s=0.05))

    async def scenario(directory: GuardedDirectory, clock: FakeClock) -> None:
        ((_, check),) = directory.checks()
        await check()
        assert [one.state for one in directory.states()[0].origins] == ["unhealthy"]
        assert await ask(directory) == 200

    run(scenario, settings, Origin(b"", OK))


def test_a_check_that_gets_no_connection_says_nothing_of_the_origin():
    silent = Origin(b"")
    settings = UpstreamSettings(check=CheckRules("/health", unhealthy_after=1))
    limits = Limits(connections_per_upstream_max=1, waiting_per_upstream_max=0)

    async def scenario(directory: GuardedDirectory, clock: FakeClock) -> None:
        waiting = asyncio.ensure_future(ask(directory))
        while not silent.seen:
            await asyncio.sleep(0)
        ((_, check),) = directory.checks()
        await check()
        assert directory.states()[0].origins[0].state == "in use"
        waiting.cancel()
        await asyncio.wait([waiting])

    run(scenario, settings, silent, limits=limits)


def test_a_canary_takes_its_share_until_it_fails_too_often():
    stable, preview = Origin(OK), Origin(OK, OK, answer(500))
    rules = CanaryRules((), share=0.25, header=(b"x-preview", b"yes"), error_rate=0.3, calls_min=4)
    wants = GET._replace(headers=[(b"x-preview", b"yes")])

    async def scenario(directory: GuardedDirectory, clock: FakeClock) -> None:
        assert [await ask(directory) for _ in range(8)] == [200] * 8
        assert (len(stable.seen), len(preview.seen)) == (6, 2)
        assert [await ask(directory, wants) for _ in range(2)] == [500, 500]
        assert directory.states()[0].canary == "rolled back"
        assert [await ask(directory, wants) for _ in range(8)] == [200] * 8
        assert len(preview.seen) == 4

    run(scenario, UpstreamSettings(canary=rules), stable, preview=preview)


def test_a_contract_without_settings_goes_straight_to_its_system():
    async def main() -> None:
        origin = Origin(OK)
        server = await asyncio.start_server(origin.serve, "127.0.0.1", 0)
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        plain = UpstreamDirectory({"y.v1": url}, Limits(), Timeouts())
        one = UpstreamSettings(origins=("http://127.0.0.1:1",))
        directory = GuardedDirectory(plain, {}, {"x.v1": one}, Limits(), Timeouts(), FakeClock(), lambda: 0.0)
        assert (await directory.send("y.v1", GET)).status == 200
        assert await ask(directory) == "upstream_unavailable"
        assert [(one.key, one.breaker) for one in directory.states()] == [("x.v1", None), ("y.v1", None)]
        directory.close()
        server.close()
        await asyncio.gather(*origin.handlers)

    asyncio.run(main())


def test_the_origin_of_the_command_line_goes_before_those_of_the_file():
    def made(named: dict[str, str], settings: UpstreamSettings) -> GuardedDirectory:
        plain = UpstreamDirectory({}, Limits(), Timeouts())
        return GuardedDirectory(
            plain, named, {"x.v1": settings}, Limits(), Timeouts(), FakeClock(), lambda: 0
        )

    directory = made({"x.v1": "http://a:1"}, UpstreamSettings(origins=("http://b:1", "http://c:1")))
    assert [one.origin for one in directory.states()[0].origins] == ["http://a:1"]
    with pytest.raises(ConfigError, match="no origins"):
        made({}, UpstreamSettings())


def test_a_guarded_gateway_answers_with_a_problem_and_retry_after(make_gateway, upstream, read):
    settings = UpstreamSettings(breaker=BreakerRules(calls_min=2, open_s=30.0))
    gateway = make_gateway(upstream.url, resilience={"orders.v1": settings})
    upstream.answers(503, b'{"code":"closed"}', content_type="application/problem+json")
    got = [gateway.client.get(f"{ORDERS}/orders", headers=read) for _ in range(3)]
    assert [response.json()["code"] for response in got] == ["closed", "closed", "upstream_circuit_open"]
    assert got[2].status_code == 503
    assert 1 <= int(got[2].headers["retry-after"]) <= 30
    assert len(upstream.seen) == 2


def test_the_section_is_read(tmp_path):
    from gateway.operator import upstreams

    path = tmp_path / "gateway.yaml"
    path.write_text(upstreams.EXAMPLE)
    told = read_operator_settings(path, Limits()).upstreams["erp-orders.v1"]
    assert told.origins == ("http://10.0.0.1:8722", "http://10.0.0.2:8722")
    assert (told.connect_s, told.per_try_s, told.total_s) == (0.5, 2, 5)
    assert told.tries == Tries(tries_max=3, budget_share=0.1)
    assert told.rules[0] == StatusRule(400, "retryable", "LOCKED")
    assert told.check == CheckRules("/health", interval_s=5)
    assert told.canary.header == (b"x-preview", b"yes")


@pytest.mark.parametrize(
    ("told", "place"),
    [
        ("orders: {}", '/upstreams "orders"'),
        ("orders.v1: {origins: []}", "/upstreams/orders.v1/origins"),
        ('orders.v1: {origins: ["https://x"]}', "/upstreams/orders.v1/origins/0"),
        ('orders.v1: {origins: ["http://u:p@x"]}', "/upstreams/orders.v1/origins/0"),
        ("orders.v1: {retries: {triesMax: 11}}", "/upstreams/orders.v1/retries/triesMax"),
        ("orders.v1: {breaker: {errorRate: 0}}", "/upstreams/orders.v1/breaker/errorRate"),
        ("orders.v1: {timeouts: {totalSeconds: -1}}", "/upstreams/orders.v1/timeouts/totalSeconds"),
        ("orders.v1: {healthCheck: {}}", "/upstreams/orders.v1/healthCheck"),
        ('orders.v1: {healthCheck: {path: "/a b"}}', "/upstreams/orders.v1/healthCheck/path"),
        ("orders.v1: {classification: [{status: 400, is: odd}]}", "/upstreams/orders.v1/classification/0/is"),
    ],
)
def test_a_wrong_section_is_told_with_its_place(tmp_path, told, place):
    path = tmp_path / "gateway.yaml"
    path.write_text("upstreams:\n  " + told + "\n")
    with pytest.raises(SourceError) as caught:
        read_operator_settings(path, Limits())
    assert place in str(caught.value)
