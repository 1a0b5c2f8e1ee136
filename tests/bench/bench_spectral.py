"""Compares what a ruleset finds here with what Spectral finds, by rule, document and pointer. Run it by hand.

python tests/bench/bench_spectral.py SPECTRAL RULESET DOCUMENT... [--root FOLDER] [--rules] [--differences N]

SPECTRAL is the executable of @stoplight/spectral-cli. Rules of RULESET whose function is JavaScript are
switched off for both, in a ruleset beside it that extends it and is deleted at the end. Rules of Spectral's
own rulesets are not compared, nor are documents that one of the two cannot read: those are named. `--rules`
prints the table by rule, `--differences` the first N findings that one of the two alone has. Ends with status
1 when there is any.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from pactolus.lint_files import path_from, ruleset_from
from specs.config import LIMITS
from specs.errors import SpecError
from specs.files import read_contract
from specs.lint.spectral import Ruleset, lint_by
from specs.lint.spectral.functions import FUNCTIONS
from specs.pointers import pointer_of, step, tokens_of

FINDINGS_MAX = 5_000_000
SPECTRAL_SECONDS_MAX = 1_800
FAILED = 2
Finding = tuple[str, str, str]
"""Rule, absolute path of the document, JSON pointer."""


class Unread(Exception):
    """One of the two cannot judge a document."""


@dataclass(frozen=True)
class Compared:
    """What was found in one document, by whom, and how long each took."""

    document: Path
    ours: frozenset[Finding]
    theirs: frozenset[Finding]
    our_s: float
    their_s: float


@contextmanager
def without_javascript(ruleset: Path) -> Iterator[Path]:
    """A ruleset that extends the given one with its rules in JavaScript off."""
    rules = yaml.safe_load(ruleset.read_text()).get("rules", {})
    off = {name: "off" for name, rule in rules.items() if isinstance(rule, dict) and is_javascript(rule)}
    if not off:
        yield ruleset
        return
    print(f"{len(off)} rules in JavaScript are off: {', '.join(off)}")
    with tempfile.NamedTemporaryFile("w", suffix=".yaml", dir=ruleset.parent) as file:
        json.dump({"extends": [f"./{ruleset.name}"], "rules": off}, file)
        file.flush()
        yield Path(file.name)


def is_javascript(rule: dict[str, Any]) -> bool:
    listed = rule.get("then", [])
    return any(
        then["function"] not in FUNCTIONS for then in (listed if isinstance(listed, list) else [listed])
    )


def our_findings(ruleset: Ruleset, path: Path, roots: tuple[Path, ...], place: str) -> frozenset[Finding]:
    home = next((root for root in roots if path.is_relative_to(root)), path.parent)
    try:
        contract = read_contract(path, [home], replace(LIMITS, problems_max=FINDINGS_MAX))
    except SpecError as error:
        raise Unread(f"unreadable here: {error.problems[0].message}") from None
    found = lint_by(ruleset, contract, place)
    return frozenset((one.code, str(home / one.uri), one.pointer) for one in found)


def their_findings(
    spectral: Path, ruleset: Path, document: Path, names: frozenset[str]
) -> frozenset[Finding]:
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "found.json"
        command = [
            str(spectral),
            "lint",
            "-q",
            "-f",
            "json",
            "-o",
            str(output),
            "-r",
            str(ruleset),
            str(document),
        ]
        ended = subprocess.run(
            command, capture_output=True, text=True, timeout=SPECTRAL_SECONDS_MAX, check=False
        )
        if ended.returncode >= FAILED or not output.exists():
            raise Unread(f"unreadable by Spectral: {(ended.stderr or ended.stdout).strip()[:500]}")
        listed = json.loads(output.read_text())
    return frozenset(
        (
            one["code"],
            str(Path(one.get("source", document)).resolve()),
            pointer_of([str(token) for token in one["path"]]),
        )
        for one in listed
        if one["code"] in names
    )


def compared(
    spectral: Path, ruleset: Path, rules: Ruleset, document: Path, roots: tuple[Path, ...]
) -> tuple[Compared, frozenset[str]]:
    """What the two find, and the names of the rules that ran."""
    place = path_from(ruleset, document)
    names = frozenset(rule.name for rule in rules.for_document(place).rules)
    start = time.perf_counter()
    ours = our_findings(rules, document, roots, place)
    between = time.perf_counter()
    theirs = their_findings(spectral, ruleset, document, names)
    end = time.perf_counter()
    return Compared(document, ours & named(ours, names), theirs, between - start, end - between), names


def named(found: frozenset[Finding], names: frozenset[str]) -> frozenset[Finding]:
    return frozenset(one for one in found if one[0] in names)


def by_document(results: list[Compared]) -> None:
    print(f"{'document':36} {'ours':>8} {'theirs':>8} {'agree':>8} {'only ours':>10} {'only theirs':>12}"
          f" {'our s':>7} {'their s':>8}")  # fmt: skip
    for one in results:
        print(row(one.document.name, one.ours, one.theirs), f"{one.our_s:7.1f} {one.their_s:8.1f}")
    ours = frozenset[Finding]().union(*(one.ours for one in results))
    theirs = frozenset[Finding]().union(*(one.theirs for one in results))
    print(row("all, each place once", ours, theirs))


def row(name: str, ours: frozenset[Finding], theirs: frozenset[Finding]) -> str:
    return (
        f"{name:36} {len(ours):8} {len(theirs):8} {len(ours & theirs):8}"
        f" {len(ours - theirs):10} {len(theirs - ours):12}"
    )


def by_rule(results: list[Compared], names: list[str]) -> None:
    print(f"{'rule':60} {'agree':>8} {'only ours':>10} {'only theirs':>12}")
    agree, ours, theirs = Counter[str](), Counter[str](), Counter[str]()
    for one in results:
        agree.update(rule for rule, _, _ in one.ours & one.theirs)
        ours.update(rule for rule, _, _ in one.ours - one.theirs)
        theirs.update(rule for rule, _, _ in one.theirs - one.ours)
    for name in names:
        print(f"{name:60} {agree[name]:8} {ours[name]:10} {theirs[name]:12}")


def differences(one: Compared) -> Iterator[tuple[str, Finding]]:
    """Each finding that one of the two alone has, with its class."""
    answered: set[Finding] = set()
    for finding in sorted(one.theirs - one.ours):
        counterparts = {place for place in behind_references(finding) if place in one.ours}
        if counterparts:
            answered |= counterparts
            yield "only theirs, beside a reference; ours where it leads", finding
            continue
        rule, uri, pointer = finding
        below = {o for o in one.ours if o[:2] == (rule, uri) and o[2].startswith(f"{pointer}/")}
        answered |= below
        yield "only theirs, " + ("place cut short; ours below it" if below else "unexplained"), finding
    for finding in sorted(one.ours - one.theirs):
        above = {t for t in one.theirs if t[:2] == finding[:2] and finding[2].startswith(f"{t[2]}/")}
        is_answered = finding in answered or above
        yield "only ours, " + ("theirs at another place" if is_answered else "unexplained"), finding


def behind_references(finding: Finding) -> Iterator[Finding]:
    """Where the references lead that a place stands beside: the same members there, each hop."""
    rule, uri, pointer = finding
    for _ in range(LIMITS.reference_hops_max):
        place, tokens = document(uri), tokens_of(pointer)
        for number, token in enumerate([*tokens, ""]):
            if isinstance(place, dict) and isinstance(place.get("$ref"), str) and len(place) > 1:
                file, _, fragment = place["$ref"].partition("#")
                uri = str((Path(uri).parent / file).resolve()) if file else uri
                pointer = fragment + pointer_of(tokens[number:])
                break
            place = step(place, token)
        else:
            return
        yield rule, uri, pointer


@cache
def document(path: str) -> Any:
    return yaml.load(Path(path).read_text(), yaml.CSafeLoader)


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    arguments.add_argument("spectral", type=Path)
    arguments.add_argument("ruleset", type=Path)
    arguments.add_argument("documents", nargs="+", type=Path)
    arguments.add_argument("--root", action="append", default=[], type=Path, help="folder of references")
    arguments.add_argument("--rules", action="store_true", help="print the table by rule")
    arguments.add_argument("--differences", type=int, default=0, help="print so many")
    chosen = arguments.parse_args()
    roots = tuple(root.resolve() for root in chosen.root)
    results: list[Compared] = []
    ran: set[str] = set()
    with without_javascript(chosen.ruleset.resolve()) as ruleset:
        rules = ruleset_from(ruleset)
        for document in chosen.documents:
            try:
                one, names = compared(chosen.spectral, ruleset, rules, document.resolve(), roots)
            except Unread as unread:
                print(f"not compared: {document}: {unread}")
                continue
            results.append(one)
            ran |= names
    print(f"{len(results)} documents, {len(ran)} rules")
    by_document(results)
    if chosen.rules:
        by_rule(results, sorted(ran))
    told = [found for one in results for found in differences(one)]
    for kind, count in sorted(Counter(kind for kind, _ in told).items()):
        print(f"{count:8}  {kind}")
    for kind, (rule, uri, pointer) in told[: chosen.differences]:
        print(f"{kind}: {rule} at {Path(uri).name}#{pointer}")
    return 1 if told else 0


if __name__ == "__main__":
    sys.exit(main())
