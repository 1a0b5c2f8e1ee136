"""Several workers behind one port: limits hold for all, one page counts all, one that dies is replaced."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from gateway.metrics import Metrics, exposition
from gateway.model import ContractRecord, DocumentRef, ThrottlingPlan
from gateway.peers import Peers
from gateway.policies.throttling import take
from gateway.shared_buckets import PROBES_MAX, SharedBuckets
from tests.gateway.conftest import CONTRACTS, settings
from tests.ports import free_port

PLAN = ThrottlingPlan(0.001, 500)


def calls(buckets: SharedBuckets, count: int, allowed: Any) -> None:
    taken = sum(
        buckets.update(("app", "T1"), 0.0, lambda arrival: take(arrival, 100.0, PLAN)).allowed
        for _ in range(count)
    )
    allowed.put(taken)


def test_processes_that_call_at_once_get_what_one_would_get() -> None:
    buckets, context = SharedBuckets(64, 300.0), get_context("fork")
    allowed = context.Queue()
    processes = [context.Process(target=calls, args=(buckets, 400, allowed)) for _ in range(3)]
    for process in processes:
        process.start()
    assert sum(allowed.get(timeout=20) for _ in processes) == 500
    for process in processes:
        process.join(20)


def test_a_full_table_gives_up_the_fullest_bucket() -> None:
    buckets = SharedBuckets(1, 300.0)
    for number in range(3 * PROBES_MAX):
        buckets.update((f"c{number}", "T1"), 0.0, lambda _, at=100.0 + number: (None, at))  # type: ignore[misc]
    kept = [
        buckets.update((f"c{number}", "T1"), 0.0, lambda arrival: (arrival, arrival))
        for number in range(3 * PROBES_MAX)
    ]
    assert all(arrival in (0.0, 100.0 + number) for number, arrival in enumerate(kept))
    assert sum(arrival > 0 for arrival in kept) <= 2 * PROBES_MAX
    assert kept[-1] > 0


def test_the_page_sums_what_all_workers_counted_and_goes_on_from_one_that_died(tmp_path: Path) -> None:
    record = ContractRecord("orders", "openapi", "1.0.0", 1, "system", "erp", DocumentRef("a", "b"))
    workers = [(Metrics(100), Peers(tmp_path, number, 2)) for number in range(2)]
    for metrics, peers in workers:
        for _ in range(peers.number + 1):
            metrics.observe(record, "GET /orders", 200, 0.002)
        peers.tell(metrics.counts({"contracts": 1}))
    metrics, peers = workers[0]
    replaced = Metrics(100)
    replaced.go_on_from(Peers(tmp_path, 1, 2).told_before() or {})
    replaced.observe(record, "GET /orders", 200, 0.002)
    Peers(tmp_path, 1, 2).tell(replaced.counts({"contracts": 1}))

    text = exposition({0: metrics.counts({"contracts": 1}), **peers.told()})
    labels = 'contract="orders",version="1.0.0",operation="GET /orders",status="200"'
    assert f"pactolus_gateway_exchanges_total{{{labels}}} 4" in text
    assert "pactolus_gateway_exchange_seconds_count 4" in text
    assert 'pactolus_gateway_contracts{worker="1"} 1' in text


@pytest.fixture
def served(tmp_path: Path, tokens: Any) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    told = settings(tokens)
    told["consumers"][2]["plan"] = {"requestsPerSecond": 0.001, "burst": 20}
    (tmp_path / "settings.yaml").write_text(yaml.safe_dump(told))
    port = free_port()
    command = [
        sys.executable, "-m", "pactolus", "gateway", "serve", "--contracts", str(CONTRACTS), "--settings",
        str(tmp_path / "settings.yaml"), "--workers", "2", "--port", str(port), "--access-log",
        str(tmp_path / "access.log"), "--upstream", "orders.v1=http://127.0.0.1:1",
    ]  # fmt: skip
    process = subprocess.Popen(command, stderr=subprocess.PIPE)
    url = f"http://127.0.0.1:{port}"
    wait_until(lambda: len(workers_of(process)) == 2 and answers(url))
    yield url, process
    process.terminate()
    process.wait(20)
    assert process.stderr is not None
    process.stderr.close()


def answers(url: str) -> bool:
    try:
        return all(httpx.get(f"{url}/-/ready").status_code == 200 for _ in range(8))
    except httpx.HTTPError:
        return False


def workers_of(process: subprocess.Popen[bytes]) -> list[int]:
    return [int(pid) for pid in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()]


def wait_until(condition: Any) -> None:
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.05)


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="children are read from /proc")
def test_workers_share_limits_and_counts_and_a_dead_one_is_replaced(
    served: tuple[str, subprocess.Popen[bytes]], tokens: Any
) -> None:
    url, process = served
    token = {"authorization": "Bearer " + tokens.sign(client="modest-client")}
    path = f"{url}/system/orders/v1/orders/o-1"
    statuses = [httpx.get(path, headers=token).status_code for _ in range(40)]
    assert statuses.count(429) == 20
    assert statuses.count(503) == 20  # the system behind is not there

    def counted() -> int:
        text = httpx.get(f"{url}/-/metrics").text
        return sum(int(count) for count in re.findall(r'operation="GET /orders/\{orderId\}".*\} (\d+)', text))

    # Whichever worker is asked: then each has told the other what it counted.
    wait_until(lambda: all(counted() == 40 for _ in range(12)))
    first = workers_of(process)
    os.kill(first[0], signal.SIGKILL)
    wait_until(lambda: len(workers_of(process)) == 2 and first[0] not in workers_of(process) and answers(url))
    assert counted() == 40
    assert httpx.get(path, headers=token).status_code == 429
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0
    assert all(not Path(f"/proc/{pid}").exists() for pid in first)
