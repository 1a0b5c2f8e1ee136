"""Files that `pactolus lint` takes beside contracts: rulesets and exceptions."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from pactolus.config import EVIDENCE_BYTES_MAX
from pactolus.errors import PactolusError
from specs.config import LIMITS
from specs.errors import SpecError
from specs.lint.exceptions import LintException
from specs.lint.spectral import Ruleset, read_ruleset
from specs.pointers import pointer_of
from specs.problem import Problem

if TYPE_CHECKING:
    from specs.positions import Positions

FIX = "See docs/reference/rulesets.md for the members of this file."


def ruleset_from(path: Path) -> Ruleset:
    """A ruleset and the files below its folder that it extends; SpecError with every problem and its line."""
    folder = path.parent.resolve()

    def fetch(uri: str) -> str | None:
        file = (folder / uri).resolve()
        return _text(file) if file.is_relative_to(folder) and file.is_file() else None

    return read_ruleset(path.name, _text(path), fetch)


def path_from(ruleset: Path, document: Path) -> str:
    """A document's path as the overrides of a ruleset name it: from the ruleset's folder."""
    relative = os.path.relpath(document.resolve(), ruleset.parent.resolve())
    return Path(relative).as_posix()


def exceptions_from(path: Path) -> tuple[LintException, ...]:
    """As `ruleset_from`."""
    from pactolus.evidence_files import parsed, validator

    value, index = parsed(_text(path), path.as_posix())
    errors = sorted(
        validator("lint-exceptions").iter_errors(value), key=lambda error: list(map(str, error.absolute_path))
    )
    problems = [
        _problem(path, f"{error.message:.300}.", [str(token) for token in error.absolute_path], index)
        for error in errors[: LIMITS.problems_max]
    ]
    found: list[LintException] = []
    for number, item in enumerate(value["exceptions"] if not problems else ()):
        tokens = ["exceptions", str(number)]
        try:
            expires = date.fromisoformat(item["expires"])
        except ValueError:
            message = f"{item['expires']} is no day of the calendar."
            problems.append(_problem(path, message, [*tokens, "expires"], index))
            continue
        found.append(
            LintException(
                rule=item["rule"],
                owner=item["owner"],
                reason=item["reason"],
                expires=expires,
                contract=item.get("contract", ""),
                pointer=item.get("pointer", ""),
                uri=path.as_posix(),
                place=pointer_of(tokens),
                position=index.find(tokens),
            )
        )
    if problems:
        raise SpecError(problems)
    return tuple(found)


def _problem(path: Path, message: str, tokens: list[str], index: Positions) -> Problem:
    pointer, position = pointer_of(tokens), index.find(tokens)
    return Problem("lint-exceptions.invalid", message, FIX, path.as_posix(), pointer, position)


def _text(path: Path) -> str:
    with path.open("rb") as stream:
        raw = stream.read(EVIDENCE_BYTES_MAX + 1)
    if len(raw) > EVIDENCE_BYTES_MAX:
        raise PactolusError(f"{path} has more than {EVIDENCE_BYTES_MAX} bytes", "split it")
    if not raw.strip():
        raise PactolusError(f"{path} is empty", "write something into it, or leave the option away")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise PactolusError(f"{path} is not UTF-8", "save it as UTF-8") from None
