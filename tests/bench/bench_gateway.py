"""The gateway beside nginx as a plain reverse proxy: the same upstream, the same requests, one core each.

python tests/bench/bench_gateway.py [--rounds 3] [--seconds 4]

Core 0 has the candidate, core 1 the upstream (nginx, fixed answers) and the load (wrk). The gateway does
all it does in service: RS256 tokens (64 of them, remembered after the first use), scopes, throttling,
request and response validated against `crm-quote.v2`, counts, access log written to a file. nginx only
passes bytes on. The rounds are interleaved; printed are medians, and CPU time of the candidate per request,
which noise on the machine touches least.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import orjson
import yaml
from joserfc import jwk, jws

from specs.files import documents_root

CONTRACT = "system/crm-quote.v2.openapi.yaml"
BASE = "/system/crm-quote/v2"
UPSTREAM_PORT, NGINX_PORT, GATEWAY_PORT = 18721, 18722, 18723
TOKENS, CONNECTIONS = 64, 32

NGINX = """
daemon off; worker_processes 1; pid {folder}/{name}.pid; error_log {folder}/{name}.err error;
events {{ worker_connections 1024; }}
http {{
  access_log off; keepalive_requests 1000000; client_body_temp_path {folder}/{name}.body;
  proxy_temp_path {folder}/{name}.proxy; fastcgi_temp_path {folder}/{name}.f;
  uwsgi_temp_path {folder}/{name}.u;
  scgi_temp_path {folder}/{name}.s;
  {body}
}}
"""
UPSTREAM = """
  server {{ listen 127.0.0.1:{port}; default_type application/json;
    location = {base}/quotes {{
      add_header Location {base}/quotes/quo_1; add_header ETag '"1"'; return 201 '{draft}'; }}
    location {base}/quotes/ {{ add_header ETag '"3"'; return 200 '{approved}'; }} }}
"""
PROXY = """
  upstream u {{ server 127.0.0.1:{upstream}; keepalive 64; keepalive_requests 1000000; }}
  server {{ listen 127.0.0.1:{port}; location / {{ proxy_pass http://u; proxy_http_version 1.1;
    proxy_set_header Connection ""; }} }}
