"""Who gets in: forged, foreign, stale and malformed tokens are all 401, whatever else the call holds."""

from __future__ import annotations

import base64
import time
import warnings

import orjson
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from joserfc import jwk

from gateway.config import Limits, Timeouts, TokenRules
from gateway.errors import KeysError, SourceError
from gateway.keys import KeyRing
from gateway.model import Claims, Issuer, TokenRefusal
from gateway.tokens import TokenVerifier, read_key_set

PATH = "/system/orders/v1/orders/o-1"
ISSUER = "https://issuer.test"


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def resigned(tokens, header: dict[str, object], **claims: object) -> str:
    return tokens.sign(header=header, **claims)


def unsigned(tokens) -> str:
    _, payload, _ = tokens.sign().split(".")
    return b64(b'{"alg":"none","typ":"at+jwt"}') + "." + payload + "."


def signed_with_public_key_as_secret(tokens) -> str:
    pem = tokens.key.as_pem(private=False)
    return tokens.sign(header={"alg": "HS256"}, key=jwk.OctKey.import_key(b"x" + pem[1:]))


def with_padding(tokens) -> str:
    header, payload, signature = tokens.sign().split(".")
    return f"{header}.{payload}.{signature}="


def with_other_trailing_bits(tokens) -> str:
    token = tokens.sign()
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return token[:-1] + alphabet[alphabet.index(token[-1]) ^ 1]


def with_duplicate_claim(tokens) -> str:
    header, payload, signature = tokens.sign().split(".")
    raw = base64.urlsafe_b64decode(payload + "==")
    return f"{header}.{b64(raw[:-1] + b',' + raw[1:])}.{signature}"


def with_changed_payload(tokens) -> str:
    header, payload, signature = tokens.sign(scope="orders:read").split(".")
    claims = orjson.loads(base64.urlsafe_b64decode(payload + "=="))
    return f"{header}.{b64(orjson.dumps({**claims, 'scope': 'orders:write'}))}.{signature}"


NOW = int(time.time())


def at(seconds: int) -> int:
    """An instant so many seconds from now."""
    return int(time.time()) + seconds


FORGED = {
    "no algorithm": unsigned,
    "the public key as a secret": signed_with_public_key_as_secret,
    "another key": lambda t: t.sign(key=jwk.RSAKey.generate_key(2048)),
    "an algorithm off the list": lambda t: t.sign(header={"alg": "PS256"}),
    "RS512": lambda t: t.sign(header={"alg": "RS512"}),
    "an unknown key": lambda t: t.sign(header={"kid": "other"}),
    "a key identifier that is no string": lambda t: t.sign(header={"kid": None, "kId": 1}, iss="x"),
    "a plain JWT": lambda t: t.sign(header={"typ": "JWT"}),
    "an ID token": lambda t: t.sign(header={"typ": None}),
    "another issuer": lambda t: t.sign(iss="https://other.test"),
    "no issuer": lambda t: t.sign(iss=None),
    "another audience": lambda t: t.sign(aud="urn:pactolus:registry"),
    "no audience": lambda t: t.sign(aud=None),
    "no expiry": lambda t: t.sign(exp=None),
    "an expiry that is text": lambda t: t.sign(exp=str(at(600))),
    "an expiry in the past": lambda t: t.sign(exp=at(-1)),
    "an expiry beyond all time": lambda t: t.sign(exp=1e300),
    "a start in the future": lambda t: t.sign(nbf=at(60)),
    "an issue in the future": lambda t: t.sign(iat=at(600)),
    "no issue time": lambda t: t.sign(iat=None),
    "no subject": lambda t: t.sign(sub=None),
    "no client": lambda t: t.sign(client_id=None),
    "a client with a line feed": lambda t: t.sign(client_id="a\r\nx: y"),
    "no identifier": lambda t: t.sign(jti=None),
    "a revoked identifier": lambda t: t.sign(jti="revoked-token"),
    "a bound key": lambda t: t.sign(cnf={"jkt": "x"}),
    "a scope list": lambda t: t.sign(scope=["orders:read"]),
    "an embedded key": lambda t: t.sign(header={"jwk": t.key.as_dict(private=False)}),
    "a key address": lambda t: t.sign(header={"jku": "https://evil.test/jwks"}),
    "a certificate address": lambda t: t.sign(header={"x5u": "https://evil.test/x5u"}),
    "a critical extension": lambda t: t.sign(header={"crit": ["kid"]}),
    "padding": with_padding,
    "other trailing bits": with_other_trailing_bits,
    "a duplicate claim": with_duplicate_claim,
    "a changed payload": with_changed_payload,
    "two parts": lambda t: t.sign().rsplit(".", 1)[0],
    "four parts": lambda t: t.sign() + ".x",
    "no base64url": lambda t: "a+b.c/d.e",
    "too long": lambda t: t.sign(note="x" * 9000),
}


