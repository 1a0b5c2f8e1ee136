"""How long contracts take to load, beside what the parsers alone take.

Run as ``python -m tests.bench.bench_load FILE...`` or by path. Each figure is the median CPU time of five
runs. Beside ``load_contract`` stand parsers that check less and keep less: ``json.loads`` and
``orjson.loads`` for JSON, PyYAML's ``CSafeLoader`` for YAML.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import yaml

from specs.lint import lint
from specs.load import load_contract
from specs.openapi import operations
from specs.schema import self_contained
from specs.validity import validity_problems

RUNS = 5


def median_s(work: Callable[[], Any]) -> float:
    """Median CPU time of five runs in seconds."""
    times = []
    for _ in range(RUNS):
        started = time.process_time()
        work()
        times.append(time.process_time() - started)
    return statistics.median(times)


def measure(path: Path) -> list[tuple[str, float]]:
    """Each piece of work with its median; everything after the load starts from a loaded contract."""
    raw = path.read_bytes()
    is_json = path.suffix == ".json"
    figures: list[tuple[str, float]] = [("load_contract", median_s(lambda: load_contract(path.name, raw)))]
    if is_json:
        figures.append(("  json.loads", median_s(lambda: json.loads(raw))))
        figures.append(("  orjson.loads", median_s(lambda: orjson.loads(raw))))
    else:
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        figures.append((f"  yaml {loader.__name__}", median_s(lambda: yaml.load(raw, loader))))
    figures.append(
        ("first position", median_s(lambda: load_contract(path.name, raw).document.position("/info")))
    )
    figures.append(("bundle_sha256", median_s(lambda: load_contract(path.name, raw).bundle_sha256)))
    contract = load_contract(path.name, raw)
    figures.append(("validity", median_s(lambda: validity_problems(contract))))
    figures.append(("all response schemas", median_s(lambda: _response_schemas(path.name, raw))))
    figures.append(("lint", median_s(lambda: lint(load_contract(path.name, raw)))))
    return figures


def _response_schemas(name: str, raw: bytes) -> int:
    contract = load_contract(name, raw)
    schemas = [
        self_contained(part.schema)
        for operation in operations(contract)
        for response in operation.responses
        for part in response.content
        if part.schema is not None
    ]
    return len(schemas)


def main(names: list[str]) -> int:
    """Print a table per file; ``load`` is part of each later figure but validity."""
    if not names:
        print(__doc__)
        return 2
    for name in names:
        path = Path(name)
        size_mb = path.stat().st_size / 1e6
        print(f"{path.name}  {size_mb:.2f} MB, median of {RUNS}")
        for label, seconds in measure(path):
            print(f"  {label:<24}{seconds:8.3f} s {size_mb / seconds:10.1f} MB/s")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
