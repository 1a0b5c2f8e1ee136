"""A small registry of the published shape, and a way to wait for what comes in time."""

from __future__ import annotations

import base64
import threading
import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import orjson

from specs.attestation import Publication, attest
from specs.ed25519 import PrivateKey
from specs.errors import SpecError
from specs.load import load_contract

CONTRACTS = Path(__file__).parent / "contracts"


class FakeRegistry:
    """Snapshot, documents, tokens, keys, usage and drift; counts what was asked."""

    def __init__(self, settings: dict[str, Any], jwks: dict[str, Any]) -> None:
        self.settings = settings
        self.jwks = jwks
        self.url = ""
        self.keys = (PrivateKey("contracts-1", bytes(range(32))),)
        self.signs = self.keys
        self.raw = {"orders": (CONTRACTS / "orders.v1.openapi.yaml").read_bytes()}
        self.versions = {"orders": "1.0.0"}
        self.lifecycle: dict[str, Any] = {"state": "published"}
        self.usage: list[dict[str, Any]] = []
        self.drift: list[dict[str, Any]] = []
        self.failing: set[str] = set()
        self.corrupt = False
        self.token = "first"
        self.tokens_given = 0
        self.asked: list[tuple[str, int]] = []

    def snapshot(self) -> dict[str, Any]:
        contracts = [
            {"name": name, "apiId": "x", "kind": "openapi", "version": self.versions[name], "major": 1,
             "layer": "system", "domain": "finance", "owner": "erp-team",
             "document": {"uri": f"system/{name}.v1.openapi.yaml", "sha256": sha256(raw).hexdigest()},
             "references": [], "lifecycle": self.lifecycle}
            for name, raw in self.raw.items()
        ]  # fmt: skip
        for entry in contracts:
            entry["attestation"] = self.attestation(entry)
        contracts.append({**contracts[0], "name": "events-of-it", "kind": "asyncapi", "layer": "events"})
        body = {
            "issuer": {"issuer": self.settings["issuer"]["issuer"], "jwksUri": self.url + "/oauth/jwks"},
            "contracts": contracts, "consumers": self.settings["consumers"],
            "revokedTokens": self.settings["revokedTokens"],
        }  # fmt: skip
        return {"revision": int(sha256(orjson.dumps(body)).hexdigest()[:8], 16), **body}

    def attestation(self, entry: dict[str, Any]) -> dict[str, Any]:
        """As the registry signs; of documents that nobody can read, what they hold does not matter."""
        uri, raw = entry["document"]["uri"], self.raw[entry["name"]]
        try:
            bundle = load_contract(uri, raw).bundle_sha256
        except SpecError:
            bundle = "0" * 64
        documents = ((uri, entry["document"]["sha256"]),)
        publication = Publication(entry["name"], entry["version"], "openapi", "system", bundle, documents)
        return attest(publication, {}, self.signs)

    def answer(
        self, method: str, path: str, headers: dict[str, str], body: bytes
    ) -> tuple[int, Any, dict[str, str]]:
        if path in self.failing:
            return 503, {}, {}
        if path == "/oauth/token":
            form = parse_qs(body.decode())
            basic = base64.b64encode(b"gateway:secret").decode()
            if headers.get("authorization") != f"Basic {basic}" or form["scope"] != [
                "registry:read registry:snapshot registry:usage"
            ]:
                return 401, {}, {}
            self.tokens_given += 1
            return 200, {"access_token": self.token, "token_type": "Bearer", "expires_in": 600}, {}
        if path == "/oauth/jwks":
            return 200, self.jwks, {}
        if headers.get("authorization") != f"Bearer {self.token}":
            return 401, {}, {}
        if path == "/registry/v1/signing-keys":
            return 200, {"audit": [], "contracts": [key.public.text for key in self.keys]}, {}
        if path == "/registry/v1/snapshot":
            snapshot = self.snapshot()
            etag = f'"{snapshot["revision"]}"'
            return (
                (304, b"", {"etag": etag})
                if headers.get("if-none-match") == etag
                else (200, snapshot, {"etag": etag})
            )
        if path.startswith("/registry/v1/documents/"):
            raw = next(raw for raw in self.raw.values() if path.endswith(sha256(raw).hexdigest()))
            return 200, raw + b"\n" if self.corrupt else raw, {}
        kept = self.usage if path.endswith("/usage") else self.drift
        kept.append(orjson.loads(body))
        return 204, b"", {}

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        status, value, lines = self.answer(scope["method"], scope["path"], headers, body)
        self.asked.append((scope["path"], status))
        raw = value if isinstance(value, bytes) else orjson.dumps(value)
        sent = [(name.encode(), text.encode()) for name, text in lines.items()]
        if status not in (204, 304):
            sent.append((b"content-length", str(len(raw)).encode()))
        await send({"type": "http.response.start", "status": status, "headers": sent})
        await send({"type": "http.response.body", "body": raw})


def until(condition: Callable[[], Any], within_s: float = 5) -> None:
    end = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < end, "it never came to that"
        threading.Event().wait(0.01)
