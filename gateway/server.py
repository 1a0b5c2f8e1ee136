"""Listens for callers and ends in good order: the server of the gateway's own HTTP/1.1 door.

At the end it accepts nobody new, lets exchanges under way end within a bound of time, and then cuts what is
left. TLS and HTTP/2 end at a front proxy.
"""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import Callable, Sequence
from contextlib import suppress

from gateway.config import Limits, Timeouts
from gateway.server_cycle import AnswerTo
from gateway.server_protocol import Door, ServerConnection
from gateway.web import Life

BACKLOG = 2048


class HttpServer:
    """Serves on sockets given or on one of its own, until it is told to stop."""

    def __init__(self, answer_to: AnswerTo, life: Life, limits: Limits, timeouts: Timeouts) -> None:
        self._door = Door(limits, timeouts, answer_to)
        self._life = life
        self._timeouts = timeouts
        self._stop: asyncio.Event | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def serve(
        self, sockets: Sequence[socket.socket], listening: Callable[[], None] = lambda: None
    ) -> None:
        """Runs until `stop`; `listening` is called once callers are heard."""
        loop = self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        await self._life.start()
        servers = [
            await loop.create_server(lambda: ServerConnection(self._door, loop), sock=one, backlog=BACKLOG)
            for one in sockets
        ]
        try:
            listening()
            await self._stop.wait()
        finally:
            for server in servers:
                server.close()
            await self._end()
            await self._life.stop()

    def stop(self) -> None:
        """Asks for the end; from any thread."""
        loop, stop = self._loop, self._stop
        if loop is not None and stop is not None and not loop.is_closed():
            with suppress(RuntimeError):  # the loop may close between the two
                loop.call_soon_threadsafe(stop.set)

    def stop_on_signals(self) -> None:
        """SIGTERM and SIGINT ask for the end; within the running loop only."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop)

    async def _end(self) -> None:
        door = self._door
        door.closing = True
        for connection in list(door.connections):
            connection.shutdown()
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._timeouts.shutdown_s
        while (tasks := door.tasks()) and (left_s := deadline - loop.time()) > 0:
            await asyncio.wait(tasks, timeout=left_s)
        for task in (tasks := door.tasks()):
            task.cancel()
        for connection in list(door.connections):
            connection.transport.abort()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0)


def listen(host: str, port: int, *, shared: bool = False) -> socket.socket:
    """A listening socket; `shared` lets other processes listen on the same port (SO_REUSEPORT)."""
    found = bind(host, port, shared=shared)
    found.listen(BACKLOG)
    return found


def bind(host: str, port: int, *, shared: bool = False) -> socket.socket:
    """A socket that has the port and does not listen yet."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    found = socket.socket(family, socket.SOCK_STREAM)
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if shared:
            found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if family == socket.AF_INET6:
            found.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        found.bind((host, port))
        found.setblocking(False)
    except BaseException:
        found.close()
        raise
    return found
