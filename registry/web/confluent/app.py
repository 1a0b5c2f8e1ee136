"""The ASGI application of the door for schema registry clients; everything else goes on.

It stands before Connexion, whose errors have another form, and whose work per request is many times that of
these clients' small ones. Credentials, scopes, bounds and rates are looked at here as they are there.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import math
import time
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter
from starlette.types import ASGIApp, Receive, Scope, Send

from registry.errors import BadRequest, BodyTooLarge, MediaTypeUnsupported, RegistryError, Unauthenticated
from registry.usecases.access import Access
from registry.usecases.denials import Denial, DenialLog
from registry.usecases.schema_reading import is_open, withheld
from registry.usecases.services import Services
from registry.web.admission import Admission
from registry.web.confluent.errors import TooMany, failure, refusal
from registry.web.confluent.requests import Call, query_of, refuse_unstorable, segments_of
from registry.web.confluent.routes import READ, routed
from registry.web.denials import DENIED, caller_of, record_afterwards, recorded
from registry.web.kept import KeptAnswer, KeptAnswers, kept_answer, send_kept
from registry.web.reads import Head, head_of
from registry.web.requests import IMMUTABLE, json_bytes
from registry.web.security import demand_scopes

LOG = logging.getLogger("registry.web")
PREFIX = "/confluent"
MEDIA_TYPE = "application/vnd.schemaregistry.v1+json"
ACCEPTED = frozenset((MEDIA_TYPE, "application/vnd.schemaregistry+json", "application/json"))
BY_ID = PREFIX + "/schemas/ids/"
FRESH = timedelta(seconds=1)
"""How old the knowledge of what was deleted or hidden may be when copies in memory are served."""
DUE = FRESH / 2
"""When it is renewed beside the requests."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What is sent."""

    status: int
    body: bytes
    headers: dict[str, str]


class ConfluentDoor:
    """In front of the application."""

    def __init__(
        self,
        app: ASGIApp,
        services: Services,
        admission: Admission,
        executor: Executor,
        rate: str,
        denials: DenialLog,
    ) -> None:
        self.app = app
        self._services = services
        self._admission = admission
        self._executor = executor
        self._denials = denials
        self._rate: RateLimitItem = parse(rate)
        self._limiter = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._kept = KeptAnswers(services.limits.immutable_bytes_kept_max)
        self._withheld: tuple[int, ...] = ()
        self._looked_at: datetime | None = None
        self._looking: asyncio.Future[None] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not is_ours(scope["path"]):
            await self.app(scope, receive, send)
            return
        head = head_of(scope)
        try:
            if is_by_id(scope):
                kept = await self._kept_answer(scope, head)
                if kept is not None:
                    await send_kept(kept, head.if_none_match, head.correlation.encode(), send)
                    return
            raw = await received(scope, receive, self._services.limits.schema_body_bytes_max)
            answer = await self._long_way(scope, head, raw)
        except RegistryError as error:
            answer = Answer(*refusal(error))
            if error.concealed and self._denials.policy.record_concealed_reads:
                caller_of(scope).afterwards = denial_of(scope, head, answer.status, error)
            if answer.status in DENIED and not error.audited and is_write(scope):
                await self._in_thread(recorded, self._denials, denial_of(scope, head, answer.status, error))
        except Exception as error:
            LOG.error("request %s failed", head.correlation, exc_info=error)
            answer = Answer(*failure())
        await send_answer(answer, head, send)
        await record_afterwards(scope, self._denials)

    async def _kept_answer(self, scope: Scope, head: Head) -> KeptAnswer | None:
        """A schema by id from memory; None when the long way has to find out."""
        now = self._services.clock()
        access = self._admission.remembered(head.authorization, now) if head.authorization else None
        if access is None or READ not in access.scopes:
            return None
        age = FRESH * 2 if self._looked_at is None else now - self._looked_at
        if not timedelta() <= age <= FRESH:
            await self._forget_withheld(now)
        elif age > DUE and (self._looking is None or self._looking.done()):
            self._looking = asyncio.ensure_future(self._forget_withheld(now))
        return self._kept.get(scope["path"])

    async def _forget_withheld(self, now: datetime) -> None:
        found = await self._in_thread(withheld, self._services)
        self._looked_at = now
        if found != self._withheld:
            self._kept.clear()
            self._withheld = found

    async def _long_way(self, scope: Scope, head: Head, raw: bytes) -> Answer:
        withheld_before = self._withheld
        answer: Answer = await self._in_thread(self._answered, scope, head, raw)
        if answer.status == 200 and is_by_id(scope):
            digest = hashlib.sha256(answer.body).hexdigest()
            number = int(scope["path"][len(BY_ID) :])
            everybodys = await self._in_thread(is_open, self._services, number)
            if everybodys and self._withheld == withheld_before:
                self._kept.keep(scope["path"], kept_answer(answer.body, digest, MEDIA_TYPE))
            answer.headers.update({"etag": f'"{digest}"', "cache-control": IMMUTABLE})
        return answer

    def _answered(self, scope: Scope, head: Head, raw: bytes) -> Answer:
        access = self._access(scope, head)
        route, names = routed(scope["method"], segments_of(scope["raw_path"])[1:])
        caller_of(scope).actor = replace(access.actor, request_id=head.correlation)
        demand_scopes(access, [route.scope])
        if raw:
            refuse_media_type(scope)
        actor = replace(access.actor, request_id=head.correlation)
        query = query_of(scope["query_string"])
        refuse_unstorable((*names, *query.values()))
        seen = self._services.seen_by(access.sight)
        value = route.handler(Call(seen, actor, names, query, raw))
        return Answer(200, value if isinstance(value, bytes) else json_bytes(value), {})

    def _access(self, scope: Scope, head: Head) -> Access:
        """Who asks, once its rate allows that; what shows no credentials that count goes by its address."""
        if head.authorization is None:
            self._count(f"address:{address(scope)}")
            raise Unauthenticated("token_required", "Send a client id and secret by HTTP Basic, or a token.")
        access = self._admission.remembered(head.authorization, self._services.clock())
        if access is None:
            try:
                access = self._admission.verified(head.authorization, head.correlation)
            except Unauthenticated:
                self._count(f"address:{address(scope)}")
                raise
        self._count(f"client:{access.actor.client_id}")
        return access

    def _count(self, caller: str) -> None:
        if not self._limiter.hit(self._rate, caller):
            reset = self._limiter.get_window_stats(self._rate, caller).reset_time
            raise TooMany(max(1, math.ceil(reset - time.time())))

    async def _in_thread(self, work: Callable[..., Any], *arguments: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._executor, work, *arguments)


