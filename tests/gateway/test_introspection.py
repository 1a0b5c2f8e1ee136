"""Tokens that say nothing themselves: asked for, remembered for a moment, and never let in on a guess."""

from __future__ import annotations

import asyncio
import base64
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs

import httpx
import orjson
import pytest
import uvicorn

from gateway.config import Authentication, DpopRules, Introspection, Limits, Timeouts, TokenRules
from gateway.introspection import Introspector
from gateway.model import Claims, TokenRefusal
from gateway.policies.introspection import Answers, digest_of, unavailable
from gateway.tokens import read_opaque_claims
from tests.gateway.conftest import Server
from tests.gateway.credentials_harness import BASE, ORIGIN, ProofKey, vault

RULES = TokenRules()
ISSUER = "https://issuer.test"
KEY = ProofKey()
GOOD = {"active": True, "client_id": "process-client", "scope": "vault:read"}
CLAIMS = Claims("c", "c", frozenset(), "j", 1000.0, 0.0)


class Issuer:
    """Answers about tokens what the test says; `away` breaks off, and `asked` is what it was asked."""

    def __init__(self) -> None:
        self.known: dict[str, Any] = {}
        self.asked: list[str] = []
        self.status = 200
        self.raw: bytes | None = None
        self.authorization: set[bytes] = set()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        form = parse_qs(body.decode())
        token = form["token"][0]
        self.asked.append(token)
        self.authorization.add(dict(scope["headers"])[b"authorization"])
        raw = self.raw if self.raw is not None else orjson.dumps(self.known.get(token, {"active": False}))
        lines = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(raw))]
        await send({"type": "http.response.start", "status": self.status, "headers": lines})
        await send({"type": "http.response.body", "body": raw})


@pytest.fixture(scope="module")
def served_issuer() -> Iterator[tuple[Issuer, str]]:
    issuer = Issuer()
    config = uvicorn.Config(issuer, host="127.0.0.1", port=0, log_config=None, lifespan="off", ws="none")
    server = Server(config)
    yield issuer, server.url
    server.stop()


@pytest.fixture
def issuer(served_issuer) -> Issuer:
    """The issuer, as new."""
    known, fresh = served_issuer[0], Issuer()
    for name in ("known", "asked", "status", "raw", "authorization"):
        setattr(known, name, getattr(fresh, name))
    return known


@pytest.fixture(scope="module")
def own(make_gateway, _upstream_server, served_issuer):
    introspection = Introspection(served_issuer[1] + "/introspect", "gateway", "secret", cache_s=2.0)
    settings = Authentication(introspection=introspection, dpop=DpopRules((ORIGIN,)))
    return vault(make_gateway, _upstream_server.url, authentication=settings)


@pytest.fixture
def gateway(own, upstream):
    upstream.answers(200, b"{}")
    return own


def ask(gateway, token: str, path: str = "/plain") -> httpx.Response:
    return gateway.client.get(BASE + path, headers={"authorization": f"Bearer {token}"})


def test_an_opaque_token_is_asked_for_once_and_stands_for_its_client(gateway, upstream, issuer):
    issuer.known["opaque-1"] = {**GOOD, "exp": int(time.time()) + 600, "sub": "somebody"}
    assert [ask(gateway, "opaque-1").status_code for _ in range(3)] == [200] * 3
    assert issuer.asked == ["opaque-1"]
    assert issuer.authorization == {b"Basic " + base64.b64encode(b"gateway:secret")}
    assert upstream.seen[0].header("x-pactolus-consumer") == "process-app"


def test_a_token_that_is_not_active_is_401_and_remembered_too(gateway, upstream, issuer):
    answers = [ask(gateway, "opaque-2") for _ in range(3)]
    assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {(401, "invalid_token")}
    assert issuer.asked == ["opaque-2"]
    assert upstream.seen == []


def test_scopes_bindings_and_audiences_of_opaque_tokens_count(gateway, tokens, issuer):
    issuer.known["few"] = {**GOOD, "scope": "other"}
    assert ask(gateway, "few").json()["code"] == "insufficient_scope"
    issuer.known["elsewhere"] = {**GOOD, "aud": "urn:somewhere"}
    assert ask(gateway, "elsewhere").status_code == 401
    issuer.known["bound"] = {**GOOD, "cnf": {"jkt": KEY.thumbprint}, "token_type": "DPoP"}
    assert ask(gateway, "bound").status_code == 401
    assert gateway.client.get(BASE + "/plain", headers=KEY.call("bound", "/plain")).status_code == 200
    issuer.known["revoked"] = {**GOOD, "jti": "revoked-token"}
    assert ask(gateway, "revoked").status_code == 401
    asked = len(issuer.asked)
    assert ask(gateway, tokens.sign(scope="vault:read")).status_code == 200, "a JWT is not asked for"
    assert len(issuer.asked) == asked


