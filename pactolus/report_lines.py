"""A stored compatibility report in lines of text, as the registry serves it with its consumers."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

WITNESS_CHARACTERS_MAX = 160


def report_lines(report: Mapping[str, Any]) -> Iterator[str]:
    """Each finding that is not merely informative: message, witness, consumers, what to do."""
    for finding in report.get("findings", []):
        if finding["level"] == "info":
            continue
        yield f"{finding['level'].upper()} {finding['message']}"
        if finding.get("witness"):
            yield f"  witness     {_short(json.dumps(finding['witness']['value'], ensure_ascii=False))}"
        for consumer in finding.get("consumers", []):
            if consumer["status"] != "UNAFFECTED":
                named = f"{consumer['consumer']} of {consumer['owner']}"
                yield f"  {consumer['status'].lower():<11} {named}: {_calls(consumer)}"
        yield f"  what to do  {finding['fix']}"


def _calls(consumer: Mapping[str, Any]) -> str:
    if not consumer["calls"]:
        return "declared, not seen calling"
    calls = "1 call" if consumer["calls"] == 1 else f"{consumer['calls']} calls"
    return f"{calls}, last {consumer['lastSeen']}"


def _short(text: str) -> str:
    return text if len(text) <= WITNESS_CHARACTERS_MAX else text[: WITNESS_CHARACTERS_MAX - 4] + " ..."
