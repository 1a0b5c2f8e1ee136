"""A schema that operations use has another component name, or none any more: no value differs.

Generated code names a type by the component, so code that uses the type no longer compiles. A component that
no operation uses is nobody's type, and a member that takes another component whose name stays is judged by
its values."""

from __future__ import annotations

from collections.abc import Iterator

from compatibility.changes import ContractChange, Draft
from compatibility.component_names import Renamed, renamed
from compatibility.drafting import NEW_MAJOR, draft

MIRROR = "itself: a name that changes back is a change too"
PROMISE = "sdk"


def check(change: ContractChange) -> Iterator[Draft]:
    for surface, found in renamed(change):
        yield draft(
            "schema-component-renamed",
            surface.operation,
            (found.before, found.after),
            message(found),
            f"Keep the component `{found.former}`, {NEW_MAJOR}",
            ("component", found.former, found.now),
            direction=surface.flow,
            promise="json" if found.tag else None,
        )


def message(found: Renamed) -> str:
    if found.tag:
        return f"The schema `{found.former}`, told apart by its name, is now `{found.now or 'unnamed'}`"
    if found.now is None:
        return f"The schema `{found.former}` no longer has a component name"
    return f"The schema `{found.former}` is now called `{found.now}`"
