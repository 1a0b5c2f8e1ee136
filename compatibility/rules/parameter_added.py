"""A new optional parameter: callers may go on as before. In what is called, a receiver can ignore it."""

from __future__ import annotations

from collections.abc import Iterator

from compatibility.changes import ContractChange, Draft
from compatibility.drafting import NEW_MAJOR, draft
from compatibility.openapi_matching import pairs
from compatibility.openapi_surfaces import added_parameters

MIRROR = "parameter-removed"


def check(change: ContractChange) -> Iterator[Draft]:
    for match, before, after in pairs(change.matches):
        called = match.role == "called"
        for parameter in added_parameters(before, after):
            if not called and parameter.required:
                continue
            named = f"{parameter.location} parameter `{parameter.name}`"
            yield draft(
                "parameter-added",
                match.label,
                (before.node, parameter.node),
                f"{match.label} now carries {named}"
                if called
                else f"{match.label} takes a new optional {named}",
                "Nothing to do."
                if called
                else f"Nothing to do; a required one would be {NEW_MAJOR.removeprefix('or publish ')}",
                ("parameter", parameter.location, parameter.name, "added"),
                level="info",
                direction="produced" if called else "consumed",
            )
