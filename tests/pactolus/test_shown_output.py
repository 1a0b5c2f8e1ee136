"""What the README and the how-to page show of ``pactolus check`` is what it prints."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.pactolus.test_sources import Checkout

Run = Callable[..., subprocess.CompletedProcess[str]]

ROOT = Path(__file__).parents[2]
BEFORE = """\
openapi: 3.1.0
info: {title: Orders, version: 1.0.0}
paths:
  /orders:
    post:
      operationId: placeOrder
      requestBody:
        required: true
        content:
          application/json:
            schema:
              type: object
              required: [reference]
              properties:
                reference: {type: string}
                channel: {type: string}
      responses:
        '201': {description: Placed.}
    get:
      operationId: listOrders
      responses:
        '200':
          description: The orders.
          content:
            application/json:
              schema:
                type: array
                items:
                  type: object
                  required: [id, status]
                  properties:
                    id: {type: string}
                    status: {enum: [open, closed]}
"""
EDITS = {
    "version: 1.0.0": "version: 1.1.0",
    "required: [reference]": "required: [reference, channel]",
    "                    status: {enum: [open, closed]}": (
        "                    note: {type: string}\n                    status: {enum: [open, closed, onHold]}"
    ),
}


@pytest.fixture
def printed(pactolus: Run, tmp_path: Path) -> str:
    checkout = Checkout(tmp_path / "checkout")
    checkout.folder.mkdir()
    checkout.git("init", "--quiet", "--initial-branch", "main")
    checkout.commit("publish", {"orders.yaml": BEFORE})
    text = BEFORE
    for old, new in EDITS.items():
        text = text.replace(old, new)
    (checkout.folder / "orders.yaml").write_text(text)
    return pactolus("check", "git:main:orders.yaml", "orders.yaml", folder=checkout.folder).stdout


@pytest.mark.parametrize("page", ["README.md", "docs/how-to/decide-on-a-change.md"])
def test_a_page_shows_what_check_prints(printed: str, page: str) -> None:
    found = re.search(
        r"\$ \S*pactolus check git:main:orders.yaml orders.yaml\n(.*?)\n(?:  \.\.\.\n)?```",
        (ROOT / page).read_text(encoding="utf-8"),
        re.DOTALL,
    )

    assert found is not None
    assert printed.startswith(found[1] + "\n")
