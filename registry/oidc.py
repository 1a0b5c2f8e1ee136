"""An OpenID provider by its metadata URL: authorization code with PKCE (Authlib), ID tokens by our own door.

Strict where the specifications leave room: the issuer is the address the metadata came from, addresses are
https (loopback excepted), nothing is redirected, and every answer is bounded in size and time.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx
from authlib.oauth2.auth import ClientAuth
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri, prepare_token_request
from authlib.oauth2.rfc7636 import create_s256_code_challenge

from registry.config import OidcPolicy
from registry.errors import Overloaded, SetupError, Unauthenticated
from registry.ports import Clock
from registry.tokens import KeyUnknown, verified_id_token

WELL_KNOWN = "/.well-known/openid-configuration"
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")


class BoundedTransport(httpx.BaseTransport):
    """Reads no more of an answer than allowed."""

    def __init__(self, bytes_max: int) -> None:
        self._inner = httpx.HTTPTransport()
        self._bytes_max = bytes_max

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response = self._inner.handle_request(request)
        parts, size = [], 0
        assert isinstance(response.stream, httpx.SyncByteStream)
        try:
            for part in response.stream:
                size += len(part)
                if size > self._bytes_max:
                    raise httpx.ReadError(f"more than {self._bytes_max} bytes", request=request)
                parts.append(part)
        finally:
            response.close()
        return httpx.Response(
            response.status_code,
            headers=response.headers,
            stream=httpx.ByteStream(b"".join(parts)),
            request=request,
        )

    def close(self) -> None:
        self._inner.close()


class OidcProvider:
    """`registry.ports.identity.IdentityProvider` over HTTP; metadata and keys are kept for a while."""

    def __init__(self, policy: OidcPolicy, clock: Clock) -> None:
        if not policy.metadata_url.endswith(WELL_KNOWN) or not is_safe(policy.metadata_url):
            raise SetupError(
                "oidc_metadata_url_invalid", f"The metadata URL is https and ends with {WELL_KNOWN}."
            )
        self._policy = policy
        self._clock = clock
        self._issuer = policy.metadata_url.removesuffix(WELL_KNOWN)
        self._lock = threading.Lock()
        self._metadata: tuple[datetime, Mapping[str, Any]] | None = None
        self._keys: tuple[datetime, Mapping[str, Any]] | None = None

    def authorization_url(self, state: str, nonce: str, verifier: str, redirect_uri: str) -> str:
        url: str = prepare_grant_uri(
            self._known()["authorization_endpoint"],
            self._policy.client_id,
            "code",
            redirect_uri,
            list(self._policy.scopes),
            state,
            nonce=nonce,
            code_challenge=create_s256_code_challenge(verifier),
            code_challenge_method="S256",
        )
        return url

    def person(
        self, code: str, verifier: str, nonce: str, redirect_uri: str, now: datetime
    ) -> Mapping[str, Any]:
        secret = self._policy.client_secret
        method = "client_secret_basic" if secret else "none"
        body = prepare_token_request(
            "authorization_code", redirect_uri=redirect_uri, code=code, code_verifier=verifier
        )
        headers = {"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded"}
        endpoint, headers, body = ClientAuth(self._policy.client_id, secret, method).prepare(
            "POST", self._known()["token_endpoint"], headers, body
        )
        text = self._sent("POST", endpoint, headers, body).get("id_token")
        if not isinstance(text, str):
            raise refused("it sent no ID token for the code")
        try:
            return self._verified(text, nonce, now, self._key_set(None))
        except KeyUnknown:
            return self._verified_anew(text, nonce, now)

    def _verified_anew(self, text: str, nonce: str, now: datetime) -> Mapping[str, Any]:
        """With keys that are read again, if those known are old enough to have been replaced."""
        try:
            return self._verified(text, nonce, now, self._key_set(now))
        except KeyUnknown:
            raise refused("its ID token is signed with a key that it does not publish") from None

    def _verified(self, text: str, nonce: str, now: datetime, keys: Mapping[str, Any]) -> Mapping[str, Any]:
        policy = self._policy
        return verified_id_token(text, keys, self._issuer, policy.client_id, nonce, now, policy.clock_skew_s)

    def sign_out_url(self, return_to: str) -> str | None:
        endpoint = self._known().get("end_session_endpoint")
        if not isinstance(endpoint, str) or not is_safe(endpoint):
            return None
        query = urlencode({"client_id": self._policy.client_id, "post_logout_redirect_uri": return_to})
        return f"{endpoint}{'&' if urlsplit(endpoint).query else '?'}{query}"

    def _known(self) -> Mapping[str, Any]:
        """The metadata, read again when it is old."""
        with self._lock:
            now = self._clock()
            lasts = timedelta(seconds=self._policy.metadata_fresh_s)
            if self._metadata is None or not timedelta() <= now - self._metadata[0] < lasts:
                self._metadata = (now, self._checked(self._fetched(self._policy.metadata_url)))
            return self._metadata[1]

    def _checked(self, metadata: Mapping[str, Any]) -> Mapping[str, Any]:
        """OpenID Connect Discovery 1.0 section 4.3: the issuer is where the metadata came from."""
        if metadata.get("issuer") != self._issuer:
            raise refused("its metadata is that of another issuer")
        if not all(isinstance(metadata.get(name), str) and is_safe(metadata[name]) for name in ENDPOINTS):
            raise refused("its metadata lacks an endpoint, or has one without https")
        return metadata

    def _key_set(self, unless_since: datetime | None) -> Mapping[str, Any]:
        """The keys; read again when they are old, or (with a moment) older than a minute by then."""
        address = self._known()["jwks_uri"]
        with self._lock:
            now = self._clock()
            lasts = self._policy.metadata_fresh_s if unless_since is None else self._policy.keys_fresh_s
            if self._keys is None or not timedelta() <= now - self._keys[0] < timedelta(seconds=lasts):
                self._keys = (now, self._fetched(address))
            return self._keys[1]

    def _fetched(self, address: str) -> Mapping[str, Any]:
        found = self._sent("GET", address, {"Accept": "application/json"}, None)
        if not found:
            raise unavailable()
        return found

    def _sent(
        self, method: str, address: str, headers: dict[str, str], body: str | None
    ) -> Mapping[str, Any]:
        """The JSON object of an answer with 200, nothing for any other; `Overloaded` when there is none."""
        transport = BoundedTransport(self._policy.body_bytes_max)
        try:
            with httpx.Client(transport=transport, timeout=self._policy.timeout_s, trust_env=False) as client:
                answer = client.request(method, address, headers=headers, content=body)
            value = json.loads(answer.content) if answer.status_code == 200 else {}
        except (httpx.HTTPError, ValueError, RecursionError):
            raise unavailable() from None
        return value if isinstance(value, dict) else {}


def unavailable() -> Overloaded:
    """The provider cannot be asked now."""
    return Overloaded(
        "provider_unavailable", "The provider that people sign in with does not answer; try again."
    )


def is_safe(url: str) -> bool:
    """Whether what is sent there is protected on the way, or does not leave the machine."""
    parts = urlsplit(url)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)


def refused(why: str) -> Unauthenticated:
    """What the provider said does not count."""
    return Unauthenticated("sign_in_refused", f"The provider did not vouch for you: {why}.")
