"""Drafts for a place whose schema changed and that no rule about keywords has words for."""

from __future__ import annotations

from typing import Any

from compatibility.changes import Draft, SchemaPair
from compatibility.config import Level
from compatibility.judging import Judgement
from compatibility.places import place_of
from compatibility.rules import (
    request_schema_changed,
    request_schema_not_decided,
    request_schema_widened,
    response_schema_changed,
    response_schema_narrowed,
    response_schema_not_decided,
)

RULES: dict[tuple[str, str], Any] = {
    ("consumed", "breaking"): request_schema_changed,
    ("produced", "breaking"): response_schema_changed,
    ("consumed", "unknown"): request_schema_not_decided,
    ("produced", "unknown"): response_schema_not_decided,
    ("consumed", "info"): request_schema_widened,
    ("produced", "info"): response_schema_narrowed,
}
HARMLESS = frozenset(("request-schema-widened", "response-schema-narrowed"))


def whole(view: SchemaPair, judgement: Judgement, delta: tuple[Any, ...]) -> Draft:
    """The place as a whole: refuted with the witness, or not decided."""
    level: Level = "breaking" if judgement.verdict == "breaking" else "unknown"
    return unexplained(view, level, judgement, delta)


def relaxed(view: SchemaPair, delta: tuple[Any, ...]) -> Draft:
    """A change that breaks nobody and still is one."""
    return unexplained(view, "info", Judgement("compatible"), delta)


def unexplained(view: SchemaPair, level: Level, judgement: Judgement, delta: tuple[Any, ...]) -> Draft:
    rule = RULES[view.flow, level]
    what = f"{view.surface.operation}: {view.surface.where}, {view.member}"
    message, fix = rule.told(what, judgement.reason)
    return Draft(
        rule=rule.__name__.rpartition(".")[2].replace("_", "-"),
        level=level,
        direction=view.flow,
        operation=view.surface.operation,
        before=place_of(view.before),
        after=place_of(view.after),
        message=message,
        fix=fix,
        delta=delta,
        witness=judgement.witness,
    )
