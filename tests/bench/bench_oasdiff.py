"""Compares our verdicts with a labelled collection of OpenAPI changes, a JSON line each. Run it by hand.

python tests/bench/bench_oasdiff.py CASES.jsonl [--all]

A line has `id`, `old`, `new` and `expect` with `checks` and their `levels` (3 error, 2 warning, 1 note).
A case labelled with an error is expected to be breaking, any other one not to be. Every disagreement must
stand in oasdiff_disagreements.yaml beside this file with its class and the reason; one that does not ends the
run with status 1, as does a reason for a case that agrees.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from compatibility import compare
from specs.errors import SpecError

REASONS = Path(__file__).with_name("oasdiff_disagreements.yaml")
CLASSES = ("policy", "their-defect", "our-defect")
ERROR = 3


@dataclass(frozen=True)
class Outcome:
    """One case: `name` is unique, `errors` are the checks labelled as errors, `verdict` is ours."""

    name: str
    errors: tuple[str, ...]
    verdict: str

    @property
    def agrees(self) -> bool:
        return (self.verdict == "breaking") is bool(self.errors) and self.verdict in (
            "breaking",
            "compatible",
        )


def outcomes(path: Path) -> list[Outcome]:
    found: list[Outcome] = []
    seen: Counter[str] = Counter()
    for line in path.read_text().splitlines():
        row = json.loads(line)
        seen[row["id"]] += 1
        name = row["id"] if seen[row["id"]] == 1 else f"{row['id']} ({seen[row['id']]})"
        expect = row["expect"]
        labels = zip(expect["checks"], expect["levels"], strict=True)
        errors = tuple(sorted({check for check, level in labels if level == ERROR}))
        found.append(Outcome(name, errors, verdict(row)))
    return found


def verdict(row: dict[str, Any]) -> str:
    try:
        return compare(row["old"], row["new"]).verdict
    except SpecError:
        return "refused"


def explained() -> dict[str, tuple[str, str]]:
    """Case -> class and reason."""
    groups = yaml.safe_load(REASONS.read_text())
    found: dict[str, tuple[str, str]] = {}
    for group in groups:
        if group["class"] not in CLASSES:
            raise SystemExit(f"{group['class']} is not one of {', '.join(CLASSES)}")
        for case in group["cases"]:
            if case in found:
                raise SystemExit(f"{case} is explained twice")
            found[case] = (group["class"], group["why"])
    return found


def table(found: list[Outcome], *, everything: bool) -> None:
    """Agreement by error check, the checks with disagreements first."""
    total, agreed = Counter[str](), Counter[str]()
    for one in found:
        for check in one.errors or ("(no error)",):
            total[check] += 1
            agreed[check] += one.agrees
    print(f"{'check labelled as error':58} cases agreed")
    for check, count in sorted(total.items(), key=lambda item: (agreed[item[0]] == item[1], item[0])):
        if everything or agreed[check] < count:
            print(f"{check:58} {count:5} {agreed[check]:6}")


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    arguments.add_argument("cases", type=Path)
    arguments.add_argument("--all", action="store_true", help="print the checks that agree everywhere too")
    chosen = arguments.parse_args()
    found, reasons = outcomes(chosen.cases), explained()
    table(found, everything=chosen.all)
    differing = {one.name: one for one in found if not one.agrees}
    counts = Counter(reasons[name][0] if name in reasons else "unexplained" for name in differing)
    print(f"\n{len(found)} cases, {len(found) - len(differing)} agree, {len(differing)} do not:")
    for kind in (*CLASSES, "unexplained"):
        print(f"  {kind:14} {counts[kind]}")
    wrong = [f"unexplained: {name} ({one.verdict})" for name, one in differing.items() if name not in reasons]
    wrong += [f"explained, and agrees: {name}" for name in reasons if name not in differing]
    for line in wrong:
        print(line)
    return 1 if wrong or counts["our-defect"] else 0


if __name__ == "__main__":
    sys.exit(main())
