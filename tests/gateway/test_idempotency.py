"""One effect for one Idempotency-Key: through the door, across workers, across restarts."""

from __future__ import annotations

import asyncio
import itertools
from concurrent.futures import ThreadPoolExecutor
from hashlib import blake2b
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from gateway.model import Answer
from gateway.policies.idempotency import InFlight, Stored
from gateway.shared_records import SharedRecords

ORDERS = "/system/orders/v1/orders"
BODY = b'{"customer":"c-1","lines":[{"quantity":1}]}'
OTHER = b'{"customer":"c-2","lines":[{"quantity":1}]}'
MADE = b'{"id":"o-1"}'
NUMBERS = itertools.count()


def fresh() -> str:
    return f"key-{next(NUMBERS):08d}"


def post(gateway, read, key, body=BODY, **headers):
    head = {**read, "idempotency-key": key, "content-type": "application/json", **headers}
    return gateway.client.post(ORDERS, content=body, headers=head)


def test_a_repeated_call_gets_the_first_answer_and_the_system_behind_is_asked_once(gateway, upstream, read):
    key = fresh()
    upstream.answers(201, MADE, location="/o-1", etag='"1"')
    first = post(gateway, read, key)
    upstream.answers(201, b'{"id":"o-2"}', location="/o-2")
    second = post(gateway, read, key, **{"x-correlation-id": "second.call"})

    assert (first.status_code, second.status_code) == (201, 201)
    assert second.content == first.content == MADE
    assert (second.headers["location"], second.headers["etag"]) == ("/o-1", '"1"')
    assert second.headers["idempotent-replayed"] == "true"
    assert "idempotent-replayed" not in first.headers
    assert second.headers["x-correlation-id"] == "second.call"
    assert len(second.headers.get_list("x-correlation-id")) == len(second.headers.get_list("ratelimit")) == 1
    assert len(upstream.seen) == 1


def test_a_key_used_for_another_payload_is_422(gateway, upstream, read):
    key = fresh()
    upstream.answers(201, MADE, location="/o-1")
    post(gateway, read, key)
    answer = post(gateway, read, key, OTHER)
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")
    assert len(upstream.seen) == 1


def test_many_calls_at_once_with_one_key_are_one_call_behind(gateway, upstream, read):
    key = fresh()
    upstream.answers(201, MADE, location="/o-1")
    upstream.delay_s = 0.3
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: post(gateway, read, key), range(8)))
    codes = sorted(answer.status_code for answer in answers)
    assert codes == [201] + [409] * 7
    told = next(answer for answer in answers if answer.status_code == 409)
    assert (told.json()["code"], told.headers["retry-after"]) == ("idempotency_in_flight", "1")
    assert len(upstream.seen) == 1
    upstream.delay_s = 0.0
    assert post(gateway, read, key).headers["idempotent-replayed"] == "true"


def test_a_refusal_of_the_system_behind_is_an_answer_too(gateway, upstream, read):
    key = fresh()
    upstream.answers(500, b"{}")
    assert post(gateway, read, key).status_code == 502  # off contract: nothing is kept
    upstream.answers(201, MADE, location="/o-1")
    again = post(gateway, read, key)
    assert (again.status_code, "idempotent-replayed" in again.headers) == (201, False)


def test_a_call_that_got_no_answer_may_be_tried_again_with_its_key(make_gateway, read):
    gateway = make_gateway("http://127.0.0.1:1")
    key = fresh()
    assert [post(gateway, read, key).status_code for _ in range(2)] == [503, 503]


def test_a_key_counts_for_its_caller_only(gateway, upstream, tokens, read):
    key = fresh()
    upstream.answers(201, MADE, location="/o-1")
    other = {"authorization": "Bearer " + tokens.sign(client="modest-client")}
    for caller in (read, other):
        assert "idempotent-replayed" not in post(gateway, caller, key).headers
    assert len(upstream.seen) == 2


def test_keys_count_on_after_a_restart(make_gateway, upstream, read, tmp_path):
    key = fresh()
    upstream.answers(201, MADE, location="/o-1")
    first = make_gateway(upstream.url, state_folder=tmp_path / "state")
    assert post(first, read, key).status_code == 201
    second = make_gateway(upstream.url, state_folder=tmp_path / "state")
    assert post(second, read, key).headers["idempotent-replayed"] == "true"
    assert len(upstream.seen) == 1
    assert (tmp_path / "state" / "idempotency").stat().st_mode & 0o077 == 0


# the records themselves


def records(path: Path | None = None, slots: int = 64, ring: int = 4096) -> SharedRecords:
    return SharedRecords(path, slots, ring, claim_s=10.0, record_s=100.0)


def run(coroutine: Any) -> Any:
    return asyncio.run(coroutine)


def key(number: int) -> bytes:
    return blake2b(b"%d" % number, digest_size=16).digest()


