"""Versions of a contract, oldest first: its commits in git, or the files of a folder."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import semver

from compatibility.errors import CompatibilityError
from pactolus.config import FOLDER_FILES_MAX
from pactolus.errors import PactolusError
from pactolus.git_tree import Repository, repository
from pactolus.sources import HARMLESS, at_commit
from specs.errors import SpecError
from specs.files import read_contract
from specs.governance import governance_of
from specs.model import Contract
from specs.validity import validity_problems

if TYPE_CHECKING:
    from compatibility.model import Report
    from pactolus.progress import Steps

SUFFIXES = (".yaml", ".yml", ".json")
LOG_OPTIONS = (
    "--first-parent",
    "--diff-merges=first-parent",
    "--find-renames",
    "--no-show-signature",
    "--no-ext-diff",
    "--no-color",
    "--encoding=UTF-8",
    "-z",
    "--name-status",
)
"""Said in full, so that a user's settings of git change nothing."""
RENAMED = re.compile(r"[RC]\d+")


@dataclass(frozen=True, slots=True)
class Version:
    """One state of a contract: what names it, when it came to be, and how it is read."""

    label: str
    date: str
    subject: str
    read: Callable[[], Contract]


@dataclass(frozen=True, slots=True)
class Change:
    """From one version that could be read to the next one that could."""

    contract: str
    before: Version
    after: Version
    report: Report


@dataclass(frozen=True, slots=True)
class Skipped:
    """A version that could not be read or is invalid; the change is then judged across it."""

    contract: str
    version: Version
    reason: str


@dataclass(frozen=True, slots=True)
class History:
    """Everything that was judged, in order, and what was left out."""

    changes: tuple[Change, ...]
    skipped: tuple[Skipped, ...]
    versions: int
    left_out: int


def judged(
    chains: Sequence[tuple[str, Sequence[Version]]],
    left_out: int,
    compare: Callable[[Contract, Contract], Report],
    steps: Steps,
) -> History:
    """Every pair of neighbours of each chain; two contracts at most are held at a time."""
    changes: list[Change] = []
    skipped: list[Skipped] = []
    for name, versions in chains:
        last: tuple[Version, Contract] | None = None
        for version in versions:
            with steps.step(f"{name} {version.label}"):
                try:
                    contract = valid(version)
                    if last is not None:
                        changes.append(Change(name, last[0], version, compare(last[1], contract)))
                    last = version, contract
                except (SpecError, PactolusError, CompatibilityError) as error:
                    skipped.append(Skipped(name, version, str(error)))
    return History(tuple(changes), tuple(skipped), sum(len(chain) for _, chain in chains), left_out)


def valid(version: Version) -> Contract:
    contract = version.read()
    problems = validity_problems(contract, ("error",))
    errors = [one for one in problems if one.code not in HARMLESS]
    if errors:
        raise SpecError(errors)
    return contract


def versions_in_git(
    named: str, roots: Sequence[Path], limit: int
) -> tuple[list[tuple[str, list[Version]]], int]:
    """The newest commits on the main line that touched a file or what it refers to, followed over renames.

    `named` is `PATH` (from HEAD) or `REVISION:PATH`. Merges count as one step: what they brought.
    """
    found = repository()
    revision, colon, path = named.rpartition(":")
    revision = revision if colon else "HEAD"
    path = found.path(path)
    head = found.commit(revision)
    found.entry(head, revision, path)
    states = states_of(found, head, path, referred_files(found, head, revision, path, roots))
    kept = states[:limit]
    versions = [
        Version(
            commit[:12],
            date,
            subject,
            partial(at_commit, found, commit, commit[:12], name, roots),
        )
        for commit, date, subject, name in reversed(kept)
    ]
    return [(path, versions)], len(states) - len(kept)


def referred_files(
    found: Repository, commit: str, revision: str, path: str, roots: Sequence[Path]
) -> list[str]:
    """The other files the newest state is made of, from the top; none when it cannot be read."""
    try:
        contract = at_commit(found, commit, revision, path, roots)
    except SpecError:
        return []
    uri = contract.document.uri
    base = path[: len(path) - len(uri)] if path.endswith(uri) else ""
    return [base + one for one in contract.documents if one != uri]


def states_of(
    found: Repository, head: str, path: str, others: Sequence[str]
) -> list[tuple[str, str, str, str]]:
    """(commit, date, subject, path at that time), newest first, as far back as the file goes."""
    own = {touch.commit: touch for touch in touches(found, head, "--follow", "--", path)}
    shared = touches(found, head, "--", *others) if others else []
    every = own | {touch.commit: touch for touch in shared if touch.commit not in own}
    ordered = found.ask("rev-list", "--first-parent", head).split()
    oldest = max((ordered.index(commit) for commit in own), default=-1)
    states = []
    for commit in ordered[: oldest + 1]:
        touch = every.get(commit)
        if touch is None:
            continue
        if not touch.removed:
            states.append((commit, touch.date, touch.subject, path))
        path = touch.renamed_from or path
    return states


@dataclass(frozen=True, slots=True)
class Touch:
    """A commit that changed a file; `renamed_from` is the name it had before."""

    commit: str
    date: str
    subject: str
    removed: bool
    renamed_from: str


def touches(found: Repository, head: str, *arguments: str) -> list[Touch]:
    """The commits of the main line that changed any of some files, newest first."""
    shape = "--format=%x01%H%x00%cs%x00%s"
    text = found.ask("log", *LOG_OPTIONS, shape, head, *arguments)
    result = []
    for part in text.split("\x01")[1:]:
        commit, date, subject, *changes = part.split("\0")
        status = changes[0].strip() if changes else ""
        renamed = RENAMED.fullmatch(status) is not None and len(changes) > 1
        result.append(Touch(commit, date, subject, status == "D", changes[1] if renamed else ""))
    return result


def versions_in_folder(
    folder: Path, roots: Sequence[Path], limit: int
) -> tuple[list[tuple[str, list[Version]]], int]:
    """The contracts of a folder, each with its versions by their numbers and then their files' names."""
    paths = sorted(path for path in folder.iterdir() if path.suffix in SUFFIXES and path.is_file())
    if len(paths) > FOLDER_FILES_MAX:
        raise PactolusError(f"{folder} has more than {FOLDER_FILES_MAX} files", "name a smaller folder")
    chains: dict[str, list[tuple[tuple[int, semver.Version | int, str], Version]]] = {}
    for path in paths:
        name, number = identity(path, roots)
        version = Version(path.name, "", "", partial(read_contract, path, roots))
        chains.setdefault(name, []).append((order(number, path.name), version))
    result, left_out = [], 0
    for name in sorted(chains):
        versions = [version for _, version in sorted(chains[name], key=lambda one: one[0])]
        left_out += max(len(versions) - limit, 0)
        result.append((name, versions[-limit:]))
    return result, left_out


def identity(path: Path, roots: Sequence[Path]) -> tuple[str, str]:
    """The name and the version of the contract in a file; one that cannot be read stands alone."""
    try:
        contract = read_contract(path, roots)
    except SpecError:
        return path.name, ""
    try:
        return governance_of(contract).name, contract.version
    except SpecError:
        return contract.title or path.name, contract.version


def order(number: str, name: str) -> tuple[int, semver.Version | int, str]:
    """Semantic versions in their order, after all that are none."""
    try:
        return 1, semver.Version.parse(number), name
    except ValueError:
        return 0, 0, name
