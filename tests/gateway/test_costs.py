"""What one request may cost the others: wrong bodies are refused without being taken apart."""

from __future__ import annotations

import asyncio
import time

import orjson
import pytest

from tests.bench import bench_gateway_stages

PATH = "/system/orders/v1/orders"
KEY = {"idempotency-key": "abcdefgh", "content-type": "application/json"}


def refusal(gateway, read, body: bytes) -> tuple[int, str, dict]:
    response = gateway.client.post(PATH, content=body, headers={**read, **KEY})
    problem = response.json()
    return response.status_code, problem["code"], problem


def test_of_a_large_wrong_body_only_the_first_violation_is_told(gateway, upstream, read):
    body = orjson.dumps({"customer": "x", "lines": [{"a": 1}] * 20_000})
    began = time.monotonic()
    status, code, problem = refusal(gateway, read, body)
    assert (status, code) == (422, "request_off_contract")
    assert len(problem["errors"]) == 1
    assert "only the first violation" in problem["detail"]
    assert time.monotonic() - began < 1.5


def test_of_a_small_wrong_body_all_violations_are_told(gateway, upstream, read):
    body = orjson.dumps({"customer": "x", "lines": [{"quantity": 0}] * 30})
    status, code, problem = refusal(gateway, read, body)
    assert (status, code, len(problem["errors"])) == (422, "request_off_contract", 30)
    assert "only the first" not in problem["detail"]


@pytest.mark.parametrize(
    "lines",
    [
        b",".join([b'{"a":1}'] * 180_000),
        b",".join([b"[0]"] * 200_000),
        b",".join([b"[" * 250 + b"]" * 250] * 3_000),
        b",".join([b'""'] * 300_000),
    ],
)
def test_a_body_of_too_many_values_is_not_parsed(gateway, upstream, read, lines):
    status, code, problem = refusal(gateway, read, b'{"customer":"x","lines":[' + lines + b"]}")
    assert (status, code) == (413, "body_too_large")
    assert "values" in problem["detail"]


def test_marks_inside_of_strings_are_no_values(gateway, upstream, read):
    text = ',[{\\"' * 200_000
    body = b'{"customer":"' + text.encode() + b'","lines":[]}'
    assert refusal(gateway, read, body)[1] == "request_off_contract"


def test_the_benchmark_of_the_stages_runs(tmp_path):
    table = asyncio.run(bench_gateway_stages.measure(tmp_path, 1))
    assert all(len(figures) == 2 for figures in table.values())
    assert min(table["whole"]) > 0


def test_an_answer_that_parsers_may_read_differently_is_not_passed_on(gateway, upstream, read):
    upstream.answers(200, b'{"id":"one","id":"two"}', etag='"1"')
    response = gateway.client.get(PATH + "/a", headers=read)
    assert (response.status_code, response.json()["code"]) == (502, "contract_violation")
    assert response.json()["errors"][0]["code"] == "malformed"
