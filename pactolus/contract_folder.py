"""The contracts of a folder: documents that say who answers for them, among those that others refer to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from specs.errors import SpecError
from specs.files import read_contract
from specs.model import Contract
from specs.openapi import EXTENSION
from specs.problem import Problem

SUFFIXES = frozenset((".yaml", ".yml", ".json"))


def contracts_below(folder: Path, roots: Sequence[Path] = ()) -> list[Contract]:
    """Every document with `x-pactolus` at its root, in the order of paths; others are parts of these.

    Without roots the folder itself is the root. SpecError with the problems of all files that cannot be read.
    """
    found: list[Contract] = []
    problems: list[Problem] = []
    for path in candidates(folder):
        try:
            contract = read_contract(path, roots or (folder,))
        except SpecError as error:
            problems.extend(error.problems)
            continue
        value = contract.document.value
        if isinstance(value, dict) and EXTENSION in value:
            found.append(contract)
    if problems:
        raise SpecError(problems)
    return found


def candidates(folder: Path) -> Iterator[Path]:
    """Files that name the extension; hidden ones and those in hidden folders are left out."""
    for path in sorted(folder.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if (
            not hidden
            and path.suffix in SUFFIXES
            and path.is_file()
            and EXTENSION.encode() in path.read_bytes()
        ):
            yield path
