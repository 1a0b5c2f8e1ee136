"""Several processes behind one port: started, watched, replaced when one dies, ended together.

Each has a listening socket of its own on the same port (SO_REUSEPORT), so the kernel shares callers out. The
parent serves nobody. It forks before any loop or thread exists, and what it made shared before stays shared.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

logger = logging.getLogger("pactolus.gateway")
RESTART_FIRST_S = 0.1
RESTART_LAST_S = 5.0
STEADY_AFTER_S = 60.0
LOOK_S = 0.05


@dataclass(slots=True)
class Worker:
    """One process: when it began, and how long the next one waits should it die."""

    number: int
    pid: int
    started: float
    wait_s: float = RESTART_FIRST_S
    due: float | None = None


class Supervisor:
    """Runs `serve(number)` in `count` processes until it is told to stop."""

    def __init__(self, serve: Callable[[int], None], count: int, grace_s: float) -> None:
        self._serve = serve
        self._count = count
        self._grace_s = grace_s
        self._stopping = False
        self._workers: list[Worker] = []

    def run(self) -> int:
        """The exit status: 0 when it was told to stop, that of a worker which could not begin at all."""
        before = {
            number: signal.signal(number, self._on_signal) for number in (signal.SIGTERM, signal.SIGINT)
        }
        try:
            self._workers = [self._start(number) for number in range(self._count)]
            while not self._stopping:
                refused = self._look()
                if refused is not None:
                    self._end()
                    return refused
                time.sleep(LOOK_S)
            self._end()
            return 0
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _on_signal(self, number: int, frame: object) -> None:  # noqa: ARG002
        self._stopping = True

    def _start(self, number: int, wait_s: float = RESTART_FIRST_S) -> Worker:
        sys.stdout.flush()
        sys.stderr.flush()
        pid = os.fork()
        if pid:
            return Worker(number, pid, time.monotonic(), wait_s)
        status = 1
        try:
            for each in (signal.SIGTERM, signal.SIGINT):
                signal.signal(each, signal.SIG_DFL)
            self._serve(number)
            status = 0
        except SystemExit as ending:
            status = ending.code if isinstance(ending.code, int) else 1
        except BaseException:
            logger.exception("worker %d failed", number)
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(status)

    def _look(self) -> int | None:
        """Replaces who died; the status of one that refused to begin (2), as its fellows would."""
        now = time.monotonic()
        for place, worker in enumerate(self._workers):
            if worker.due is not None:
                if now >= worker.due:
                    self._workers[place] = self._start(worker.number, worker.wait_s)
                continue
            pid, status = os.waitpid(worker.pid, os.WNOHANG)
            if not pid:
                continue
            code = os.waitstatus_to_exitcode(status)
            worker.pid = 0
            if code == 2:
                return code
            steady = now - worker.started > STEADY_AFTER_S
            wait_s = RESTART_FIRST_S if steady else worker.wait_s
            worker.due, worker.wait_s = now + wait_s, min(2 * wait_s, RESTART_LAST_S)
            logger.error("worker %d ended (%s); it is replaced in %.1f s", worker.number, code, wait_s)
        return None

    def _end(self) -> None:
        """Asks all to end, and ends those that do not in time."""
        running = [worker.pid for worker in self._workers if worker.pid and worker.due is None]
        for pid in running:
            _tell(pid, signal.SIGTERM)
        deadline = time.monotonic() + self._grace_s
        while running and time.monotonic() < deadline:
            running = [pid for pid in running if not os.waitpid(pid, os.WNOHANG)[0]]
            time.sleep(LOOK_S)
        for pid in running:
            _tell(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


def _tell(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return
