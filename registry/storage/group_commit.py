"""Group commit on SQLite: writers that wait share one transaction, and with it one flush to the disk.

SQLite lets one writer in at a time, and with ``synchronous=FULL`` each commit waits for the disk. A writer
that leaves while others wait therefore hands its open transaction on instead of committing it; the last one
commits for all. Each writes within a savepoint of its own, so that one which fails takes back its own changes
only. None of them goes on before the commit has reached the disk, and no reader sees anything of it earlier.
A writer that is alone commits at once: nobody waits for others to come.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from sqlalchemy import Connection, Engine
from sqlalchemy.engine import NestedTransaction, RootTransaction

from registry.errors import Contention
from registry.storage.engine import WRITING


@dataclass(slots=True)
class Group:
    """Writers of one transaction; ``kept`` of its ``members`` want it committed."""

    connection: Connection
    transaction: RootTransaction
    members: int = 0
    kept: int = 0
    failure: BaseException | None = None
    settled: threading.Event = field(default_factory=threading.Event)


@dataclass(slots=True)
class Waiter:
    """A writer in the queue; ``granted`` once the turn is its own."""

    granted: bool = False
    called: threading.Event = field(default_factory=threading.Event)


class GroupCommit:
    """The writers of this process; those of other processes are kept apart by SQLite's own lock."""

    def __init__(self, engine: Engine, members_max: int, wait_s: float) -> None:
        self._engine = engine
        self._members_max = members_max
        self._wait_s = wait_s
        self._mutex = threading.Lock()
        self._queue: deque[Waiter] = deque()
        self._taken = False
        self._group: Group | None = None
        """Open between two of its members; only who has the turn looks at it."""

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A connection whose changes are on the disk when the block has ended; raises `Contention`.

        What the block raises is raised on; the failure of the common transaction is raised in each of its
        members.
        """
        self._take_turn()
        group: Group | None = None
        try:
            group = self._joined()
            savepoint = group.connection.begin_nested()
            try:
                yield group.connection
                savepoint.commit()
                group.kept += 1
            except BaseException as error:
                take_back(savepoint, group, error)
                raise
        finally:
            self._leave(group)
            if group is not None:
                group.settled.wait()
        if group.failure is not None:
            raise group.failure

    def waiting(self) -> int:
        """Writers in the queue."""
        with self._mutex:
            return len(self._queue)

    def _take_turn(self) -> None:
        with self._mutex:
            if not self._taken:
                self._taken = True
                return
            waiter = Waiter()
            self._queue.append(waiter)
        if waiter.called.wait(self._wait_s):
            return
        with self._mutex:
            if waiter.granted:
                return
            self._queue.remove(waiter)
        raise Contention("write_conflict", "The database is busy with other writes.")

    def _joined(self) -> Group:
        """The group that is open, or a new one that has the lock of the database."""
        group = self._group
        if group is None:
            connection = self._engine.connect().execution_options(**{WRITING: True})
            try:
                group = Group(connection, connection.begin())
            except BaseException:
                connection.close()
                raise
            self._group = group
        group.members += 1
        return group

    def _leave(self, group: Group | None) -> None:
        """Hands the group on to the next in the queue, or settles it, and then hands on the turn alone."""
        joinable = group is not None and group.failure is None and group.members < self._members_max
        if joinable and self._pass_turn():
            return
        if group is not None:
            self._settle(group)
        self._pass_turn(or_free=True)

    def _pass_turn(self, *, or_free: bool = False) -> bool:
        """Gives the turn to the next in the queue; False when nobody waits, and then it may be set free."""
        with self._mutex:
            if not self._queue:
                self._taken = not or_free
                return False
            waiter = self._queue.popleft()
            waiter.granted = True
        waiter.called.set()
        return True

    def _settle(self, group: Group) -> None:
        """Commits, or rolls back what nobody wants kept, and lets the members go on."""
        self._group = None
        try:
            if group.failure is None and group.kept:
                group.transaction.commit()
            else:
                group.transaction.rollback()
        except BaseException as error:
            group.failure = group.failure or error
            group.connection.invalidate(error)  # it may be within the transaction still
        finally:
            group.connection.close()
            group.settled.set()


def grouped(engine: Engine, members_max: int, wait_s: float) -> GroupCommit | None:
    """How writers share commits on this engine; None where the database does that itself."""
    return GroupCommit(engine, members_max, wait_s) if engine.name == "sqlite" else None


def take_back(savepoint: NestedTransaction, group: Group, error: BaseException) -> None:
    """Undoes one member's changes. A full disk ends the whole transaction: then the savepoint is gone too."""
    try:
        savepoint.rollback()
    except Exception:
        group.failure = error
