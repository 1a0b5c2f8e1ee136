"""Asks the issuer what an opaque token is (RFC 7662), once for all calls that wait for the same answer.

The address and the credentials are the operator's; nothing of a token leads anywhere. How many questions are
open at once is bounded, and a question that is not answered in time is one that cannot be answered.
"""

from __future__ import annotations

import asyncio
import re
from typing import Any

import httpx
import orjson

from gateway.config import Introspection, Limits, Timeouts, TokenRules
from gateway.model import Claims, TokenRefusal
from gateway.policies.introspection import Answers, digest_of, unavailable
from gateway.ports import Clock
from gateway.tokens import read_opaque_claims

_TOKEN = re.compile(rb"[A-Za-z0-9._~+/-]+=*")


class Introspector:
    """The opaque tokens of one issuer."""

    __slots__ = ("_answers", "_asked", "_clock", "_http", "_limits", "_rules", "_settings", "_timeout_s")

    def __init__(
        self, settings: Introspection, rules: TokenRules, limits: Limits, timeouts: Timeouts, clock: Clock
    ) -> None:
        self._settings = settings
        self._rules = rules
        self._limits = limits
        self._timeout_s = timeouts.introspection_s
        self._clock = clock
        self._answers = Answers(limits.introspected_cached_max, settings.cache_s)
        self._asked: dict[bytes, asyncio.Task[Claims | TokenRefusal]] = {}
        self._http = httpx.AsyncClient(
            timeout=timeouts.introspection_s, follow_redirects=False, trust_env=False,
            auth=httpx.BasicAuth(settings.client_id, settings.client_secret),
            limits=httpx.Limits(max_connections=limits.introspections_in_flight_max),
        )  # fmt: skip

    async def identify(self, token: bytes, issuer: str) -> Claims | TokenRefusal:
        """Whose token it is, as the issuer says."""
        if len(token) > self._limits.token_bytes_max or _TOKEN.fullmatch(token) is None:
            return TokenRefusal("the token is malformed or too long")
        digest = digest_of(token)
        known = self._answers.find(digest, self._clock.elapsed())
        if known is not None:
            return known
        task = self._asked.get(digest)
        if task is None:
            if len(self._asked) >= self._limits.introspections_in_flight_max:
                return unavailable("too many tokens are asked for at once")
            task = self._asked[digest] = asyncio.create_task(self._ask(token, digest, issuer))
            task.add_done_callback(lambda _: self._asked.pop(digest, None))
        # A caller that leaves does not end the question of the others.
        return await asyncio.shield(task)

    async def close(self) -> None:
        """Ends the connections."""
        await self._http.aclose()

    async def _ask(self, token: bytes, digest: bytes, issuer: str) -> Claims | TokenRefusal:
        asked_at = self._clock.elapsed()
        try:
            async with asyncio.timeout(self._timeout_s):
                value = await self._answer(token)
        except (httpx.HTTPError, TimeoutError, orjson.JSONDecodeError, ValueError):
            value = None
        if value is None:
            return unavailable("the issuer could not be asked about the token")
        now = self._clock.now()
        decided = read_opaque_claims(value, issuer, self._rules, now)
        self._answers.keep(digest, decided, now, asked_at)
        return decided

    async def _answer(self, token: bytes) -> dict[str, Any] | None:
        data = {"token": token.decode(), "token_type_hint": "access_token"}
        lines = {"accept": "application/json"}
        async with self._http.stream("POST", self._settings.url, data=data, headers=lines) as response:
            raw = bytearray()
            async for chunk in response.aiter_bytes():
                raw += chunk
                if len(raw) > self._limits.introspection_bytes_max:
                    return None
        value = orjson.loads(raw) if response.status_code == 200 else None
        return value if isinstance(value, dict) else None
