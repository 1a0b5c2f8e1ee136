"""Both directions of one connection under pressure: reading stops while too much is unread, writing waits."""

from __future__ import annotations

import asyncio

HIGH_WATER_BYTES = 64 * 1024
"""So much of a body may wait to be read before the connection is read no further."""


class Flow:
    """Implements the flow control of asyncio's protocols for one transport."""

    __slots__ = ("_reading_paused", "_transport", "_writable", "write_paused")

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._reading_paused = False
        self._writable: asyncio.Future[None] | None = None
        self.write_paused = False

    def pause_reading(self) -> None:
        """What comes is left to the kernel, which tells the other side to wait."""
        if not self._reading_paused:
            self._reading_paused = True
            self._transport.pause_reading()

    def resume_reading(self) -> None:
        """Reads again, unless the connection is at its end."""
        if self._reading_paused:
            self._reading_paused = False
            if not self._transport.is_closing():
                self._transport.resume_reading()

    def pause_writing(self) -> None:
        """The transport holds more than its high water."""
        self.write_paused = True

    def resume_writing(self) -> None:
        """There is room again, or nobody to write to any more: who waits goes on."""
        self.write_paused = False
        if self._writable is not None and not self._writable.done():
            self._writable.set_result(None)

    async def drain(self) -> None:
        """Until there is room to write."""
        if self.write_paused:
            self._writable = asyncio.get_running_loop().create_future()
            await self._writable
