"""The one door from a service to other systems: HTTP through the gateway, with the service's own token.

The only module that speaks HTTP as a client and the only one that handles tokens (OAuth 2 client
credentials, RFC 6749 section 4.4). Connections are kept alive, all waiting for one request ends by one
deadline, and only calls that change nothing are tried again.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

import httpx

from quote_to_cash.config import (
    TOKEN_LIFETIME_DEFAULT_S,
    TOKEN_REFRESH_BEFORE_EXPIRY_S,
    UPSTREAM_ANSWER_BYTES_MAX,
    UPSTREAM_ATTEMPTS_MAX,
    UPSTREAM_BACKOFF_MAX_S,
    UPSTREAM_BACKOFF_S,
    UPSTREAM_CONNECT_TIMEOUT_S,
    UPSTREAM_CONNECTIONS_MAX,
    UPSTREAM_DEADLINE_S,
    UPSTREAM_READ_TIMEOUT_S,
    GatewayAccess,
)
from quote_to_cash.errors import UpstreamFailed, UpstreamRefused, UpstreamUnavailable
from quote_to_cash.exchange import Trace

_SAFE_METHODS: Final = frozenset({"GET", "HEAD"})
_TRY_AGAIN: Final = frozenset({429, 502, 503, 504})
_UNAVAILABLE: Final = frozenset({429, 503, 504})


@dataclass(frozen=True, slots=True)
class GatewayCall:
    """One call of an operation behind the gateway: ``path`` is /{layer}/{name}/v{major}/...

    ``safe`` marks a call that changes nothing although its method is not GET, so it may be repeated.
    """

    method: str
    path: str
    trace: Trace
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    safe: bool = False


@dataclass(frozen=True, slots=True)
class GatewayReply:
    """What came back: a 2xx or 4xx answer with its JSON body."""

    status: int
    body: Any
    headers: Mapping[str, str] = field(default_factory=dict)


class Gateway(Protocol):
    """The port the services call others by."""

    def send(self, call: GatewayCall) -> GatewayReply:
        """The reply below 500; UpstreamUnavailable, UpstreamFailed or UpstreamRefused otherwise."""


class GatewayClient:
    """Gateway over HTTP. Safe to share between threads; close it when the service stops.

    ``monotonic`` is a clock in seconds, ``pause`` waits; both are given so that tests need not.
    """

    def __init__(
        self,
        access: GatewayAccess,
        http: httpx.Client,
        monotonic: Callable[[], float],
        pause: Callable[[float], None],
    ) -> None:
        self._access = access
        self._http = http
        self._monotonic = monotonic
        self._pause = pause
        self._lock = threading.Lock()
        # The token and until when it is good, replaced together so that both are read without the lock.
        self._token = ("", 0.0)

    def send(self, call: GatewayCall) -> GatewayReply:
        """Sends the call; see ``Gateway.send``."""
        repeatable = call.safe or call.method in _SAFE_METHODS
        attempts = UPSTREAM_ATTEMPTS_MAX if repeatable else 1
        deadline_s = call.trace.deadline_s
        if deadline_s is None:
            deadline_s = self._monotonic() + UPSTREAM_DEADLINE_S
        for attempt in range(1, attempts):
            try:
                response = self._authorized(call, deadline_s)
            except UpstreamUnavailable:
                self._wait(_backoff_s(attempt, None), deadline_s)
                continue
            if response.status_code not in _TRY_AGAIN:
                return _reply(call, response)
            self._wait(_backoff_s(attempt, response.headers.get("Retry-After")), deadline_s)
        return _reply(call, self._authorized(call, deadline_s))

    def close(self) -> None:
        """Closes the connections."""
        self._http.close()

    def _wait(self, seconds: float, deadline_s: float) -> None:
        if seconds >= self._left_s(deadline_s):
            raise _too_late()
        self._pause(seconds)

    def _left_s(self, deadline_s: float) -> float:
        left_s = deadline_s - self._monotonic()
        if left_s <= 0:
            raise _too_late()
        return left_s

    def _authorized(self, call: GatewayCall, deadline_s: float) -> httpx.Response:
        token = self._current_token(deadline_s)
        response = self._exchange(call, token, deadline_s)
        if response.status_code == httpx.codes.UNAUTHORIZED:
            # Revoked, or signed by a key since rotated: a fresh token is tried once.
            fresh = self._fetch_token(deadline_s, instead_of=token)
            response = self._exchange(call, fresh, deadline_s)
        return response

    def _exchange(self, call: GatewayCall, token: str, deadline_s: float) -> httpx.Response:
        headers = {
            **call.headers,
            "Accept": "application/json, application/problem+json",
            "Authorization": f"Bearer {token}",
            "X-Correlation-ID": call.trace.correlation_id,
        }
        if call.trace.traceparent:
            headers["traceparent"] = call.trace.traceparent
        content = None
        if call.body is not None:
            content = json.dumps(call.body).encode()
            headers.setdefault("Content-Type", "application/json")
        url = self._access.gateway_url.rstrip("/") + call.path
        request = self._http.build_request(call.method, url, headers=headers, content=content)
        return self._request(request, None, deadline_s)

    def _current_token(self, deadline_s: float) -> str:
        token, good_until_s = self._token
        if token and self._monotonic() < good_until_s:
            return token
        return self._fetch_token(deadline_s, instead_of="")

    def _fetch_token(self, deadline_s: float, instead_of: str) -> str:
        # Under the lock: threads that find the token expired together fetch one, not one each.
        if not self._lock.acquire(timeout=self._left_s(deadline_s)):
            raise _too_late()
        try:
            return self._renew_token(deadline_s, instead_of)
        finally:
            self._lock.release()

    def _renew_token(self, deadline_s: float, instead_of: str) -> str:
        token, good_until_s = self._token
        asked_at = self._monotonic()
        if token and token != instead_of and asked_at < good_until_s:
            return token
        form = {"grant_type": "client_credentials"}
        if self._access.scopes:
            form["scope"] = " ".join(self._access.scopes)
        request = self._http.build_request(
            "POST",
            self._access.token_url,
            headers={"Content-Type": "application/x-www-form-urlencoded"},
            content=str(httpx.QueryParams(form)).encode(),
        )
        credentials = httpx.BasicAuth(self._access.client_id, self._access.client_secret)
        token, lifetime_s = _token_of(self._request(request, credentials, deadline_s))
        self._token = token, asked_at + max(0.0, lifetime_s - TOKEN_REFRESH_BEFORE_EXPIRY_S)
        return token

    def _request(self, request: httpx.Request, auth: httpx.Auth | None, deadline_s: float) -> httpx.Response:
        named = f"{request.method} {request.url.path}"
        request.extensions["timeout"] = _timeouts(self._left_s(deadline_s)).as_dict()
        try:
            response = self._http.send(request, auth=auth, stream=True, follow_redirects=False)
            try:
                body = self._bounded_body(response, deadline_s)
            finally:
                response.close()
        except httpx.TimeoutException:
            raise UpstreamUnavailable(f"{named} did not answer in time.") from None
        except httpx.TransportError as error:
            raise UpstreamUnavailable(f"{named} could not be reached ({type(error).__name__}).") from None
        headers_read = [
            (name, value)
            for name, value in response.headers.multi_items()
            if name.lower() not in {"content-encoding", "content-length", "transfer-encoding"}
        ]
        return httpx.Response(response.status_code, headers=headers_read, content=body, request=request)

    def _bounded_body(self, response: httpx.Response, deadline_s: float) -> bytes:
        body = bytearray()
        for chunk in response.iter_bytes():
            body += chunk
            if len(body) > UPSTREAM_ANSWER_BYTES_MAX:
                raise UpstreamRefused(f"An answer exceeded {UPSTREAM_ANSWER_BYTES_MAX} bytes.")
            self._left_s(deadline_s)
        return bytes(body)


def open_client(
    access: GatewayAccess, monotonic: Callable[[], float], pause: Callable[[float], None]
) -> GatewayClient:
    """A client with a connection pool and the limits of ``config``."""
    http = httpx.Client(
        timeout=_timeouts(UPSTREAM_DEADLINE_S),
        limits=httpx.Limits(
            max_connections=UPSTREAM_CONNECTIONS_MAX, max_keepalive_connections=UPSTREAM_CONNECTIONS_MAX
        ),
        trust_env=False,
    )
    return GatewayClient(access, http, monotonic, pause)


def _timeouts(left_s: float) -> httpx.Timeout:
    return httpx.Timeout(
        min(UPSTREAM_READ_TIMEOUT_S, left_s), connect=min(UPSTREAM_CONNECT_TIMEOUT_S, left_s)
    )


def _too_late() -> UpstreamUnavailable:
    return UpstreamUnavailable("The systems called did not all answer in time.")


def _reply(call: GatewayCall, response: httpx.Response) -> GatewayReply:
    named = f"{call.method} {call.path}"
    status = response.status_code
    if status in _UNAVAILABLE:
        raise UpstreamUnavailable(f"{named} answered {status}: not now.")
    if status >= 500:
        raise UpstreamFailed(f"{named} failed with {status}.")
    if status in {401, 403}:
        raise UpstreamRefused(f"{named} answered {status}: this service may not call it.")
    if 300 <= status < 400:
        raise UpstreamRefused(f"{named} answered {status}: redirects are not followed.")
    try:
        body = json.loads(response.content) if response.content else None
    except ValueError:
        raise UpstreamFailed(f"{named} answered {status} without JSON.") from None
    return GatewayReply(status, body, dict(response.headers))


def _token_of(response: httpx.Response) -> tuple[str, float]:
    status = response.status_code
    if status >= 500 or status == httpx.codes.TOO_MANY_REQUESTS:
        raise UpstreamUnavailable(f"The token endpoint answered {status}.")
    if status != httpx.codes.OK:
        raise UpstreamRefused(f"The token endpoint answered {status}: check the client's credentials.")
    try:
        answer = json.loads(response.content)
        token = str(answer["access_token"])
        return token, float(answer.get("expires_in", TOKEN_LIFETIME_DEFAULT_S))
    except (ValueError, KeyError, TypeError, AttributeError):
        raise UpstreamFailed("The token endpoint answered without an access token.") from None


def _backoff_s(attempt: int, retry_after: str | None) -> float:
    """Doubling, and no shorter than the server asks for, within the bound."""
    wished_s = UPSTREAM_BACKOFF_S * 2 ** (attempt - 1)
    if retry_after is not None and retry_after.isdigit():
        wished_s = max(wished_s, float(retry_after))
    return float(min(wished_s, UPSTREAM_BACKOFF_MAX_S))
