"""Contracts from files: the only place of this package that touches a file system.

References are followed to other files below the roots, and nowhere else: not by ``..``, not by an absolute
path, not by a symbolic link that leads out.
"""

from __future__ import annotations

import stat
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

from specs.config import LIMITS, Limits
from specs.errors import SpecError
from specs.load import Fetch, load_graph, too_large
from specs.model import Contract
from specs.problem import Problem


def read_contract(path: Path, roots: Sequence[Path] = (), limits: Limits = LIMITS) -> Contract:
    """The contract in a file and all files it refers to; URIs are POSIX paths relative to the root.

    ``roots``: the first that holds ``path`` is the one URIs are relative to; the others are searched for the
    same relative paths. Default: the working directory if the file lies in it, else the file's own folder.
    SpecError ``file.*`` when a file cannot be read, and all that ``load_contract`` raises.
    """
    file = path.resolve()
    folders = [root.resolve() for root in roots] or [_default_root(file)]
    home = next((folder for folder in folders if file.is_relative_to(folder)), None)
    if home is None:
        raise SpecError([_outside(path.as_posix())])
    folders.sort(key=lambda folder: folder != home)
    uri = file.relative_to(home).as_posix()
    return load_graph(uri, _read(file, uri, folders, limits), {}, limits, _fetch_below(folders, limits))


def contract_of_text(uri: str, raw: bytes, roots: Sequence[Path] = (), limits: Limits = LIMITS) -> Contract:
    """The contract in bytes that came from no file, as from a pipe; its references are files below the roots.

    ``roots`` default to the working directory; ``uri`` counts from the first of them.
    """
    folders = [root.resolve() for root in roots] or [Path.cwd().resolve()]
    return load_graph(uri, raw, {}, limits, _fetch_below(folders, limits))


def _fetch_below(folders: Sequence[Path], limits: Limits) -> Fetch:
    def fetch(wanted: str) -> bytes | None:
        for folder in folders:
            candidate = folder / wanted
            if candidate.exists():
                return _read(candidate, wanted, folders, limits)
        return None

    return fetch


def documents_root() -> Path:
    """The folder of the contract documents that are part of this package."""
    return Path(str(files("specs") / "documents"))


def meta_text(name: str) -> str:
    """A vendored schema of this package, by its path below ``specs/meta``."""
    return (files("specs") / "meta" / name).read_text(encoding="utf-8")


def _default_root(file: Path) -> Path:
    here = Path.cwd().resolve()
    return here if file.is_relative_to(here) else file.parent


def _read(path: Path, uri: str, roots: Sequence[Path], limits: Limits) -> bytes:
    real = path.resolve()
    if not any(real.is_relative_to(root) for root in roots):
        raise SpecError([_outside(uri)])
    try:
        status = real.stat()
        if not stat.S_ISREG(status.st_mode):
            raise SpecError([_unreadable(uri, "it is not a regular file")])
        if status.st_size > limits.document_bytes_max:
            raise SpecError([too_large(uri, status.st_size, limits)])
        with real.open("rb") as stream:
            # One byte more than allowed: a file that grows meanwhile is refused by its length.
            return stream.read(limits.document_bytes_max + 1)
    except OSError as error:
        raise SpecError([_unreadable(uri, error.strerror or type(error).__name__)]) from None


def _outside(uri: str) -> Problem:
    return Problem(
        "ref.outside_roots",
        f"The file {uri!r:.200} lies outside the roots.",
        "Move it below a root, or name a root that holds it.",
        uri,
    )


def _unreadable(uri: str, reason: str) -> Problem:
    return Problem(
        "file.unreadable", f"The file {uri!r:.200} cannot be read: {reason}.", "Correct the path.", uri
    )
