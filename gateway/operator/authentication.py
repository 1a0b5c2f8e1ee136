"""Credentials beside the access tokens of the issuer, each for contracts that ask for it in `security`.

| member | what it is for |
|---|---|
| `apiKeys` | keys of clients by their digests; `pactolus gateway api-key` makes one; two a client |
| `apiKeyPepper` | the secret of the digests, at least 16 bytes |
| `dpop` | tokens bound to a key (RFC 9449), for calls to `origins`; `nonce: true` asks for one of ours |
| `certificates` | tokens bound to a client certificate (RFC 8705), which `proxies` tell in `header` |
| `introspection` | tokens that are no JWT (RFC 7662); an answer counts for `cacheSeconds`, 2 at most |
| `partners` | clients that sign their requests, each with a secret of at least 32 bytes |
| `signatureSeconds` | how long a signature counts around its timestamp; 300 unless said |

`origins` are how callers know the gateway (`https://api.example`). `proxies` are addresses or networks of
those that end TLS; from anybody else their header line does not count, and it is never passed on.

A secret stands in an environment variable or a file, never here. `client` is a client identifier that belongs
to a consumer; `scopes` and `claims` of a key are what those of a token would be.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import datetime
from ipaddress import ip_network
from pathlib import Path
from typing import Any

from gateway.config import Authentication, CertificateRules, DpopRules, Introspection, Partner
from gateway.errors import SourceError
from gateway.model import ApiKey
from gateway.plan.validators import Schema
from gateway.policies.api_keys import too_many
from gateway.policies.certificates import HEADERS
from gateway.policies.introspection import CACHE_S_MAX
from gateway.settings_file import object_of

PEPPER_BYTES_MIN, SECRET_BYTES_MIN, SECRET_BYTES_MAX = 16, 32, 4096
_TEXT: Schema = {"type": "string", "minLength": 1}
_TEXTS: Schema = {"type": "array", "items": _TEXT}
_SECRET: Schema = {
    "oneOf": [object_of({"environment": _TEXT}), object_of({"file": _TEXT})],
}
_CLAIMS: Schema = {"type": "object", "additionalProperties": _TEXTS}
_RIGHTS: dict[str, Schema] = {"scopes": _TEXTS, "claims": _CLAIMS}
KEYS: Schema = {
    "type": "array",
    "items": object_of(
        {
            "id": {"type": "string", "pattern": "^[A-Za-z0-9]{10}$"},
            "client": {"type": "string", "pattern": "^[!-~]{1,255}$"},
            "digest": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
        },
        {**_RIGHTS, "notAfter": {"type": "string", "format": "date-time"}},
    ),
}
KEYS_WANTED = (
    "apiKeys: [{id: <id>, client: <client>, digest: <64 hexadecimal digits>, scopes: [...], "
    "claims: {<name>: [...]}, notAfter: <date and time>}]"
)
_PARTNER = object_of(
    {
        "keyId": {"type": "string", "pattern": "^[A-Za-z0-9._-]{1,64}$"},
        "client": {"type": "string", "pattern": "^[!-~]{1,255}$"},
        "secret": _SECRET,
    },
    _RIGHTS,
)
_ORIGIN: Schema = {"type": "string", "pattern": r"^https?://[^/?#\s]+$"}
SCHEMA = object_of({}, {
    "apiKeys": KEYS,
    "apiKeyPepper": _SECRET,
    "dpop": object_of({"origins": {"type": "array", "items": _ORIGIN, "minItems": 1}},
                      {"nonce": {"type": "boolean"}}),
    "certificates": object_of({"proxies": {"type": "array", "items": _TEXT, "minItems": 1}},
                              {"header": {"enum": list(HEADERS)}}),
    "introspection": object_of(
        {"url": {"type": "string", "pattern": r"^https?://\S+$"}, "clientId": _TEXT, "clientSecret": _SECRET},
        {"cacheSeconds": {"type": "number", "minimum": 0, "maximum": CACHE_S_MAX}},
    ),
    "partners": {"type": "array", "items": _PARTNER},
    "signatureSeconds": {"type": "number", "minimum": 1, "maximum": 3600},
})  # fmt: skip
WANTED = (
    "authentication: {apiKeys: [...], apiKeyPepper: {environment: <name>} or {file: <path>}, "
    "dpop: {origins: [https://...]}, certificates: {proxies: [...]}, "
    "introspection: {url, clientId, clientSecret}, partners: [...]}"
)
EXAMPLE = """\
authentication:
  apiKeyPepper: {environment: PACTOLUS_API_KEY_PEPPER}
  apiKeys:
    - id: r4Yq0ZtB1x
      client: portal-client
      digest: 7d0f4c35a1f4f5b2a1a6e0d6b8a9c3f2e1d0c9b8a7f6e5d4c3b2a190f8e7d6c5
      scopes: [erp.orders:read]
      claims: {legal_entity: [DE01]}
      notAfter: 2027-06-30T00:00:00Z
  dpop: {origins: ["https://api.example"], nonce: true}
  certificates: {proxies: [10.0.0.0/8], header: client-cert}
  introspection:
    url: https://issuer.example/introspect
    clientId: gateway
    clientSecret: {environment: INTROSPECTION_SECRET}
  partners:
    - {keyId: acme-1, client: acme, secret: {environment: ACME_SECRET}, scopes: [erp.orders:write]}
