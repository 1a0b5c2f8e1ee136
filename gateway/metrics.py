"""Counters of one process in the Prometheus text format (version 0.0.4): bounded, no labels from callers."""

from __future__ import annotations

from bisect import bisect_left

from gateway.model import ContractRecord

BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Metrics:
    """Exchanges by contract, version, operation and status; durations in one histogram."""

    __slots__ = ("_counts", "_durations", "_labels_max", "_seconds", "_total")

    def __init__(self, labels_max: int) -> None:
        self._labels_max = labels_max
        self._counts: dict[tuple[str, str, str, int], int] = {}
        self._durations = [0] * (len(BUCKETS_S) + 1)
        self._seconds = 0.0
        self._total = 0

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
        self._total += 1

    def text(self, gauges: dict[str, float]) -> str:
        """The exposition; `gauges` are values that others hold, by metric name."""
        lines = ["# TYPE pactolus_gateway_exchanges_total counter"]
        for (contract, version, operation, status), count in sorted(self._counts.items()):
            labels = f'contract="{contract}",version="{version}",operation="{operation}",status="{status}"'
            lines.append(f"pactolus_gateway_exchanges_total{{{labels}}} {count}")
        lines.append("# TYPE pactolus_gateway_exchange_seconds histogram")
        running = 0
        for bound, count in zip((*map(str, BUCKETS_S), "+Inf"), self._durations, strict=True):
            running += count
            lines.append(f'pactolus_gateway_exchange_seconds_bucket{{le="{bound}"}} {running}')
        lines.append(f"pactolus_gateway_exchange_seconds_sum {self._seconds:.6f}")
        lines.append(f"pactolus_gateway_exchange_seconds_count {self._total}")
        for name, value in sorted(gauges.items()):
            lines += (f"# TYPE pactolus_gateway_{name} gauge", f"pactolus_gateway_{name} {value:g}")
        return "\n".join(lines) + "\n"
