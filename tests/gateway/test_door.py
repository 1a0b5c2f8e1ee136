"""The door for bytes that no client library would send."""

from __future__ import annotations

import json
import socket
from dataclasses import replace

import pytest

from gateway.config import Limits, Timeouts


def talk(gateway, *parts: bytes) -> bytes:
    """Sends the parts and reads until the gateway closes."""
    with socket.create_connection(("127.0.0.1", gateway.server.port), timeout=10) as connection:
        for part in parts:
            try:
                connection.sendall(part)
            except (BrokenPipeError, ConnectionResetError):
                break
        received = b""
        try:
            while chunk := connection.recv(65536):
                received += chunk
        except ConnectionResetError:
            pass
        return received


def problem_of(received: bytes) -> tuple[int, str]:
    head, _, body = received.partition(b"\r\n\r\n")
    assert b"content-type: application/problem+json" in head
    assert b"connection: close" in head
    problem = json.loads(body)
    assert problem["correlationId"]
    assert f"\r\nx-correlation-id: {problem['correlationId']}\r\n".encode() in head + b"\r\n"
    return int(head.split(b" ")[1]), problem["code"]


@pytest.mark.parametrize(
    "message",
    [
        b"nonsense\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost : x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\n folded\r\n\r\n",
        b"GET / HTTP/1.1\nHost: x\n\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nx: a\x00b\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcd",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: +4\r\n\r\nabcd",
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: identity, chunked, x\r\n\r\n0\r\n\r\n",
    ],
)
def test_what_could_be_read_as_two_requests_is_400_and_the_connection_ends(gateway, upstream, message):
    assert problem_of(talk(gateway, message)) == (400, "malformed_request")
    assert upstream.seen == []


@pytest.mark.parametrize(
    "parts",
    [
        [b"GET / HTTP/1.1\r\nhost: x\r\nx: " + b"y" * 40000 + b"\r\n\r\n"],
        [b"GET / HTTP/1.1\r\nhost: x\r\n", *[b"x: " + b"y" * 8000 + b"\r\n"] * 20],
        [b"GET /" + b"a" * 40000 + b" HTTP/1.1\r\nhost: x\r\n\r\n"],
        [b"GET / HTTP/1.1\r\nhost: x\r\n" + b"x: y\r\n" * 200 + b"\r\n"],
        [b"GET / HTTP/1.1\r\nhost: x\r\nendless: ", *[b"y" * 8000] * 20],
    ],
)
def test_a_head_beyond_its_bound_is_431(gateway, parts):
    assert problem_of(talk(gateway, *parts)) == (431, "head_too_large")


def test_a_head_that_does_not_come_is_not_waited_for(make_gateway, upstream):
    gateway = make_gateway(upstream.url, timeouts=replace(Timeouts(), request_head_s=0.1))
    assert talk(gateway) == b""
    assert problem_of(talk(gateway, b"GET / HTTP/1.1\r\nhost: x\r\nslow: ")) == (408, "request_timeout")


def test_a_connection_on_which_nothing_comes_is_closed_and_one_in_use_is_not(make_gateway, upstream):
    gateway = make_gateway(upstream.url, timeouts=replace(Timeouts(), caller_idle_s=0.3))
    upstream.answers(200, b"{}")
    upstream.delay_s = 0.2
    one = b"GET /system/orders/v1/health HTTP/1.1\r\nhost: x\r\n\r\n"
    with socket.create_connection(("127.0.0.1", gateway.server.port), timeout=10) as connection:
        for _ in range(3):
            connection.sendall(one)
            assert b"200 OK" in connection.recv(65536)
        assert connection.recv(65536) == b""


def test_connections_beyond_the_bound_are_turned_away(make_gateway, upstream):
    gateway = make_gateway(upstream.url, limits=Limits(connections_max=2))
    first = gateway.client.get("/-/health")
    with socket.create_connection(("127.0.0.1", gateway.server.port), timeout=10):
        assert gateway.client.get("/-/health").status_code == 200
        assert problem_of(talk(gateway)) == (503, "overloaded")
    assert first.status_code == 200


def test_a_body_that_does_not_come_is_not_waited_for(make_gateway, upstream, read):
    gateway = make_gateway(upstream.url, timeouts=replace(Timeouts(), request_body_s=0.1))
    head = (
        b"POST /system/orders/v1/orders HTTP/1.1\r\nhost: x\r\nidempotency-key: abcdefgh\r\nauthorization: "
        + read["authorization"].encode()
        + b"\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n"
    )
    received = talk(gateway, head + b'{"customer"')
    assert problem_of(received) == (408, "request_timeout")
    assert upstream.seen == []