"""


def read(value: Mapping[str, Any]) -> Authentication:
    """The settings, secrets fetched from where they are; `SourceError` names what is missing."""
    pepper, dpop, certificates = (value.get(name) for name in ("apiKeyPepper", "dpop", "certificates"))
    partners = tuple(_partner(entry) for entry in value.get("partners") or ())
    if len({partner.key_id for partner in partners}) != len(partners):
        raise _wrong("two partners have the same keyId")
    return Authentication(
        pepper=None if pepper is None else _secret(pepper, PEPPER_BYTES_MIN),
        api_keys=read_keys(value.get("apiKeys") or ()),
        dpop=DpopRules() if dpop is None else DpopRules(tuple(dpop["origins"]), dpop.get("nonce", False)),
        certificates=CertificateRules() if certificates is None else _certificates(certificates),
        introspection=_introspection(value.get("introspection")),
        partners=partners,
        signature_age_s_max=float(value.get("signatureSeconds", Authentication().signature_age_s_max)),
    )


def read_keys(entries: Any) -> tuple[ApiKey, ...]:
    """Keys as these settings and those of a folder write them."""
    keys = tuple(
        ApiKey(
            entry["id"], entry["client"], bytes.fromhex(entry["digest"]),
            *_rights(entry), _instant(entry.get("notAfter")),
        )
        for entry in entries
    )  # fmt: skip
    problem = too_many(keys)
    if problem is not None:
        raise _wrong(problem)
    return keys


def _rights(entry: Mapping[str, Any]) -> tuple[frozenset[str], dict[str, frozenset[str]]]:
    claims = {name: frozenset(values) for name, values in (entry.get("claims") or {}).items()}
    return frozenset(entry.get("scopes") or ()), claims


def _partner(entry: Mapping[str, Any]) -> Partner:
    secret = _secret(entry["secret"], SECRET_BYTES_MIN)
    return Partner(entry["keyId"], entry["client"], secret, *_rights(entry))


def _certificates(value: Mapping[str, Any]) -> CertificateRules:
    try:
        proxies = tuple(ip_network(text) for text in value["proxies"])
    except ValueError as error:
        raise _wrong(f"certificates.proxies: {error}") from error
    return CertificateRules(proxies, value.get("header", HEADERS[0]).encode())


def _introspection(value: Mapping[str, Any] | None) -> Introspection | None:
    if value is None:
        return None
    secret = _secret(value["clientSecret"], 1).decode("utf-8", "replace")
    cache_s = float(value.get("cacheSeconds", 1.0))
    return Introspection(value["url"], value["clientId"], secret, cache_s)


def _secret(reference: Mapping[str, str], bytes_min: int) -> bytes:
    name = reference.get("environment")
    if name is not None:
        found, where = os.environ.get(name, "").encode(), f"environment variable {name}"
    else:
        where = reference["file"]
        try:
            found = Path(where).read_bytes()[: SECRET_BYTES_MAX + 1].strip(b"\r\n")
        except OSError as error:
            raise _wrong(f"the secret in {where} cannot be read: {error.strerror}") from error
    if not bytes_min <= len(found) <= SECRET_BYTES_MAX:
        raise _wrong(f"the secret in {where} has {len(found)} bytes; it needs {bytes_min} or more")
    return found


def _instant(text: str | None) -> float | None:
    return None if text is None else datetime.fromisoformat(text).timestamp()


def _wrong(reason: str) -> SourceError:
    return SourceError("source.malformed", f"authentication: {reason}")