@pytest.mark.parametrize("kind", FORGED)
def test_a_token_that_is_not_ours_genuine_and_current_is_401(gateway, upstream, tokens, kind):
    token = FORGED[kind](tokens)
    for _ in range(2):
        response = gateway.client.get(PATH, headers={"authorization": f"Bearer {token}"})
        assert response.status_code == 401, kind
        assert response.json()["code"] == "invalid_token"
        assert 'error="invalid_token"' in response.headers["www-authenticate"]
    assert upstream.seen == []


def test_a_call_without_a_token_is_challenged_without_an_error(gateway, upstream):
    response = gateway.client.get(PATH)
    assert response.status_code == 401
    assert response.headers["www-authenticate"] == 'Bearer realm="pactolus"'
    assert "ratelimit" not in response.headers


@pytest.mark.parametrize("value", ["Basic eDp5", "Bearer", "Bearer\t.", "token"])
def test_an_authorization_that_is_no_bearer_token_is_401(gateway, value):
    assert gateway.client.get(PATH, headers={"authorization": value}).status_code == 401


@pytest.mark.parametrize("change", [{"aud": "urn:pactolus:gateway"}, {"nbf": NOW - 5}, {"iat": NOW + 3}])
def test_a_genuine_token_is_accepted(gateway, upstream, tokens, change):
    upstream.answers(200, b'{"id":"o-1"}', etag='"1"')
    response = gateway.client.get(PATH, headers={"authorization": "bearer " + tokens.sign(**change)})
    assert response.status_code == 200


def test_the_media_type_may_be_written_out(gateway, upstream, tokens):
    upstream.answers(200, b'{"id":"o-1"}', etag='"1"')
    token = tokens.sign(header={"typ": "application/at+JWT"})
    assert gateway.client.get(PATH, headers={"authorization": f"Bearer {token}"}).status_code == 200


def signed(tokens, **changes) -> str:
    """A token for the moment NOW, however long ago this module was read."""
    return tokens.sign(**{"iat": NOW, "exp": NOW + 600, **changes})


def verifier(tokens, **limits: int) -> TokenVerifier:
    made = TokenVerifier(ISSUER, TokenRules(), Limits(**limits))
    made.use_keys(read_key_set(tokens.jwks, TokenRules(), Limits()))
    return made


def test_a_remembered_token_is_refused_from_its_expiry_on(tokens):
    checks, token = verifier(tokens), signed(tokens, exp=NOW + 100).encode()
    assert isinstance(checks.verify(token, NOW), Claims)
    assert isinstance(checks.verify(token, NOW + 99.9), Claims)
    assert checks.verify(token, NOW + 100) == TokenRefusal("the token has expired")


def test_a_remembered_token_is_refused_once_revoked(tokens):
    checks, token = verifier(tokens), signed(tokens, jti="later-revoked").encode()
    assert isinstance(checks.verify(token, NOW), Claims)
    checks.use_revocations(frozenset({"later-revoked"}))
    assert checks.verify(token, NOW) == TokenRefusal("the token was revoked")


