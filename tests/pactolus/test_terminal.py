"""``pactolus check`` on a terminal: colors, wrapped lines and a bar; none of them in a pipe."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]


def on_terminal(folder: Path, *arguments: str, **environment: str) -> str:
    """What a person sees whose terminal is 80 columns wide: both streams as they come."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "pactolus", *arguments],
        cwd=folder,
        env={**os.environ, "TERM": "xterm-256color", "COLUMNS": "80", "LINES": "40", **environment},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    seen = b""
    while True:
        try:
            part = os.read(ours, 65_536)
        except OSError:  # the other end is closed: Linux says EIO
            break
        if not part:
            break
        seen += part
    os.close(ours)
    process.wait(timeout=60)
    return seen.decode("utf-8")


@pytest.fixture
def screen(before: Path, after: Path, tmp_path: Path) -> str:
    return on_terminal(tmp_path, "check", "before.yaml", "after.yaml")


def test_a_terminal_gets_colors_wrapped_lines_and_a_bar_that_goes_away(screen: str) -> None:
    told = screen[screen.index("Orders") :]

    assert "\x1b[1;31mBREAKING\x1b[0m" in screen
    assert "judging the change" in screen[: screen.index("BREAKING")]
    assert "judging the change" not in told
    plain = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", told)
    assert all(len(line) <= 80 for line in plain.splitlines())


def test_no_color_is_kept(before: Path, after: Path, tmp_path: Path) -> None:
    screen = on_terminal(tmp_path, "check", "before.yaml", "after.yaml", NO_COLOR="1")

    assert "\x1b[1;31m" not in screen


def test_a_pipe_gets_the_report_and_nothing_else(pactolus: Run, before: Path, after: Path) -> None:
    result = pactolus("check", before, after)

    assert result.stderr == ""
    assert "\x1b" not in result.stdout
