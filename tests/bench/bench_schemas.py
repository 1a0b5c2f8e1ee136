"""Measures the comparison of two schemas over the hard cases. Not a test; run it by hand.

python -m tests.bench.bench_schemas [--runs 5]

CPU time; each pair is compared end to end (reading, proof or refutation, second validator, shrinking), in
both opennesses. `first` is a pair's first comparison in this process, `best` the best of the runs.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections import Counter
from pathlib import Path
from typing import Any

from compatibility import compare_schemas

CASES = Path(__file__).parent.parent / "compatibility/cases/hardcases_schema.jsonl"


def milliseconds(row: dict[str, Any], openness: str) -> tuple[float, str]:
    start = time.process_time()
    report = compare_schemas(row["old"], row["new"], openness=openness)
    return 1e3 * (time.process_time() - start), report.verdict


def figures(name: str, times: list[tuple[float, str]]) -> str:
    ordered = sorted(times)
    taken = [one for one, _ in ordered]
    p95 = taken[int(0.95 * (len(taken) - 1))]
    worst, which = ordered[-1]
    return (
        f"{name}: median {statistics.median(taken):.2f} ms, p95 {p95:.2f} ms, worst {worst:.2f} ms ({which})"
    )


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    arguments.add_argument("--runs", type=int, default=5)
    chosen = arguments.parse_args()
    rows = [json.loads(line) for line in CASES.read_text().splitlines()]
    for openness in ("strict", "declared"):
        verdicts: Counter[str] = Counter()
        first: list[tuple[float, str]] = []
        best: list[tuple[float, str]] = []
        for row in rows:
            runs = [milliseconds(row, openness) for _ in range(chosen.runs)]
            verdicts[runs[0][1]] += 1
            first.append((runs[0][0], row["id"]))
            best.append((min(taken for taken, _ in runs), row["id"]))
        told = ", ".join(f"{count} {verdict}" for verdict, count in sorted(verdicts.items()))
        print(f"{openness}: {len(rows)} pairs, {told}, {verdicts['unknown']} unknown")
        print(f"  {figures('first', first)}")
        print(f"  {figures('best', best)}")


if __name__ == "__main__":
    main()
