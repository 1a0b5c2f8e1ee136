"""How the command line's tests run it: as a process of its own, as a user's shell does."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def pactolus(tmp_path: Path) -> Run:
    """``pactolus(*arguments)`` run in an empty folder; answers exit status, output and error output.

    ``given`` is standard input, ``folder`` where it runs; further names are environment variables.
    """

    def run(
        *arguments: str | Path, given: str | None = None, folder: Path = tmp_path, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "pactolus", *map(str, arguments)],
            cwd=folder,
            env={**os.environ, **environment},
            input=given,
            capture_output=True,
            encoding="utf-8",
            timeout=60,
            check=False,
        )

    return run


ORDERS = """
openapi: 3.1.0
info: {title: Orders, version: 1.0.0}
paths:
  /orders:
    post:
      operationId: createOrder
      requestBody:
        required: true
        content:
          application/json:
            schema:
              type: object
              properties: {reference: {type: string}, taxCategory: {type: string}}
              required: [reference]
      responses:
        '201': {description: created}
"""


@pytest.fixture
def before(tmp_path: Path) -> Path:
    """A small contract in a file."""
    path = tmp_path / "before.yaml"
    path.write_text(ORDERS)
    return path


@pytest.fixture
def after(before: Path) -> Path:
    """The same with a member that is now required: breaking, with a witness."""
    path = before.with_name("after.yaml")
    path.write_text(ORDERS.replace("required: [reference]", "required: [reference, taxCategory]"))
    return path
