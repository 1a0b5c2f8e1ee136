"""What a caller may see, as SQL: the one place that yields the condition.

The rule: whatever reads rows that name a contract or a subject puts `visible`, `visible_contracts` or
`visible_subject` into its ``where``, before it pages, counts or groups. `tests/architecture/test_sight.py`
fails when a read forgets it. The names are looked up by primary key, so that the cost is one probe per row.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, and_, false, or_, select, true, tuple_

from registry.model.access import UNIT_AUDIENCE, Sight
from registry.storage import tables


def visible_contracts(sight: Sight, columns: Any = tables.contracts.c) -> ColumnElement[bool]:
    """For a selection from `contracts` itself, or from an alias of it by its columns."""
    if sight.everything:
        return true()
    ways: list[ColumnElement[bool]] = []
    if sight.audiences:
        ways.append(columns.audience.in_(sight.audiences))
    if sight.team is not None:
        ways.append(columns.owner == sight.team)
    if sight.domains:
        ways.append(and_(columns.audience == UNIT_AUDIENCE, columns.domain.in_(sight.domains)))
    if sight.contracts:
        ways.append(columns.name.in_(sight.contracts))
    if sight.domain_contracts:
        ways.append(tuple_(columns.domain, columns.name).in_(sight.domain_contracts))
    return or_(*ways) if ways else false()


def visible(sight: Sight, contract: ColumnElement[Any]) -> ColumnElement[bool]:
    """For a selection from any table with a column that names a contract; a name without one is hidden."""
    if sight.everything:
        return true()
    seen = tables.contracts.alias("seen")
    return select(seen.c.name).where(seen.c.name == contract, visible_contracts(sight, seen.c)).exists()


def visible_subject(sight: Sight, subject: ColumnElement[Any]) -> ColumnElement[bool]:
    """For a selection from any table with a column that names a subject of schemas; they have no domain."""
    if sight.everything:
        return true()
    seen = tables.subjects.alias("seen_subjects")
    ways: list[ColumnElement[bool]] = []
    if sight.audiences:
        ways.append(seen.c.audience.in_(sight.audiences))
    if sight.team is not None:
        ways.append(seen.c.owner == sight.team)
    if sight.contracts:
        ways.append(seen.c.name.in_(sight.contracts))
    condition = or_(*ways) if ways else false()
    return select(seen.c.name).where(seen.c.name == subject, condition).exists()