"""
SCRIPT = """
local tokens = {{{tokens}}}
local i = 0
request = function()
  i = i + 1
  local headers = {{["Authorization"] = "Bearer " .. tokens[i % #tokens + 1], ["Accept"] = "application/json",
    ["User-Agent"] = "bench", ["X-Correlation-ID"] = "c-" .. i, ["Content-Type"] = {content_type},
    ["Idempotency-Key"] = {key}}}
  return wrk.format("{method}", {path}, headers, {body})
end
"""
SERVE = """
import sys
from pathlib import Path
from gateway.config import FolderSource, GatewayConfig
from gateway.serve import run
folder = Path(sys.argv[1])
run(GatewayConfig(FolderSource(folder / "contracts", folder / "settings.json"),
    {{"crm-quote.v2": "http://127.0.0.1:{upstream}"}}, port={port}, access_log=folder / "access.log"))
"""


def prepare(folder: Path) -> None:
    """Writes contracts, settings, tokens, nginx configurations and load scripts below `folder`."""
    shutil.copytree(documents_root(), folder / "contracts")
    contract = yaml.safe_load((folder / "contracts" / CONTRACT).read_text())
    examples = {name: entry["value"] for name, entry in contract["components"]["examples"].items()}
    key = jwk.RSAKey.generate_key(2048, parameters={"kid": "k1"})
    clients = [f"client-{number}" for number in range(TOKENS)]
    plan = {"requestsPerSecond": 1e6, "burst": 1000000}
    consumers = [
        {"name": client, "owner": "crm-team", "layer": "process", "clientIds": [client], "plan": plan}
        for client in clients
    ]
    issuer = {"issuer": "https://issuer.bench", "jwks": {"keys": [key.as_dict(private=False)]}}
    (folder / "settings.json").write_bytes(orjson.dumps({"issuer": issuer, "consumers": consumers}))
    tokens = [sign(key, client) for client in clients]
    (folder / "token").write_text(tokens[0])
    body = orjson.dumps(examples["QuoteCreate"]).decode()
    script(folder / "get.lua", tokens, "GET", f'"{BASE}/quotes/quo_" .. (i % 256)', "nil", "nil", "nil")
    key_of = '"key-" .. i .. "-abcdefgh"'
    script(
        folder / "post.lua",
        tokens,
        "POST",
        f'"{BASE}/quotes"',
        f"[==[{body}]==]",
        '"application/json"',
        key_of,
    )
    fixed = UPSTREAM.format(
        port=UPSTREAM_PORT, base=BASE, draft=orjson.dumps(examples["QuoteDraft"]).decode(),
        approved=orjson.dumps(examples["QuoteApproved"]).decode(),
    )  # fmt: skip
    passing = PROXY.format(upstream=UPSTREAM_PORT, port=NGINX_PORT)
    for name, part in (("upstream", fixed), ("proxy", passing)):
        (folder / f"{name}.conf").write_text(NGINX.format(folder=folder, name=name, body=part))
    (folder / "serve.py").write_text(SERVE.format(upstream=UPSTREAM_PORT, port=GATEWAY_PORT))


def sign(key: jwk.RSAKey, client: str) -> str:
    """One access token of the shape that the registry issues."""
    now = int(time.time())
    claims = {
        "iss": "https://issuer.bench", "aud": ["urn:pactolus:gateway"], "sub": client, "client_id": client,
        "iat": now, "exp": now + 3600, "jti": client, "scope": "crm.quote:read crm.quote:write",
    }  # fmt: skip
    return jws.serialize_compact({"alg": "RS256", "typ": "at+jwt", "kid": "k1"}, orjson.dumps(claims), key)


def script(
    path: Path, tokens: list[str], method: str, target: str, body: str, content_type: str, key: str
) -> None:
    """A wrk script that sends one kind of request with all tokens in turn."""
    listed = ",".join(f'"{token}"' for token in tokens)
    path.write_text(
        SCRIPT.format(
            tokens=listed, method=method, path=target, body=body, content_type=content_type, key=key
        )
    )


@contextmanager
def running(core: int, command: list[str], port: int) -> Iterator[subprocess.Popen[bytes]]:
    """A process on one core, once its port listens."""
    process = subprocess.Popen(["taskset", "-c", str(core), *command], stderr=subprocess.DEVNULL)
    try:
        end = time.monotonic() + 20
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                if process.poll() is not None or time.monotonic() > end:
                    raise RuntimeError(f"{command[0]} did not start") from None
                time.sleep(0.05)
        yield process
    finally:
        process.terminate()
        process.wait(20)


def cpu_s(pid: int) -> float:
    """CPU seconds of a process and its children."""
    pids = [pid]
    children = Path(f"/proc/{pid}/task/{pid}/children")
    pids += [int(child) for child in children.read_text().split()]
    ticks = 0
    for one in pids:
        fields = Path(f"/proc/{one}/stat").read_text().rsplit(")", 1)[1].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def probe(folder: Path) -> None:
    """The gateway must decide before it is measured: a good call, a bad body, a forged token."""
    token = (folder / "token").read_text()
    for path, headers, body, wanted in (
        ("/quotes/quo_1", {"Authorization": f"Bearer {token}"}, None, 200),
        ("/quotes/quo_1", {"Authorization": f"Bearer {token[:-4]}AAAA"}, None, 401),
        (
            "/quotes",
            {
                "Authorization": f"Bearer {token}",
                "Content-Type": "application/json",
                "Idempotency-Key": "key-1-abcdefgh",
            },
            b'{"lines":1}',
            422,
        ),
    ):
        request = urllib.request.Request(f"http://127.0.0.1:{GATEWAY_PORT}{BASE}{path}", body, headers)
        try:
            status = urllib.request.urlopen(request).status
        except urllib.error.HTTPError as error:
            status = error.code
        assert status == wanted, f"{path} answered {status}, not {wanted}"


def load(folder: Path, kind: str, port: int, seconds: int) -> tuple[float, str]:
    """Requests per second and the latency lines of wrk; anything but 2xx is an error."""
    command = ["taskset", "-c", "1", "wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--latency"]
    command += ["-s", str(folder / f"{kind}.lua"), f"http://127.0.0.1:{port}"]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "Non-2xx" not in output, output
    latency = re.search(r"50%\s+(\S+).*99%\s+(\S+)", output, re.DOTALL)
    rate = re.search(r"Requests/sec:\s+([\d.]+)", output)
    assert latency is not None, output
    assert rate is not None, output
    return float(rate[1]), f"{latency[1]}/{latency[2]}"


def main() -> None:
    """Measures and prints."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--seconds", type=int, default=4)
    chosen = arguments.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepare(folder)
        nginx = ["nginx", "-p", name, "-c"]
        gateway = [sys.executable, str(folder / "serve.py"), name]
        with (
            running(1, [*nginx, str(folder / "upstream.conf")], UPSTREAM_PORT),
            running(0, [*nginx, str(folder / "proxy.conf")], NGINX_PORT) as plain,
            running(0, gateway, GATEWAY_PORT) as ours,
        ):
            probe(folder)
            candidates = {"nginx, plain": (NGINX_PORT, plain.pid), "gateway": (GATEWAY_PORT, ours.pid)}
            measure(folder, candidates, chosen.rounds, chosen.seconds)


def measure(folder: Path, candidates: dict[str, tuple[int, int]], rounds: int, seconds: int) -> None:
    """Interleaved rounds, then the table."""
    rates: dict[tuple[str, str], list[float]] = {}
    costs: dict[tuple[str, str], list[float]] = {}
    latencies: dict[tuple[str, str], str] = {}
    for _ in range(rounds):
        for kind in ("get", "post"):
            for candidate, (port, pid) in candidates.items():
                load(folder, kind, port, 1)
                before = cpu_s(pid)
                rate, latency = load(folder, kind, port, seconds)
                costs.setdefault((kind, candidate), []).append((cpu_s(pid) - before) / (rate * seconds) * 1e6)
                rates.setdefault((kind, candidate), []).append(rate)
                latencies[kind, candidate] = latency
    print(f"{'':6}{'':14}{'requests/s':>12}{'[min-max]':>18}{'p50/p99':>18}{'CPU us/req':>12}")
    for (kind, candidate), samples in rates.items():
        span = f"[{min(samples):.0f}-{max(samples):.0f}]"
        cost = statistics.median(costs[kind, candidate])
        middle = statistics.median(samples)
        latency = latencies[kind, candidate]
        print(f"{kind.upper():6}{candidate:14}{middle:12.0f}{span:>18}{latency:>18}{cost:12.0f}")
    for kind in ("get", "post"):
        ours = statistics.median(rates[kind, "gateway"])
        plain = statistics.median(rates[kind, "nginx, plain"])
        cost = statistics.median(costs[kind, "gateway"]) / statistics.median(costs[kind, "nginx, plain"])
        print(f"{kind.upper()}: {ours / plain:.2f} of nginx's rate, {cost:.1f} times its CPU time")
    print("load averages of the machine, 1, 5 and 15 minutes:", *(f"{load:.1f}" for load in os.getloadavg()))


if __name__ == "__main__":
    main()
