"""What an operator lets pass is passed and counted; what is not said is refused."""

from __future__ import annotations

import itertools
import json
import re
import time
from pathlib import Path

import pytest

from gateway.config import Limits
from gateway.errors import SourceError
from gateway.operator import SECTIONS, OperatorSettings, read_operator_settings
from gateway.plan.facets import PREVENT, Facets

ORDERS = "/system/orders/v1"
KEYS = ({"idempotency-key": f"facets-{number}"} for number in itertools.count())
GOOD = b'{"id":"o-1"}'


def told(text: str, folder: Path) -> OperatorSettings:
    path = folder / "gateway.yaml"
    path.write_text(text)
    return read_operator_settings(path, Limits())


@pytest.fixture(scope="module")
def lenient(make_gateway, _upstream_server, tmp_path_factory):
    settings = told(
        """
validation:
  facets: {unknownParameters: off}
  contracts:
    orders.v1:
      facets: {path: detect, method: detect, parameters: detect, requestBody: detect, statusCode: detect,
               responseHeaders: detect, responseBody: detect}
      operations:
        GET /health: {responseBody: off}
        GET /orders/recent: {responseSampling: 0.25}
        PATCH /orders/{orderId}: {parameters: prevent}
""",
        tmp_path_factory.mktemp("facets"),
    )
    return make_gateway(_upstream_server.url, validation=settings.validation)


def lines(gateway) -> list[dict]:
    """What was logged, once all that was counted is: counts come at once, lines with the next flush."""
    page = gateway.client.get("/-/metrics").text
    count = int(re.findall(r"exchange_seconds_count (\d+)", page)[0])
    end = time.monotonic() + 10
    while len(logged := gateway.log.getvalue().splitlines()) < count:
        assert time.monotonic() < end, "an exchange was not logged"
        time.sleep(0.02)
    return [json.loads(line) for line in logged]


def detected(gateway) -> set[tuple[str, str]]:
    return {(one["in"], one["pointer"]) for one in lines(gateway)[-1].get("detected", [])}


@pytest.mark.parametrize(
    ("method", "path", "body", "where"),
    [
        ("GET", "/orders?limit=0", None, {("query", "/limit")}),
        ("GET", "/orders?extra=1", None, set()),
        ("POST", "/orders", b'{"customer":1}', {("body", "/customer"), ("body", "/lines")}),
        ("POST", "/orders", b"{", {("body", "")}),
        ("GET", "/never/declared", None, {("path", "")}),
        ("PUT", "/orders", b"{}", {("path", "")}),
    ],
)
def test_a_request_off_contract_passes_and_is_counted(lenient, upstream, read, method, path, body, where):
    if method == "POST":
        upstream.answers(201, GOOD, location="/o-1")
    else:
        upstream.answers(200, b'{"items":[]}')
    response = lenient.client.request(
        method,
        ORDERS + path,
        content=body,
        headers={**read, **next(KEYS), "content-type": "application/json"},
    )
    assert len(upstream.seen) == 1
    assert (upstream.seen[0].method, upstream.seen[0].body) == (method, body or b"")
    assert response.status_code < 300
    assert detected(lenient) == where


def test_a_media_type_off_contract_passes_as_it_is(lenient, upstream, read):
    upstream.answers(201, GOOD, location="/o-1")
    head = {**read, **next(KEYS), "content-type": "text/csv"}
    assert lenient.client.post(f"{ORDERS}/orders", content=b"a,b", headers=head).status_code == 201
    assert upstream.seen[0].body == b"a,b"
    assert detected(lenient) == {("header", "/content-type")}


def test_what_an_operation_prevents_is_refused_beside_what_others_let_pass(lenient, upstream, read):
    response = lenient.client.patch(
        f"{ORDERS}/orders/o-1",
        content=b"{}",
        headers={**read, "content-type": "application/merge-patch+json"},
    )
    assert (response.status_code, upstream.seen) == (428, [])
    assert [error["pointer"] for error in response.json()["errors"]] == ["/if-match"]
    assert detected(lenient) == {("body", "")}


@pytest.mark.parametrize(
    ("status", "body", "where"),
    [(200, b'{"id":7}', "body"), (202, b'{"id":"o"}', "status"), (200, b"[", "body")],
)
def test_an_answer_off_contract_passes_and_is_counted(lenient, upstream, read, status, body, where):
    upstream.answers(status, body, etag='"1"')
    response = lenient.client.get(f"{ORDERS}/orders/o-1", headers=read)
    assert (response.status_code, response.content) == (status, body)
    assert {place for place, _ in detected(lenient)} == {where}
    counted = re.findall(
        r"detected_total\{.*orderId.*,in=\"(\w+)\"\} \d+", lenient.client.get("/-/metrics").text
    )
    assert where in counted


def test_what_is_off_is_not_looked_at(lenient, upstream):
    upstream.answers(200, b"no json")
    assert lenient.client.get(f"{ORDERS}/health").content == b"no json"
    assert detected(lenient) == set()
    assert lines(lenient)[-1]["notValidated"] == ["response body"]


def test_a_share_of_the_answers_is_looked_at(lenient, upstream, read):
    upstream.answers(200, b"[")
    for _ in range(8):
        lenient.client.get(f"{ORDERS}/orders/recent", headers=read)
    looked_at = [line for line in lines(lenient)[-8:] if "detected" in line]
    assert len(looked_at) == 2
    assert sum("notValidated" in line for line in lines(lenient)[-8:]) == 6


def test_what_is_not_declared_still_asks_for_a_token(lenient, upstream):
    assert lenient.client.get(f"{ORDERS}/never/declared").status_code == 401
    assert upstream.seen == []


def test_facets_for_no_operation_keep_a_contract_out_of_force(make_gateway, upstream, tmp_path):
    text = "validation: {contracts: {orders.v1: {operations: {GET /orderz: {parameters: off}}}}}"
    gateway = make_gateway(upstream.url, validation=told(text, tmp_path).validation)
    problems = gateway.client.get("/-/routes").json()["problems"]
    assert "GET /orderz" in problems["orders.v1 1.0.0"]


def test_a_wrong_file_names_the_place_and_the_form(tmp_path):
    with pytest.raises(SourceError, match=r"gateway.yaml: /validation/facets/path .*wanted: validation: "):
        told("validation: {facets: {path: maybe}}", tmp_path)
    with pytest.raises(SourceError, match=r"/validatoin is no setting"):
        told("validatoin: {}", tmp_path)


def test_the_examples_of_the_reference_are_read(tmp_path, monkeypatch):
    for name in ("PACTOLUS_API_KEY_PEPPER", "INTROSPECTION_SECRET", "ACME_SECRET"):
        monkeypatch.setenv(name, "a secret of thirty-two bytes, or more")
    for section in SECTIONS.values():
        assert told(section.EXAMPLE, tmp_path) != OperatorSettings()
    facets = told(SECTIONS["validation"].EXAMPLE, tmp_path).validation.of("erp-orders.v1").of("GET /orders")
    assert facets == Facets(unknown_parameters="detect", response_sampling=0.1)
    assert told("{}", tmp_path).validation == PREVENT
