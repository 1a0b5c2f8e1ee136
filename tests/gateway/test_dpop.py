"""A token bound to a key counts only with a fresh proof of that key for this very call (RFC 9449)."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from multiprocessing import get_context
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.config import Authentication, DpopRules, Limits, TokenRules
from gateway.policies import dpop
from gateway.policies.dpop import Proof
from gateway.replays import GROUP, Replays
from gateway.tokens import read_proof
from tests.gateway.credentials_harness import BASE, ORIGIN, ProofKey, vault

# RFC 9449 section 7.1, figure 12.
PUBLISHED = (
    b"eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJo"
    b"RjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19"
    b".eyJqdGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIjoiR0VUIiwiaHR1IjoiaHR0cHM6Ly9yZXNvdXJjZS5leGFtcGxlLm9yZy9wcm90ZWN0"
    b"ZWRyZXNvdXJjZSIsImlhdCI6MTU2MjI2MjYxOCwiYXRoIjoiZlVIeU8ycjJaM0RaNTNFc05yV0JiMHhXWG9hTnk1OUlpS0NBcWtzbVFFbyJ9"
    b".2oW9RP35yRqzhrtNP86L-Ey71EOptxRimPPToA1plemAgR6pxHF8y6-yqyVnmcw6Fy1dqd-jfxSYoMxhAJpLjA"
)
KEY, OTHER = ProofKey(), ProofKey()
RULES = TokenRules()


@pytest.fixture(scope="module")
def own(make_gateway, _upstream_server):
    rules = Authentication(dpop=DpopRules(origins=("https://other.test", ORIGIN)))
    return vault(make_gateway, _upstream_server.url, authentication=rules)


@pytest.fixture
def gateway(own, upstream):
    upstream.answers(200, b"{}")
    return own


@pytest.fixture(scope="module")
def bound(tokens):
    return tokens.sign(scope="vault:read", cnf={"jkt": KEY.thumbprint})


def test_the_proof_that_the_rfc_prints_is_read_as_it_says():
    proof = read_proof(PUBLISHED, RULES, Limits())
    assert isinstance(proof, Proof)
    assert proof.thumbprint == "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"
    token = b"Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU"
    assert dpop.belongs_to(proof, proof.thumbprint, token) is None
    origins = ("https://resource.example.org",)
    assert dpop.speaks_of(proof, "GET", b"/protectedresource", origins) is None
    assert dpop.is_fresh(proof, 1562262620, 60, 5) is None


@pytest.mark.parametrize("path", ["/plain", "/bound"])
def test_a_bound_token_with_its_proof_is_let_in_and_the_proof_stays_here(gateway, upstream, bound, path):
    response = gateway.client.get(BASE + path, headers=KEY.call(bound, path))
    assert response.status_code == 200, response.text
    assert upstream.seen[0].header("dpop") is None
    assert upstream.seen[0].header("authorization") is None


def test_a_proof_counts_once(gateway, upstream, bound):
    lines = KEY.call(bound, "/plain")
    assert gateway.client.get(BASE + "/plain", headers=lines).status_code == 200
    again = gateway.client.get(BASE + "/plain", headers=lines)
    assert again.status_code == 401
    assert 'error="invalid_dpop_proof"' in again.headers["www-authenticate"]
    assert len(upstream.seen) == 1


def test_a_bound_token_sent_as_a_bearer_token_is_refused_with_the_right_challenge(gateway, upstream, bound):
    for path in ("/plain", "/bound"):
        lines = {**KEY.call(bound, path), "authorization": f"Bearer {bound}"}
        response = gateway.client.get(BASE + path, headers=lines)
        assert (response.status_code, response.json()["code"]) == (401, "invalid_token")
        challenge = response.headers["www-authenticate"]
        assert challenge.startswith('DPoP realm="pactolus", algs="')
        assert 'error="invalid_token"' in challenge
    assert upstream.seen == []


def test_a_token_that_is_bound_to_nothing_is_no_dpop_token(gateway, upstream, tokens):
    free = tokens.sign(scope="vault:read")
    assert gateway.client.get(BASE + "/plain", headers=KEY.call(free, "/plain")).status_code == 401
    bearer = {"authorization": f"Bearer {free}"}
    assert gateway.client.get(BASE + "/plain", headers=bearer).status_code == 200
    asked = gateway.client.get(BASE + "/bound", headers=bearer)
    assert asked.status_code == 401, "the contract asks for a bound token"
    nothing = gateway.client.get(BASE + "/bound")
    assert nothing.headers["www-authenticate"] == 'DPoP realm="pactolus"'


@pytest.mark.parametrize(
    "changes",
    [
        {"htm": "POST"},
        {"htu": ORIGIN + BASE + "/bound"},
        {"htu": "https://evil.test" + BASE + "/plain"},
        {"htu": "http://api.test" + BASE + "/plain"},
        {"htu": "https://user@api.test" + BASE + "/plain"},
        {"htu": "not an address"},
        {"iat": 1000},
        {"iat": 9999999999},
        {"iat": "now"},
        {"iat": True},
        {"ath": "AAAA"},
        {"ath": None},
        {"jti": None},
        {"jti": ""},
        {"jti": "j" * 256},
        {"htm": None},
        {"header": {"typ": "jwt"}},
        {"header": {"typ": None}},
        {"header": {"alg": "none"}},
        {"header": {"alg": "HS256"}},
        {"header": {"alg": "RS256"}},
        {"header": {"jwk": None}},
        {"header": {"jwk": OTHER.jwk}},
        {"header": {"jwk": {**KEY.jwk, "d": "AAAA"}}},
        {"header": {"jwk": {"kty": "oct", "k": "AAAA"}}},
        {"header": {"crit": ["x"], "x": 1}},
        {"header": {"jku": "https://evil.test/keys"}},
    ],
    ids="+".join,
)
def test_a_proof_that_is_off_is_401_and_asks_no_upstream(gateway, upstream, bound, changes):
    response = gateway.client.get(BASE + "/plain", headers=KEY.call(bound, "/plain", **changes))
    assert response.status_code == 401
    assert 'error="invalid_dpop_proof"' in response.headers["www-authenticate"]
    assert upstream.seen == []


def test_the_proof_of_another_key_is_a_token_of_somebody_else(gateway, upstream, bound):
    response = gateway.client.get(BASE + "/plain", headers=OTHER.call(bound, "/plain"))
    assert response.status_code == 401
    assert 'error="invalid_token"' in response.headers["www-authenticate"]
    assert upstream.seen == []


def test_two_proofs_or_none_are_refused(gateway, bound):
    lines = KEY.call(bound, "/plain")
    twice = [*lines.items(), ("dpop", KEY.proof(bound, BASE + "/plain"))]
    assert gateway.client.get(BASE + "/plain", headers=twice).status_code == 401
    del lines["dpop"]
    assert gateway.client.get(BASE + "/plain", headers=lines).status_code == 401


def test_query_and_spelling_of_the_address_do_not_count(gateway, bound):
    for htu in ("HTTPS://API.test:443" + BASE + "/%70lain", ORIGIN + BASE + "/plain?x=1#y"):
        lines = KEY.call(bound, "/plain", htu=htu)
        assert gateway.client.get(BASE + "/plain", headers=lines).status_code == 200, htu


def test_a_nonce_is_asked_for_and_then_taken(make_gateway, upstream, tokens):
    rules = Authentication(dpop=DpopRules((ORIGIN,), nonce=True))
    gateway = vault(make_gateway, upstream.url, authentication=rules)
    upstream.answers(200, b"{}")
    token = tokens.sign(scope="vault:read", cnf={"jkt": KEY.thumbprint})
    asked = gateway.client.get(BASE + "/plain", headers=KEY.call(token, "/plain"))
    assert asked.status_code == 401
    assert 'error="use_dpop_nonce"' in asked.headers["www-authenticate"]
    nonce = asked.headers["dpop-nonce"]
    good = gateway.client.get(BASE + "/plain", headers=KEY.call(token, "/plain", nonce=nonce))
    assert good.status_code == 200
    forged = gateway.client.get(BASE + "/plain", headers=KEY.call(token, "/plain", nonce=nonce[::-1]))
    assert forged.status_code == 401


def test_a_nonce_counts_for_its_period_and_the_next():
    proof = Proof("t", "j", "GET", "/", "h", 0.0, dpop.nonce_at(b"secret", 1000.0))
    assert dpop.holds_nonce(proof, b"secret", 1000.0 + dpop.NONCE_PERIOD_S) is None
    late = dpop.holds_nonce(proof, b"secret", 1000.0 + 2 * dpop.NONCE_PERIOD_S)
    assert late is not None
    assert late.error == "use_dpop_nonce"
    assert dpop.holds_nonce(proof, b"another", 1000.0) is not None


def test_without_an_origin_no_proof_counts():
    proof = Proof("t", "j", "GET", ORIGIN + "/x", "h", 0.0, None)
    assert dpop.speaks_of(proof, "GET", b"/x", ()) is not None
    assert dpop.speaks_of(proof, "GET", b"/x", (ORIGIN,)) is None


@settings(deadline=None)
@given(st.data())
def test_a_proof_with_any_letter_changed_is_not_read(data):
    raw = PUBLISHED
    at = data.draw(st.integers(0, len(raw) - 1))
    letter = data.draw(st.sampled_from(b"ABCabc019-_."))
    changed = raw[:at] + bytes([letter]) + raw[at + 1 :]
    decided = read_proof(changed, RULES, Limits())
    assert (changed == raw) == isinstance(decided, Proof)


def test_a_mark_is_first_once_until_it_counts_no_more():
    replays = Replays(64)
    assert replays.is_first(b"a" * 16, 10.0, 20.0)
    assert not replays.is_first(b"a" * 16, 19.9, 30.0)
    assert replays.is_first(b"a" * 16, 20.0, 30.0)


def test_where_marks_have_no_room_nothing_is_taken():
    replays = Replays(GROUP)
    marks = [bytes([number]) * 16 for number in range(GROUP + 1)]
    assert [replays.is_first(mark, 1.0, 9.0) for mark in marks] == [True] * GROUP + [False]
    assert not any(replays.is_first(mark, 1.0, 9.0) for mark in marks)
    assert replays.is_first(marks[GROUP], 9.0, 12.0)


def take(replays: Replays, marks: list[bytes], firsts: Any) -> None:
    taken = sum(replays.is_first(mark, 1.0, 9.0) for mark in marks)
    with firsts.get_lock():
        firsts.value += taken


def test_what_one_worker_took_no_other_takes():
    replays, context = Replays(8192), get_context("fork")
    firsts = context.Value("i", 0)
    marks = [sha256(b"%d" % number).digest()[:16] for number in range(200)]
    workers = [context.Process(target=take, args=(replays, marks, firsts)) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(30)
    assert firsts.value == len(marks)


def test_a_proof_is_held_to_the_algorithms_in_force():
    rules = replace(RULES, algorithms=("RS256",))
    assert isinstance(read_proof(KEY.proof("token", "/x").encode(), rules, Limits()), str)
