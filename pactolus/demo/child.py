"""Runs a ``pactolus`` command that ends with the process that started it: ``python -m pactolus.demo.child``.

Its standard input is a pipe whose other end only that process holds. However that process ends, killed or
not, the system closes its end, and the command is asked to stop by SIGTERM.
"""

from __future__ import annotations

import os
import signal
import threading
import time

from pactolus.demo.config import STOP_GRACE_S

STANDARD_INPUT = 0


def end_with_parent(grace_s: float) -> None:
    """From now on this process stops when standard input ends; what has not within ``grace_s`` is killed."""
    threading.Thread(target=_wait_and_end, args=(grace_s,), daemon=True).start()


def _wait_and_end(grace_s: float) -> None:
    while os.read(STANDARD_INPUT, 4096):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(grace_s)
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    end_with_parent(STOP_GRACE_S)
    from pactolus.cli import main

    main()