ANSWER = Answer(201, [(b"etag", b'"1"'), (b"x", b"a:b")], b"body\n\nof : lines")
PRINT = b"f" * 16


def test_what_is_kept_is_found_until_it_is_forgotten():
    kept = records()
    holder = run(kept.claim(key(1), PRINT, 0.0))
    assert run(kept.claim(key(1), PRINT, 5.0)) == InFlight(PRINT)
    assert run(kept.keep(key(1), holder, PRINT, ANSWER, 6.0))
    assert run(kept.claim(key(1), PRINT, 105.0)) == Stored(PRINT, ANSWER)
    assert isinstance(run(kept.claim(key(1), PRINT, 107.0)), int)


def test_a_claim_whose_holder_died_ends_and_its_holder_keeps_nothing_any_more():
    kept = records()
    first = run(kept.claim(key(1), PRINT, 0.0))
    second = run(kept.claim(key(1), PRINT, 11.0))
    assert isinstance(second, int)
    assert second != first
    assert not run(kept.keep(key(1), first, PRINT, ANSWER, 11.0))
    run(kept.release(key(1), first))
    assert run(kept.claim(key(1), PRINT, 12.0)) == InFlight(PRINT)
    run(kept.release(key(1), second))
    assert isinstance(run(kept.claim(key(1), PRINT, 12.0)), int)


def test_an_answer_that_the_ring_passed_over_or_that_is_torn_counts_as_gone(tmp_path):
    path = tmp_path / "idempotency"
    kept = records(path, slots=1024)
    for number in range(200):
        holder = run(kept.claim(key(number), PRINT, 0.0))
        assert run(kept.keep(key(number), holder, PRINT, Answer(200, [], b"%d" % number * 20), 0.0))
    found = [run(kept.claim(key(number), PRINT, 1.0)) for number in range(200)]
    alive = [number for number, one in enumerate(found) if isinstance(one, Stored)]
    assert alive
    assert all(found[number].answer.body == b"%d" % number * 20 for number in alive)
    assert not run(kept.keep(key(0), found[0], PRINT, Answer(200, [], bytes(4096)), 1.0))
    kept.close()
    raw = bytearray(path.read_bytes())
    raw[-4096:] = bytes(4096)
    path.write_bytes(raw)
    again = records(path, slots=1024)
    assert not any(isinstance(run(again.claim(key(number), PRINT, 1.0)), Stored) for number in alive)


def test_a_file_of_another_form_is_begun_anew(tmp_path):
    path = tmp_path / "idempotency"
    path.write_bytes(b"something else" * 1000)
    kept = records(path)
    holder = run(kept.claim(key(1), PRINT, 0.0))
    assert run(kept.keep(key(1), holder, PRINT, ANSWER, 0.0))
    kept.close()
    assert run(records(path).claim(key(1), PRINT, 1.0)) == Stored(PRINT, ANSWER)
    assert isinstance(run(records(path, slots=128).claim(key(1), PRINT, 1.0)), int)


def claim_all(kept: SharedRecords, won: Any) -> None:
    won.put([number for number in range(300) if isinstance(run(kept.claim(key(number), PRINT, 0.0)), int)])


def test_of_many_processes_one_gets_a_key():
    kept, context = records(slots=4096), get_context("fork")
    won = context.Queue()
    processes = [context.Process(target=claim_all, args=(kept, won)) for _ in range(3)]
    for process in processes:
        process.start()
    taken = [number for _ in processes for number in won.get(timeout=30)]
    for process in processes:
        process.join(20)
    assert sorted(taken) == list(range(300))


@given(
    st.lists(st.tuples(st.integers(0, 3), st.sampled_from(["claim", "keep", "release", "wait"])), max_size=40)
)
def test_it_is_as_a_table_of_calls_would_be(steps):
    kept, now = records(slots=64, ring=1 << 16), 0.0
    table: dict[int, tuple[str, float, int]] = {}
    held: dict[int, int] = {}
    for number, step in steps:
        state, ends, holder = table.get(number, ("free", 0.0, 0))
        alive = state != "free" and ends > now
        if step == "wait":
            now += 4.0
        elif step == "claim":
            found = run(kept.claim(key(number), PRINT, now))
            if not alive:
                assert isinstance(found, int)
                table[number], held[number] = ("claimed", now + 10.0, found), found
            else:
                assert found == (InFlight(PRINT) if state == "claimed" else Stored(PRINT, ANSWER))
        elif number in held:
            mine = state == "claimed" and holder == held[number]
            if step == "keep":
                assert run(kept.keep(key(number), held[number], PRINT, ANSWER, now)) == mine
                if mine:
                    table[number] = ("stored", now + 100.0, 0)
            else:
                run(kept.release(key(number), held[number]))
                if mine:
                    table[number] = ("free", 0.0, 0)
    kept.close()
