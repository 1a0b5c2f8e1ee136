"""What the systems behind may do wrong, and what the transport makes of it."""

from __future__ import annotations

import asyncio
import socket
from dataclasses import replace

import pytest

from gateway.config import Limits, Timeouts
from gateway.errors import UpstreamError
from gateway.model import UpstreamRequest
from gateway.upstream import UpstreamPool
from tests.gateway.upstream_harness import GET, OK, POST, QUICK, SMALL, closing_server, run, scripted


async def code_of(pool: UpstreamPool, request: UpstreamRequest = GET) -> str:
    with pytest.raises(UpstreamError) as caught:
        await pool.send(request)
    return caught.value.code


def test_a_connection_is_kept_and_used_again():
    serve, requests = scripted([OK, OK, OK])

    async def scenario(pool: UpstreamPool) -> None:
        for _ in range(3):
            assert (await pool.send(GET)).body == b"ok"

    run(serve, scenario)
    assert len(requests) == 3


def test_a_request_carries_its_own_framing_only():
    serve, requests = scripted([OK, OK])

    async def scenario(pool: UpstreamPool) -> None:
        await pool.send(POST)
        await pool.send(GET)

    run(serve, scenario)
    assert requests[0].endswith(b"content-type: text/plain\r\ncontent-length: 4\r\n\r\nbody")
    assert b"content-length" not in requests[1]


@pytest.mark.parametrize(
    ("answer", "body"),
    [
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", b"ok"),
        (
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1;x=y\r\no\r\n1\r\nk\r\n0\r\nx: 1\r\n\r\n",
            b"ok",
        ),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n" + OK, b"ok"),
        (b"HTTP/1.1 204 No Content\r\n\r\n", b""),
        (b"HTTP/1.1 304 Not Modified\r\ncontent-length: 10\r\n\r\n", b""),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", b""),
    ],
)
def test_every_framing_of_an_answer_is_understood_and_the_connection_kept(answer, body):
    serve, requests = scripted([answer, OK])

    async def scenario(pool: UpstreamPool) -> None:
        assert (await pool.send(GET)).body == body
        assert (await pool.send(GET)).body == b"ok"

    run(serve, scenario)
    assert len(requests) == 2


def test_fields_in_a_trailer_of_an_answer_are_dropped():
    head = b"HTTP/1.1 200 OK\r\netag: 1\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n"
    serve, _ = scripted([head + b"set-cookie: a=b\r\netag: 2\r\n\r\n"])

    async def scenario(pool: UpstreamPool) -> None:
        response = await pool.send(GET)
        assert response.headers == [(b"etag", b"1"), (b"transfer-encoding", b"chunked")]

    run(serve, scenario)


@pytest.mark.parametrize("endless", [b"x: y\r\n" * 5000, b"x: " + b"y" * 30_000])
def test_an_answer_whose_trailer_does_not_end_is_no_answer(endless):
    head = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n"
    serve, _ = scripted([head + endless, OK])

    async def scenario(pool: UpstreamPool) -> None:
        assert await code_of(pool) == "upstream_invalid"

    run(serve, scenario, replace(SMALL, framing_bytes_max=4000))


def test_an_answer_may_end_with_its_connection():
    serve, _ = scripted([b"HTTP/1.0 200 OK\r\n\r\nall of it", None], [OK])

    async def scenario(pool: UpstreamPool) -> None:
        first = asyncio.ensure_future(pool.send(GET))
        with pytest.raises(UpstreamError):
            await first
        assert (await pool.send(GET)).body == b"ok"

    run(serve, scenario)


def test_an_answer_without_length_is_whole_when_the_connection_ends():
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\n\r\nall of it")
        writer.close()
        await asyncio.wait([asyncio.ensure_future(writer.wait_closed())])

    async def scenario(pool: UpstreamPool) -> None:
        assert (await pool.send(GET)).body == b"all of it"
        assert (await pool.send(GET)).body == b"all of it"

    run(serve, scenario)


def test_an_answer_to_head_has_no_body_whatever_its_length_says():
    serve, _ = scripted([b"HTTP/1.1 200 OK\r\ncontent-length: 999\r\n\r\n", OK])

    async def scenario(pool: UpstreamPool) -> None:
        response = await pool.send(UpstreamRequest("HEAD", b"/x", [], b""))
        assert (response.status, response.body) == (200, b"")
        assert (await pool.send(GET)).body == b"ok"

    run(serve, scenario)


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (b"SSH-2.0-OpenSSH\r\n\r\n", "upstream_invalid"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello", "upstream_invalid"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n", "upstream_invalid"),
        (
            b"HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n",
            "upstream_invalid",
        ),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 2000\r\n\r\n" + b"x" * 2000, "upstream_too_large"),
        (b"HTTP/1.1 200 OK\r\nx: " + b"y" * 2000, "upstream_too_large"),
        (b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 300 + b"\r\n", "upstream_too_large"),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nab", "upstream_timeout"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nab", "upstream_timeout"),
        (b"", "upstream_timeout"),
    ],
)
def test_what_is_no_answer_in_bounds_and_in_time_has_its_code(answer, code):
    serve, _ = scripted([answer, OK], [OK])

    async def scenario(pool: UpstreamPool) -> None:
        assert await code_of(pool) == code
        assert (await pool.send(GET)).body == b"ok", "the connection was not used again"

    run(serve, scenario)


