"""Delivers what is due and is killed while it waits for an answer; run with the database's URL."""

from __future__ import annotations

import asyncio
import sys

from registry.config import RegistryConfig
from registry.delivery.worker import Worker
from registry.serve import services_of
from tests.registry.harness import FakeClock, FakeReader, fake_judge
from tests.registry.webhook_calls import LOOPBACK


async def main(database_url: str) -> None:
    """One round, to an end that does not come."""
    config = RegistryConfig(database_url, webhooks=LOOPBACK)
    worker = Worker(services_of(config, reader=FakeReader(), judging=fake_judge, clock=FakeClock()))
    await worker.round()
    await worker.finish()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
