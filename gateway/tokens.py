"""The one door to JOSE: decides whether an access token is genuine, for us, and in force; reads proofs.

Stricter than the library: RFC 9068 section 4 (typ, iss, aud, exp and the required claims), RFC 8725 (one
algorithm per key, no key or address taken from the token, explicit typing, bounded size), no duplicate
members. That base64url comes in its only canonical spelling (RFC 4648 section 3.5) is the library's decision.
A verified token is remembered under the SHA-256 of its bytes; expiry and revocation are looked at on every
use.
"""

from __future__ import annotations

import binascii
import re
import warnings
from collections.abc import Mapping, Set
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import orjson
from joserfc import jwk, jws
from joserfc.errors import JoseError
from joserfc.util import urlsafe_b64decode

from gateway.config import Limits, TokenRules
from gateway.errors import KeysError
from gateway.model import Claims, Confirmation, TokenRefusal
from gateway.policies.dpop import Proof
from gateway.strict_json import NotStrict, parse

_COMPACT = re.compile(rb"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
_SCOPE = re.compile(r"[\x21\x23-\x5B\x5D-\x7E]+( [\x21\x23-\x5B\x5D-\x7E]+)*")
_CLIENT = re.compile(r"[\x21-\x7E]{1,255}")
_THUMBPRINT = re.compile(r"[A-Za-z0-9_-]{43}")
_TOKEN_ID_MAX = 255
NOT_COMPACT = TokenRefusal("the token is not a compact JWS")
_TYPES = frozenset({"at+jwt", "application/at+jwt"})
_COMMON = frozenset({"iss", "aud", "exp", "iat", "nbf", "jti", "scope", "cnf"})
_REFUSED_HEADERS = ("jku", "jwk", "x5u", "x5c", "crit", "b64", "zip", "enc")
# One algorithm per kind of key; that of Ed25519 has two names (RFC 8037 section 3.1, RFC 9864 section 2.2).
_ALGORITHMS = {
    ("RSA", None): ("RS256",),
    ("EC", "P-256"): ("ES256",),
    ("OKP", "Ed25519"): ("Ed25519", "EdDSA"),
}


@dataclass(frozen=True, slots=True)
class VerificationKey:
    """A public key with the names of the only algorithm it verifies (RFC 8725 section 3.1)."""

    key_id: str | None
    algorithms: tuple[str, ...]
    key: jwk.Key


@dataclass(frozen=True, slots=True)
class KeySet:
    """The issuer's keys in force; `digest` changes when any of them does."""

    keys: tuple[VerificationKey, ...] = ()
    digest: str = ""

    def select(self, key_id: str | None, algorithm: str) -> VerificationKey | None:
        """The key the header names; a header without `kid` is served only by a set of one."""
        candidates = [key for key in self.keys if algorithm in key.algorithms]
        if key_id is None:
            return candidates[0] if len(self.keys) == 1 and candidates else None
        return next((key for key in candidates if key.key_id == key_id), None)


def read_key_set(value: Mapping[str, Any], rules: TokenRules, limits: Limits) -> KeySet:
    """Public keys of a JWK set (RFC 7517 section 5).

    Refused whole (`KeysError`): secret or private keys, two keys under one `kid`, a weak RSA key. Left out:
    keys for encryption and of kinds that the allow-list does not name.
    """
    entries = value.get("keys")
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise KeysError("keys.malformed", "the key set has no list of keys")
    if len(entries) > limits.keys_per_issuer_max:
        raise KeysError("keys.too_many", f"the key set holds more than {limits.keys_per_issuer_max} keys")
    keys = [key for entry in entries if (key := _read_key(entry, rules)) is not None]
    names = [key.key_id for key in keys]
    if len(set(names)) != len(names):
        raise KeysError("keys.duplicate_kid", "two keys of the set have the same kid")
    if not keys:
        raise KeysError("keys.none", "the key set holds no key for " + ", ".join(rules.algorithms))
    return KeySet(tuple(keys), sha256(orjson.dumps(entries, option=orjson.OPT_SORT_KEYS)).hexdigest())


def _read_key(entry: dict[str, Any], rules: TokenRules) -> VerificationKey | None:
    if entry.get("kty") == "oct" or "d" in entry:
        raise KeysError("keys.secret", "the key set holds a secret or private key")
    known = _ALGORITHMS.get((str(entry.get("kty")), entry.get("crv")), ())
    names = tuple(name for name in known if name in rules.algorithms)
    if not names or entry.get("alg", names[0]) not in known:
        return None
    if entry.get("use", "sig") != "sig" or "verify" not in entry.get("key_ops", ["verify"]):
        return None
    key_id = entry.get("kid")
    if key_id is not None and not isinstance(key_id, str):
        raise KeysError("keys.malformed", "a kid is not a string")
    try:
        if "RS256" in names and _is_weak(entry, rules.rsa_bits_min):
            raise KeysError("keys.weak", f"an RSA key is weaker than {rules.rsa_bits_min} bits, e = 65537")
        # Which algorithm the key serves is decided above; the library would hold it to one of two names.
        key = jwk.import_key({name: value for name, value in entry.items() if name != "alg"})
    except (JoseError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise KeysError("keys.malformed", f"a key cannot be read: {type(error).__name__}") from error
    return VerificationKey(key_id, names, key)


def _is_weak(entry: dict[str, Any], bits_min: int) -> bool:
    modulus, exponent = (int.from_bytes(_decode(entry[name].encode()) or b"") for name in ("n", "e"))
    return modulus.bit_length() < bits_min or exponent < 65537 or exponent % 2 == 0


@dataclass(frozen=True, slots=True)
class UnknownKey:
    """The header names a key that the set does not hold: the set may be old."""

    key_id: str | None


class TokenVerifier:
    """Verifies tokens of one issuer; holds the keys in force and the bounded memory of verified tokens."""

    __slots__ = ("_cache", "_issuer", "_keys", "_limits", "_revoked", "_rules")

    def __init__(self, issuer: str, rules: TokenRules, limits: Limits) -> None:
        self._issuer = issuer
        self._rules = rules
        self._limits = limits
        self._keys = KeySet()
        self._revoked: Set[str] = frozenset()
        self._cache: dict[bytes, Claims] = {}

    @property
    def has_keys(self) -> bool:
        """False until a key set was given: every token is then refused."""
        return bool(self._keys.keys)

    def use_keys(self, keys: KeySet) -> None:
        """Keys in force from now on; what other keys verified is forgotten."""
        if keys.digest != self._keys.digest:
            self._cache.clear()
        self._keys = keys

    def use_revocations(self, revoked: Set[str]) -> None:
        """Token identifiers (`jti`) refused from now on."""
        self._revoked = revoked

    def is_revoked(self, claims: Claims) -> bool:
        """Whether the token of these claims was revoked."""
        return claims.token_id in self._revoked

    def verify(self, token: bytes, now: float) -> Claims | TokenRefusal | UnknownKey:
        """The claims of a genuine token in force at `now` (Unix seconds)."""
        digest = sha256(token).digest()
        claims = self._cache.get(digest)
        if claims is None:
            decided = self._verify_anew(token)
            if not isinstance(decided, Claims):
                return decided
            claims = decided
        if claims.expires_at <= now:
            self._cache.pop(digest, None)
            return TokenRefusal("the token has expired")
        if claims.not_before > now + self._rules.leeway_s:
            return TokenRefusal("the token is not valid yet")
        if claims.token_id in self._revoked:
            return TokenRefusal("the token was revoked")
        if digest not in self._cache:
            if len(self._cache) >= self._limits.tokens_cached_max:
                del self._cache[next(iter(self._cache))]
            self._cache[digest] = claims
        return claims

    def _verify_anew(self, token: bytes) -> Claims | TokenRefusal | UnknownKey:
        if len(token) > self._limits.token_bytes_max:
            return TokenRefusal("the token is too long")
        if _COMPACT.fullmatch(token) is None:
            return NOT_COMPACT
        header, payload = (_object(_decode(part)) for part in token.split(b".")[:2])
        if header is None or payload is None:
            return TokenRefusal("the token's header or payload is not a JSON object")
        refusal = _check_header(header, self._rules)
        if refusal is not None:
            return refusal
        key_id, algorithm = header.get("kid"), header["alg"]
        key = self._keys.select(key_id, algorithm)
        if key is None:
            return UnknownKey(key_id)
        try:
            with _old_name_accepted(algorithm):
                jws.deserialize_compact(token, key.key, algorithms=[algorithm])
        except (JoseError, ValueError, TypeError):
            return TokenRefusal("the signature does not verify")
        return _read_claims(payload, self._issuer, self._rules)


def _old_name_accepted(algorithm: str) -> AbstractContextManager[object]:
    """RFC 9864 renames EdDSA; issuers still write the old name, and the key fixes what it means."""
    return warnings.catch_warnings(action="ignore") if algorithm == "EdDSA" else nullcontext()


def _decode(part: bytes) -> bytes | None:
    try:
        return urlsafe_b64decode(part)
    except (binascii.Error, ValueError):
        return None


def _object(raw: bytes | None) -> dict[str, Any] | None:
    try:
        value = parse(raw or b"")
    except NotStrict:
        return None
    return value if isinstance(value, dict) else None


def _check_header(header: dict[str, Any], rules: TokenRules) -> TokenRefusal | None:
    if header.get("alg") not in rules.algorithms:
        return TokenRefusal("the token's algorithm is not accepted")
    kind = header.get("typ")
    if not isinstance(kind, str) or kind.lower() not in _TYPES:
        return TokenRefusal("the token is not an access token (typ at+jwt)")
    for name in _REFUSED_HEADERS:
        if name in header:
            return TokenRefusal(f"the token's header may not hold {name}")
    if not isinstance(header.get("kid", ""), str):
        return TokenRefusal("the token's kid is not a string")
    return None


def _read_claims(payload: dict[str, Any], issuer: str, rules: TokenRules) -> Claims | TokenRefusal:
    if payload.get("iss") != issuer:
        return TokenRefusal("the token is from another issuer")
    audience = payload.get("aud")
    if rules.audience not in (audience if isinstance(audience, list) else [audience]):
        return TokenRefusal("the token is for another audience")
    for name in ("sub", "client_id", "jti"):
        if not isinstance(payload.get(name), str) or not payload[name]:
            return TokenRefusal(f"the token lacks {name}")
    if _CLIENT.fullmatch(payload["client_id"]) is None:
        return TokenRefusal("the token's client_id is not 1 to 255 visible characters")
    for name in ("exp", "iat"):
        if not _is_instant(payload.get(name)):
            return TokenRefusal(f"the token lacks {name}")
    if "nbf" in payload and not _is_instant(payload["nbf"]):
        return TokenRefusal("the token's nbf is not a number")
    confirmation = read_confirmation(payload.get("cnf")) if "cnf" in payload else None
    if isinstance(confirmation, TokenRefusal):
        return confirmation
    scope = payload.get("scope", "")
    if not isinstance(scope, str) or (scope and _SCOPE.fullmatch(scope) is None):
        return TokenRefusal("the token's scope is not a list of scope tokens")
    return Claims(
        client_id=payload["client_id"],
        subject=payload["sub"],
        scopes=frozenset(scope.split()),
        token_id=payload["jti"],
        expires_at=float(payload["exp"]),
        not_before=float(max(payload.get("nbf", payload["iat"]), payload["iat"])),
        scope_line=" ".join(sorted(set(scope.split()))).encode(),
        attributes=read_attributes(payload),
        confirmation=confirmation,
    )


def read_opaque_claims(
    answer: Mapping[str, Any], issuer: str, rules: TokenRules, now: float
) -> Claims | TokenRefusal:
    """What the issuer says of an opaque token (RFC 7662 section 2.2); most members need not be there."""
    if answer.get("active") is not True:
        return TokenRefusal("the token is not active")
    if str(answer.get("token_type", "Bearer")).lower() not in ("bearer", "dpop", "access_token"):
        return TokenRefusal("the token is not an access token")
    client = answer.get("client_id")
    filled = {
        "iss": issuer, "aud": rules.audience, "sub": client, "jti": "opaque", "iat": 0, "exp": now + 3600.0,
        **answer,
    }  # fmt: skip
    claims = _read_claims(filled, issuer, rules)
    if not isinstance(claims, Claims):
        return claims
    if claims.expires_at <= now:
        return TokenRefusal("the token has expired")
    return TokenRefusal("the token is not valid yet") if claims.not_before > now + rules.leeway_s else claims


def read_confirmation(value: object) -> Confirmation | TokenRefusal:
    """What `cnf` binds a token to; refused when any of it is not among what can be checked here."""
    known = {"jkt": "key", "x5t#S256": "certificate"}
    if (
        not isinstance(value, dict)
        or not value
        or not value.keys() <= known.keys()
        or not all(isinstance(text, str) and _THUMBPRINT.fullmatch(text) for text in value.values())
    ):
        return TokenRefusal("the token is bound to a key that cannot be checked here (cnf)")
    return Confirmation(**{known[name]: text for name, text in value.items()})


def read_attributes(payload: Mapping[str, Any]) -> dict[str, frozenset[str]]:
    """The claims that are a text or a list of texts, but for those that every token has."""
    found: dict[str, frozenset[str]] = {}
    for name, value in payload.items():
        listed = value if isinstance(value, list) else [value]
        if name not in _COMMON and all(isinstance(text, str) for text in listed):
            found[name] = frozenset(listed)
    return found


def read_proof(raw: bytes, rules: TokenRules, limits: Limits) -> Proof | str:
    """The content of a DPoP proof whose signature its own key verifies (RFC 9449 section 4.3, 2 to 7)."""
    if len(raw) > limits.proof_bytes_max or _COMPACT.fullmatch(raw) is None:
        return "the proof is not a compact JWS"
    header, payload = (_object(_decode(part)) for part in raw.split(b".")[:2])
    if header is None or payload is None:
        return "the proof's header or payload is not a JSON object"
    if header.get("typ") != "dpop+jwt":
        return "the proof is not of type dpop+jwt"
    refused = [name for name in _REFUSED_HEADERS if name != "jwk" and name in header]
    if refused:
        return f"the proof's header may not hold {refused[0]}"
    algorithm, entry = header.get("alg"), header.get("jwk")
    try:
        key = _read_key(entry, rules) if isinstance(entry, dict) else None
    except KeysError as error:
        return f"the proof's key is not acceptable ({error.code})"
    if key is None or algorithm not in key.algorithms:
        return "the proof's algorithm or key is not accepted"
    try:
        with _old_name_accepted(algorithm):
            jws.deserialize_compact(raw, key.key, algorithms=[algorithm])
    except (JoseError, ValueError, TypeError):
        return "the proof's signature does not verify"
    texts = [payload.get(name) for name in ("jti", "htm", "htu", "ath")]
    nonce, made_at = payload.get("nonce"), payload.get("iat")
    if (
        not all(isinstance(text, str) and text for text in texts)
        or len(str(texts[0])) > _TOKEN_ID_MAX
        or not isinstance(made_at, int | float)
        or not _is_instant(made_at)
        or not isinstance(nonce, str | None)
    ):
        return "the proof lacks jti, htm, htu, ath or iat"
    token_id, method, target, token_hash = map(str, texts)
    return Proof(key.key.thumbprint(), token_id, method, target, token_hash, float(made_at), nonce)


def _is_instant(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e12
