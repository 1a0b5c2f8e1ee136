"""Measures comparisons in CPU time: a machine is rarely ours alone. Not a test; run it by hand.

python tests/bench/bench_compare.py                          the schema and contract cases
python tests/bench/bench_compare.py BEFORE AFTER [--runs N]  the command `pactolus check` on two contracts
python tests/bench/bench_compare.py BEFORE AFTER --unchecked the comparison alone, valid or not

The command runs in a process of its own each time, with another PYTHONHASHSEED: seconds are its user and
system time, megabytes the most it held, and the report (JSON) has to have the same bytes each time.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from compatibility import compare, compare_schemas
from specs.files import read_contract

CASES = Path(__file__).parent.parent / "compatibility/cases"


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    start = time.process_time()
    found = work()
    return time.process_time() - start, found


def rows(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (CASES / name).read_text().splitlines()]


def case_medians() -> None:
    for name, work in (("schema", compare_schemas), ("openapi", compare), ("asyncapi", compare)):
        taken = [timed(partial(work, row["old"], row["new"]))[0] for row in rows(f"hardcases_{name}.jsonl")]
        median, worst = statistics.median(taken) * 1e3, max(taken) * 1e3
        print(f"{name} pairs: {len(taken)}, median {median:.2f} ms, worst {worst:.1f} ms")


def command(before: Path, after: Path, seed: int, output: Path) -> tuple[float, int]:
    """CPU seconds and peak megabytes of one run."""
    arguments = [
        sys.executable,
        "-m",
        "pactolus",
        "check",
        str(before),
        str(after),
        "--format",
        f"json={output}",
    ]
    environment = {**os.environ, "PYTHONHASHSEED": str(seed)}
    process = subprocess.Popen(arguments, env=environment, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 1):
        sys.exit(f"pactolus check ended with {process.returncode}; --unchecked compares without it")
    return used.ru_utime + used.ru_stime, used.ru_maxrss // 1024


def command_medians(before: Path, after: Path, runs: int) -> None:
    taken, held, digests = [], [], set()
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "report.json"
        for seed in range(runs):
            seconds, megabytes = command(before, after, seed, output)
            taken.append(seconds)
            held.append(megabytes)
            digests.add(hashlib.sha256(output.read_bytes()).hexdigest())
        findings = json.loads(output.read_bytes())["findings"]
    print(f"{before.name} -> {after.name}: median {statistics.median(taken):.2f} s of CPU, {runs} runs")
    print(f"  {min(taken):.2f} to {max(taken):.2f} s, {max(held)} MB, load average {os.getloadavg()[0]:.1f}")
    print(f"  {len(findings)} findings, {len(digests)} digest(s) {sorted(digests)[0][:16]}")


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
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    arguments.add_argument("contracts", nargs="*", type=Path)
    arguments.add_argument("--runs", type=int, default=3)
    arguments.add_argument("--unchecked", action="store_true")
    chosen = arguments.parse_args()
    if len(chosen.contracts) == 2:
        measure = contract_medians if chosen.unchecked else command_medians
        measure(*chosen.contracts, chosen.runs)
    else:
        case_medians()


if __name__ == "__main__":
    main()
