"""Second opinions: an independent validator decides the same, and nothing undecided reaches the upstream."""

from __future__ import annotations

import asyncio
import io
import json
import shutil
from pathlib import Path
from typing import Any

import orjson
import pytest
import yaml
from hypothesis import HealthCheck, given
from hypothesis import settings as checked
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, FormatChecker

from gateway.config import FolderSource, GatewayConfig
from gateway.model import UpstreamResponse
from gateway.plan.validators import compile_schema
from gateway.serve import create_app
from gateway.strict_json import NotStrict, parse

CONTRACTS = Path(__file__).parent / "contracts"
SCHEMAS = yaml.safe_load((CONTRACTS / "orders.v1.openapi.yaml").read_text())["components"]["schemas"]
NEW_ORDER = json.loads(
    json.dumps({"$ref": "#/$defs/NewOrder", "$defs": SCHEMAS}).replace("#/components/schemas/", "#/$defs/")
)
LEAF = st.one_of(
    st.none(), st.booleans(), st.integers(-3, 200),
    st.floats(allow_nan=False, allow_infinity=False, width=16),
    st.text(max_size=4), st.sampled_from(["10.00", "1.0", "2026-02-29", "2024-02-29", "c-1",
                                          "3a6b1b5c-7d0e-4e5f-9a46-0c7a2f0d6c01"]),
)  # fmt: skip
NAMES = st.sampled_from(
    ["customer", "due", "reference", "lines", "parent", "quantity", "price", "a/b~c", "other"]
)
ANY_JSON = st.recursive(
    LEAF, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4), max_leaves=12
)
LINE = st.fixed_dictionaries(
    {"quantity": st.integers(1, 3)}, optional={"price": st.sampled_from(["1.00", "1"])}
)
ORDER = st.fixed_dictionaries(
    {"customer": st.text(min_size=1, max_size=3), "lines": st.lists(LINE, min_size=1, max_size=2)},
    optional={"due": st.sampled_from(["2024-02-29", "2023-02-29", "x"]), "reference": LEAF},
)


@given(
    st.one_of(
        ANY_JSON, ORDER, st.builds(lambda order, part: {**order, "parent": part}, ORDER, ORDER | ANY_JSON)
    )
)
def test_a_body_is_decided_as_an_independent_validator_decides_it(value):
    ours = compile_schema(NEW_ORDER, 1000)
    theirs = Draft202012Validator(NEW_ORDER, format_checker=FormatChecker(["date", "uuid"]))
    accepted = ours.accepts(value)
    assert accepted == theirs.is_valid(value)
    assert accepted == (ours.violations(value, "body", "", 50) == [])


@given(ANY_JSON, st.sampled_from([None, 2]), st.booleans())
def test_json_without_repeated_names_is_read_as_it_is(value, indent, ascii_only):
    assert parse(json.dumps(value, indent=indent, ensure_ascii=ascii_only).encode()) == value


class Pairs(list):
    """Members of an object in the order written, repeated ones kept."""


@given(
    st.recursive(
        st.one_of(
            st.integers(), st.text(max_size=5), st.sampled_from(['"', "\\", '\\"', ":", '":', "\\\\:"])
        ),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.lists(st.tuples(st.sampled_from(["a", "b", '"', "\\", ':"', ""]), inner), max_size=3).map(
                Pairs
            )
        ),
        max_leaves=10,
    ),
    st.booleans(),
    st.sampled_from(["", "\n"]),
)
def test_a_repeated_name_is_found_wherever_and_however_it_is_written(value, spaced, end):
    def write(part: Any) -> str:
        if isinstance(part, Pairs):
            colon = " :\t" if spaced else ":"
            return "{" + ",".join(json.dumps(name) + colon + write(item) for name, item in part) + "}"
        return "[" + ",".join(map(write, part)) + "]" if isinstance(part, list) else json.dumps(part)

    def repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len(dict(pairs)) != len(pairs):
            raise KeyError
        return dict(pairs)

    text = write(value) + end
    try:
        expected = json.loads(text, object_pairs_hook=repeats)
    except KeyError:
        with pytest.raises(NotStrict):
            parse(text.encode())
    else:
        if all(abs(number) < 2**63 for number in _integers(expected)):
            assert parse(text.encode()) == expected


def _integers(value: Any) -> list[int]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return [number for item in value for number in _integers(item)]
    return [value] if isinstance(value, int) else []


class Recorder:
    """A system behind that answers what it is told and keeps what reached it."""

    def __init__(self) -> None:
        self.seen: list[Any] = []
        self.answer = UpstreamResponse(200, [(b"content-type", b"application/json")], b"{}")

    async def send(self, key: str, request: Any) -> UpstreamResponse:
        self.seen.append((key, request))
        return self.answer

    def close(self) -> None: ...