@pytest.mark.parametrize(
    ("status", "raw"),
    [(500, b"{}"), (401, b"{}"), (302, b"{}"), (200, b"[]"), (200, b"{"), (200, b" " * 70_000 + b"{}")],
)
def test_where_the_issuer_does_not_tell_nobody_is_let_in(gateway, upstream, issuer, status, raw):
    issuer.status, issuer.raw = status, raw
    token = f"opaque-{status}-{len(raw)}-{raw[:1].hex()}"
    response = ask(gateway, token)
    assert (response.status_code, response.json()["code"]) == (503, "authentication_unavailable")
    assert response.headers["retry-after"] == "1"
    issuer.status, issuer.raw = 200, None
    issuer.known[token] = GOOD
    assert ask(gateway, token).status_code == 200, "that nobody could tell is not remembered"
    assert len(upstream.seen) == 1


def test_a_malformed_token_is_not_asked_for(gateway, issuer):
    for token in ("a b", "a\\b", "=", "x" * 9000):
        assert ask(gateway, token).status_code == 401
    assert issuer.asked == []


@pytest.mark.parametrize(
    "answer",
    [
        {}, {"active": "true"}, {"active": 1}, {**GOOD, "active": False}, {"active": True},
        {**GOOD, "client_id": ""}, {**GOOD, "client_id": "a b"}, {**GOOD, "exp": 10}, {**GOOD, "exp": "x"},
        {**GOOD, "exp": True}, {**GOOD, "nbf": 5000}, {**GOOD, "iss": "https://other"}, {**GOOD, "aud": []},
        {**GOOD, "scope": 'a"b'}, {**GOOD, "cnf": {"jwk": {}}}, {**GOOD, "token_type": "refresh_token"},
        {**GOOD, "jti": 5},
    ],
)  # fmt: skip
def test_an_answer_that_does_not_say_whose_token_it_is_lets_nobody_in(answer):
    assert isinstance(read_opaque_claims(GOOD, ISSUER, RULES, 1000.0), Claims)
    assert isinstance(read_opaque_claims(answer, ISSUER, RULES, 1000.0), TokenRefusal)


def test_an_answer_counts_until_the_token_expires_and_two_seconds_at_most():
    answers = Answers(10, 60.0)
    answers.keep(b"long", CLAIMS, 0.0, 50.0)
    answers.keep(b"short", CLAIMS, 999.5, 50.0)
    answers.keep(b"no", TokenRefusal("x"), 0.0, 50.0)
    answers.keep(b"away", unavailable("x"), 0.0, 50.0)
    assert [answers.find(name, 50.4) is not None for name in (b"long", b"short", b"no", b"away")] == [
        True, True, True, False,
    ]  # fmt: skip
    assert answers.find(b"short", 50.5) is None
    assert answers.find(b"long", 52.0) is None
    assert answers.find(b"no", 52.0) is None


def test_no_more_answers_are_kept_than_may_be():
    answers = Answers(3, 2.0)
    for number in range(9):
        answers.keep(digest_of(b"%d" % number), CLAIMS, 0.0, 0.0)
    assert len(answers) == 3
    assert answers.find(digest_of(b"8"), 1.0) is CLAIMS


class Steady:
    def now(self) -> float:
        return 1000.0

    def elapsed(self) -> float:
        return 5.0


def test_calls_that_wait_for_one_answer_ask_once_and_questions_are_bounded(served_issuer, issuer):
    issuer.known["same"] = GOOD

    async def run() -> tuple[list[Any], list[Any]]:
        limits = Limits(introspections_in_flight_max=2)
        settings = Introspection(served_issuer[1], "gateway", "secret")
        asks = Introspector(settings, RULES, limits, Timeouts(introspection_s=10.0), Steady())
        same = await asyncio.gather(*(asks.identify(b"same", ISSUER) for _ in range(8)))
        many = await asyncio.gather(*(asks.identify(b"t%d" % number, ISSUER) for number in range(5)))
        await asks.close()
        return same, many

    same, many = asyncio.run(run())
    assert all(isinstance(one, Claims) for one in same)
    assert issuer.asked.count("same") == 1
    assert [one.unavailable for one in many] == [False, False, True, True, True]
    assert len(issuer.asked) == 3
