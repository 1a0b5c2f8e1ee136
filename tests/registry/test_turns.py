"""Only so many documents are judged at a time; who is refused is asked to come again."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from registry.config import Limits
from registry.errors import Overloaded
from registry.model import Submission
from registry.ports import ReadContract
from registry.ports.services import Governing, no_rules
from registry.serve import create_app
from registry.usecases.turns import Turns
from tests.registry.harness import FakeClock, FakeReader, contract, fake_judge, start


def test_a_turn_is_free_again_when_its_block_ends_whatever_happens() -> None:
    turns = Turns(at_once=1, waiting=0, wait_s=0)

    with pytest.raises(ValueError, match="in the block"), turns.take():
        raise ValueError("in the block")
    with turns.take(), pytest.raises(Overloaded), turns.take():
        pass
    with turns.take():
        pass


def test_waiting_ends_with_a_refusal() -> None:
    turns = Turns(at_once=1, waiting=1, wait_s=0.01)

    with turns.take(), pytest.raises(Overloaded), turns.take():
        pass
    with turns.take():
        pass


class SlowReader(FakeReader):
    """Reads when it is told to, and says when it has begun."""

    def __init__(self) -> None:
        self.begun, self.go_on = threading.Event(), threading.Event()

    def read(self, submission: Submission, governing: Governing = no_rules) -> ReadContract:
        self.begun.set()
        assert self.go_on.wait(30)
        return super().read(submission, governing)


def test_other_requests_are_answered_while_as_much_as_allowed_is_judged(tmp_path: Path) -> None:
    limits = Limits(judged_at_once_max=1, judged_waiting_max=0)
    registry = start(f"sqlite:///{tmp_path / 'turns.db'}", FakeClock(), limits=limits)
    reader = SlowReader()
    registry.app = create_app(
        registry.config, store=registry.store, reader=reader, judging=fake_judge, clock=registry.clock
    )
    token = registry.team("erp-team")

    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(registry.publish, token, contract(), "orders")
        assert reader.begun.wait(30)
        refused = registry.publish(token, contract(name="quotes"), "quotes")
        health = registry.call("GET", "/health")
        reader.go_on.set()
        published = first.result()
    later = registry.publish(token, contract(name="quotes"), "quotes")
    registry.close()

    assert (refused.status_code, refused.json()["code"]) == (503, "overloaded")
    assert refused.json()["retryable"] is True
    assert refused.headers["Retry-After"] == "5"
    assert (health.status_code, published.status_code, later.status_code) == (200, 201, 201)
