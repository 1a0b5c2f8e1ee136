"""A new literal path takes a value away from a path template: `/users/me` beside `/users/{id}`.

Literal paths win over templates (OpenAPI 3.1, Paths Object), so whoever called the template with that value
reaches another operation. Few identifiers are called like that, so it is noted (policy `path_shadowed`)."""

from __future__ import annotations

from collections.abc import Iterator

from compatibility.changes import ContractChange, Draft
from compatibility.drafting import NEW_MAJOR, draft
from compatibility.openapi_matching import Match
from compatibility.path_covering import Templates

MIRROR = "there is none: when the literal path goes away, operation-removed judges it"


def check(change: ContractChange) -> Iterator[Draft]:
    templates = Templates()
    formers = [
        match.before for match in change.matches if isinstance(match, Match) and match.after is not None
    ]
    for place, former in enumerate(formers):
        if former is not None and former.role == "served" and "{}" in former.shape:
            templates.add(place, former.operation, former.shape)
    for match in change.matches:
        if not isinstance(match, Match) or match.before is not None or match.after is None:
            continue
        if match.role == "called":
            continue
        for place in templates.taking(match.after.operation.method, match.after.shape):
            template = formers[place]
            assert template is not None
            yield draft(
                "path-shadowed",
                match.label,
                (template.operation.node, match.after.operation.node),
                f"{match.label} is new and takes calls that {template.label} answered before",
                f"Make sure that no identifier is called like it, choose another path, {NEW_MAJOR}",
                ("shadowed", template.shape, match.after.shape),
                level=change.policy.path_shadowed,
            )
