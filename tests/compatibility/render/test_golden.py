"""Every format writes the same rich report as the file beside this test says, byte for byte.

To accept a change of a format: run with PACTOLUS_WRITE_GOLDEN=1, then read the difference.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from compatibility.model import Report
from compatibility.render import format_names, format_of
from compatibility.render.page import asset, digest
from tests.compatibility.render.reports import NOTHING, RICH

GOLDEN = Path(__file__).parent / "golden"
REPORTS = {"rich": RICH, "nothing": NOTHING}


def written(name: str, report: Report) -> str:
    """What a format writes, without the style and script that stand in files of their own."""
    text = format_of(name).render(report)
    for file in ("report.css", "report.js"):
        text = text.replace(asset(file), f"[{file}]").replace(digest(asset(file)), f"[digest of {file}]")
    return text


@pytest.mark.parametrize("kind", REPORTS)
@pytest.mark.parametrize("name", format_names())
def test_a_format_writes_what_its_golden_file_says(name: str, kind: str) -> None:
    path = GOLDEN / f"{kind}.{name}{format_of(name).suffix}"
    text = written(name, REPORTS[kind])
    if os.environ.get("PACTOLUS_WRITE_GOLDEN"):
        path.write_text(text, encoding="utf-8")

    assert text == path.read_text(encoding="utf-8")


def test_every_golden_file_belongs_to_a_format() -> None:
    expected = {f"{kind}.{name}{format_of(name).suffix}" for name in format_names() for kind in REPORTS}

    assert {path.name for path in GOLDEN.iterdir()} == expected


@pytest.mark.parametrize("name", format_names())
def test_a_format_has_a_manual_and_a_media_type(name: str) -> None:
    found = format_of(name)

    assert len(found.manual) > 100
    assert "/" in found.media_type
    assert found.suffix.startswith(".")
