"""What one exchange costs, stage by stage, in microseconds of this process: no socket, no server, no load.

taskset -c 0 python tests/bench/bench_gateway_stages.py [--repeats 15]

The contract is `crm-quote.v2`, the calls are `getQuote` and `createQuote` with the examples of the contract.
Printed is the best of the repeats, the figure that other work on the machine touches least. `whole` is the
exchange from the request's head to the answer with a system behind that answers at once; what a live gateway
adds to it is the server, the transport to the system behind, and the kernel.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import tempfile
import time
import timeit
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import yaml
from joserfc import jwk, jws

from gateway.access_log import AccessLog
from gateway.buckets import BucketTable
from gateway.config import FolderSource, GatewayConfig, Limits, TokenRules
from gateway.credentials import Credentials
from gateway.exchange import Exchange
from gateway.folder import ContractFolder
from gateway.keys import KeyRing
from gateway.memory import keep_freed_pages, spare_what_stays
from gateway.metrics import Metrics
from gateway.model import Request, UpstreamRequest, UpstreamResponse
from gateway.plan.compile import compile_contract
from gateway.plan.model import Plan, Route
from gateway.policies import forwarding, request_validation, response_validation, throttling
from gateway.replays import Replays
from gateway.serve import RandomIds, SystemClock, idempotency_records
from gateway.tokens import TokenVerifier, read_key_set
from gateway.usage import Meter, NoReports
from specs.files import documents_root
from specs.load import load_contract

CALLS = 2000
LIMITS = Limits()
RULES = TokenRules()


@dataclass(frozen=True, slots=True)
class Call:
    """One kind of call: what is asked, what the system behind answers."""

    request: Request
    body: bytes
    response: UpstreamResponse


class GivenBody:
    """A body that came with the head."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    async def read(self, bytes_max: int, timeout_s: float) -> bytes:
        return self._body


class GivenUpstream:
    """Answers at once."""

    def __init__(self) -> None:
        self.response = UpstreamResponse(503, [], b"")

    async def send(self, key: str, request: UpstreamRequest) -> UpstreamResponse:
        return self.response


def calls(token: bytes) -> dict[str, Call]:
    """`getQuote` and `createQuote` as wrk sends them."""
    contract = yaml.safe_load((documents_root() / "system/crm-quote.v2.openapi.yaml").read_text())
    examples = {name: entry["value"] for name, entry in contract["components"]["examples"].items()}
    head = [
        (b"host", b"127.0.0.1"), (b"authorization", b"Bearer " + token), (b"accept", b"application/json"),
        (b"user-agent", b"bench"), (b"x-correlation-id", b"c-1"),
    ]  # fmt: skip
    body = orjson.dumps(examples["QuoteCreate"])
    sends = [
        (b"content-type", b"application/json"), (b"idempotency-key", b"key-1-abcdefgh"),
        (b"content-length", b"%d" % len(body)),
    ]  # fmt: skip
    back = [
        (b"server", b"nginx"), (b"date", b"Mon, 23 Nov 2026 12:00:00 GMT"), (b"etag", b'"3"'),
        (b"content-type", b"application/json"), (b"connection", b"keep-alive"), (b"content-length", b"1"),
    ]  # fmt: skip
    base = b"/system/crm-quote/v2/quotes"
    approved, draft = (orjson.dumps(examples[name]) for name in ("QuoteApproved", "QuoteDraft"))
    return {
        "GET": Call(Request("GET", base + b"/quo_1", b"", head), b"", UpstreamResponse(200, back, approved)),
        "POST": Call(
            Request("POST", base, b"", head + sends),
            body,
            UpstreamResponse(201, [*back, (b"location", base + b"/quo_1")], draft),
        ),
    }


def signed() -> tuple[dict[str, Any], bytes]:
    """A key set and a token of it."""
    key = jwk.RSAKey.generate_key(2048, parameters={"kid": "k1"})
    now = int(time.time())
    claims = {
        "iss": "https://issuer.bench", "aud": RULES.audience, "sub": "c", "client_id": "client", "iat": now,
        "exp": now + 3600, "jti": "j", "scope": "crm.quote:read crm.quote:write",
    }  # fmt: skip
    header = {"alg": "RS256", "typ": "at+jwt", "kid": "k1"}
    token = jws.serialize_compact(header, orjson.dumps(claims), key).encode()
    return {"keys": [key.as_dict(private=False)]}, token


