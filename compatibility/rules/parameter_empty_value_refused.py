"""A query parameter may no longer be sent without a value: `allowEmptyValue` is gone.

When its schema takes the empty text, `?name=` stays fine and only the bare name is in doubt: noted (policy
`empty_value_refused`). When it does not, what was sent is refused: breaking."""

from __future__ import annotations

from collections.abc import Iterator

from compatibility.changes import ContractChange, Draft
from compatibility.drafting import NEW_MAJOR, draft
from compatibility.openapi_matching import pairs
from compatibility.openapi_surfaces import parameter_pairs

MIRROR = "there is none: responses have no parameters, and a receiver of ours is sent what its schema says"


def check(change: ContractChange) -> Iterator[Draft]:
    for match, before, after in pairs(change.matches, "served"):
        for one, two in parameter_pairs(before, after):
            if two is None or one.location != "query":
                continue
            if (
                one.node.value.get("allowEmptyValue") is not True
                or two.node.value.get("allowEmptyValue") is True
            ):
                continue
            schema = change.judge.self_contained(two.schema, "consumed", "after")
            taken = two.schema is not None and change.judge.opinion.accepts(schema, "")
            yield draft(
                "parameter-empty-value-refused",
                match.label,
                (one.node, two.node),
                f"{match.label} may no longer be called with query parameter `{one.name}` without a value",
                f"Keep `allowEmptyValue`, {NEW_MAJOR}",
                ("parameter", one.location, one.name, "empty"),
                level=change.policy.empty_value_refused if taken else "breaking",
            )
