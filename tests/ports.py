"""Ports for servers that tests start: below the range that the system gives to clients (32768 and up)."""

from __future__ import annotations

import random
from collections.abc import Iterable

from pactolus.addresses import is_free
from pactolus.demo.config import HOST

FIRST, LAST, STEP = 20_000, 32_000, 50


def free_port(distances: Iterable[int] = (0,)) -> int:
    """A port that is free, as are those at the given distances from it.

    A port that the system picks is no use: a client's connection may take it before the server listens.
    """
    wanted = tuple(distances)
    while True:
        port = random.randrange(FIRST, LAST, STEP)
        if all(is_free(HOST, port + distance) for distance in wanted):
            return port