@pytest.mark.parametrize("part", [b"x", b"xy" * 5000, b"x" * 200_000])
def test_a_body_in_parts_reaches_the_system_behind_whole(gateway, upstream, read, part):
    head = (
        b"POST /system/orders/v1/orders HTTP/1.1\r\nhost: x\r\nidempotency-key: abcdefgh\r\nauthorization: "
        + read["authorization"].encode()
        + b"\r\ncontent-type: application/json\r\nconnection: close\r\n"
    )
    body = b'{"customer":"' + part + b'"}'
    chunks = [body[at : at + 1000] for at in range(0, len(body), 1000)]
    chunked = b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\n\r\n"
    whole = talk(gateway, head + b"content-length: %d\r\n\r\n" % len(body), *chunks)
    parted = talk(gateway, head + b"transfer-encoding: chunked\r\n\r\n" + chunked)
    assert whole.split(b" ")[1] == parted.split(b" ")[1]
    assert [seen.body for seen in upstream.seen] == ([body, body] if upstream.seen else [])


def test_a_caller_who_waits_for_leave_to_send_its_body_gets_it(gateway, upstream, read):
    head = (
        b"POST /system/orders/v1/orders HTTP/1.1\r\nhost: x\r\nidempotency-key: abcdefgh\r\nauthorization: "
        + read["authorization"].encode()
        + b"\r\ncontent-type: application/json\r\nconnection: close\r\n"
        + b"expect: 100-continue\r\ncontent-length: 10\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", gateway.server.port), timeout=10) as connection:
        connection.sendall(head)
        assert connection.recv(65536) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(b'{"lines":1')
        assert b"400 Bad Request" in connection.recv(65536)


def test_a_second_request_behind_a_whole_one_is_answered_in_turn(gateway, upstream, read):
    upstream.answers(200, b"{}")
    one = b"GET /system/orders/v1/health HTTP/1.1\r\nhost: x\r\n\r\n"
    last = one.replace(b"host", b"connection: close\r\nhost")
    received = talk(gateway, one + one + last)
    assert received.count(b"HTTP/1.1 200 OK") == 3


def test_pipelined_calls_with_bodies_are_answered_in_the_order_they_came(gateway, upstream, read):
    upstream.answers(200, b"{}")
    refused = (
        b"POST /system/orders/v1/orders HTTP/1.1\r\nhost: x\r\ncontent-length: 11\r\n\r\n" + b'{"lines":1}'
    )
    good = b"GET /system/orders/v1/health HTTP/1.1\r\nhost: x\r\n\r\n"
    gone = b"OPTIONS /system/orders/v1/nothing HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"
    received = talk(gateway, refused + good + refused[:-4], refused[-4:] + good + gone)
    statuses = [part[:3] for part in received.split(b"HTTP/1.1 ")[1:]]
    assert statuses == [b"401", b"200", b"401", b"200", b"404"]


@pytest.mark.parametrize(
    "hosts", [b"", b"host: x\r\nhost: x\r\n", b"host: x\r\nhost: y\r\n", b"host: a b\r\n", b"host: x/y\r\n"]
)
def test_a_request_that_does_not_name_one_host_is_400(gateway, upstream, hosts):
    head = b"GET /system/orders/v1/health HTTP/1.1\r\n" + hosts + b"\r\n"
    assert problem_of(talk(gateway, head)) == (400, "malformed_request")
    assert upstream.seen == []


@pytest.mark.parametrize(
    "host", [b"host: x\r\n", b"host: x.test:80\r\n", b"host: [::1]:80\r\n", b"host:\r\n"]
)
def test_every_form_of_a_host_is_taken(gateway, upstream, host):
    upstream.answers(200, b"{}")
    received = talk(
        gateway, b"GET /system/orders/v1/health HTTP/1.1\r\nconnection: close\r\n" + host + b"\r\n"
    )
    assert received.startswith(b"HTTP/1.1 200 OK")


def chunked_order(read, head: bytes, trailer: bytes) -> bytes:
    body = b'{"customer":"x","lines":[{"quantity":1}]}'
    return (
        b"POST /system/orders/v1/orders HTTP/1.1\r\nhost: x\r\nidempotency-key: abcdefgh\r\n"
        b"content-type: application/json\r\ntransfer-encoding: chunked\r\nconnection: close\r\n"
        + head
        + b"\r\n%x\r\n%s\r\n0\r\n%s\r\n" % (len(body), body, trailer)
    )


