"""Writers that wait share a commit: each is whole, none is seen or answered before it is on the disk."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, event, text
from sqlalchemy.exc import OperationalError

from registry.config import RegistryConfig
from registry.errors import Contention
from registry.serve import create_store
from registry.storage.engine import open_engine
from registry.storage.group_commit import GroupCommit

PROGRAM = Path(__file__).parent / "durable_writer.py"
PAUSE = threading.Event()


class Writers:
    """Writers on threads of their own; the first holds the turn until the others wait."""

    def __init__(self, engine: Engine, group: GroupCommit) -> None:
        self.engine = engine
        self.group = group
        self.commits = 0
        self.pool = ThreadPoolExecutor(8)
        event.listen(engine, "commit", self.count)

    def count(self, _connection: Connection) -> None:
        self.commits += 1

    def write(self, name: str, then: Callable[[Connection], None] = lambda _: None) -> None:
        with self.group.write() as connection:
            connection.execute(text("INSERT INTO names VALUES (:name)"), {"name": name})
            then(connection)

    def together(self, *writes: Callable[[], None]) -> list[Future[None]]:
        """Starts them one after the other; each but the first is in the queue before the first goes on."""
        begun, go_on = threading.Event(), threading.Event()

        def hold(_connection: Connection) -> None:
            begun.set()
            assert go_on.wait(30)

        first = self.pool.submit(self.write, "first", hold)
        assert begun.wait(30)
        started = [first]
        for place, one in enumerate(writes, 1):
            started.append(self.pool.submit(one))
            until(lambda place=place: self.group.waiting() == place)
        go_on.set()
        return started

    def names(self) -> list[str]:
        with self.engine.connect() as connection:
            return list(connection.execute(text("SELECT name FROM names ORDER BY rowid")).scalars())


def until(holds: Callable[[], bool]) -> None:
    """Waits for another thread; fails after half a minute."""
    for _ in range(30_000):
        if holds():
            return
        PAUSE.wait(0.001)
    raise AssertionError("it did not happen")


@pytest.fixture
def writers(tmp_path: Path) -> Iterator[Writers]:
    engine = open_engine(f"sqlite:///{tmp_path / 'x.db'}", connections=8, busy_timeout_ms=1_000)
    with engine.connect() as connection:
        connection.exec_driver_sql("CREATE TABLE names (name TEXT NOT NULL UNIQUE)")
        connection.commit()
    made = Writers(engine, GroupCommit(engine, members_max=3, wait_s=30))
    yield made
    made.pool.shutdown()
    engine.dispose()


def test_writers_that_wait_share_one_commit_and_one_alone_waits_for_nobody(writers: Writers) -> None:
    writers.write("alone")
    assert writers.commits == 1

    for one in writers.together(lambda: writers.write("second"), lambda: writers.write("third")):
        one.result(30)

    assert writers.commits == 2
    assert writers.names() == ["alone", "first", "second", "third"]


def test_no_more_than_allowed_share_a_commit(writers: Writers) -> None:
    waiting = [lambda name=name: writers.write(name) for name in ("second", "third", "fourth", "fifth")]

    for one in writers.together(*waiting):
        one.result(30)

    assert writers.commits == 2
    assert len(writers.names()) == 5


def test_one_that_fails_takes_back_its_own_changes_only(writers: Writers) -> None:
    def fail(_connection: Connection) -> None:
        raise ValueError("of its own")

    first, second, third = writers.together(
        lambda: writers.write("second", fail), lambda: writers.write("third")
    )

    first.result(30)
    third.result(30)
    with pytest.raises(ValueError, match="of its own"):
        second.result(30)
    assert writers.names() == ["first", "third"]
    assert writers.commits == 1


def test_what_nobody_wants_kept_is_not_committed(writers: Writers) -> None:
    def fail(_connection: Connection) -> None:
        raise ValueError("of its own")

    with pytest.raises(ValueError, match="of its own"):
        writers.write("alone", fail)
    writers.write("next")

    assert writers.names() == ["next"]
    assert writers.commits == 1


def test_nobody_goes_on_and_nobody_sees_anything_before_the_common_commit(writers: Writers) -> None:
    seen: list[tuple[list[str], bool]] = []

    def look(_connection: Connection) -> None:
        seen.append((writers.names(), started[0].done()))

    started: list[Future[None]] = []
    begun = threading.Event()

    def second() -> None:
        writers.write("second", lambda connection: (begun.wait(30), look(connection))[1])

    started += writers.together(second)
    begun.set()
    for one in started:
        one.result(30)

    assert seen == [([], False)]
    assert writers.names() == ["first", "second"]


def test_a_commit_that_fails_fails_each_of_its_writers(writers: Writers) -> None:
    def refuse(_connection: Connection) -> None:
        raise OperationalError("COMMIT", {}, Exception("the disk is gone"))

    event.listen(writers.engine, "commit", refuse)
    started = writers.together(lambda: writers.write("second"))
    for one in started:
        with pytest.raises(OperationalError, match="the disk is gone"):
            one.result(30)
    event.remove(writers.engine, "commit", refuse)

    writers.write("second")
    assert writers.names() == ["second"]


def test_a_full_disk_fails_all_that_it_takes_back_and_the_next_group_is_whole(writers: Writers) -> None:
    with writers.engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()

    def fill(connection: Connection) -> None:
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages + 2}")
        try:
            for number in range(50):
                connection.execute(text("INSERT INTO names VALUES (:name)"), {"name": f"{number}" * 2_000})
        finally:
            connection.exec_driver_sql("PRAGMA max_page_count = 1000000")

    first, second, third = writers.together(
        lambda: writers.write("second", fill), lambda: writers.write("third")
    )

    third.result(30)
    for lost in (first, second):
        with pytest.raises(OperationalError, match="full"):
            lost.result(30)
    assert writers.names() == ["third"]


def test_who_waited_too_long_leaves_the_queue(writers: Writers) -> None:
    writers.group = GroupCommit(writers.engine, members_max=3, wait_s=0.01)
    refused: list[str] = []

    def impatient(_connection: Connection) -> None:
        with pytest.raises(Contention) as caught:
            writers.pool.submit(writers.write, "late").result(30)
        refused.append(caught.value.code)

    writers.write("first", impatient)
    writers.write("next")

    assert refused == ["write_conflict"]
    assert writers.names() == ["first", "next"]


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
def test_the_log_is_flushed_to_the_disk_between_the_last_write_and_the_answer(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'registry.db'}"
    create_store(RegistryConfig(url)).engine.dispose()
    trace = tmp_path / "trace"
    calls = "trace=pwrite64,fsync,fdatasync,write"

    done = subprocess.run(
        ["strace", "-f", "-y", "-e", calls, "-o", str(trace), sys.executable, str(PROGRAM), url],
        cwd=PROGRAM.parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    if "ptrace" in done.stderr:
        pytest.skip("this machine lets nobody trace")

    assert done.returncode == 0, done.stderr
    events = [one for line in trace.read_text().splitlines() if (one := kind_of(line))]
    assert next(one for one in events if one.startswith("answered")) == "answered alone"
    assert sum(one.startswith("answered") for one in events) == 5
    alone = events.index("answered alone")
    assert events[alone - 1] == "flushed"
    group = events[alone + 1 :]
    answers = [place for place, one in enumerate(group) if one.startswith("answered")]
    before = group[: answers[0]]
    assert before[-1] == "flushed"
    assert before.count("flushed") == 1
    assert set(before[:-1]) == {"written"}
    assert "written" not in group[answers[0] : answers[-1]]


def kind_of(line: str) -> str | None:
    """What a line of the trace says of the log's file, or an answer; a flush counts when it has come back."""
    if match := re.search(r'write\(\d+<[^>]*>, "(answered [a-z0-9-]+)', line):
        return match[1]
    if re.search(r"\b(fsync|fdatasync) resumed>.*= 0", line):
        return "flushed"
    if "registry.db-wal" not in line:
        return None
    if re.search(r"\b(fsync|fdatasync)\(.*= 0", line):
        return "flushed"
    return "written" if "pwrite64(" in line else None
