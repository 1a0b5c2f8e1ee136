"""Hunts for wrong answers of the containment engine: grown pairs against brute force. Run it by hand.

python -m tests.bench.fuzz_containment --pairs 100000 --seed 1

A proof must hold for each value tried: a fixed set of small ones, and values made of the pair's own
constants, bounds and names. (A quick validator of another make names the values that look lost, and
`jsonschema` decides; every tenth pair it is asked about all of them.) A witness must be taken by the one side
and refused by the other; in the declared openness it must also be a value that writers send
(`declared_oracle` says which those are). Dialect, direction, openness and the reading of formats vary from
pair to pair. Leaves with 1 when a verdict is wrong.

`hard` counts the pairs where neither answer is trivial: the canonical forms differ, and none of the simple
values refutes. The share of these that is decided is the measure of the engine.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from compatibility import Budget, compare_schemas
from compatibility.schemas import same_form
from tests.bench.containment_grower import DIALECTS, Grower, Pair
from tests.bench.containment_oracle import SIMPLE, VALUES, Oracle, derived_values, surely
from tests.bench.declared_oracle import TooManyWaysError, Writer

GOALS_MAX = 3_000
NOTHING = object()
UNCHECKED = "the oracle cannot tell"


@dataclass(frozen=True, slots=True)
class Setting:
    """How one pair is compared."""

    direction: str
    openness: str
    formats: str


@dataclass(slots=True)
class Tally:
    """What a run has seen."""

    verdicts: Counter[str] = field(default_factory=Counter)
    hard: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    wrong: int = 0
    unchecked: int = 0
    engine_s: float = 0.0
    worst_s: float = 0.0


def setting(number: int, pair: Pair) -> Setting:
    """All settings in turn; the declared oracle does not read schemas under `unevaluated...`."""
    text = json.dumps([pair.before, pair.after])
    strict = number % 2 == 0 or '"unevaluated' in text
    return Setting(
        "consumed" if number // 2 % 3 else "produced",
        "strict" if strict else "declared",
        "assertion" if number // 6 % 4 == 3 else "annotation",
    )


def candidates(pair: tuple[Oracle, Oracle], values: list[Any], number: int) -> list[Any]:
    """The values worth a slow look: those lost by a quick validator, and every tenth pair all of them."""
    source, target = pair[0].fast(), pair[1].fast()
    if source is None or target is None or number % 10 == 0:
        return values
    return [value for value in values if source.is_valid(value) and not target.is_valid(value)]


def lost(pair: tuple[Oracle, Oracle], declared: bool, values: list[Any]) -> Any:
    """The first value that the source sends and the target refuses; NOTHING when there is none."""
    source, target = pair
    writer, refuses = Writer(source), target.validator(target.schema)
    for value in source.taken(values):
        if surely(refuses, value) is not False:
            continue
        try:
            if not declared or writer.sends(value):
                return value
        except (TooManyWaysError, RecursionError):
            continue
    return NOTHING


def fault_of(report: Any, pair: tuple[Oracle, Oracle], declared: bool, values: list[Any]) -> str:
    """What is wrong with a verdict; "" when nothing is, UNCHECKED when the oracle has no opinion."""
    source, target = pair
    if report.verdict == "compatible":
        value = lost(pair, declared, values)
        return "" if value is NOTHING else f"{json.dumps(value)} is lost"
    if report.verdict == "breaking":
        value = report.witness.value
        opinion = source.takes(value), target.takes(value)
        if None in opinion:
            return UNCHECKED
        if opinion != (True, False):
            return f"the witness {json.dumps(value)} does not stand"
        try:
            sent = not declared or Writer(source).sends(value)
        except (TooManyWaysError, RecursionError):
            return UNCHECKED
        return "" if sent else f"the witness {json.dumps(value)} is not sent"
    return ""


def judge(pair: Pair, how: Setting, number: int, tally: Tally, show: str) -> None:
    start = time.perf_counter()
    report = compare_schemas(
        pair.before,
        pair.after,
        dialect=pair.dialect,
        direction=how.direction,
        openness=how.openness,
        formats=how.formats,
        budget=Budget(goals_max=GOALS_MAX),
    )
    taken = time.perf_counter() - start
    tally.engine_s += taken
    tally.worst_s = max(tally.worst_s, taken)
    asserts = how.formats == "assertion"
    oracles = Oracle(pair.before, pair.dialect, asserts), Oracle(pair.after, pair.dialect, asserts)
    ordered = oracles if how.direction == "consumed" else oracles[::-1]
    declared = how.openness == "declared"
    values = candidates(ordered, [*VALUES, *derived_values(pair.before, pair.after, number)], number)
    fault = fault_of(report, ordered, declared, values)
    tally.verdicts[report.verdict] += 1
    hard = (
        not same_form(pair.before, pair.after, pair.dialect)
        and lost(ordered, declared, candidates(ordered, SIMPLE, number)) is NOTHING
    )
    if hard:
        tally.hard[report.verdict] += 1
    if report.verdict == "unknown":
        tally.reasons[report.reason] += 1
    if fault == UNCHECKED:
        tally.unchecked += 1
        fault = ""
    if fault or (show == "unknown" and hard and report.verdict == "unknown"):
        tally.wrong += bool(fault)
        said = {
            "pair": number, "fault": fault or report.reason, "dialect": pair.dialect,
            "direction": how.direction, "openness": how.openness, "formats": how.formats,
            "before": pair.before, "after": pair.after,
        }  # fmt: skip
        print(json.dumps(said), flush=True)


def share(counts: Counter[str]) -> str:
    total = sum(counts.values())
    decided = 100 * (total - counts["unknown"]) / max(1, total)
    return f"{decided:.2f} % of {total} decided {dict(sorted(counts.items()))}"


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    arguments.add_argument("--pairs", type=int, default=10_000)
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--only", type=int, help="judge only the pair of this number")
    arguments.add_argument("--dialects", default=",".join(DIALECTS))
    arguments.add_argument("--show", choices=("wrong", "unknown"), default="wrong")
    chosen = arguments.parse_args()
    grower, tally = Grower(chosen.seed, tuple(chosen.dialects.split(","))), Tally()
    start = time.perf_counter()
    for number in range(chosen.pairs):
        pair = grower.pair()
        if chosen.only is None or chosen.only == number:
            judge(pair, setting(number, pair), number, tally, chosen.show)
        if (number + 1) % 10_000 == 0:
            print(f"{number + 1} pairs: {share(tally.verdicts)}, {tally.wrong} wrong", flush=True)
    taken = time.perf_counter() - start
    faults = f"{tally.wrong} wrong, {tally.unchecked} unchecked"
    print(f"seed {chosen.seed}, {chosen.pairs} pairs in {taken:.0f} s, {faults}")
    print(f"  all:  {share(tally.verdicts)}")
    print(f"  hard: {share(tally.hard)}")
    mean = 1e3 * tally.engine_s / max(1, chosen.pairs)
    print(f"  engine: mean {mean:.2f} ms, worst {1e3 * tally.worst_s:.0f} ms")
    for reason, count in tally.reasons.most_common(8):
        print(f"  unknown {count}: {reason}")
    return 1 if tally.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
