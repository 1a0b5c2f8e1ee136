"""A member that responses could carry is no longer part of the contract.

Under an open schema no later response is invalid by the former one, and still every consumer that reads the
member gets nothing. So the default is breaking (policy `response_member_removed`). The witness is an object
of the former contract that carries the member; when the member was required, it is one of the later contract
that lacks it, which the former contract refuses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from compatibility.changes import Draft, Edit, SchemaPair
from compatibility.containment.declared import in_place
from compatibility.drafting import NEW_MAJOR, draft
from compatibility.judging import Judge
from compatibility.removed_members import carrying, removed

MIRROR = "request-member-refused"
FLOW = "produced"


def edits(pair: SchemaPair) -> Iterator[Edit]:
    """Where writers may send what they do not declare, the member may now hold anything."""
    if in_place(pair.source):
        return  # what is listed there is no longer at this place, and not gone
    listed = dict(pair.source.properties)
    for name, child in pair.target.properties:
        if name not in listed:
            member = f"{pair.path}.{name}" if pair.path else name
            yield Edit(
                replace(pair.source, properties=tuple(sorted((*pair.source.properties, (name, child))))),
                f"{pair.surface.operation}: member `{member}` is gone from the {pair.surface.where}, "
                "which may now carry anything under this name",
                f"Keep `{member}`, {NEW_MAJOR}",
            )


def observe(pair: SchemaPair, judge: Judge) -> Iterator[Draft]:
    for name in removed(pair, judge):
        member = f"{pair.path}.{name}" if pair.path else name
        proved, witness = carrying(pair, judge, name)
        promised = "breaking" if name in pair.target.required else judge.policy.response_member_removed
        yield draft(
            "response-member-removed",
            pair.surface.operation,
            (pair.before.child("properties", name), pair.after),
            f"{pair.surface.operation}: member `{member}` is gone from the {pair.surface.where}; "
            "a consumer that reads it gets nothing",
            f"Keep `{member}`, {NEW_MAJOR}",
            ("member removed", name),
            level=proved if promised == "breaking" else promised,
            direction="produced",
            witness=witness,
        )
