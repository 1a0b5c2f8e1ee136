"""A registry over HTTP, for clients that are programs of their own: a broker's, a browser."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn

from registry.serve import server_options
from tests.registry.harness import RegistryUnderTest


@contextmanager
def served(registry: RegistryUnderTest) -> Iterator[str]:
    """Serves on the port of its configuration while the block lasts; the address."""
    started = threading.Event()

    class Server(uvicorn.Server):
        async def startup(self, sockets: Any = None) -> None:
            await super().startup(sockets)
            started.set()

    server = Server(uvicorn.Config(registry.app, **server_options(registry.config)))
    thread = threading.Thread(target=server.run)
    thread.start()
    assert started.wait(30)
    try:
        yield f"http://127.0.0.1:{registry.config.port}"
    finally:
        server.should_exit = True
        thread.join()


@contextmanager
def served_app(app: Any) -> Iterator[str]:
    """The base URL while it is served by a thread, on a port that was free."""
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(app, log_level="warning", access_log=False, lifespan="on")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        # The listener takes connections from now on; they wait until the server is up.
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(timeout=10)
        listener.close()
