"""The demo's folder: one demo at a time, and only what an earlier demo left in it is ever removed."""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pactolus.demo.config import MARKER
from pactolus.errors import DemoFailed

MARK = "made by `pactolus demo`, which empties this folder when it starts\n"


@contextmanager
def demo_folder(folder: Path) -> Iterator[None]:
    """Empties the folder, or makes it, and holds it until the demo ends, however it ends.

    The lock is on the marker, which therefore stays when the rest goes; the system drops it with the process.
    """
    marker = folder / MARKER
    if folder.exists() and any(folder.iterdir()) and not marker.exists():
        raise DemoFailed(
            f"{folder} holds files that no demo made",
            "choose another folder with --data-dir, or empty this one",
        )
    folder.mkdir(parents=True, exist_ok=True)
    with marker.open("a") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DemoFailed(
                f"another demo keeps its databases in {folder}",
                "stop that one, or give this one a folder of its own with --data-dir",
            ) from None
        for path in folder.iterdir():
            if path != marker:
                remove(path)
        held.truncate(0)
        held.write(MARK)
        held.flush()
        yield


def remove(path: Path) -> None:
    """A link is removed, never what it leads to."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()
