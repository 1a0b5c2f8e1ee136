"""Credentials made by `cryptography` and the standard library alone: a second hand beside the gateway's."""

from __future__ import annotations

import base64
import hashlib
import itertools
import json
import shutil
import time
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

CONTRACT = Path(__file__).with_name("contracts_credentials.yaml")
BASE = "/process/vault/v1"
ORIGIN = "https://api.test"
_numbers = itertools.count()


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


class ProofKey:
    """An EC key that makes DPoP proofs; every header and claim may be replaced, None leaves it out."""

    def __init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        numbers = self.key.public_key().public_numbers()
        x, y = (b64(number.to_bytes(32, "big")) for number in (numbers.x, numbers.y))
        self.jwk = {"crv": "P-256", "kty": "EC", "x": x, "y": y}
        text = json.dumps(self.jwk, separators=(",", ":"), sort_keys=True)
        self.thumbprint = b64(hashlib.sha256(text.encode()).digest())

    def proof(
        self,
        token: str,
        path: str,
        method: str = "GET",
        header: dict[str, Any] | None = None,
        **claims: Any,
    ) -> str:
        head = {"typ": "dpop+jwt", "alg": "ES256", "jwk": self.jwk, **(header or {})}
        body = {
            "jti": f"proof-{next(_numbers)}", "htm": method, "htu": ORIGIN + path, "iat": int(time.time()),
            "ath": b64(hashlib.sha256(token.encode()).digest()), **claims,
        }  # fmt: skip
        parts = [
            b64(json.dumps({name: value for name, value in part.items() if value is not None}).encode())
            for part in (head, body)
        ]
        text = ".".join(parts)
        r, s = decode_dss_signature(self.key.sign(text.encode(), ec.ECDSA(hashes.SHA256())))
        return f"{text}.{b64(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"

    def call(self, token: str, path: str, method: str = "GET", **changes: Any) -> dict[str, str]:
        """The header lines of a call with a proof."""
        return {
            "authorization": f"DPoP {token}",
            "dpop": self.proof(token, BASE + path, method, **changes),
        }


def vault(make_gateway: Any, upstream_url: str, change: Any = None, **fields: Any) -> Any:
    """A gateway that enforces the contract of this folder beside the others."""
    upstreams = dict.fromkeys(("orders.v1", "checks.v1", "vault.v1"), upstream_url)
    gateway = make_gateway(upstream_url, change, upstreams=upstreams, **fields)
    shutil.copy(CONTRACT, gateway.folder / "vault.v1.openapi.yaml")
    gateway.wait_for(lambda routes: any(one["contract"] == "vault" for one in routes["contracts"]))
    return gateway