def test_an_answer_cut_off_is_not_an_answer():
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nab")
        writer.close()
        await asyncio.wait([asyncio.ensure_future(writer.wait_closed())])

    async def scenario(pool: UpstreamPool) -> None:
        assert await code_of(pool) == "upstream_closed"

    run(serve, scenario)


def test_a_stale_connection_is_tried_once_more_when_the_method_is_safe_to_repeat():
    serve, requests = scripted([OK, None], [OK])

    async def scenario(pool: UpstreamPool) -> None:
        await pool.send(GET)
        assert (await pool.send(GET)).body == b"ok"

    run(serve, scenario)
    assert len(requests) == 3


def test_a_call_that_is_not_safe_to_repeat_is_sent_once():
    serve, requests = scripted([OK, None], [OK])

    async def scenario(pool: UpstreamPool) -> None:
        await pool.send(GET)
        assert await code_of(pool, POST) == "upstream_closed"

    run(serve, scenario)
    assert len(requests) == 2


def test_a_call_with_the_key_of_its_contract_is_safe_to_repeat():
    serve, requests = scripted([OK, None], [OK])

    async def scenario(pool: UpstreamPool) -> None:
        await pool.send(GET)
        assert (await pool.send(POST._replace(keyed=True))).body == b"ok"

    run(serve, scenario)
    assert len(requests) == 3
    assert requests[1] == requests[2]


def test_a_call_that_is_not_safe_to_repeat_is_given_no_connection_that_has_ended():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)

        async def answer() -> socket.socket:
            loop = asyncio.get_running_loop()
            peer, _ = await loop.sock_accept(listener)
            await loop.sock_recv(peer, 65536)
            await loop.sock_sendall(peer, OK)
            return peer

        async def main() -> None:
            pool = UpstreamPool(f"http://127.0.0.1:{listener.getsockname()[1]}", SMALL, QUICK)
            for _ in range(5):
                response, peer = await asyncio.gather(pool.send(POST), answer())
                assert response.body == b"ok"
                peer.close()  # the end is there when the next call begins, but the loop has not read it yet
            pool.close()
            await asyncio.sleep(0)

        asyncio.run(main())


@pytest.mark.parametrize("request_", [GET, POST._replace(keyed=True)], ids=["GET", "POST with key"])
@pytest.mark.parametrize("reads_one_more", [True, False])
@pytest.mark.parametrize("connections_max", [2, 8])
def test_a_system_that_ends_its_connections_fails_no_call_that_may_be_repeated(
    request_, reads_one_more, connections_max
):
    async def scenario(pool: UpstreamPool) -> None:
        async def caller() -> None:
            for _ in range(250):
                assert (await pool.send(request_)).body == b"ok"

        await asyncio.gather(*(caller() for _ in range(8)))

    limits = replace(SMALL, connections_per_upstream_max=connections_max, waiting_per_upstream_max=8)
    run(closing_server(3, reads_one_more), scenario, limits, Timeouts())


def test_a_new_connection_that_closes_is_not_tried_again():
    serve, requests = scripted([None], [OK])

    async def scenario(pool: UpstreamPool) -> None:
        assert await code_of(pool) == "upstream_closed"

    run(serve, scenario)
    assert len(requests) == 1


def test_unasked_bytes_end_a_kept_connection():
    serve, _ = scripted([OK + b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nforged"], [OK])

    async def scenario(pool: UpstreamPool) -> None:
        assert (await pool.send(GET)).body == b"ok"
        assert (await pool.send(GET)).body == b"ok"

    run(serve, scenario)


def test_nobody_listening_is_503(make_gateway, upstream, read):
    gateway = make_gateway("http://127.0.0.1:1")
    response = gateway.client.get("/system/orders/v1/orders", headers=read)
    assert (response.status_code, response.json()["code"]) == (503, "upstream_unavailable")
    assert response.json()["retryable"] is True
    assert "127.0.0.1" not in response.text


def test_a_contract_without_a_system_behind_is_503(make_gateway, upstream, read):
    gateway = make_gateway(upstream.url, upstreams={"checks.v1": upstream.url})
    response = gateway.client.get("/system/orders/v1/orders", headers=read)
    assert (response.status_code, response.json()["code"]) == (503, "upstream_not_configured")


def test_a_system_that_takes_too_long_is_504(make_gateway, upstream, read):
    gateway = make_gateway(upstream.url, timeouts=QUICK)
    upstream.answers(200, b'{"items":[]}')
    upstream.delay_s = 0.5
    response = gateway.client.get("/system/orders/v1/orders", headers=read)
    assert (response.status_code, response.json()["code"]) == (504, "upstream_timeout")


def test_an_answer_beyond_the_bound_is_502(make_gateway, upstream, read):
    gateway = make_gateway(upstream.url, limits=Limits(response_body_bytes_max=1000))
    upstream.answers(200, b'{"items":[' + b'{"id":"x"},' * 200 + b'{"id":"x"}]}')
    response = gateway.client.get("/system/orders/v1/orders", headers=read)
    assert (response.status_code, response.json()["code"]) == (502, "upstream_too_large")
