"""The one door to the registry over HTTP: snapshot, documents, keys, usage and drift.

Nothing is fetched from where a contract or token says; only from the registry that was configured and from
the key address that this registry names. Document bytes count only when their digest is the one that was
asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import httpx
import orjson

from gateway.config import Limits, RegistrySource, Timeouts
from gateway.errors import SourceError
from gateway.model import Snapshot
from gateway.ports import Clock
from gateway.snapshot import read_snapshot

SCOPE = "registry:read registry:snapshot registry:usage"
TOKEN_MARGIN_S = 30.0
KEYS_BYTES_MAX = 256 * 1024


class RegistryClient:
    """Implements `ports.ContractSource` and `ports.Reports` against one registry."""

    def __init__(self, source: RegistrySource, limits: Limits, timeouts: Timeouts, clock: Clock) -> None:
        self._source = source
        self._limits = limits
        self._clock = clock
        self._api = source.url.rstrip("/") + source.api_path
        self._http = httpx.AsyncClient(
            timeout=timeouts.registry_s, follow_redirects=False, trust_env=False,
            limits=httpx.Limits(max_connections=8, max_keepalive_connections=4),
        )  # fmt: skip
        self._etag: str | None = None
        self._token: str | None = None
        self._token_until = 0.0

    async def poll(self) -> Snapshot | None:
        """`GET /snapshot` with the last ETag."""
        headers = {"if-none-match": self._etag} if self._etag else {}
        status, raw, etag = await self._call(
            "GET", "/snapshot", headers, None, self._limits.snapshot_bytes_max
        )
        if status == 304:
            return None
        _expect(status, 200, "/snapshot")
        snapshot = read_snapshot(_parse(raw), self._limits)
        self._etag = etag
        return snapshot

    async def document(self, sha256_hex: str) -> bytes:
        """`GET /documents/{sha256}`, digest verified."""
        path = f"/documents/{sha256_hex}"
        status, raw, _ = await self._call("GET", path, {}, None, self._limits.contract_bytes_max)
        _expect(status, 200, path)
        if sha256(raw).hexdigest() != sha256_hex:
            raise SourceError("source.digest", f"{path} came with other bytes")
        return raw

    async def keys(self, url: str) -> Mapping[str, Any]:
        """The JWK set at `url`, asked for without credentials."""
        status, raw, _ = await self._exchange("GET", url, {}, None, KEYS_BYTES_MAX)
        _expect(status, 200, "the key set")
        value = _parse(raw)
        if not isinstance(value, dict):
            raise SourceError("source.malformed", "the key set is not a JSON object")
        return value

    async def signing_keys(self) -> list[str]:
        """`GET /signing-keys`: those for contracts."""
        status, raw, _ = await self._call("GET", "/signing-keys", {}, None, KEYS_BYTES_MAX)
        _expect(status, 200, "/signing-keys")
        value = _parse(raw)
        keys = value.get("contracts") if isinstance(value, dict) else None
        if not isinstance(keys, list):
            raise SourceError("source.malformed", "the registry gave no keys for contracts")
        return [str(key) for key in keys]

    async def usage(self, batch: Mapping[str, Any]) -> None:
        """`POST /usage`."""
        await self._post("/usage", batch)

    async def drift(self, batch: Mapping[str, Any]) -> None:
        """`POST /drift`."""
        await self._post("/drift", batch)

    async def close(self) -> None:
        """Ends the connections."""
        await self._http.aclose()

    async def _post(self, path: str, batch: Mapping[str, Any]) -> None:
        headers = {"content-type": "application/json"}
        status, raw, _ = await self._call("POST", path, headers, orjson.dumps(batch), KEYS_BYTES_MAX)
        if status in (400, 409, 413, 415, 422):
            raise SourceError("source.refused", f"{path} was refused with {status}: {raw[:300]!r}")
        _expect(status, 204, path)

    async def _call(
        self, method: str, path: str, headers: dict[str, str], body: bytes | None, bytes_max: int
    ) -> tuple[int, bytes, str | None]:
        for attempt in (0, 1):
            token = await self._access_token()
            lines = {**headers, "authorization": f"Bearer {token}"}
            answer = await self._exchange(method, self._api + path, lines, body, bytes_max)
            if answer[0] != 401 or attempt:
                return answer
            self._token = None
        raise AssertionError("unreachable")

    async def _access_token(self) -> str:
        if self._token is not None and self._clock.elapsed() < self._token_until:
            return self._token
        credentials = httpx.BasicAuth(self._source.client_id, self._source.client_secret)
        url = self._source.url.rstrip("/") + self._source.token_path
        try:
            response = await self._http.post(
                url, data={"grant_type": "client_credentials", "scope": SCOPE}, auth=credentials
            )
        except httpx.HTTPError as error:
            raise SourceError("source.away", f"no token could be had: {type(error).__name__}") from error
        _expect(response.status_code, 200, "the token endpoint")
        value = _parse(response.content)
        if not isinstance(value, dict) or not isinstance(value.get("access_token"), str):
            raise SourceError("source.malformed", "the token endpoint gave no token")
        token: str = value["access_token"]
        lifetime = float(value.get("expires_in") or 60)
        self._token = token
        self._token_until = self._clock.elapsed() + max(1.0, lifetime - min(TOKEN_MARGIN_S, lifetime / 2))
        return token

    async def _exchange(
        self, method: str, url: str, headers: dict[str, str], body: bytes | None, bytes_max: int
    ) -> tuple[int, bytes, str | None]:
        try:
            async with self._http.stream(method, url, headers=headers, content=body) as response:
                raw = bytearray()
                async for chunk in response.aiter_bytes():
                    raw += chunk
                    if len(raw) > bytes_max:
                        raise SourceError("source.too_large", f"an answer is longer than {bytes_max} bytes")
                return response.status_code, bytes(raw), response.headers.get("etag")
        except httpx.HTTPError as error:
            raise SourceError("source.away", f"{method} failed: {type(error).__name__}") from error


def _expect(status: int, wanted: int, what: str) -> None:
    if status != wanted:
        raise SourceError("source.status", f"{what} answered {status}")


def _parse(raw: bytes) -> Any:
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise SourceError("source.malformed", "an answer is not JSON") from error