async def ready(folder: Path, jwks: dict[str, Any]) -> tuple[Exchange, Plan, GivenUpstream]:
    """An exchange with the packaged contract and a consumer that may call as often as it likes."""
    settings = folder / "settings.json"
    consumer = {
        "name": "caller", "owner": "crm-team", "layer": "process", "clientIds": ["client"],
        "plan": {"requestsPerSecond": 1e6, "burst": 1000000},
    }  # fmt: skip
    issuer = {"issuer": "https://issuer.bench", "jwks": jwks}
    settings.write_bytes(orjson.dumps({"issuer": issuer, "consumers": [consumer]}))
    config = GatewayConfig(FolderSource(documents_root(), settings), {})
    source = ContractFolder(FolderSource(documents_root(), settings), LIMITS)
    snapshot = await source.poll()
    assert snapshot is not None
    record = next(record for record in snapshot.contracts if record.key == "crm-quote.v2")
    references = {each.uri: await source.document(each.sha256) for each in record.references}
    raw = await source.document(record.document.sha256)
    api = compile_contract(load_contract(record.document.uri, raw, references), record, LIMITS)
    consumers = {client: each for each in snapshot.consumers for client in each.client_ids}
    plan = Plan("r", {api.prefix: api}, consumers, frozenset(), config.anonymous_plan)
    upstream, clock = GivenUpstream(), SystemClock()
    log = AccessLog(io.BytesIO(), LIMITS.access_log_bytes_max)
    meter = Meter("bench", NoReports(), lambda: "b", LIMITS)
    exchange = Exchange(
        config,
        upstream,
        meter,
        Metrics(LIMITS.operations_measured_max),
        log,
        clock,
        RandomIds(),
        BucketTable(LIMITS.throttling_buckets_max, config.timeouts.concurrency_place_s),
        idempotency_records(config),
        Credentials(config, clock, Replays(8), b"nonces"),
    )
    exchange.use(plan, KeyRing(snapshot.issuer, source.keys, clock, RULES, LIMITS, config.timeouts))
    return exchange, plan, upstream


def best_us(action: Callable[[], object], repeats: int) -> float:
    """The least time of one call."""
    return min(timeit.repeat(action, timer=time.process_time, number=CALLS, repeat=repeats)) / CALLS * 1e6


def stages(
    call: Call, plan: Plan, verifier: TokenVerifier, token: bytes
) -> Iterator[tuple[str, Callable[[], object]]]:
    """The named parts of an exchange that can be run alone."""
    request, response = call.request, call.response
    route = plan.route(request.method, request.path)
    assert isinstance(route, Route)
    operation = route.operation
    now = time.time()
    identity = verifier.verify(token, now)
    consumer = plan.consumers["client"]
    allowance, _ = throttling.take(0.0, 1.0, consumer.plan)

    given = dict(request.headers)

    def request_off_contract() -> object:
        head = request_validation.check_head(request, given, operation, route.path_values, 256, 50)
        assert isinstance(head, request_validation.Head)
        return request_validation.check_body(operation, head, call.body, LIMITS.body_values_max, 50)

    yield "route", lambda: plan.route(request.method, request.path)
    yield "token, remembered", lambda: verifier.verify(token, now)
    yield (
        "throttling and its header lines",
        lambda: (
            throttling.take(0.0, 1.0, consumer.plan),
            throttling.headers("T1", consumer.plan, allowance),
        ),
    )
    yield "request validation", request_off_contract
    yield (
        "header lines to the system behind",
        lambda: forwarding.to_upstream(
            request.headers,
            "c-1",
            [],
            identity,  # type: ignore[arg-type]
            consumer,
        ),
    )
    yield "answer validation", lambda: response_validation.violations(operation, response, False, 50)
    yield "header lines to the caller", lambda: forwarding.to_caller(response.headers)


async def whole_us(exchange: Exchange, call: Call, repeats: int) -> float:
    """The least time of one exchange."""
    times = []
    for _ in range(repeats):
        started = time.process_time()
        for _ in range(CALLS):
            answer = await exchange.handle(call.request, GivenBody(call.body))
        times.append(time.process_time() - started)
        assert answer.status == call.response.status, answer.body
    return min(times) / CALLS * 1e6


async def measure(folder: Path, repeats: int) -> dict[str, list[float]]:
    """Microseconds per stage for GET and POST."""
    jwks, token = signed()
    exchange, plan, upstream = await ready(folder, jwks)
    verifier = TokenVerifier("https://issuer.bench", RULES, LIMITS)
    verifier.use_keys(read_key_set(jwks, RULES, LIMITS))
    table: dict[str, list[float]] = {}
    for call in calls(token).values():
        upstream.response = call.response
        parts = 0.0
        for name, action in stages(call, plan, verifier, token):
            table.setdefault(name, []).append(best_us(action, repeats))
            parts += table[name][-1]
        whole = await whole_us(exchange, call, repeats)
        table.setdefault("identifiers, policies, log, counts, answer", []).append(whole - parts)
        table.setdefault("whole", []).append(whole)
    return table


def main() -> None:
    """Measures and prints."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--repeats", type=int, default=15)
    repeats = arguments.parse_args().repeats
    keep_freed_pages()
    spare_what_stays()
    with tempfile.TemporaryDirectory() as name:
        table = asyncio.run(measure(Path(name), repeats))
    print(f"{'':46}{'GET':>8}{'POST':>8}")
    for stage, figures in table.items():
        print(f"{stage:46}" + "".join(f"{figure:8.1f}" for figure in figures))


if __name__ == "__main__":
    main()
