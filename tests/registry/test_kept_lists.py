"""Lists that take long to make are made once, and again when what they are made from has changed."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

from registry.usecases.kept_lists import KeptLists


def test_a_list_is_made_once_per_key_and_the_longest_unused_is_let_go() -> None:
    lists: KeptLists[int] = KeptLists(2)
    made: list[int] = []

    def make(number: int) -> tuple[int, ...]:
        made.append(number)
        return (number,)

    for number in (1, 2, 1, 3, 1, 2):
        assert lists.get(number, lambda number=number: make(number)) == (number,)

    assert made == [1, 2, 3, 2]


def test_an_empty_list_is_kept_too() -> None:
    lists: KeptLists[int] = KeptLists(1)
    made: list[int] = []

    for _ in range(2):
        assert lists.get("key", lambda: tuple(made) if made.append(1) else ()) == ()

    assert made == [1]


def test_who_comes_while_a_list_is_made_waits_for_it() -> None:
    lists: KeptLists[int] = KeptLists(1)
    begun, go_on = threading.Event(), threading.Event()
    made: list[int] = []

    def make() -> tuple[int, ...]:
        made.append(1)
        begun.set()
        assert go_on.wait(30)
        return (7,)

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(lists.get, "key", make)
        assert begun.wait(30)
        second = pool.submit(lists.get, "key", make)
        go_on.set()

        assert (first.result(30), second.result(30)) == ((7,), (7,))
    assert made == [1]
