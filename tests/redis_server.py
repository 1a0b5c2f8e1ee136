"""A Redis that a test may kill, stop and start again."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.ports import free_port


@contextmanager
def redis_of_its_own(folder: Path) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """A server that a test may end; its address and its process."""
    port = free_port()
    server = start_redis(folder, port)
    try:
        yield f"redis://127.0.0.1:{port}", server
    finally:
        server.kill()
        server.wait()
        assert server.stdout is not None
        server.stdout.close()


def start_redis(folder: Path, port: int) -> subprocess.Popen[str]:
    """A server that is ready, with nothing in it."""
    server = subprocess.Popen(
        ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert server.stdout is not None
    for line in server.stdout:
        if "Ready to accept connections" in line:
            break
    return server
