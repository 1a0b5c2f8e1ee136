"""What can go wrong at the command line; each ends in one line and an exit status."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

EXIT_OK = 0
EXIT_REFUSED = 1
EXIT_UNUSABLE = 2
EXIT_DEFECT = 70  # EX_SOFTWARE of sysexits.h
EXIT_INTERRUPTED = 130  # 128 + SIGINT, as a shell reports it
EXIT_PIPE_CLOSED = 141  # 128 + SIGPIPE, as a shell reports it


class PactolusError(Exception):
    """A command cannot go on: ``message`` says why, ``fix`` what to do about it."""

    exit_status = EXIT_UNUSABLE

    def __init__(self, message: str, fix: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.fix = fix


class RegistryUnreachable(PactolusError):
    """No answer from the registry within the time allowed."""


class RegistryRefused(PactolusError):
    """The registry answered with problem details (RFC 9457)."""

    exit_status = EXIT_REFUSED

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        self.status = status
        self.problem = dict(problem)
        self.code = str(problem.get("code", "unknown"))
        super().__init__(f"the registry answered {status} {self.code}: {problem.get('detail', 'no detail')}")


class DemoFailed(PactolusError):
    """The demo could not start, or a process of it died."""
