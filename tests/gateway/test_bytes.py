"""Any bytes on a connection, in any pieces: read as an independent parser (h11) reads them, or refused.

The connection runs on a transport in memory, so thousands of streams cost no socket. What is compared is what
the gateway would act on: the requests that came whole, with their bodies, in their order.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import h11
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as checked
from hypothesis import strategies as st

from gateway.config import Limits, Timeouts
from gateway.model import Answer, Request
from gateway.server_protocol import Door, ServerConnection

BODY_BYTES_MAX = 10_000
TURNS = 12
Taken = tuple[str, bytes, list[tuple[bytes, bytes]], bytes]


class Wire:
    """A transport in memory: keeps what is written, and what the connection asked of it."""

    def __init__(self) -> None:
        self.written = b""
        self.closing = False
        self.paused = False

    def get_extra_info(self, name: str) -> Any:
        return ("192.0.2.1", 1) if name == "peername" else None

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None: ...

    def write(self, data: bytes) -> None:
        if not self.closing:
            self.written += bytes(data)

    def close(self) -> None:
        self.closing = True

    abort = close

    def is_closing(self) -> bool:
        return self.closing

    def pause_reading(self) -> None:
        self.paused = True

    def resume_reading(self) -> None:
        self.paused = False


class Conversation:
    """One connection, fed piece by piece; requests that came whole are kept and answered 200."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.taken: list[Taken] = []
        self.wire = Wire()
        self.connection = ServerConnection(Door(Limits(), Timeouts(), self.answer), loop)
        self.connection.connection_made(self.wire)  # type: ignore[arg-type]

    async def answer(self, request: Request, body: Any) -> Answer:
        raw = await body.read(BODY_BYTES_MAX, 60.0)
        target = request.path + b"?" + request.query if request.query else request.path
        self.taken.append((request.method, target, request.headers, raw))
        return Answer(200, [(b"content-length", b"2")], b"ok")

    def turn(self) -> None:
        for _ in range(TURNS):
            self.loop.run_until_complete(asyncio.sleep(0))

    def feed(self, pieces: Iterator[bytes]) -> None:
        for piece in pieces:
            for _ in range(200):
                if not self.wire.paused or self.wire.closing:
                    break
                self.turn()
            assert not self.wire.paused or self.wire.closing, "it reads no further"
            if self.wire.closing:
                return
            self.connection.data_received(piece)
            self.turn()

    def hang_up(self) -> None:
        self.turn()
        task = self.connection.task
        self.connection.connection_lost(None)
        self.turn()
        assert task is None or task.done(), "an exchange outlives its connection"


@pytest.fixture(scope="module")
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    found = asyncio.SelectorEventLoop()
    failures: list[Any] = []
    found.set_exception_handler(lambda _, context: failures.append(context))
    yield found
    found.close()
    assert failures == []


def talked(loop: asyncio.AbstractEventLoop, *pieces: bytes) -> Conversation:
    conversation = Conversation(loop)
    conversation.feed(iter(pieces))
    conversation.hang_up()
    return conversation


def read_by_h11(stream: bytes) -> list[Taken]:
    """The second opinion: the requests of a stream that came whole before anything malformed."""
    taken: list[Taken] = []
    while stream := stream.lstrip(b"\r\n"):
        connection = h11.Connection(h11.SERVER, max_incomplete_event_size=1_000_000)
        connection.receive_data(stream)
        request, body = None, b""
        try:
            while not isinstance(event := connection.next_event(), h11.EndOfMessage):
                if isinstance(event, h11.Request):
                    request = event
                    if event.method == b"CONNECT":  # has no body, and nothing after it is HTTP
                        return [*taken, ("CONNECT", origin_form(event.target), list(event.headers), b"")]
                elif isinstance(event, h11.Data):
                    body += bytes(event.data)
                else:
                    return taken
        except h11.RemoteProtocolError:
            return taken
        assert request is not None
        taken.append((request.method.decode(), origin_form(request.target), list(request.headers), body))
        if connection.their_state not in (h11.DONE, h11.MIGHT_SWITCH_PROTOCOL):
            return taken
        stream = connection.trailing_data[0]
    return taken


def origin_form(target: bytes) -> bytes:
    """A target without scheme and authority; a fragment is no part of a request (RFC 9112 section 3.2)."""
    return re.sub(rb"^[a-z]+://[^/]*", b"", target).partition(b"#")[0]


