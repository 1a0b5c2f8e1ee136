"""The worker inside a serving registry: takes what is due, sends it beside everything else, settles it.

It keeps nothing in memory that is not leased in the database. When its process is killed the leases run out
and another process, or the next start, sends again under the same ``webhook-id`` (at least once).
"""

from __future__ import annotations

import asyncio
import logging
import random
import secrets
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from registry.delivery.sender import Resolver, Sender, system_resolver
from registry.delivery.signing import key_id, secret_of, signed_headers
from registry.model.webhooks import Work
from registry.usecases import deliveries, plans
from registry.usecases.deliveries import Answer
from registry.usecases.services import Services
from registry.usecases.webhooks import allowed_networks

LOG = logging.getLogger("registry.webhooks")
DATABASE_THREADS = 2
FORGET_EVERY_ROUNDS = 200
PLANS_EVERY_ROUNDS = 10
"""How often the dates of deprecation plans are looked at."""
Result = TypeVar("Result")


class Worker:
    """One worker; ``round`` starts what is due, ``finish`` waits for it. Lives in one event loop."""

    def __init__(self, services: Services, resolve: Resolver | None = None) -> None:
        policy = services.webhooks
        self._services = services
        self._name = f"wrk_{secrets.token_hex(8)}"
        self._database = ThreadPoolExecutor(DATABASE_THREADS, thread_name_prefix="webhooks-store")
        self._names = ThreadPoolExecutor(policy.at_once_max, thread_name_prefix="webhooks-names")
        self._sender = Sender(policy, allowed_networks(policy), resolve or system_resolver(self._names))
        self._tasks: dict[asyncio.Task[None], Work] = {}

    async def round(self) -> int:
        """Takes what is due and has room, and starts sending it; how many deliveries that was."""
        on_their_way = self._tasks.values()
        in_flight = Counter(work.webhook.id for work in on_their_way)
        failing = sum(1 for work in on_their_way if work.webhook.failing_since is not None)
        taken = await self._apart(lambda: deliveries.take(self._services, self._name, in_flight, failing))
        for work in taken:
            self._tasks[task := asyncio.create_task(self._deliver(work))] = work
            task.add_done_callback(self._done)
        return len(taken)

    async def finish(self, timeout_s: float | None = None) -> None:
        """Waits until nothing is on its way, or so long."""
        if self._tasks:
            await asyncio.wait(list(self._tasks), timeout=timeout_s)

    async def run(self, stop: asyncio.Event) -> None:
        """Round after round until told to stop; trouble with the database is waited out."""
        policy, rounds, wait_s = self._services.webhooks, 0, 0.0
        while not stop.is_set():
            try:
                if rounds % FORGET_EVERY_ROUNDS == 0:
                    await self._apart(lambda: deliveries.forget(self._services))
                if rounds % PLANS_EVERY_ROUNDS == 0:
                    await self._apart(lambda: plans.advance(self._services))
                await self.round()
                wait_s = policy.poll_s
            except Exception:
                LOG.exception("webhook deliveries could not be taken; trying again")
                wait_s = min(max(2 * wait_s, policy.poll_s), policy.trouble_wait_max_s)
            rounds += 1
            await self.pause(stop, wait_s)

    async def pause(self, stop: asyncio.Event, wait_s: float) -> None:
        """Until there is room again, the next look at the database is due, or the end."""
        stopped = asyncio.create_task(stop.wait())
        await asyncio.wait([stopped, *self._tasks], timeout=wait_s, return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()

    async def close(self) -> None:
        """Lets what is on its way end for a moment, then gives the rest back."""
        await self.finish(self._services.webhooks.stop_wait_s)
        left = list(self._tasks)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        try:
            await self._apart(lambda: deliveries.release(self._services, self._name))
        except Exception:
            LOG.exception("leases could not be given back; they run out by themselves")
        await self._sender.close()
        self._database.shutdown(wait=True)
        self._names.shutdown(wait=False, cancel_futures=True)

    async def _deliver(self, work: Work) -> None:
        """One try, and what came of it; where that cannot be written the lease runs out."""
        secrets_ = await self._apart(lambda: self._secrets_of(work))
        if secrets_:
            body = work.body.encode("ascii")
            timestamp_s = int(self._services.clock().timestamp())
            headers = signed_headers(secrets_, work.delivery.event_id, timestamp_s, body)
            answer = await self._sender.send(work.webhook.definition.url, headers, body)
        else:
            answer = Answer(None, 0, "The key that its secrets are derived from is not configured here.")
        spread = random.random()  # noqa: S311 - spreads retries, guards nothing
        await self._apart(lambda: deliveries.settle(self._services, work, answer, spread))

    def _secrets_of(self, work: Work) -> list[bytes]:
        """Those of its secrets whose key is at hand."""
        with self._services.store.reading() as transaction:
            keys = {one.id: bytes.fromhex(one.key_hex) for one in transaction.webhooks.secret_keys()}
        configured = self._services.webhooks.key
        if configured is not None:
            keys[key_id(configured)] = configured
        return [secret_of(keys[one.key_id], one.id) for one in work.secrets if one.key_id in keys]

    def _done(self, task: asyncio.Task[None]) -> None:
        work = self._tasks.pop(task)
        if not task.cancelled() and task.exception() is not None:
            LOG.error("delivery %s could not be settled", work.delivery.id, exc_info=task.exception())

    async def _apart(self, call: Callable[[], Result]) -> Result:
        """A call of the store, off the loop."""
        return await asyncio.get_running_loop().run_in_executor(self._database, call)


class WorkerThread:
    """A worker in a thread of its own, with its own event loop."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name="webhooks", daemon=True)

    def start(self) -> None:
        """Returns at once."""
        self._thread.start()

    def stop(self) -> None:
        """Waits until what is on its way has ended or is given back."""
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(self._services.webhooks.stop_wait_s + self._services.webhooks.timeout_s)

    def _run(self) -> None:
        try:
            self._loop.run_until_complete(self._work())
        finally:
            self._loop.close()

    async def _work(self) -> None:
        worker = Worker(self._services)
        try:
            await worker.run(self._stop)
        finally:
            await worker.close()


class Delivering:
    """An application whose life is also that of a worker: it starts and stops with the server."""

    def __init__(self, app: ASGIApp, services: Services) -> None:
        self._app = app
        self._worker = WorkerThread(services)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            await self._app(scope, receive, send)
            return

        async def receive_and_stop() -> Message:
            message = await receive()
            if message["type"] == "lifespan.shutdown":
                await run_in_threadpool(self._worker.stop)
            return message

        async def send_and_start(message: Message) -> None:
            if message["type"] == "lifespan.startup.complete":
                self._worker.start()
            await send(message)

        await self._app(scope, receive_and_stop, send_and_start)
