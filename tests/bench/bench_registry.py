"""The registry's reads of what never changes, beside the long way; and registrations of small schemas.

python tests/bench/bench_registry.py [--seconds 5] [--rounds 3] [--database URL]

Core 0 has the registry, core 1 the load (wrk). 1,000 schemas are registered and read once; reads go through
them, or through one published contract of 32 kB, with a bearer token. `through Connexion` is the same
contract's bytes by the address that is not immutable. Rounds are interleaved; printed are medians, and CPU
time of the registry per request, which other work on the machine touches least: its reciprocal is what a core
to itself would answer.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from registry.config import RatePolicy, RegistryConfig
from registry.serve import initialise_registry, run
from specs.files import documents_root
from tests.ports import free_port
from tests.registry.packaged import TEAMS, body_of

SCHEMAS, CONNECTIONS = 1_000, 32
CONTRACT = documents_root() / "system" / "erp-orders.v1.openapi.yaml"
UNLIMITED = RatePolicy(api="1000000000 per minute", schemas="1000000000 per minute")
READ = """
local i = 0
request = function()
  i = i + 1
  return wrk.format("GET", {path}, {{["Authorization"] = "{authorization}"{more}}})
end
"""
REGISTER = """
local i = 0
request = function()
  i = i + 1
  local name = "{run}-" .. i
  local schema = '{{\\\\"type\\\\":\\\\"object\\\\",\\\\"title\\\\":\\\\"' .. name .. '\\\\"}}'
  return wrk.format("POST", "/confluent/subjects/" .. name .. "/versions",
    {{["Authorization"] = "{authorization}", ["Content-Type"] = "application/json"}},
    '{{"schemaType":"JSON","schema":"' .. schema .. '"}}')
