"""A parameter that callers could leave out, or that did not exist, is now required."""

from __future__ import annotations

from collections.abc import Iterator

from compatibility.changes import ContractChange, Draft
from compatibility.drafting import NEW_MAJOR, draft
from compatibility.openapi_matching import pairs
from compatibility.openapi_surfaces import added_parameters, parameter_pairs
from specs.model import Node

MIRROR = "called-parameter-missing"


def check(change: ContractChange) -> Iterator[Draft]:
    for match, before, after in pairs(change.matches, "served"):
        for parameter in added_parameters(before, after):
            if parameter.required:
                yield found(
                    match.label, parameter.location, parameter.name, (before.node, parameter.node), True
                )
        for one, two in parameter_pairs(before, after):
            if two is not None and two.required and not one.required:
                yield found(match.label, two.location, two.name, (one.node, two.node), False)


def found(label: str, location: str, name: str, places: tuple[Node, Node], new: bool) -> Draft:
    return draft(
        "parameter-required",
        label,
        places,
        f"{label} now requires {location} parameter `{name}`; a request without it was fine and is "
        "now refused",
        f"Make `{name}` optional with a documented default, {NEW_MAJOR}",
        ("parameter", location, name.lower() if location == "header" else name, "required"),
        every_request=new,
        where=f"{location} parameter `{name}`",
        missing=("",),
    )
