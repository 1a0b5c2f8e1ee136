"""What all tests share: a test that needs a running service says so, and is skipped where there is none."""

from __future__ import annotations

import os
import shutil
import socket
from pathlib import Path

import pytest

MEMORY = Path("/dev/shm")
MEMORY_BYTES_MIN = 2 * 1024**3
PORTS = {"postgres": 5432, "redis": 6379, "nats": 4222}


def pytest_configure() -> None:
    """Files of tests lie in memory where there is room: waiting for a disk at each commit proves nothing."""
    if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free >= MEMORY_BYTES_MIN:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))


def listens(name: str) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", PORTS[name]), timeout=1):
            return True
    except OSError:
        return False


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skips ``@pytest.mark.service(name)`` where it is absent; PACTOLUS_REQUIRE_SERVICES forbids that."""
    required = os.environ.get("PACTOLUS_REQUIRE_SERVICES", "").split()
    absent = {name for name in PORTS if not listens(name)}
    for item in items:
        for marker in item.iter_markers("service"):
            name = marker.args[0]
            if name in absent and name not in required:
                reason = f"{name} does not listen on 127.0.0.1:{PORTS[name]}"
                item.add_marker(pytest.mark.skip(reason=reason))