def test_what_a_withdrawn_key_signed_is_refused_also_when_remembered(tokens):
    checks, token = verifier(tokens), signed(tokens).encode()
    assert isinstance(checks.verify(token, NOW), Claims)
    other = jwk.RSAKey.generate_key(2048, parameters={"kid": "k2"})
    checks.use_keys(read_key_set({"keys": [other.as_dict(private=False)]}, TokenRules(), Limits()))
    assert not isinstance(checks.verify(token, NOW), Claims)


def test_the_memory_of_tokens_is_bounded(tokens):
    checks = verifier(tokens, tokens_cached_max=3)
    for _ in range(10):
        assert isinstance(checks.verify(signed(tokens).encode(), NOW), Claims)
    assert len(checks._cache) == 3


@pytest.mark.parametrize(
    ("kind", "size", "algorithm"),
    [("EC", "P-256", "ES256"), ("OKP", "Ed25519", "EdDSA"), ("OKP", "Ed25519", "Ed25519")],
)
def test_elliptic_keys_verify_with_their_own_algorithm_only(tokens, kind, size, algorithm):
    key = (jwk.ECKey if kind == "EC" else jwk.OKPKey).generate_key(size, parameters={"kid": "k1"})
    checks = TokenVerifier(ISSUER, TokenRules(), Limits())
    checks.use_keys(read_key_set({"keys": [key.as_dict(private=False)]}, TokenRules(), Limits()))
    with warnings.catch_warnings(action="ignore"):
        token = signed(tokens, header={"alg": algorithm}, key=key).encode()
    assert isinstance(checks.verify(token, NOW), Claims)
    assert not isinstance(checks.verify(signed(tokens).encode(), NOW), Claims)


@pytest.mark.parametrize("named", ["EdDSA", "Ed25519", None])
@pytest.mark.parametrize("algorithm", ["EdDSA", "Ed25519"])
def test_both_names_of_the_edwards_algorithm_are_one(tokens, named, algorithm):
    key = jwk.OKPKey.generate_key("Ed25519", parameters={"kid": "k1"})
    entry = {**key.as_dict(private=False), **({} if named is None else {"alg": named})}
    checks = TokenVerifier(ISSUER, TokenRules(), Limits())
    checks.use_keys(read_key_set({"keys": [entry]}, TokenRules(), Limits()))
    with warnings.catch_warnings(action="ignore"):
        token = signed(tokens, header={"alg": algorithm}, key=key).encode()
    assert isinstance(checks.verify(token, NOW), Claims)
    strict = TokenRules(algorithms=("Ed25519",))
    checks = TokenVerifier(ISSUER, strict, Limits())
    checks.use_keys(read_key_set({"keys": [entry]}, strict, Limits()))
    assert isinstance(checks.verify(token, NOW), Claims) == (algorithm == "Ed25519")


@pytest.mark.parametrize("curve", ["Ed448", "X25519"])
def test_a_key_on_another_curve_serves_nothing(curve):
    entry = jwk.OKPKey.generate_key(curve, parameters={"kid": "k1"}).as_dict(private=False)
    with pytest.raises(KeysError) as caught:
        read_key_set({"keys": [entry]}, TokenRules(), Limits())
    assert caught.value.code == "keys.none"