def is_write(scope: Scope) -> bool:
    """Whether the request asks for a change; schemas are looked up and checked by POST too."""
    segments = segments_of(scope["raw_path"])[1:]
    if scope["method"] == "POST":
        return segments[:1] == ("subjects",) and segments[2:] == ("versions",)
    return scope["method"] in ("PUT", "DELETE")


def denial_of(scope: Scope, head: Head, status: int, error: RegistryError) -> Denial:
    """What goes to the audit."""
    actor = caller_of(scope).actor
    return Denial(scope["method"], scope["path"], status, error.code, head.correlation, actor)


def is_ours(path: str) -> bool:
    """Whether the address is below the door's."""
    return path == PREFIX or path.startswith(PREFIX + "/")


def is_by_id(scope: Scope) -> bool:
    """Whether a schema is read by its id; the subject that clients name with it changes nothing."""
    query: bytes = scope["query_string"]
    if query and (not query.startswith(b"subject=") or b"&" in query):
        return False
    path: str = scope["path"]
    return scope["method"] == "GET" and path.startswith(BY_ID) and path[len(BY_ID) :].isdigit()


def address(scope: Scope) -> str:
    """The peer's address; a forwarded one is not believed."""
    client = scope.get("client")
    return client[0] if client else "unknown"


def refuse_media_type(scope: Scope) -> None:
    """Raises `MediaTypeUnsupported` unless the body is said to be JSON in one of the names for it."""
    given = [value for name, value in scope["headers"] if name == b"content-type"]
    named = given[0].decode("latin-1").partition(";")[0].strip().lower() if len(given) == 1 else ""
    if named not in ACCEPTED:
        raise MediaTypeUnsupported("media_type_unsupported", "HTTP 415 Unsupported Media Type")


async def received(scope: Scope, receive: Receive, bytes_max: int) -> bytes:
    """The body; raises `BodyTooLarge` before more is kept than is allowed."""
    declared = [value for name, value in scope["headers"] if name == b"content-length"]
    if any(not value.isdigit() or len(value) > 18 or int(value) > bytes_max for value in declared):
        raise BodyTooLarge("body_too_large", f"The body may have {bytes_max} bytes at most.")
    parts, size = [], 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise BadRequest("request_invalid", "The body did not arrive.")
        part = message.get("body", b"")
        size += len(part)
        if size > bytes_max:
            raise BodyTooLarge("body_too_large", f"The body may have {bytes_max} bytes at most.")
        parts.append(part)
        if not message.get("more_body"):
            return b"".join(parts)


async def send_answer(answer: Answer, head: Head, send: Send) -> None:
    """The answer in one piece, with the headers every answer has."""
    headers = {
        "content-type": MEDIA_TYPE,
        "content-length": str(len(answer.body)),
        "x-content-type-options": "nosniff",
        "x-correlation-id": head.correlation,
        **answer.headers,
    }
    pairs = [(name.encode("ascii"), value.encode("ascii")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": answer.status, "headers": pairs})
    await send({"type": "http.response.body", "body": answer.body})
