"""Counters in the Prometheus text format (version 0.0.4): bounded, no labels from callers."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from typing import Any

from gateway.model import ContractRecord, Violation

BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Metrics:
    """Exchanges by contract, version, operation and status; durations in one histogram."""

    __slots__ = ("_counts", "_detected", "_durations", "_labels_max", "_seconds")

    def __init__(self, labels_max: int) -> None:
        self._labels_max = labels_max
        self._counts: dict[tuple[str, str, str, int], int] = {}
        self._detected: dict[tuple[str, str, str, str], int] = {}
        self._durations = [0] * (len(BUCKETS_S) + 1)
        self._seconds = 0.0

    def observe(self, record: ContractRecord | None, operation: str, status: int, duration_s: float) -> None:
        """One finished exchange; `record` is None where no contract was found."""
        key = ("", "", "", status) if record is None else (record.name, record.version, operation, status)
        count = self._counts.get(key)
        if count is None and len(self._counts) >= self._labels_max:
            key = ("", "", "", status)
            count = self._counts.get(key)
        self._counts[key] = (count or 0) + 1
        self._durations[bisect_left(BUCKETS_S, duration_s)] += 1
        self._seconds += duration_s

    def detect(self, record: ContractRecord, operation: str, violations: Sequence[Violation]) -> None:
        """One exchange that was off contract and was not refused, counted once for each place of it."""
        for where in {violation.where for violation in violations}:
            key = (record.name, record.version, operation, where)
            if key in self._detected or len(self._detected) < self._labels_max:
                self._detected[key] = self._detected.get(key, 0) + 1

    def go_on_from(self, told: Mapping[str, Any]) -> None:
        """Takes over the counts of another, as `counts` told them."""
        self._counts = {(row[0], row[1], row[2], row[3]): row[4] for row in told["exchanges"]}
        self._detected = {(row[0], row[1], row[2], row[3]): row[4] for row in told["detected"]}
        self._durations = list(told["durations"])
        self._seconds = told["seconds"]

    def counts(self, gauges: Mapping[str, float]) -> dict[str, Any]:
        """All there is to tell, as JSON: `gauges` are values that others hold, by metric name."""
        return {
            "exchanges": [[*key, count] for key, count in self._counts.items()],
            "detected": [[*key, count] for key, count in self._detected.items()],
            "durations": self._durations,
            "seconds": self._seconds,
            "gauges": dict(gauges),
        }


def exposition(counts: Mapping[int, Mapping[str, Any]]) -> str:
    """The text of the counts of all workers, by their numbers: counters summed up, gauges apart."""
    exchanges: dict[tuple[str, str, str, int], int] = {}
    detected: dict[tuple[str, str, str, str], int] = {}
    durations, seconds = [0] * (len(BUCKETS_S) + 1), 0.0
    for told in counts.values():
        for contract, version, operation, status, count in told["exchanges"]:
            key = (contract, version, operation, status)
            exchanges[key] = exchanges.get(key, 0) + count
        for contract, version, operation, where, count in told["detected"]:
            place = (contract, version, operation, where)
            detected[place] = detected.get(place, 0) + count
        durations = [one + other for one, other in zip(durations, told["durations"], strict=True)]
        seconds += told["seconds"]
    lines = ["# TYPE pactolus_gateway_exchanges_total counter"]
    for (contract, version, operation, status), count in sorted(exchanges.items()):
        labels = f'contract="{contract}",version="{version}",operation="{operation}",status="{status}"'
        lines.append(f"pactolus_gateway_exchanges_total{{{labels}}} {count}")
    if detected:
        lines.append("# TYPE pactolus_gateway_detected_total counter")
    for (contract, version, operation, where), count in sorted(detected.items()):
        labels = f'contract="{contract}",version="{version}",operation="{operation}",in="{where}"'
        lines.append(f"pactolus_gateway_detected_total{{{labels}}} {count}")
    lines.append("# TYPE pactolus_gateway_exchange_seconds histogram")
    running = 0
    for bound, count in zip((*map(str, BUCKETS_S), "+Inf"), durations, strict=True):
        running += count
        lines.append(f'pactolus_gateway_exchange_seconds_bucket{{le="{bound}"}} {running}')
    lines.append(f"pactolus_gateway_exchange_seconds_sum {seconds:.6f}")
    lines.append(f"pactolus_gateway_exchange_seconds_count {running}")
    for name in sorted({name for told in counts.values() for name in told["gauges"]}):
        lines.append(f"# TYPE pactolus_gateway_{name} gauge")
        for number, told in sorted(counts.items()):
            label = f'{{worker="{number}"}}' if len(counts) > 1 else ""
            lines.append(f"pactolus_gateway_{name}{label} {told['gauges'].get(name, 0):g}")
    return "\n".join(lines) + "\n"
