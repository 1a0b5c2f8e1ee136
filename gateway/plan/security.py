"""What an operation asks callers for: the alternatives of `security`, each of schemes that must all be met.

Understood are access tokens (`oauth2`, `openIdConnect`, `http` `bearer`), tokens bound to a key (`http`
`dpop`), tokens bound to a certificate (`mutualTLS` beside a token), keys in a header line (`apiKey`) and
signed requests (`http` with the scheme of `SIGNED`). An alternative with any other scheme can never be met
here; an operation left with none is refused rather than served open.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from gateway.errors import PlanError
from specs.model import Contract
from specs.openapi import SchemeUse

TOKEN, DPOP, CERTIFICATE, SIGNATURE = "token", "dpop", "certificate", "signature"
API_KEY = "api_key:"
"""Before the name of the header line."""
SIGNED = "pactolus-hmac-sha256"
BINDINGS = frozenset({DPOP, CERTIFICATE})
_KINDS = {"bearer": TOKEN, "dpop": DPOP, SIGNED: SIGNATURE}
_TAKEN = frozenset(
    {"authorization", "dpop", "host", "content-type", "content-length", "connection", "transfer-encoding"}
)
_HEADER = re.compile(r"[a-z0-9-]{1,64}")
_CHALLENGES = {
    TOKEN: 'Bearer realm="pactolus"',
    DPOP: 'DPoP realm="pactolus"',
    SIGNATURE: 'Pactolus-HMAC-SHA256 realm="pactolus"',
}


@dataclass(frozen=True, slots=True)
class Requirement:
    """One scheme, as `kind`, and the scopes that what meets it must hold."""

    kind: str
    scopes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Asks:
    """Alternatives that a plain access token does not decide alone.

    `key_headers` are the lines that hold keys, `challenges` what a caller without credentials is told.
    """

    alternatives: tuple[tuple[Requirement, ...], ...]
    kinds: frozenset[str]
    key_headers: tuple[bytes, ...]
    challenges: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Security:
    """`scopes` by alternative, None where no credential is looked at; `asks` is None for plain tokens."""

    scopes: tuple[frozenset[str], ...] | None
    anonymous: bool
    asks: Asks | None = None


def read_security(security: Sequence[Sequence[SchemeUse]]) -> Security:
    """What the alternatives come to; `PlanError` when none of them can be met here."""
    anonymous = not security
    alternatives: list[tuple[Requirement, ...]] = []
    for written in security:
        if not written:
            anonymous = True
            continue
        alternative = tuple(
            Requirement(_kind(use.scheme.resolved().value), frozenset(use.scopes)) for use in written
        )
        kinds = {requirement.kind for requirement in alternative}
        if "" not in kinds and (CERTIFICATE not in kinds or kinds & {TOKEN, DPOP}):
            alternatives.append(alternative)
    if not alternatives:
        if anonymous:
            return Security(None, anonymous=True)
        detail = "no alternative of security is understood: bearer, dpop, apiKey in a header, " + SIGNED
        raise PlanError("contract.security_unsupported", detail)
    scopes = tuple(
        frozenset(scope for requirement in alternative for scope in requirement.scopes)
        for alternative in alternatives
    )
    kinds = {requirement.kind for alternative in alternatives for requirement in alternative}
    asks = None if kinds == {TOKEN} else _asks(tuple(alternatives), frozenset(kinds))
    return Security(scopes, anonymous, asks)


def policies(asks: Asks | None) -> tuple[str, ...]:
    """Names of the policies that meet the schemes, in the order they are tried."""
    if asks is None:
        return ()
    named = {DPOP: "dpop", CERTIFICATE: "certificates", SIGNATURE: "signatures"}
    found = tuple(name for kind, name in named.items() if kind in asks.kinds)
    found += ("signed_content",) if SIGNATURE in asks.kinds else ()
    return (*found, "api_keys") if asks.key_headers else found


def key_headers(contract: Contract) -> frozenset[bytes]:
    """The header lines that hold keys anywhere in a contract; what callers send there stays here."""
    schemes = contract.root.child("components", "securitySchemes")
    found = [_kind(scheme.resolved().value) for _, scheme in schemes.items()] if schemes is not None else []
    return frozenset(kind.removeprefix(API_KEY).encode() for kind in found if kind.startswith(API_KEY))


def _asks(alternatives: tuple[tuple[Requirement, ...], ...], kinds: frozenset[str]) -> Asks:
    headers = sorted(kind.removeprefix(API_KEY) for kind in kinds if kind.startswith(API_KEY))
    told = [_CHALLENGES[kind] for kind in (TOKEN, DPOP, SIGNATURE) if kind in kinds]
    told += [f'ApiKey realm="pactolus", header="{name}"' for name in headers]
    lines = tuple(line.encode() for line in told)
    return Asks(alternatives, kinds, tuple(name.encode() for name in headers), lines)


def _kind(value: object) -> str:
    """The kind of a scheme; empty when it cannot be met here."""
    if not isinstance(value, dict):
        return ""
    kind = value.get("type")
    if kind in ("oauth2", "openIdConnect"):
        return TOKEN
    if kind == "http":
        return _KINDS.get(str(value.get("scheme")).lower(), "")
    if kind == "mutualTLS":
        return CERTIFICATE
    name = str(value.get("name")).lower()
    if kind == "apiKey" and value.get("in") == "header" and _HEADER.fullmatch(name) and name not in _TAKEN:
        return API_KEY + name
    return ""
