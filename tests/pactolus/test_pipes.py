"""A reader that goes away, as ``| head`` does, is no verdict: the exit status is that of a closed pipe."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pactolus.demo.config import DemoConfig
from tests.ports import free_port


@pytest.mark.parametrize("format_", ["text", "json", "markdown"])
def test_a_reader_that_has_gone_ends_the_command_without_a_verdict_or_a_trace(
    before: Path, after: Path, format_: str
) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    try:
        result = subprocess.run(
            [sys.executable, "-m", "pactolus", "check", str(before), str(after), "--format", format_],
            stdout=writer,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
            check=False,
        )
    finally:
        os.close(writer)

    assert (result.returncode, result.stderr) == (141, "")


def test_a_demo_without_a_reader_stops_what_it_started(tmp_path: Path) -> None:
    port = str(free_port(DemoConfig(tmp_path, port=0).ports.values()))
    reader, writer = os.pipe()
    os.close(reader)
    try:
        result = subprocess.run(
            [
                sys.executable,
                "-u",
                "-m",
                "pactolus",
                "demo",
                "--port",
                port,
                "--data-dir",
                str(tmp_path / "d"),
            ],
            stdout=writer,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
            check=False,
        )
    finally:
        os.close(writer)

    assert (result.returncode, result.stderr) == (141, "")
