"""The folder of a demo: one demo at a time, never another's files, and commands that can be copied."""

from __future__ import annotations

import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from pactolus.demo.config import DemoConfig
from pactolus.demo.folder import demo_folder
from pactolus.demo.run import closing_lines
from pactolus.errors import DemoFailed
from tests.ports import free_port


def test_a_folder_in_which_a_demo_runs_is_left_as_it_is(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    with demo_folder(folder):
        database = folder / "registry.sqlite"
        database.write_text("in use")

        with pytest.raises(DemoFailed) as caught, demo_folder(folder):
            pass

        assert database.read_text() == "in use"
    assert str(folder) in caught.value.message
    assert "--data-dir" in caught.value.fix


def test_what_an_earlier_demo_left_is_removed(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    with demo_folder(folder):
        (folder / "registry.sqlite").write_text("old")
        (folder / "credentials").mkdir()
        (folder / "credentials" / "erp-team.env").write_text("old")
    (folder / "elsewhere").symlink_to(tmp_path)

    with demo_folder(folder):
        left = [path.name for path in folder.iterdir()]

    assert left == [".pactolus-demo"]
    assert tmp_path.exists()


def test_files_that_no_demo_made_are_left_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine")

    with pytest.raises(DemoFailed, match="no demo made"), demo_folder(tmp_path):
        pass

    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_the_commands_it_ends_with_can_be_copied_whatever_the_folder_is_called(tmp_path: Path) -> None:
    folder = tmp_path / "our demo's folder"

    lines = closing_lines(DemoConfig(folder), "/system/erp-orders/v1/orders/ord_1")

    sourced = next(line for line in lines if line.startswith("  . "))
    assert shlex.split(sourced) == [".", str(folder / "credentials" / "finance-close.env")]


def test_a_demo_that_is_interrupted_before_its_end_does_not_say_that_all_was_told(tmp_path: Path) -> None:
    port = str(free_port(DemoConfig(tmp_path, port=0).ports.values()))
    with subprocess.Popen(
        [
            sys.executable,
            "-u",
            "-m",
            "pactolus",
            "demo",
            "--port",
            port,
            "--data-dir",
            str(tmp_path / "demo"),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("starting")
        process.send_signal(signal.SIGINT)
        rest = process.communicate(timeout=60)[0]

    assert process.returncode == 130, rest
    assert "stopping every process" in rest
