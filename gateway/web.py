"""The ASGI door: turns what a server hands over into an exchange, and answers under `/-/` for operators.

Health, readiness, routes and metrics hold no secrets, but belong on a network of their own like any
operator's page. Everything else goes through the plan.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Protocol

import orjson

from gateway.answers import problem_answer
from gateway.exchange import Exchange
from gateway.model import Answer, Headers, Reject, Request
from gateway.plan.model import ApiPlan, OperationPlan, Plan
from gateway.policies import correlation
from gateway.ports import Body, Fresh
from gateway.streaming import BodyTimeout, BodyTooLarge, ClientGone

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
_JSON = [(b"content-type", b"application/json"), (b"cache-control", b"no-store")]
_TEXT = [(b"content-type", b"text/plain; version=0.0.4; charset=utf-8"), (b"cache-control", b"no-store")]


class Life(Protocol):
    """What runs beside the exchanges: polling, flushing, the end."""

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    def ready(self) -> str | None:
        """None when ready, else why not."""

    def standing(self) -> dict[str, Any]:
        """Whether the source answers, and how old the plan is."""

    def metrics(self) -> str:
        """The text of the metrics page."""


class AsgiBody:
    """Reads a request's body from the server; implements `ports.Body`."""

    __slots__ = ("_ended", "_receive")

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._ended = False

    async def read(self, bytes_max: int, timeout_s: float) -> bytes:
        """The whole body; stops at the bound, at the time limit, and when the caller hangs up."""
        message = await self._next(timeout_s)
        body: bytes = message.get("body", b"")
        if not message.get("more_body", False):
            if len(body) > bytes_max:
                raise BodyTooLarge
            return body
        return await self._gather(body, bytes_max, timeout_s)

    async def next(self, timeout_s: float) -> bytes:
        """The next part, empty at the end."""
        while not self._ended:
            message = await self._next(timeout_s)
            self._ended = not message.get("more_body", False)
            if part := message.get("body", b""):
                return bytes(part)
        return b""

    async def _gather(self, first: bytes, bytes_max: int, timeout_s: float) -> bytes:
        parts, size, more = [first], len(first), True
        try:
            async with asyncio.timeout(timeout_s):
                while more:
                    if size > bytes_max:
                        raise BodyTooLarge
                    message = await self._next(timeout_s)
                    part: bytes = message.get("body", b"")
                    parts.append(part)
                    size += len(part)
                    more = message.get("more_body", False)
        except TimeoutError:
            raise BodyTimeout from None
        if size > bytes_max:
            raise BodyTooLarge
        return b"".join(parts)

    async def _next(self, timeout_s: float) -> Message:
        try:
            async with asyncio.timeout(timeout_s):
                message = await self._receive()
        except TimeoutError:
            raise BodyTimeout from None
        if message["type"] == "http.disconnect":
            raise ClientGone
        return message


class GatewayApp:
    """The ASGI application (`http` and `lifespan`; WebSocket is refused by closing)."""

    def __init__(self, exchange: Exchange, life: Life, fresh: Fresh) -> None:
        self._exchange = exchange
        self._life = life
        self._fresh = fresh

    @property
    def life(self) -> Life:
        """What runs beside the exchanges."""
        return self._life

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self._http(scope, receive, send)
        elif scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1003})

    async def answer(self, request: Request, body: Body) -> Answer:
        """The answer with its length, ready for the wire; raises only `ClientGone`."""
        if request.path.startswith(b"/-/"):
            answer = self._operator(request)
        else:
            answer = await self._exchange.handle(request, body)
        lines = answer.headers
        # An answer to HEAD may carry the length that the system behind announced, and has none of its own.
        if (
            answer.stream is None
            and answer.status not in (204, 304)
            and (request.method != "HEAD" or (answer.body and not _has_length(lines)))
        ):
            lines.append((b"content-length", b"%d" % len(answer.body)))
        return answer

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        client = scope.get("client")
        request = Request(
            scope["method"],
            scope["raw_path"],
            scope["query_string"],
            scope["headers"],
            client[0] if client else "",
        )
        try:
            answer = await self.answer(request, AsgiBody(receive))
        except ClientGone:
            return
        await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
        if answer.stream is None:
            await send({"type": "http.response.body", "body": answer.body})
            return
        try:
            while part := await answer.stream.next():
                await send({"type": "http.response.body", "body": part, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
        finally:
            answer.stream.close()

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                await self._life.start()
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                await self._life.stop()
                await send({"type": "lifespan.shutdown.complete"})
                return

    def _operator(self, request: Request) -> Answer:
        given = next((value for name, value in request.headers if name == correlation.HEADER), None)
        correlation_id = correlation.accept(given) or self._fresh.correlation_id()
        page = request.path.removeprefix(b"/-/").decode("latin-1")
        pages: dict[str, Callable[[], Answer]] = {
            "health": lambda: _json(200, {"status": "ok"}),
            "ready": self._ready,
            "routes": lambda: _json(200, routes(self._exchange.plan)),
            "metrics": lambda: Answer(200, list(_TEXT), self._life.metrics().encode()),
        }
        if page not in pages:
            reject = Reject("route_not_found", f"no such page; there are {', '.join(pages)}")
            return problem_answer(reject, correlation_id, request.path)
        if request.method not in ("GET", "HEAD"):
            reject = Reject("method_not_allowed", "GET only", headers=((b"allow", b"GET, HEAD"),))
            return problem_answer(reject, correlation_id, request.path)
        answer = pages[page]()
        answer.headers.append((correlation.HEADER, correlation_id.encode()))
        return answer

    def _ready(self) -> Answer:
        problem = self._life.ready()
        plan = self._exchange.plan
        body: dict[str, Any] = {"status": "ready" if problem is None else "not ready"}
        if problem is not None:
            body["detail"] = problem
        if plan is not None:
            body |= {"revision": plan.revision, "contracts": len(plan.apis), "problems": dict(plan.problems)}
        body |= self._life.standing()
        return _json(200 if problem is None else 503, body)


def routes(plan: Plan | None) -> dict[str, Any]:
    """What is enforced: contracts, their operations and policies, and what could not be enforced."""
    if plan is None:
        return {"revision": None, "contracts": [], "problems": {}}
    apis = sorted(plan.apis.values(), key=lambda api: api.record.key)
    return {
        "revision": plan.revision,
        "contracts": [routes_of(api) for api in apis],
        "problems": dict(plan.problems),
    }


def routes_of(api: ApiPlan) -> dict[str, Any]:
    """What of it one contract says."""
    record = api.record
    return {
        "contract": record.name,
        "version": record.version,
        "owner": record.owner,
        "path": api.path,
        "lifecycle": api.lifecycle.state,
        "operations": [_operation(operation) for operation in api.operations],
    }


def _operation(operation: OperationPlan) -> dict[str, Any]:
    scopes = operation.scopes
    return {
        "operation": operation.key,
        "operationId": operation.operation_id,
        "scopes": None if scopes is None else [sorted(alternative) for alternative in scopes],
        "throttling": operation.throttling_class,
        "policies": list(operation.policies),
    }


def _has_length(lines: Headers) -> bool:
    return any(name == b"content-length" for name, _ in lines)


def _json(status: int, value: Any) -> Answer:
    return Answer(status, list(_JSON), orjson.dumps(value))