@pytest.mark.parametrize("part", [0, 1, 2])
def test_only_the_canonical_spelling_of_each_part_verifies(tokens, part):
    """Each part is respelled so that a lenient reader would decode the same bytes and the signature fit."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    for filling in range(3):
        header = {"alg": "RS256", "typ": "at+jwt", "kid": "k1"}
        claims = {"iss": ISSUER, "aud": "urn:pactolus:gateway", "sub": "s", "client_id": "c", "iat": NOW,
                  "exp": NOW + 600, "jti": "j"}  # fmt: skip
        parts = [b64(orjson.dumps(value) + b" " * filling) for value in (header, claims)]
        if part < 2:
            if len(parts[part]) % 4 == 0:
                continue
            last = alphabet.index(parts[part][-1])
            parts[part] = parts[part][:-1] + alphabet[last ^ 1]
        signing_input = ".".join(parts).encode()
        private = tokens.key.get_op_key("sign")
        signature = b64(private.sign(signing_input, padding.PKCS1v15(), hashes.SHA256()))
        checks = verifier(tokens)
        good = f"{signing_input.decode()}.{signature}"
        if part == 2:
            assert isinstance(checks.verify(good.encode(), NOW), Claims)
            good = good[:-1] + alphabet[alphabet.index(good[-1]) ^ 1]
        assert isinstance(verifier(tokens).verify(good.encode(), NOW), TokenRefusal)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda keys: keys.append(dict(keys[0])), "keys.duplicate_kid"),
        (lambda keys: keys.append({"kty": "oct", "k": "c2VjcmV0", "kid": "s"}), "keys.secret"),
        (lambda keys: keys[0].update(d="x"), "keys.secret"),
        (lambda keys: keys[0].update(use="enc"), "keys.none"),
        (lambda keys: keys[0].update(alg="PS256"), "keys.none"),
        (lambda keys: keys[0].update(key_ops=["encrypt"]), "keys.none"),
        (lambda keys: keys[0].pop("n"), "keys.malformed"),
        (lambda keys: keys[0].update(n=1), "keys.malformed"),
        (lambda keys: keys[0].update(n=keys[0]["n"][:170]), "keys.weak"),
        (lambda keys: keys[0].update(e="Aw"), "keys.weak"),
        (lambda keys: keys.extend({"kty": "x"} for _ in range(40)), "keys.too_many"),
    ],
)
def test_an_unacceptable_key_set_is_refused_whole(tokens, change, code):
    keys = [dict(key) for key in tokens.jwks["keys"]]
    change(keys)
    with pytest.raises(KeysError) as caught:
        read_key_set({"keys": keys}, TokenRules(), Limits())
    assert caught.value.code == code


class Hands:
    """A clock moved by hand."""

    def __init__(self) -> None:
        self.time = 0.0

    def now(self) -> float:
        return NOW + self.time

    def elapsed(self) -> float:
        return self.time


def run(scenario) -> None:
    import asyncio

    asyncio.run(scenario())


def test_an_unknown_key_is_looked_up_at_most_once_a_minute(tokens):
    fetched, clock = [], Hands()

    async def fetch(url: str):
        fetched.append(url)
        return tokens.jwks

    async def scenario() -> None:
        ring = KeyRing(Issuer(ISSUER, "https://i/jwks"), fetch, clock, TokenRules(), Limits(), Timeouts())
        assert isinstance(await ring.verify(signed(tokens).encode(), NOW), Claims)
        assert len(fetched) == 1
        for number in range(20):
            made_up = signed(tokens, header={"kid": f"made-up-{number}"}).encode()
            assert await ring.verify(made_up, NOW) == TokenRefusal("the token's key is not known")
        assert len(fetched) == 1
        clock.time = 60.0
        await ring.verify(signed(tokens, header={"kid": "made-up"}).encode(), NOW)
        assert len(fetched) == 2

    run(scenario)


def test_the_last_good_keys_stay_when_the_issuer_is_away(tokens):
    clock, answers = Hands(), [tokens.jwks]

    async def fetch(url: str):
        if not answers:
            raise SourceError("source.away", "away")
        return answers.pop()

    async def scenario() -> None:
        ring = KeyRing(Issuer(ISSUER, "https://i/jwks"), fetch, clock, TokenRules(), Limits(), Timeouts())
        assert await ring.ensure_keys() is None
        clock.time = 120.0
        await ring.verify(signed(tokens, header={"kid": "rotated"}).encode(), NOW)
        assert isinstance(await ring.verify(signed(tokens).encode(), NOW), Claims)

    run(scenario)
