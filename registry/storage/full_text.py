"""Full-text search: FTS5 on SQLite, `tsvector` with a GIN index on PostgreSQL, one meaning on both.

The words are made in `registry.model.words`; the databases are given words only, each of ASCII letters and
digits, so their own tokenizers and query languages have nothing to interpret.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    ARRAY,
    REAL,
    Connection,
    Float,
    Integer,
    Select,
    cast,
    column,
    func,
    literal_column,
    select,
    table,
    text,
    union,
)
from sqlalchemy.dialects.postgresql import TSQUERY, TSVECTOR

from registry.model import What
from registry.model.words import PREFIX_CHARS_MIN

COLUMNS = tuple(What)
"""From the heaviest; PostgreSQL's weights are A to D in the same order."""
LABELS = dict(zip(COLUMNS, "ABCD", strict=True))
POSTGRES_WEIGHTS = [0.1, 0.3, 0.5, 1.0]
"""Of D, C, B and A, as `ts_rank` takes them."""
SQLITE_WEIGHTS = "10.0, 5.0, 3.0, 1.0"
RANKED_MAX = 1_000
"""Entries that PostgreSQL ranks for one search."""
SQLITE_WORDS = table("catalog_words")
POSTGRES_WORDS = table(
    "catalog_words", column("entry", Integer), column("head", TSVECTOR), column("words", TSVECTOR)
)
Entries = Select[Any]
Words = Mapping[What, Sequence[str]]


def plain(word: str) -> str:
    """The word in ASCII letters and digits; what begins with a word still begins with its plain form."""
    return word if word.isascii() else "u8" + word.encode("utf-8").hex()


def put_words(connection: Connection, entry: int, words: Words) -> None:
    """Stores the words of an entry that has none."""
    if connection.dialect.name == "sqlite":
        values = {what.value: " ".join(plain(word) for word in words.get(what, ())) for what in COLUMNS}
        statement = text(
            "INSERT INTO catalog_words (rowid, contract, operation, schema, field) "
            "VALUES (:entry, :contract, :operation, :schema, :field)"
        )
        connection.execute(statement, {"entry": entry, **values})
        return
    statement = text(
        "INSERT INTO catalog_words (entry, head, words) "
        "VALUES (:entry, CAST(:head AS tsvector), CAST(:words AS tsvector))"
    )
    head = vector({What.CONTRACT: words.get(What.CONTRACT, ())})
    connection.execute(statement, {"entry": entry, "head": head, "words": vector(words)})


def vector(words: Words) -> str:
    """A `tsvector` literal: each word once per column, its position standing for the column."""
    marks: dict[str, list[str]] = {}
    for position, what in enumerate(COLUMNS, 1):
        for word in words.get(what, ()):
            marks.setdefault(plain(word), []).append(f"{position}{LABELS[what]}")
    return " ".join(f"'{word}':{','.join(places)}" for word, places in marks.items())


def remove_words(connection: Connection, entry: int) -> None:
    """Forgets the words of an entry."""
    key = "rowid" if connection.dialect.name == "sqlite" else "entry"
    connection.execute(text(f"DELETE FROM catalog_words WHERE {key} = :entry"), {"entry": entry})  # noqa: S608


def fitting(
    connection: Connection, words: Sequence[str], what: What | None, narrowed: Callable[[Entries], Entries]
) -> Entries:
    """``entry`` and ``score`` (higher is better) of the entries that have every word.

    ``narrowed`` adds what else must hold of a selection of entries. FTS5 ranks all of them in a few
    milliseconds; PostgreSQL would read the whole vector of each, so there a bounded number is ranked, those
    first that have the words in the contract's own name, title or description.
    """
    if connection.dialect.name == "sqlite":
        match = text("catalog_words MATCH :query").bindparams(query=match_query(words, what))
        score = literal_column(f"-bm25(catalog_words, {SQLITE_WEIGHTS})", Float)
        entry = literal_column("catalog_words.rowid", Integer).label("entry")
        every = select(entry, score.label("score")).select_from(SQLITE_WORDS).where(match)
        return narrowed(every)
    query = cast(ts_query(words, what), TSQUERY)
    base = narrowed(select(POSTGRES_WORDS.c.entry))
    chosen = [base.where(POSTGRES_WORDS.c.words.bool_op("@@")(query)).limit(RANKED_MAX)]
    if what in (None, What.CONTRACT):
        chosen.append(base.where(POSTGRES_WORDS.c.head.bool_op("@@")(query)).limit(RANKED_MAX))
    either = union(*(one.subquery().select() for one in chosen)).subquery()
    rank = func.ts_rank(cast(POSTGRES_WEIGHTS, ARRAY(REAL)), POSTGRES_WORDS.c.words, query, type_=Float)
    join = either.join(POSTGRES_WORDS, POSTGRES_WORDS.c.entry == either.c.entry)
    return select(either.c.entry.label("entry"), rank.label("score")).select_from(join)


def match_query(words: Sequence[str], what: What | None) -> str:
    """The query of FTS5: every word, by its beginning where it is long enough."""
    terms = " AND ".join(
        f'"{plain(word)}"' + ("*" if len(word) >= PREFIX_CHARS_MIN else "") for word in words
    )
    return f"{{{what.value}}} : ({terms})" if what else terms


def ts_query(words: Sequence[str], what: What | None) -> str:
    """The same for PostgreSQL."""
    label = LABELS[what] if what else ""
    marked = (plain(word) + mark(word, label) for word in words)
    return " & ".join(marked)


def mark(word: str, label: str) -> str:
    """``:*`` for a beginning, with the label of the column that it must stand in."""
    flags = ("*" if len(word) >= PREFIX_CHARS_MIN else "") + label
    return f":{flags}" if flags else ""