def answers_of(written: bytes, methods: list[str]) -> list[int]:
    """Statuses of the answers, each well-formed to h11."""
    found = []
    rest = written
    while rest:
        client = h11.Connection(h11.CLIENT)
        method = methods[len(found)] if len(found) < len(methods) else "GET"
        method = "GET" if method == "CONNECT" else method
        client.send(h11.Request(method=method, target="/", headers=[("host", "x")]))
        client.send(h11.EndOfMessage())
        client.receive_data(rest)
        while not isinstance(event := client.next_event(), h11.Response):
            assert isinstance(event, h11.InformationalResponse), event
        found.append(event.status_code)
        while not isinstance(event := client.next_event(), h11.EndOfMessage):
            assert isinstance(event, h11.Data), event
        rest = client.trailing_data[0]
    return found


CHUNKED = b"POST /c HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
SIMPLE = [
    b"GET /a?x=1 HTTP/1.1\r\nHost: x\r\n\r\n",
    b"POST /b HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello",
    CHUNKED + b"5\r\nhello\r\n1;e=f\r\n!\r\n0\r\nT: v\r\n\r\n",
    b"POST /d HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nhi",
    b"DELETE /e HTTP/1.1\r\nhost: x:80\r\nConnection: keep-alive\r\n\r\n",
]
METHODS = st.sampled_from([b"GET", b"POST", b"PUT", b"HEAD", b"OPTIONS", b"CONNECT", b"PRI", b"get", b"G T"])
TARGETS = st.sampled_from(
    [b"/", b"/a/b?c=d", b"*", b"http://x/y", b"/a#b", b"//", b"/\xff", b"", b"x:1", b"/ "]
)
VERSIONS = st.sampled_from([b"HTTP/1.1"] * 6 + [b"HTTP/1.0", b"HTTP/2.0", b"http/1.1", b"HTTP/1.11", b""])
LINES = st.sampled_from(
    [
        b"Host: x",
        b"Host: y",
        b"Host:",
        b"Host: a b",
        b"Content-Length: 0",
        b"Content-Length: 3",
        b"Content-Length: 3, 3",
        b"Content-Length: +3",
        b"Content-Length: 0x3",
        b"Content-Length: 99999999999999999999",
        b"Content-Length : 3",
        b"Transfer-Encoding: chunked",
        b"Transfer-Encoding: Chunked",
        b"Transfer-Encoding: chunked, chunked",
        b"Transfer-Encoding: gzip, chunked",
        b"Transfer-Encoding: identity",
        b"Transfer-Encoding:\x0bchunked",
        b"Transfer-Encoding: chunked\x00",
        b"Transfer_Encoding: chunked",
        b"Connection: close",
        b"Connection: keep-alive",
        b"Connection: Upgrade\r\nUpgrade: h2c",
        b"Upgrade: websocket",
        b"Expect: 100-continue",
        b" folded",
        b"\tfolded",
        b"x",
        b"x:",
        b"x: \x01",
        b"x: \xe9",
        b": x",
        b"a\rb: c",
        b"",
    ]
)
ENDS = st.sampled_from([b"\r\n"] * 8 + [b"\n", b"\r", b"\r\r\n"])
CHUNKS = st.sampled_from(
    [
        b"3\r\nabc\r\n",
        b"0\r\n\r\n",
        b"03\r\nabc\r\n",
        b"3;x=y\r\nabc\r\n",
        b"3\nabc\n",
        b"3 \r\nabc\r\n",
        b"-1\r\n",
        b"0x3\r\nabc\r\n",
        b"ffffffffffffffff1\r\n",
        b"3\r\nabcd\r\n",
        b"0\r\nx: y\r\n\r\n",
        b"0\r\n x\r\n\r\n",
        b"\r\n",
        b"0\r\nContent-Length: 9\r\n\r\n",
        b"3;\rx\r\nabc\r\n",
        b'3;a="\r\n"\r\nabc\r\n',
        b"abc",
        b"GET / HTTP/1.1\r\n",
    ]
)


@st.composite
def messages(draw: st.DrawFn) -> bytes:
    end = draw(ENDS)
    head = [b" ".join([draw(METHODS), draw(TARGETS), draw(VERSIONS)])]
    head += draw(st.lists(LINES, max_size=4))
    if draw(st.booleans()):
        head.insert(1, b"Host: x")
    return end.join(head) + end + draw(ENDS) + b"".join(draw(st.lists(CHUNKS, max_size=3)))


@st.composite
def streams(draw: st.DrawFn) -> bytes:
    """Several messages in one, well-formed or nearly, and perhaps one byte off."""
    stream = b"".join(draw(st.lists(st.sampled_from(SIMPLE) | messages(), min_size=1, max_size=4)))
    if draw(st.booleans()):
        at = draw(st.integers(0, len(stream)))
        byte = draw(st.sampled_from([b"", b"\r", b"\n", b" ", b"\x00", b":", b"0", b"\t", b"\x80"]))
        stream = stream[:at] + byte + stream[at + draw(st.integers(0, 1)) :]
    return stream


