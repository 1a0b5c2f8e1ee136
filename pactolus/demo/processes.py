"""The demo's child processes: started, watched, and stopped whatever happens, even to the demo itself."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx

from pactolus.addresses import is_free
from pactolus.demo.config import HOST, LOG_LINES_SHOWN, POLL_EVERY_S, START_DEADLINE_S, STOP_GRACE_S
from pactolus.errors import DemoFailed


@dataclass(frozen=True, slots=True)
class Child:
    """A running ``pactolus`` command and the file that holds what it printed."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path


class Children:
    """Starts ``pactolus`` commands as processes of their own; leaving the block stops them all."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._children: list[Child] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self, name: str, arguments: Sequence[str], environment: Mapping[str, str]) -> None:
        """Starts ``pactolus ARGUMENTS``; secrets go by ``environment``, never by the command line."""
        log = self._folder / f"{name}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(  # noqa: S603 - our own interpreter, our own arguments
                [sys.executable, "-m", "pactolus.demo.child", *arguments],
                env={**os.environ, **environment},
                stdin=subprocess.PIPE,  # nothing is written: its end tells the child that the demo is no more
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C reaches the demo alone, which then stops these in order
            )
        self._children.append(Child(name, process, log))

    def wait_until_ready(self, urls: Mapping[str, str]) -> None:
        """Waits until each URL answers 200; tells the last lines of a child that died instead."""
        deadline = time.monotonic() + START_DEADLINE_S
        for name, url in urls.items():
            while not _answers(url):
                self.check()
                if time.monotonic() > deadline:
                    raise DemoFailed(
                        f"{name} did not answer at {url} within {START_DEADLINE_S:.0f} s", self._tail(name)
                    )
                time.sleep(POLL_EVERY_S)

    def check(self) -> None:
        """Raises ``DemoFailed`` when a child is no longer running."""
        for child in self._children:
            if child.process.poll() is not None:
                raise DemoFailed(f"{child.name} {_ending(child.process.returncode)}", self._tail(child.name))

    def stop(self) -> None:
        """Asks each child to stop, last started first, and kills what has not after the grace time."""
        for child in reversed(self._children):
            if child.process.poll() is None:
                child.process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + STOP_GRACE_S
        for child in reversed(self._children):
            try:
                child.process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                child.process.kill()
                child.process.wait()
            if child.process.stdin is not None:
                child.process.stdin.close()
        self._children.clear()

    def _tail(self, name: str) -> str:
        log = next(child.log for child in self._children if child.name == name)
        lines = log.read_text(errors="replace").splitlines()[-LOG_LINES_SHOWN:]
        return f"the last lines of {log}:\n  " + "\n  ".join(lines)


def require_free_ports(ports: Mapping[str, int]) -> None:
    """Raises ``DemoFailed`` naming each port that something else listens on."""
    taken = [f"{port} ({name})" for name, port in ports.items() if not is_free(HOST, port)]
    if taken:
        raise DemoFailed(
            f"already taken on {HOST}: port {', '.join(taken)}",
            "stop what runs there (another demo?), or choose others with --port 9700",
        )


def _ending(returncode: int) -> str:
    """How a process ended, in words; a negative code is a signal (subprocess)."""
    if returncode < 0:
        return f"was killed by {signal.Signals(-returncode).name}"
    return f"stopped with exit status {returncode}"


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2.0).status_code == httpx.codes.OK
    except httpx.HTTPError:
        return False
