"""The query of a matrix as Pact's clients write it: ``q[][pacticipant]=..&q[][version]=..``, once for each.

A key that an entry has already begins the next entry, as Rack reads it.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

from registry.errors import BadRequest
from registry.usecases.pact import Question, Selector

PAIRS_MAX = 100
TRUE = ("true", "1")


def question_of(query_string: bytes) -> Question:
    """The question of ``/matrix``; raises `BadRequest`."""
    pairs = pairs_of(query_string)
    entries = [selector_of(one) for one in grouped(pairs, "q[][")]
    ignored = frozenset(one.get("pacticipant", "") for one in grouped(pairs, "ignore[]["))
    plain = dict(pairs)
    return Question(tuple(entries), plain.get("environment") or plain.get("tag"), ignored)


def simple_question_of(query_string: bytes) -> Question:
    """The question of ``/can-i-deploy``; raises `BadRequest`."""
    plain = dict(pairs_of(query_string))
    missing = [name for name in ("pacticipant", "version") if not plain.get(name)]
    if missing:
        raise BadRequest("request_invalid", f"{missing[0]} is missing")
    selector = Selector(plain["pacticipant"], plain["version"])
    return Question((selector,), plain.get("environment") or plain.get("to"))


def pairs_of(query_string: bytes) -> list[tuple[str, str]]:
    """Names and values in their order."""
    try:
        return parse_qsl(query_string.decode("latin-1"), keep_blank_values=True, max_num_fields=PAIRS_MAX)
    except ValueError:
        raise BadRequest("request_invalid", "The query cannot be read.") from None


def grouped(pairs: list[tuple[str, str]], prefix: str) -> list[dict[str, str]]:
    """The entries of one list."""
    found: list[dict[str, str]] = []
    for name, value in pairs:
        if not name.startswith(prefix) or not name.endswith("]"):
            continue
        member = name[len(prefix) : -1]
        if not found or member in found[-1]:
            found.append({})
        found[-1][member] = value
    return found


def selector_of(entry: dict[str, Any]) -> Selector:
    """One entry; the main branch is what is published, so its latest version is the latest."""
    if not entry.get("pacticipant"):
        raise BadRequest("request_invalid", "Please specify the pacticipant name")
    latest = entry.get("latest") in TRUE or entry.get("mainBranch") in TRUE
    version = None if latest else entry.get("version")
    return Selector(entry["pacticipant"], version, entry.get("tag"), entry.get("branch"))
