"""The demo's children as real processes: none outlives the demo, however it ends."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ports import free_port

WITHIN_S = 30.0
PARENT = """
import sys
from pathlib import Path
from pactolus.demo.processes import Children

folder, port = Path(sys.argv[1]), sys.argv[2]
with Children(folder) as children:
    arguments = ["--registry", "http://127.0.0.1:1", "--client-id", "a", "--state-dir", str(folder / "state")]
    children.start("door", ["gateway", "serve", "--port", port, *arguments], {"PACTOLUS_CLIENT_SECRET": "b"})
    children.wait_until_ready({"door": f"http://127.0.0.1:{port}/-/health"})
    print("ready", flush=True)
    sys.stdin.read()
"""
STUBBORN = """
import signal, threading
from pactolus.demo.child import end_with_parent

signal.signal(signal.SIGTERM, signal.SIG_IGN)
end_with_parent(0.1)
print("ready", flush=True)
threading.Event().wait()
"""


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def parent(tmp_path: Path, port: int) -> Iterator[subprocess.Popen[str]]:
    yield from _started([sys.executable, "-c", PARENT, str(tmp_path), str(port)])


@pytest.fixture
def stubborn() -> Iterator[subprocess.Popen[str]]:
    yield from _started([sys.executable, "-c", STUBBORN])


def _started(command: list[str]) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n", process.communicate()[1]
    with process:
        yield process
        process.kill()


def listening(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGTERM])
def test_a_demo_that_is_killed_leaves_no_process_behind(
    parent: subprocess.Popen[str], port: int, sent: signal.Signals
) -> None:
    assert listening(port)
    parent.send_signal(sent)
    parent.wait(WITHIN_S)
    end = time.monotonic() + WITHIN_S
    while listening(port):
        assert time.monotonic() < end, "the child outlived its parent"


def test_a_demo_that_ends_of_itself_has_stopped_its_processes(
    parent: subprocess.Popen[str], port: int
) -> None:
    _, errors = parent.communicate(timeout=WITHIN_S)
    assert (parent.returncode, errors) == (0, "")
    assert not listening(port)


def test_a_child_that_does_not_stop_when_asked_is_killed(stubborn: subprocess.Popen[str]) -> None:
    assert stubborn.stdin is not None
    stubborn.stdin.close()
    assert stubborn.wait(WITHIN_S) == -signal.SIGKILL
