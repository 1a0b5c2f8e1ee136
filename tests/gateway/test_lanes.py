"""Urgent calls before others: in the queue for a connection, and when the gateway is near its bound."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.config import Limits, Timeouts
from gateway.errors import UpstreamError
from gateway.lanes import Lanes, lane_of
from gateway.model import UpstreamRequest
from gateway.upstream import UpstreamPool

ORDERS = "/system/orders/v1/orders"
STEPS = st.lists(
    st.one_of(st.integers(0, 3), st.just("pop"), st.integers(0, 30).map(lambda n: -n - 1)), max_size=60
)


@given(STEPS, st.integers(1, 8))
def test_they_are_as_a_sorted_list_would_be(steps: list[Any], waiting_max: int) -> None:
    lanes: Lanes[int] = Lanes(waiting_max)
    waiting: list[tuple[int, int]] = []  # lane and number, in the order of their turn
    for number, step in enumerate(steps):
        if step == "pop":
            assert lanes.pop() == (waiting.pop(0)[1] if waiting else None)
        elif step < 0:
            known = next((one for one in waiting if one[1] == -step - 1), None)
            assert lanes.remove(known[0] if known else 0, -step - 1) == (known is not None)
            waiting = [one for one in waiting if one != known]
        else:
            displaced = waiting[-1] if len(waiting) >= waiting_max else None
            if displaced is not None and displaced[0] <= step:
                assert lanes.add(step, number) == (False, None)
                continue
            if displaced is not None:
                waiting.remove(displaced)
            assert lanes.add(step, number) == (True, None if displaced is None else displaced[1])
            waiting = sorted([*waiting, (step, number)])
        assert len(lanes) == len(waiting)


def test_a_class_that_is_unheard_of_stands_with_the_second() -> None:
    assert [lane_of(name) for name in ("T1", "T2", "T3", "T4", "gold")] == [0, 1, 2, 3, 1]


def request(name: str, lane: int) -> UpstreamRequest:
    return UpstreamRequest("GET", b"/" + name.encode(), [], b"", lane=lane)


async def answered(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, gate: asyncio.Event) -> None:
    """One connection: each request is answered with its path, the first one when the gate opens."""
    while head := await reader.readuntil(b"\r\n\r\n"):
        await gate.wait()
        path = head.split(b" ")[1]
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%b" % (len(path), path))


def test_the_urgent_get_the_next_connection_and_displace_others_where_no_more_may_wait() -> None:
    async def story() -> None:
        gate = asyncio.Event()
        tasks: set[asyncio.Task[None]] = set()

        def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            async def serve() -> None:
                try:
                    await answered(reader, writer, gate)
                except asyncio.IncompleteReadError:
                    writer.close()

            tasks.add(asyncio.get_running_loop().create_task(serve()))

        server = await asyncio.start_server(connected, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        limits = replace(Limits(), connections_per_upstream_max=1, waiting_per_upstream_max=3)
        pool = UpstreamPool(f"http://127.0.0.1:{port}", limits, replace(Timeouts(), upstream_wait_s=20.0))
        order: list[str] = []

        async def call(name: str, lane: int) -> None:
            try:
                response = await pool.send(request(name, lane))
                order.append(response.body.decode()[1:])
            except UpstreamError as error:
                order.append(f"{name} {error.code}")

        calls = [("first", 3), ("bulk", 3), ("bulk-2", 3), ("plain", 1), ("late-bulk", 3), ("urgent", 0)]
        running = []
        for name, lane in calls:
            running.append(asyncio.create_task(call(name, lane)))
            await asyncio.sleep(0)
        gate.set()
        await asyncio.gather(*running)
        assert sorted(order[:2]) == ["bulk-2 upstream_busy", "late-bulk upstream_busy"]
        assert order[2:] == ["first", "urgent", "plain", "bulk"]
        pool.close()
        server.close()
        await server.wait_closed()
        await asyncio.gather(*tasks)

    asyncio.run(story())


def test_near_its_bound_the_gateway_serves_only_urgent_calls(
    make_gateway: Any, upstream: Any, read: dict[str, str]
) -> None:
    limits = replace(Limits(), exchanges_in_flight_max=2, exchanges_share_by_lane=(1.0, 1.0, 0.5, 0.5))
    gateway = make_gateway(upstream.url, limits=limits)
    upstream.answers(201, b'{"id":"o-1"}', location="/o-1")
    upstream.delay_s = 1.0
    body = b'{"customer":"c-1","lines":[{"quantity":1}]}'
    head = {**read, "content-type": "application/json"}
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(
            gateway.client.post, ORDERS, content=body, headers={**head, "idempotency-key": "lanes-1-abcdef"}
        )
        end = time.monotonic() + 10
        while not upstream.seen:
            assert time.monotonic() < end
        shed = gateway.client.get(ORDERS, headers=read)
        upstream.delay_s = 0.0
        urgent = gateway.client.post(
            ORDERS, content=body, headers={**head, "idempotency-key": "lanes-2-abcdef"}
        )
        assert (shed.status_code, shed.json()["code"]) == (503, "overloaded")
        assert "urgent" in shed.json()["detail"]
        assert shed.headers["retry-after"] == "1"
        assert urgent.status_code == 201
        assert first.result().status_code == 201


def test_who_waits_in_vain_is_told() -> None:
    async def story() -> None:
        writers: list[asyncio.StreamWriter] = []
        server = await asyncio.start_server(lambda _, writer: writers.append(writer), "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        limits = replace(Limits(), connections_per_upstream_max=1)
        timeouts = replace(Timeouts(), upstream_wait_s=0.01)
        pool = UpstreamPool(f"http://127.0.0.1:{port}", limits, timeouts)
        first = asyncio.create_task(pool.send(request("first", 1)))
        await asyncio.sleep(0)
        with pytest.raises(UpstreamError, match="came free"):
            await pool.send(request("second", 0))
        while not writers:
            await asyncio.sleep(0)
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)
        for writer in writers:
            writer.close()
            await writer.wait_closed()
        server.close()
        await server.wait_closed()

    asyncio.run(story())
