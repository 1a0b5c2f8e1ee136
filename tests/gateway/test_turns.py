"""More calls than connections: who waits comes in turn, and no place among the connections is lost."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from gateway.config import Timeouts
from gateway.errors import UpstreamError
from gateway.upstream import UpstreamPool
from tests.gateway.upstream_harness import GET, OK, SMALL, closing_server, run


def test_connections_and_those_who_wait_for_them_are_bounded():
    open_now, most = 0, 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal open_now, most
        open_now += 1
        most = max(most, open_now)
        while True:
            try:
                await reader.readuntil(b"\r\n\r\n")
            except asyncio.IncompleteReadError:
                break
            await asyncio.sleep(0.05)
            writer.write(OK)
        open_now -= 1
        writer.close()
        await asyncio.wait([asyncio.ensure_future(writer.wait_closed())])

    async def scenario(pool: UpstreamPool) -> None:
        results = await asyncio.gather(*(pool.send(GET) for _ in range(5)), return_exceptions=True)
        codes = [result.code for result in results if isinstance(result, UpstreamError)]
        assert codes == ["upstream_busy", "upstream_busy"]
        assert (await pool.send(GET)).body == b"ok"

    run(serve, scenario)
    assert most == 2


@pytest.mark.parametrize("calls_per_connection", [1, 3, 10_000])
def test_who_waits_for_a_connection_gets_the_next_one_before_those_who_come_later(calls_per_connection):
    async def scenario(pool: UpstreamPool) -> None:
        turns: list[str] = []

        async def caller(name: str) -> None:
            for _ in range(20):
                assert (await pool.send(GET)).body == b"ok"
                turns.append(name)

        await asyncio.gather(*(caller(name) for name in "abc"))
        assert turns == list("abc") * 20

    one = replace(SMALL, connections_per_upstream_max=1, waiting_per_upstream_max=8)
    run(closing_server(calls_per_connection, False), scenario, one, Timeouts(upstream_wait_s=5))


@pytest.mark.parametrize("calls_per_connection", [1, 10_000])
def test_a_connection_handed_to_a_caller_who_has_just_left_is_not_lost(calls_per_connection):
    async def scenario(pool: UpstreamPool) -> None:
        for _ in range(20):
            waiting: list[asyncio.Task[object]] = []

            async def first(after: list[asyncio.Task[object]] = waiting) -> None:
                await pool.send(GET)
                after[0].cancel()  # before it has run again: the connection is its own already

            holding = asyncio.create_task(first())
            await asyncio.sleep(0)
            waiting.append(asyncio.create_task(pool.send(GET)))
            await asyncio.wait([holding, *waiting])
            assert waiting[0].cancelled()
        assert (await pool.send(GET)).body == b"ok"

    one = replace(SMALL, connections_per_upstream_max=1, waiting_per_upstream_max=8)
    run(closing_server(calls_per_connection, False), scenario, one)
