"""The transport to the systems behind: a bounded pool of kept connections per system, HTTP/1.1 in the clear.

A kept connection may have been closed by the other side just as a request was written to it. Such a request
is sent once more on a new connection when it is safe to repeat (RFC 9110 section 9.2.2: idempotent methods,
and calls with the Idempotency-Key that their contract asks for) and no byte of an answer came. Others are
answered 502 then; to make that rare they are given only connections used a moment ago on which no end has
come. Answers are gathered whole, because they are validated before any of them is passed on, but for those
whose body no contract describes: these are streamed, as are such bodies of requests.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from typing import cast
from urllib.parse import urlsplit

from gateway.config import Limits, Timeouts
from gateway.errors import ConfigError, UpstreamError
from gateway.lanes import Lanes
from gateway.model import UpstreamRequest, UpstreamResponse
from gateway.upstream_protocol import UpstreamConnection
from gateway.upstream_stream import UpstreamStream

_IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE"})
_BODY_METHODS = frozenset({"POST", "PUT", "PATCH"})
_KEY = re.compile(r"[a-z][a-z0-9-]*\.v[0-9]+")


class UpstreamPool:
    """Connections to one system at `origin` (`http://host:port`)."""

    def __init__(self, origin: str, limits: Limits, timeouts: Timeouts) -> None:
        parts = urlsplit(origin)
        if parts.scheme != "http" or not parts.hostname or parts.path not in ("", "/") or parts.query:
            raise ConfigError("config.upstream", f"{origin!r} is not of the form http://host:port")
        self._host = parts.hostname
        self._port = parts.port or 80
        self._authority = parts.netloc.encode("ascii")
        self._limits = limits
        self._timeouts = timeouts
        self._idle: list[UpstreamConnection] = []
        self._open = 0
        self._waiting: Lanes[asyncio.Future[UpstreamConnection | None]] = Lanes(
            limits.waiting_per_upstream_max
        )

    async def send(self, request: UpstreamRequest) -> UpstreamResponse:
        """One exchange; raises `UpstreamError`."""
        loop = asyncio.get_running_loop()
        message, is_head = self._message(request), request.method == "HEAD"
        repeatable = (request.keyed or request.method in _IDEMPOTENT) and request.parts is None
        response_s = self._timeouts.upstream_response_s
        for attempt in (0, 1):
            connection = self._take(repeatable, loop.time()) if attempt == 0 else None
            if connection is None:
                connection = await self._connect(loop, attempt == 0, request.lane)
            fresh = connection.uses == 0
            try:
                answer = connection.start(loop, message, is_head, response_s, request.streams)
                if request.parts is not None:
                    await connection.send_parts(loop, request.parts, response_s, answer)
                response = await answer
            except UpstreamError as error:
                self._give_back(connection, loop.time())
                stale = error.code == "upstream_closed" and not fresh and not connection.answered
                if not stale or not repeatable:
                    raise
                continue
            except BaseException:
                connection.abandon()
                self._give_back(connection, loop.time())
                raise
            if response.stream is None:
                self._give_back(connection, loop.time())
            else:
                self._give_back_later(connection, cast("UpstreamStream", response.stream), loop)
            return response
        raise UpstreamError("upstream_closed", "the connection closed twice")

    def _give_back_later(
        self, connection: UpstreamConnection, stream: UpstreamStream, loop: asyncio.AbstractEventLoop
    ) -> None:
        """When the streamed answer ends; it may have ended already."""
        if stream.ended:
            self._give_back(connection, loop.time())
        else:
            stream.on_end = lambda: self._give_back(connection, loop.time())

    def _take(self, repeatable: bool, now: float) -> UpstreamConnection | None:
        """The connection used last, unless it has been idle for too long."""
        bound = self._timeouts.upstream_idle_s
        if not repeatable:
            bound = min(bound, self._timeouts.upstream_idle_unsafe_s)
        while self._idle:
            connection = self._idle.pop()
            if (
                connection.reusable
                and now - connection.idle_since <= bound
                and (repeatable or connection.silent)
            ):
                return connection
            self._discard(connection)
        return None

    async def _connect(
        self, loop: asyncio.AbstractEventLoop, takes_used: bool, lane: int
    ) -> UpstreamConnection:
        """A new connection, or one that was handed over when all were in use."""
        if self._open < self._limits.connections_per_upstream_max:
            self._open += 1
        else:
            used = await self._wait(loop, lane)
            if used is not None and takes_used and used.reusable and used.silent:
                return used
            if used is not None:
                used.close()
        try:
            async with asyncio.timeout(self._timeouts.upstream_connect_s):
                _, connection = await loop.create_connection(
                    lambda: UpstreamConnection(self._limits, self._timeouts), self._host, self._port
                )
        except (OSError, TimeoutError) as error:
            self._hand_over(None)
            raise UpstreamError("upstream_unavailable", "the system behind is not reachable") from error
        except BaseException:
            self._hand_over(None)
            raise
        return connection

    async def _wait(self, loop: asyncio.AbstractEventLoop, lane: int) -> UpstreamConnection | None:
        """In its turn, a connection just used, or None: the right to open one in its place."""
        turn: asyncio.Future[UpstreamConnection | None] = loop.create_future()
        waits, displaced = self._waiting.add(lane, turn)
        if not waits:
            raise UpstreamError("upstream_busy", "too many calls wait for the system behind")
        if displaced is not None and not displaced.done():
            displaced.set_exception(UpstreamError("upstream_busy", "more urgent calls wait"))
        try:
            async with asyncio.timeout(self._timeouts.upstream_wait_s):
                return await turn
        except BaseException as error:
            waited = self._waiting.remove(lane, turn)
            if not waited and not turn.cancelled() and turn.exception() is None:
                self._hand_over(turn.result())
            if isinstance(error, TimeoutError):
                message = "no connection to the system behind came free"
                raise UpstreamError("upstream_busy", message) from error
            raise

    def _give_back(self, connection: UpstreamConnection, now: float) -> None:
        if connection.reusable:
            connection.idle_since = now
            self._hand_over(connection)
        else:
            self._discard(connection)

    def _discard(self, connection: UpstreamConnection) -> None:
        connection.close()
        self._hand_over(None)

    def _hand_over(self, connection: UpstreamConnection | None) -> None:
        """Passes a place among the open connections on to who waits longest in the most urgent lane.

        None is the place of a connection that is no more.
        """
        while (turn := self._waiting.pop()) is not None:
            if not turn.done():
                turn.set_result(connection)
                return
        if connection is None:
            self._open -= 1
        else:
            self._idle.append(connection)

    def _message(self, request: UpstreamRequest) -> bytes:
        parts = [
            request.method.encode("ascii"), b" ", request.target,
            b" HTTP/1.1\r\nhost: ", self._authority, b"\r\n",
        ]  # fmt: skip
        for name, value in request.headers:
            parts += (name, b": ", value, b"\r\n")
        if request.parts is not None:
            total = request.parts.bytes_total
            framing = (
                (b"transfer-encoding", b"chunked") if total is None else (b"content-length", b"%d" % total)
            )
            parts += (framing[0], b": ", framing[1], b"\r\n")
        elif request.body or request.method in _BODY_METHODS:
            parts += (b"content-length: ", str(len(request.body)).encode(), b"\r\n")
        parts += (b"\r\n", request.body)
        return b"".join(parts)

    def close(self) -> None:
        """Ends all idle connections."""
        while self._idle:
            self._discard(self._idle.pop())


class UpstreamDirectory:
    """All systems behind by contract key; contracts served at one origin share its pool."""

    def __init__(self, upstreams: Mapping[str, str], limits: Limits, timeouts: Timeouts) -> None:
        for key in upstreams:
            if _KEY.fullmatch(key) is None:
                raise ConfigError("config.upstream", f"{key!r} is not of the form name.v1")
        pools = {origin: UpstreamPool(origin, limits, timeouts) for origin in set(upstreams.values())}
        self._pools = {key: pools[origin] for key, origin in upstreams.items()}

    async def send(self, key: str, request: UpstreamRequest) -> UpstreamResponse:
        """As `ports.Upstreams.send`; `upstream_not_configured` for a contract without a system."""
        pool = self._pools.get(key)
        if pool is None:
            raise UpstreamError("upstream_not_configured", f"no system is configured for {key}")
        return await pool.send(request)

    def close(self) -> None:
        """Ends all idle connections."""
        for pool in set(self._pools.values()):
            pool.close()
