"""Numbers for people: each series counts from 1 without a gap, for a number is taken in its transaction."""

from __future__ import annotations

from sqlalchemy import Column, Connection, Integer, MetaData, String, Table, select
from sqlalchemy.dialects.sqlite import insert


def number_series_table(metadata: MetaData, table: str, name: str) -> Table:
    """The table of a service's series; ``name`` is the column that names each."""
    return Table(
        table,
        metadata,
        Column(name, String, primary_key=True),
        Column("last", Integer, nullable=False),
    )


def next_number(connection: Connection, table: Table, series: str) -> int:
    """The next number of a series."""
    (name,) = table.primary_key.columns
    taken = insert(table).values({name: series, table.c.last: 1})
    connection.execute(taken.on_conflict_do_update(index_elements=[name], set_={"last": table.c.last + 1}))
    return int(connection.execute(select(table.c.last).where(name == series)).scalar_one())
