"""The demo over real processes on loopback: the whole thread from publication to refusal by evidence."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from pactolus.demo.config import DemoConfig
from tests.ports import free_port

DISTANCES = tuple(DemoConfig(Path(), port=0).ports.values())
STORY_WITHIN_S = 180


@pytest.fixture
def port() -> int:
    """A port such that the demo finds all of its ports free."""
    return free_port(DISTANCES)


def demo(*arguments: str | Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "pactolus", "demo", *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def listening(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_the_story_comes_out_as_told_and_every_process_stops(tmp_path: Path, port: int) -> None:
    process = demo("--once", "--port", str(port), "--data-dir", tmp_path / "demo")
    output, errors = process.communicate(timeout=STORY_WITHIN_S)

    assert process.returncode == 0, output + errors
    told = re.search(r"(\d+) of (\d+) steps came out as told", output)
    assert told is not None
    assert told[1] == told[2]
    assert int(told[1]) >= 35
    for status in ("401", "403", "404", "405", "409", "422", "429", "502"):
        assert f"  {status}  " in output
    assert "208012.00" in output
    assert "quote-orchestrator of integration-engineering: " in output
    assert "finance-close of finance-systems: " in output
    assert "Traceback" not in output + errors
    assert not any(listening(port + distance) for distance in DISTANCES)
    logs = sorted((tmp_path / "demo").glob("*.log"))
    assert len(logs) == 6
    for log in logs:
        text = log.read_text(errors="replace")
        assert "Bearer " not in text
        assert "ecret" not in text, log
        assert "Traceback" not in text, log


def test_it_keeps_running_until_ctrl_c_which_stops_every_process(tmp_path: Path, port: int) -> None:
    process = demo("--port", str(port), "--data-dir", tmp_path / "demo")
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line)
        if "Databases and logs" in line:
            break
    try:
        assert httpx.get(f"http://127.0.0.1:{port + 10}/-/routes").status_code == 200
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)

    assert process.returncode == 0, "".join(lines)
    assert not any(listening(port + distance) for distance in DISTANCES)


def test_a_child_that_dies_ends_the_demo_with_its_last_lines(tmp_path: Path, port: int) -> None:
    process = demo("--port", str(port), "--data-dir", tmp_path / "demo")
    assert process.stdout is not None
    for line in process.stdout:
        if "Databases and logs" in line:
            break
    found = subprocess.run(
        ["pgrep", "-f", f"service serve erp-orders .*--port {port + 22}"],
        capture_output=True,
        text=True,
        check=True,
    )
    os.kill(int(found.stdout.split()[0]), signal.SIGKILL)
    _, errors = process.communicate(timeout=30)

    assert process.returncode == 2
    assert "erp-orders was killed by SIGKILL" in errors
    assert not listening(port + 10)


def test_a_taken_port_is_named(tmp_path: Path, port: int) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port + 10))
        taken.listen()
        process = demo("--once", "--port", str(port), "--data-dir", tmp_path / "demo")
        _, errors = process.communicate(timeout=30)

    assert process.returncode == 2
    assert f"{port + 10} (gateway)" in errors
    assert not (tmp_path / "demo").exists()


def test_a_folder_with_foreign_files_is_left_alone(tmp_path: Path, port: int) -> None:
    (tmp_path / "precious.txt").write_text("mine")
    process = demo("--once", "--port", str(port), "--data-dir", tmp_path)
    _, errors = process.communicate(timeout=30)

    assert process.returncode == 2
    assert "no demo made" in errors
    assert (tmp_path / "precious.txt").read_text() == "mine"
