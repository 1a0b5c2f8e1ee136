"""Writes a stored report in a format of `compatibility`, for boards, pull requests and code scanners."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from compatibility.render import format_of
from compatibility.stored import report_of


def written(report: Mapping[str, Any], name: str) -> tuple[bytes, str]:
    """The text in UTF-8 and its media type; ``name`` is one of `compatibility.render.format_names`."""
    chosen = format_of(name)
    return chosen.render(report_of(report)).encode("utf-8"), chosen.media_type
