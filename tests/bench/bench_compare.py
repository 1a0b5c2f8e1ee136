"""Measures comparisons: median seconds, findings, peak memory. Not a test; run it by hand.

python tests/bench/bench_compare.py                          the schema and contract cases
python tests/bench/bench_compare.py BEFORE AFTER [--runs N]  two contracts on disk
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from compatibility import compare, compare_schemas
from specs.files import read_contract

CASES = Path(__file__).parent.parent / "compatibility/cases"


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    start = time.perf_counter()
    found = work()
    return time.perf_counter() - start, found


def rows(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (CASES / name).read_text().splitlines()]


def case_medians() -> None:
    for name, work in (("schema", compare_schemas), ("openapi", compare), ("asyncapi", compare)):
        taken = [timed(partial(work, row["old"], row["new"]))[0] for row in rows(f"hardcases_{name}.jsonl")]
        median, worst = statistics.median(taken) * 1e3, max(taken) * 1e3
        print(f"{name} pairs: {len(taken)}, median {median:.2f} ms, worst {worst:.1f} ms")


def contract_medians(before: Path, after: Path, runs: int) -> None:
    seconds, digests, report = [], set(), None
    for _ in range(runs):
        contracts = [read_contract(path, roots=[path.parent]) for path in (before, after)]
        taken, report = timed(partial(compare, *contracts))
        seconds.append(taken)
        digests.add(report.digest)
    assert report is not None
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    levels = {level: report.count(level) for level in ("breaking", "unknown", "info")}
    median = statistics.median(seconds)
    print(f"{before.name} -> {after.name}: median {median:.2f} s of {runs} runs, {memory} MB")
    print(f"  {report.verdict}, {levels}, {len(digests)} digest(s) {sorted(digests)[0][:16]}")


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("contracts", nargs="*", type=Path)
    arguments.add_argument("--runs", type=int, default=3)
    chosen = arguments.parse_args()
    if len(chosen.contracts) == 2:
        contract_medians(*chosen.contracts, chosen.runs)
    else:
        case_medians()


if __name__ == "__main__":
    main()
