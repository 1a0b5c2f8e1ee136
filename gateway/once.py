"""Has a keyed call done once: asks the records before it goes on, and keeps its answer behind it."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

from gateway.errors import StoreAway
from gateway.model import Answer, Reject, Request
from gateway.policies import idempotency, throttling
from gateway.policies.facts import Facts
from gateway.ports import IdempotencyRecords

logger = logging.getLogger("pactolus.gateway")


class Once:
    """The keyed calls of one process."""

    def __init__(self, records: IdempotencyRecords) -> None:
        self._records = records

    async def run(
        self,
        request: Request,
        given: bytes,
        facts: Facts,
        content: bytes,
        go_on: Callable[[], Awaitable[Answer | Reject]],
    ) -> Answer | Reject:
        """The answer of `go_on`, or what an earlier call with the key `given` makes of this one."""
        key = idempotency.key_of(facts, given)
        fingerprint = idempotency.fingerprint_of(request, content)
        try:
            claimed = await self._records.claim(key, fingerprint, facts.now)
        except StoreAway:
            return throttling.shared_state_away()
        if not isinstance(claimed, int):
            return idempotency.decide(claimed, fingerprint)
        kept = False
        try:
            decided = await go_on()
            if isinstance(decided, Answer) and idempotency.is_kept(decided):
                # What follows is added to the answer for this call alone.
                plain = Answer(decided.status, list(decided.headers), decided.body)
                kept = await self._records.keep(key, claimed, fingerprint, plain, facts.now)
                if not kept:
                    logger.warning("an answer under an Idempotency-Key could not be kept")
            return decided
        finally:
            if not kept:
                await self._records.release(key, claimed)