def test_a_field_in_a_trailer_decides_nothing(gateway, upstream, read):
    upstream.answers(201, b'{"id":"1"}', location="/x")
    token = b"authorization: " + read["authorization"].encode() + b"\r\n"
    assert b"401 Unauthorized" in talk(gateway, chunked_order(read, b"", token))
    assert upstream.seen == []
    received = talk(gateway, chunked_order(read, token, b"x-late: 1\r\nif-match: 1\r\n"))
    assert received.startswith(b"HTTP/1.1 201")
    assert upstream.seen[0].header("x-late") is None
    assert upstream.seen[0].header("if-match") is None


@pytest.mark.parametrize("parts", [[b"x: " + b"y" * 997 + b"\r\n"] * 200, [b"x: ", *[b"y" * 1000] * 200]])
def test_trailers_without_end_are_not_taken(gateway, upstream, read, parts):
    token = b"authorization: " + read["authorization"].encode() + b"\r\n"
    start = chunked_order(read, token, b"")[:-2]
    received = talk(gateway, start, *parts, *[b"\r\n\r\n"])
    assert b" 201 " not in received.partition(b"\r\n")[0]
    assert upstream.seen == []


@pytest.mark.parametrize(
    ("framing", "drip"),
    [(b"content-length: 100000\r\n\r\n", b"a"), (b"transfer-encoding: chunked\r\n\r\n0\r\n", b"x: a\r\n")],
)
def test_after_an_early_answer_the_rest_of_a_body_is_not_waited_for(make_gateway, upstream, framing, drip):
    gateway = make_gateway(upstream.url, timeouts=replace(Timeouts(), unread_body_s=0.3))
    with socket.create_connection(("127.0.0.1", gateway.server.port), timeout=3) as connection:
        connection.sendall(b"POST /nope HTTP/1.1\r\nhost: x\r\n" + framing)
        assert b"404 Not Found" in connection.recv(65536)
        connection.sendall(drip)
        assert connection.recv(65536) == b""


def test_after_an_early_answer_a_long_body_is_not_taken(make_gateway, upstream):
    gateway = make_gateway(upstream.url, limits=Limits(unread_bytes_max=1000))
    head = b"POST /nope HTTP/1.1\r\nhost: x\r\ncontent-length: 1000000\r\n\r\n"
    with socket.create_connection(("127.0.0.1", gateway.server.port), timeout=3) as connection:
        connection.sendall(head)
        assert b"404 Not Found" in connection.recv(65536)
        connection.sendall(b"a" * 5000)
        assert connection.recv(65536) == b""


def test_empty_lines_do_not_keep_a_connection(make_gateway, upstream):
    gateway = make_gateway(upstream.url, timeouts=replace(Timeouts(), caller_idle_s=0.3))
    with socket.create_connection(("127.0.0.1", gateway.server.port), timeout=0.05) as connection:
        connection.sendall(b"GET /-/health HTTP/1.1\r\nhost: x\r\n\r\n")
        connection.recv(65536)
        for _ in range(40):
            try:
                connection.sendall(b"\r\n")
                if connection.recv(65536) == b"":
                    return
            except TimeoutError:
                continue
            except OSError:
                return
        raise AssertionError("the connection stayed open")


def test_a_body_announced_beyond_the_bound_is_413_at_once(gateway, upstream, read):
    head = (
        b"POST /system/orders/v1/orders HTTP/1.1\r\nhost: x\r\nidempotency-key: abcdefgh\r\nauthorization: "
        + read["authorization"].encode()
        + b"\r\ncontent-type: application/json\r\ncontent-length: 10000000000\r\n\r\n"
    )
    assert problem_of(talk(gateway, head)) == (413, "body_too_large")


def test_limits_that_the_system_behind_tells_stand_in_one_line_with_ours(gateway, upstream, read):
    upstream.answers(200, b'{"items":[]}', ratelimit='"mine";r=0', ratelimit_policy='"mine";q=1')
    response = gateway.client.get("/system/orders/v1/orders", headers=read)
    assert response.headers.get_list("ratelimit")[0].endswith(', "mine";r=0')
    assert len(response.headers.get_list("ratelimit")) == 1
