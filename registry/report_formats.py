"""Writes a stored report in a format of `compatibility`, for boards, pull requests and code scanners."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from compatibility.model import Section
from compatibility.render import format_of
from compatibility.render.json import json_text
from compatibility.stored import report_of

ADDED = ("policy", "blastRadius")
"""Members that the registry adds to the report of the engine."""
LINES_MAX = 500


def written(report: Mapping[str, Any], name: str) -> tuple[bytes, str]:
    """The text in UTF-8 and its media type; ``name`` is one of `compatibility.render.format_names`."""
    chosen = format_of(name)
    text = chosen.render(replace(report_of(report), sections=tuple(sections_of(report))))
    added = {member: report[member] for member in ADDED if member in report}
    if name == "json" and added:
        text = json_text({**json.loads(text), **added})
    return text.encode("utf-8"), chosen.media_type


def sections_of(report: Mapping[str, Any]) -> Iterator[Section]:
    """What the registry adds, in words."""
    policy = report.get("policy")
    if policy:
        lines = [*policy_lines(policy)]
        yield Section(f"Compatibility policy {policy['name']}: {policy['verdict']}", bounded(lines))
    radius = report.get("blastRadius")
    if radius:
        title = f"Contracts that refer to it: {radius['verdict']}"
        yield Section(title, bounded([*radius_lines(radius)]))


def bounded(lines: list[str]) -> tuple[str, ...]:
    """The lines, or as many as a reader takes, and how many more there are."""
    if len(lines) <= LINES_MAX:
        return tuple(lines)
    return (*lines[:LINES_MAX], f"and {len(lines) - LINES_MAX} more")


def policy_lines(policy: Mapping[str, Any]) -> Iterator[str]:
    """Each pair that was judged, and what stands in its way."""
    if not policy["pairs"]:
        yield "The policy demands nothing within a major version."
    for pair in policy["pairs"]:
        counts = f"{pair['breaking']} breaking, {pair['unknown']} unknown"
        yield f"{pair['direction']}, {pair['before']} to {pair['after']}: {pair['verdict']} ({counts})"
        for finding in pair.get("findings", ()):
            yield f"{pair['before']} to {pair['after']}, {finding['level']}: {finding['message']}"
    if policy.get("leftOut"):
        yield f"{policy['leftOut']} earlier versions were too many to be judged against."


def radius_lines(radius: Mapping[str, Any]) -> Iterator[str]:
    """Each contract with its verdict, owner, operations and consumers."""
    for one in radius["contracts"]:
        hit = ", ".join(one["operations"][:10]) or "no operation"
        whom = ", ".join(f"{who['consumer']} of {who['owner']}" for who in one["consumers"]) or "nobody known"
        yield f"{one['contract']} {one['version']} of {one['owner']}: {one['verdict']}; {hit}; {whom}"