class Door:
    """The ASGI application without a server: one request in, one answer out."""

    def __init__(self, app: Any, upstream: Recorder) -> None:
        self.app = app
        self.upstream = upstream

    def ask(
        self, method: str, path: bytes, query: bytes, headers: list[tuple[bytes, bytes]], body: list[bytes]
    ) -> tuple[int, dict[bytes, bytes], bytes]:
        scope = {
            "type": "http", "method": method, "raw_path": path, "path": "", "query_string": query,
            "headers": headers, "client": ("192.0.2.1", 1),
        }  # fmt: skip
        parts = [{"type": "http.request", "body": part, "more_body": True} for part in body]
        parts.append({"type": "http.request", "body": b"", "more_body": False})
        incoming, sent = iter(parts), []

        async def receive() -> Any:
            return next(incoming, {"type": "http.disconnect"})

        async def send(message: Any) -> None:
            sent.append(message)

        asyncio.run(self.app(scope, receive, send))
        assert [message["type"] for message in sent] == ["http.response.start", "http.response.body"]
        return sent[0]["status"], dict(sent[0]["headers"]), sent[1]["body"]


@pytest.fixture(scope="module")
def door(tmp_path_factory, tokens) -> Door:
    base = tmp_path_factory.mktemp("door")
    shutil.copytree(CONTRACTS, base / "contracts")
    plan = {"requestsPerSecond": 1e6, "burst": 1000000}
    (base / "settings.json").write_bytes(orjson.dumps({
        "issuer": {"issuer": "https://issuer.test", "jwks": tokens.jwks},
        "consumers": [{"name": "app", "owner": "psa-team", "layer": "process",
                       "clientIds": ["process-client"], "plan": plan}],
    }))  # fmt: skip
    config = GatewayConfig(FolderSource(base / "contracts", base / "settings.json"), {})
    app = create_app(config, io.BytesIO())
    upstream = Recorder()
    app._exchange._passage._upstreams = upstream
    asyncio.run(app._life._reloader.poll())
    return Door(app, upstream)


ROUTES = [b"/system/orders/v1/orders", b"/system/orders/v1/orders/o-1", b"/system/orders/v1/orders/recent",
          b"/system/orders/v1/documents/a.pdf", b"/system/orders/v1/health", b"/process/checks/v1/checks",
          b"/-/ready"]  # fmt: skip
PATHS = st.one_of(
    st.sampled_from(ROUTES),
    st.binary(max_size=20).map(lambda tail: b"/" + tail),
    st.tuples(st.sampled_from(ROUTES), st.binary(max_size=8)).map(b"".join),
)
NAMES_BYTES = st.sampled_from(
    b"content-type content-length transfer-encoding content-encoding cookie idempotency-key if-match "
    b"traceparent tracestate x-correlation-id connection via host expect x-pactolus-consumer".split()
)
VALUES = st.one_of(
    st.binary(max_size=20), st.sampled_from([b"application/json", b"0", b"12", b"chunked", b"abcdefgh"])
)
METHODS = st.sampled_from(["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "X"])
BODIES = st.lists(
    st.one_of(st.binary(max_size=30), st.just(b'{"customer":"c","lines":[{"quantity":1}]}')), max_size=2
)
ANSWER_NAMES = st.sampled_from(b"content-type etag location connection content-encoding".split())
ANSWERS = st.builds(
    UpstreamResponse,
    st.integers(100, 999),
    st.lists(st.tuples(ANSWER_NAMES, VALUES), max_size=3),
    st.one_of(st.binary(max_size=20), st.sampled_from([b"{}", b'{"id":"x"}', b'{"items":[]}'])),
    st.none(),
)  # fmt: skip


@checked(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    METHODS, PATHS, st.binary(max_size=30), st.lists(st.tuples(NAMES_BYTES, VALUES), max_size=5), BODIES,
    st.booleans(), ANSWERS,
)  # fmt: skip
def test_no_input_fails_the_gateway_or_reaches_the_upstream_undecided(
    door, tokens, method, path, query, headers, body, with_token, answer
):
    door.upstream.seen.clear()
    door.upstream.answer = answer
    if with_token:
        headers = [*headers, (b"authorization", b"Bearer " + tokens.sign().encode())]
    status, lines, content = door.ask(method, path, query, headers, body)
    assert status not in (500, 503), content
    assert 200 <= status <= 599
    if lines.get(b"content-type") == b"application/problem+json" and not door.upstream.seen:
        assert orjson.loads(content)["status"] == status
    for key, request in door.upstream.seen:
        assert key in ("orders.v1", "checks.v1")
        public = path.endswith(b"/health") or key == "checks.v1"
        assert with_token or public, "an anonymous call reached a protected operation"
        assert request.target.partition(b"?")[0] == path
        names = [name for name, _ in request.headers]
        assert b"authorization" not in names
        assert names.count(b"x-correlation-id") == names.count(b"traceparent") == 1
        assert all(
            b"\r" not in value and b"\n" not in value
            for name, value in request.headers
            if name.startswith(b"x-")
        )
    if status == 502:
        assert door.upstream.seen


@pytest.mark.parametrize("status", [199, 600, 999])
def test_what_is_no_http_status_is_502_also_where_the_contract_promises_any(door, status):
    door.upstream.answer = UpstreamResponse(status, [(b"content-type", b"application/json")], b"{}")
    answered, _, content = door.ask("POST", b"/process/checks/v1/checks", b"", [], [])
    assert (answered, orjson.loads(content)["code"]) == (502, "upstream_invalid")