end
"""


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--database", help="an empty database; an SQLite file when absent")
    parser.add_argument("--serve", help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.serve:
        run(settings(chosen.serve, chosen.port))
        return
    if shutil.which("wrk") is None:
        sys.exit("bench_registry: wrk is not installed. Try: apt-get install wrk")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        database = chosen.database or f"sqlite:///{folder / 'registry.db'}"
        measure(folder, database, chosen.seconds, chosen.rounds)


def settings(database: str, port: int) -> RegistryConfig:
    """The registry as it is by default, but for rates, which would be all there is to see."""
    return RegistryConfig(database, port=port, rates=UNLIMITED, log_level="warning", token_lifetime_s=7_200)


def measure(folder: Path, database: str, seconds: int, rounds: int) -> None:
    """Prints a table."""
    port = free_port()
    made = initialise_registry(settings(database, port))
    with serving(database, port) as pid:
        url = f"http://127.0.0.1:{port}"
        basic = "Basic " + base64.b64encode(f"{made.client_id}:{made.client_secret}".encode()).decode()
        client = httpx.Client(base_url=url, headers={"Authorization": basic}, timeout=60)
        bearer = token(client)
        paths, tag = prepared(client, bearer)
        scripts = {
            "schema by id": READ.format(
                path=f'"/confluent/schemas/ids/" .. (i % {SCHEMAS} + 1)', authorization=basic, more=""
            ),
            "bytes of a version": READ.format(path=f'"{paths[0]}"', authorization=bearer, more=""),
            "the same, 304": READ.format(
                path=f'"{paths[0]}"', authorization=bearer, more=f", [\"If-None-Match\"] = '{tag}'"
            ),
            "bytes by digest": READ.format(path=f'"{paths[1]}"', authorization=bearer, more=""),
            "through Connexion": READ.format(path=f'"{paths[2]}"', authorization=bearer, more=""),
        }
        results: dict[str, list[tuple[float, float, float, int]]] = {}
        for number in range(rounds):
            scripts["register a schema"] = REGISTER.format(run=f"r{number}", authorization=basic)
            for what, script in scripts.items():
                (folder / "load.lua").write_text(script)
                if number == 0 and what != "register a schema":
                    load(folder / "load.lua", url, 1)
                before = cpu_s(pid)
                rate, p99, wrong = load(folder / "load.lua", url, seconds)
                spent = (cpu_s(pid) - before) / (rate * seconds) * 1e6
                results.setdefault(what, []).append((rate, p99, spent, wrong))
    load_average = os.getloadavg()[0]
    print(f"{database.partition(':')[0]}, load average {load_average:.1f}")
    for what, found in results.items():
        rate, p99, spent = (statistics.median(one[part] for one in found) for part in (0, 1, 2))
        wrong = sum(one[3] for one in found)
        print(f"{what:<20} {rate:>8,.0f}/s  p99 {p99:>7.2f} ms  {spent:>6,.0f} us CPU  {wrong} refused")


def cpu_s(pid: int) -> float:
    """Seconds of CPU that a process has used, its threads included."""
    parts = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(parts[11]) + int(parts[12])) / os.sysconf("SC_CLK_TCK")


def token(client: httpx.Client) -> str:
    """An Authorization header with an access token."""
    response = client.post("/oauth/token", data={"grant_type": "client_credentials"})
    return f"Bearer {response.raise_for_status().json()['access_token']}"


def prepared(client: httpx.Client, bearer: str) -> tuple[list[str], str]:
    """Registers the schemas, publishes the contract; its addresses and the tag of its bytes."""
    for number in range(SCHEMAS):
        schema = {"type": "object", "title": f"S{number}", "properties": {"a": {"type": "string"}}}
        body = {"schema": json.dumps(schema), "schemaType": "JSON"}
        made: Any = client.post(f"/confluent/subjects/s{number}/versions", json=body).raise_for_status()
        client.get(f"/confluent/schemas/ids/{made.json()['id']}").raise_for_status()
    headers = {"Authorization": bearer}
    for team in TEAMS:
        client.post("/registry/v1/teams", json={"name": team}, headers=headers).raise_for_status()
    name, publication = body_of(CONTRACT)
    published: Any = client.post(
        f"/registry/v1/contracts/{name}/versions", json=publication, headers=headers
    ).raise_for_status()
    version = published.json()
    base = f"/registry/v1/contracts/{name}/versions"
    digest = version["document"]["sha256"]
    paths = [
        f"{base}/{version['version']}/content",
        f"/registry/v1/documents/{digest}",
        f"{base}/latest/content",
    ]
    return paths, f'"{digest}"'


def load(script: Path, url: str, seconds: int) -> tuple[float, float, int]:
    """Requests in a second, the 99th percentile in milliseconds, and answers that were refusals."""
    command = ["taskset", "-c", "1", "wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--latency"]
    done = subprocess.run([*command, "-s", str(script), url], capture_output=True, text=True, check=True)
    rate = re.search(r"Requests/sec:\s+([\d.]+)", done.stdout)
    p99 = re.search(r"99%\s+([\d.]+)(us|ms|s)", done.stdout)
    wrong = re.search(r"Non-2xx or 3xx responses: (\d+)", done.stdout)
    assert rate is not None
    assert p99 is not None
    factor = {"us": 0.001, "ms": 1.0, "s": 1_000.0}[p99[2]]
    return float(rate[1]), float(p99[1]) * factor, int(wrong[1]) if wrong else 0


@contextmanager
def serving(database: str, port: int) -> Iterator[int]:
    """A registry as a process of its own on core 0."""
    command = ["taskset", "-c", "0", sys.executable, __file__, "--serve", database, "--port", str(port)]
    process = subprocess.Popen(command, env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)})
    try:
        for _ in range(300):
            try:
                httpx.get(f"http://127.0.0.1:{port}/registry/v1/health", timeout=1)
                break
            except httpx.TransportError:
                time.sleep(0.1)
        yield process.pid
    finally:
        process.terminate()
        process.wait(20)


if __name__ == "__main__":
    main()