def tolerated(stream: bytes) -> bytes:
    """What llhttp forgives and h11 does not, and nobody can misread: more than one space in a request line.

    So are empty lines before one, of whatever line ends (RFC 9112 section 2.2).
    """
    return re.sub(rb"([A-Z-]+) +([^ \r\n]+) +(HTTP/1\.[01]\r)", rb"\1 \2 \3", stream)


def cut(stream: bytes, places: list[int]) -> list[bytes]:
    bounds = [0, *sorted(place % (len(stream) + 1) for place in places), len(stream)]
    return [stream[one:two] for one, two in pairwise(bounds) if one < two]


MANY = checked(
    max_examples=400, deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip


@MANY
@given(streams(), st.lists(st.integers(0, 2000), max_size=6))
def test_whatever_is_acted_on_an_independent_parser_reads_alike(loop, stream, places):
    conversation = talked(loop, *cut(stream, places))
    theirs = read_by_h11(tolerated(stream))
    assert conversation.taken == theirs[: len(conversation.taken)]
    statuses = answers_of(conversation.wire.written, [one[0] for one in conversation.taken])
    assert statuses[: len(conversation.taken)] == [200] * len(conversation.taken)
    assert all(400 <= status < 500 for status in statuses[len(conversation.taken) :])
    assert b"Traceback" not in conversation.wire.written


@MANY
@given(streams(), st.lists(st.integers(0, 2000), max_size=6))
def test_how_a_stream_is_cut_changes_nothing(loop, stream, places):
    # A refusal may come late to be written, where an answer before it has ended the connection.
    assert talked(loop, *cut(stream, places)).taken == talked(loop, stream).taken


def test_requests_that_are_pipelined_byte_by_byte_are_all_answered_in_their_order(loop):
    stream = b"".join(SIMPLE)
    conversation = talked(loop, *(stream[at : at + 1] for at in range(len(stream))))
    assert [one[1] for one in conversation.taken] == [b"/a?x=1", b"/b", b"/c", b"/d", b"/e"]
    assert conversation.taken == read_by_h11(stream)


@pytest.mark.parametrize("message", SIMPLE)
def test_a_caller_who_leaves_at_any_byte_is_never_taken_for_one_who_has_finished(loop, message):
    for at in range(len(message)):
        assert talked(loop, message[:at]).taken == []
    assert len(talked(loop, message).taken) == 1


BAD_BODY = CHUNKED + b"zz\r\n"
NO_HOST = b"GET / HTTP/1.1\r\n\r\n"


@pytest.mark.parametrize("bad", [BAD_BODY, NO_HOST, b"nonsense\r\n\r\n"])
@pytest.mark.parametrize("before", [1, 3])
def test_a_refusal_is_never_written_before_the_answers_to_requests_that_came_whole(loop, bad, before):
    conversation = talked(loop, SIMPLE[0] * before + bad)
    assert len(conversation.taken) == before
    assert answers_of(conversation.wire.written, [])[:before] == [200] * before
    assert conversation.wire.closing


@pytest.mark.parametrize(
    "line",
    [
        b"Transfer-Encoding: gzip, chunked",
        b"Transfer-Encoding: chunked, chunked",
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
        b"Transfer-Encoding: identity",
    ],
)
def test_a_transfer_coding_other_than_chunked_is_refused(loop, line):
    conversation = talked(loop, b"POST / HTTP/1.1\r\nHost: x\r\n" + line + b"\r\n\r\n0\r\n\r\n")
    assert conversation.taken == []
    assert answers_of(conversation.wire.written, []) == [400]


def test_chunks_in_http_1_0_are_refused(loop):
    assert talked(loop, CHUNKED.replace(b"1.1", b"1.0") + b"0\r\n\r\n").taken == []


@pytest.mark.parametrize("split", [False, True])
@pytest.mark.parametrize(
    "framing",
    [b"Content-Length: 5\r\n\r\nhello", b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"],
)
def test_the_body_of_a_caller_who_would_rather_speak_another_protocol_is_read(loop, framing, split):
    message = b"POST /f HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n" + framing
    stream = message + SIMPLE[0] + message
    pieces = [stream[at : at + 1] for at in range(len(stream))] if split else [stream]
    conversation = talked(loop, *pieces)
    assert [(one[1], one[3]) for one in conversation.taken] == [
        (b"/f", b"hello"), (b"/a?x=1", b""), (b"/f", b"hello"),
    ]  # fmt: skip
