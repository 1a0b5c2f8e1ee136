"""The short way to what never changes: bytes of published versions, before Connexion, from memory.

Only what would be answered 200 or 304 is answered here, by the same rules: a token that counts, with the
scope `registry:read`. Everything else goes on to Connexion as it came, and is answered there. What memory
answers is not counted against the rate of its caller.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

from registry.errors import RegistryError
from registry.model import Sight
from registry.usecases import catalog
from registry.usecases.access import Access
from registry.usecases.services import Services
from registry.web.admission import Admission
from registry.web.door import correlation_id
from registry.web.kept import KeptAnswer, KeptAnswers, kept_answer, send_kept
from registry.web.sight import Restricted

OCTETS = "application/octet-stream"
READ = "registry:read"
HOLDERS_KEPT_MAX = 100_000
"""Addresses whose contracts are known; beyond them all are looked up again."""
IMMUTABLE_PATH = re.compile(
    r"/registry/v1/(?:contracts/([a-z][a-z0-9-]{1,62})/versions/((?:0|[1-9]\d{0,8})(?:\.(?:0|[1-9]\d{0,8})){2})"
    r"/content|documents/([0-9a-f]{64}))",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Head:
    """What the short way reads of a request's headers; None for Authorization when it is not given once."""

    authorization: bytes | None
    if_none_match: bytes | None
    correlation: str


def head_of(scope: Scope) -> Head:
    """One pass over the headers."""
    authorizations, if_none_match, correlation = [], None, None
    for name, value in scope["headers"]:
        if name == b"authorization":
            authorizations.append(value)
        elif name == b"if-none-match":
            if_none_match = value if if_none_match is None else if_none_match + b"," + value
        elif name == b"x-correlation-id":
            correlation = value.decode("latin-1")
    only = authorizations[0] if len(authorizations) == 1 else None
    return Head(only, if_none_match, correlation_id(correlation))


class ImmutableReads:
    """In front of the application."""

    def __init__(self, app: ASGIApp, services: Services, admission: Admission, executor: Executor) -> None:
        self.app = app
        self._services = services
        self._admission = admission
        self._executor = executor
        self._kept = KeptAnswers(services.limits.immutable_bytes_kept_max)
        self._holders: dict[str, tuple[str, ...]] = {}
        self._restricted = Restricted(services)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "GET" and not scope["query_string"]:
            path = scope["path"]
            kept = self._kept.get(path)
            matched = None if kept else IMMUTABLE_PATH.fullmatch(path)
            if kept is not None or matched is not None:
                head = head_of(scope)
                access = await self._reader(head)
                if access is not None:
                    kept = kept or await self._loaded(path, matched, access.sight)
                    if kept is not None and await self._sees(access.sight, path):
                        await send_kept(kept, head.if_none_match, head.correlation.encode(), send)
                        return
        await self.app(scope, receive, send)

    async def _sees(self, sight: Sight, path: str) -> bool:
        """Whether one of the contracts that the bytes belong to is there for the caller."""
        if sight.everything:
            return True
        if not self._restricted.is_fresh(self._services.clock()):
            await self._in_thread(self._restricted.look)
        return any(self._restricted.sees(sight, contract) for contract in self._holders.get(path, ()))

    async def _reader(self, head: Head) -> Access | None:
        """Who asks, if it may read at all."""
        if head.authorization is None or head.authorization[:7].lower() != b"bearer ":
            return None
        access: Access | None = self._admission.remembered(head.authorization, self._services.clock())
        if access is None:
            try:
                access = await self._in_thread(self._admission.verified, head.authorization, head.correlation)
            except RegistryError:
                return None
        return access if READ in access.scopes else None

    async def _loaded(self, path: str, matched: re.Match[str] | None, sight: Sight) -> KeptAnswer | None:
        """The bytes as far as the caller sees them: what is hidden takes as long as what is not there."""
        assert matched is not None
        contract, version, digest = matched.groups()
        seen = self._services.seen_by(sight)
        try:
            if digest is not None:
                content = await self._in_thread(catalog.get_document, seen, digest)
                holders = await self._in_thread(catalog.holders_of, self._services, digest)
            else:
                holders = [contract]
                content = await self._in_thread(catalog.get_content, seen, contract, version)
        except RegistryError:
            return None
        answer = kept_answer(content.raw, content.sha256, OCTETS)
        self._kept.keep(path, answer)
        await self._in_thread(self._restricted.look)
        if len(self._holders) >= HOLDERS_KEPT_MAX:
            self._holders.clear()
        self._holders[path] = tuple(holders)
        return answer

    async def _in_thread(self, work: Callable[..., Any], *arguments: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._executor, work, *arguments)
