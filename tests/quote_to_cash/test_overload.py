"""Many approvals at once: the service keeps answering, for each approval needs it to answer."""

from __future__ import annotations

import http.client
import json
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from quote_to_cash.config import UPSTREAM_DEADLINE_S
from quote_to_cash.errors import ConfigurationInvalid, Overloaded
from quote_to_cash.examples import example
from quote_to_cash.exchange import Trace
from quote_to_cash.gateway_client import GatewayCall, GatewayReply
from quote_to_cash.serve import asgi
from quote_to_cash.services import crm_quote
from quote_to_cash.systems.crm.validation import BoundedQuoteValidation

QUOTES = "/system/crm-quote/v2/quotes"
THREADS = 8
APPROVALS = 12
PATIENCE_S = 5.0


class ReadingBack:
    """Stands for gateway and validation: when let go, it reads the quote back and finds it sound."""

    def __init__(self) -> None:
        self.address = ("", 0)
        self.let_go = threading.Event()

    def send(self, call: GatewayCall) -> GatewayReply:
        assert self.let_go.wait(2 * PATIENCE_S)
        status, _ = ask(self.address, "GET", f"{QUOTES}/{call.body['quoteId']}")
        return GatewayReply(200 if status == 200 else 502, {"valid": True, "violations": []})


def ask(address: tuple[str, int], method: str, path: str, key: str = "") -> tuple[int, Any]:
    with closing(http.client.HTTPConnection(*address, timeout=PATIENCE_S)) as connection:
        connection.request(method, path, headers={"Idempotency-Key": key} if key else {})
        answer = connection.getresponse()
        body = json.loads(answer.read())
        if answer.status == 503:
            assert int(answer.headers["Retry-After"]) >= 1
        return answer.status, body


@pytest.fixture
def crm(tmp_path: Path, around: Any) -> Iterator[tuple[ReadingBack, list[str]]]:
    """The CRM on a loopback port with quotes in approval; the socket listens before the server runs."""
    gateway = ReadingBack()
    with ExitStack() as stack:
        service = crm_quote(tmp_path / "crm.sqlite", gateway, replace(around, threads=THREADS))
        stack.callback(service.close)
        client = service.application.test_client()
        ids = [in_approval(client, number) for number in range(APPROVALS)]
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        gateway.address = listener.getsockname()
        config = uvicorn.Config(asgi(service, THREADS), log_level="critical", lifespan="off")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield gateway, ids
        finally:
            gateway.let_go.set()
            server.should_exit = True
            thread.join()


def in_approval(client: Any, number: int) -> str:
    quote = client.post(
        QUOTES, json=example("contoso_quote"), headers={"Idempotency-Key": f"create-{number:02d}"}
    ).json
    submitted = client.post(
        f"{QUOTES}/{quote['id']}/submission", headers={"Idempotency-Key": f"submit-{number:02d}"}
    )
    assert submitted.status_code == 200
    return str(quote["id"])


def test_approvals_beyond_their_share_of_the_threads_are_told_to_return_and_nothing_else_waits(
    crm: tuple[ReadingBack, list[str]],
) -> None:
    gateway, ids = crm
    with ThreadPoolExecutor(APPROVALS) as pool:
        approvals = {
            pool.submit(ask, gateway.address, "POST", f"{QUOTES}/{quote_id}/approval", f"approve-{quote_id}")
            for quote_id in ids
        }
        refused = first_of(approvals, APPROVALS - THREADS // 2)
        assert {(status, body["code"], body["retryable"]) for status, body in refused} == {
            (503, "overloaded", True)
        }
        assert ask(gateway.address, "GET", f"{QUOTES}/{ids[0]}")[0] == 200
        gateway.let_go.set()
        statuses = [future.result()[0] for future in approvals]
    assert sorted(statuses) == [200] * (THREADS // 2) + [503] * (APPROVALS - THREADS // 2)
    again = [ask(gateway.address, "POST", f"{QUOTES}/{it}/approval", f"approve-{it}")[0] for it in ids]
    assert set(again) == {200}


def first_of(futures: set[Future[Any]], count: int) -> list[Any]:
    """The results of those that end first, while the others still run."""
    done: set[Future[Any]] = set()
    while len(done) < count:
        ended, _ = wait(futures - done, PATIENCE_S, FIRST_COMPLETED)
        assert ended, f"only {len(done)} of {count} ended"
        done |= ended
    return [future.result() for future in done]


class Failing:
    """A validation that never reaches a verdict."""

    def violations(self, quote_id: str, trace: Trace) -> Any:
        raise RuntimeError(quote_id)


def test_a_turn_is_given_back_when_the_validation_fails() -> None:
    validation = BoundedQuoteValidation(Failing(), 1)
    for _ in range(3):
        with pytest.raises(RuntimeError):
            validation.violations("quo_1", Trace("c-100"))


def test_nobody_waits_for_a_turn() -> None:
    class Within:
        def __init__(self) -> None:
            self.again: Callable[[], Any] = lambda: ()

        def violations(self, quote_id: str, trace: Trace) -> Any:
            return self.again()

    asked = Within()
    validation = BoundedQuoteValidation(asked, 1)
    asked.again = lambda: validation.violations("quo_2", Trace("c-100"))
    with pytest.raises(Overloaded):
        validation.violations("quo_1", Trace("c-100"))


def test_one_thread_is_too_few_for_quotes(tmp_path: Path, around: Any) -> None:
    with pytest.raises(ConfigurationInvalid, match="at least 2 threads"):
        crm_quote(tmp_path / "crm.sqlite", ReadingBack(), replace(around, threads=1))


def test_a_validation_of_slow_systems_ends_by_one_deadline(world: Any) -> None:
    quote = world.call("POST", QUOTES, example("contoso_quote_mixed"), key="create-01").json()
    began = world.clock()
    world.gateway.check = lambda _request, _response: world.clock.advance(4)
    answer = world.call("POST", "/process/quote-validation/v1/validations", {"quoteId": quote["id"]})
    assert (answer.status_code, answer.json()["code"]) == (503, "upstream_unavailable")
    assert (world.clock() - began).total_seconds() <= UPSTREAM_DEADLINE_S + 4
