"""What a request may say only once, and what its Content-Type may say at all."""

from __future__ import annotations

import pytest

from gateway.plan.media_types import read_content_type

ORDERS = "/system/orders/v1/orders"
ORDER = b'{"customer":"c-1","lines":[{"quantity":1}]}'
JSON = ("content-type", "application/json")
KEY = ("idempotency-key", "abcdefgh")


@pytest.mark.parametrize("line", [JSON, KEY, ("authorization", "")])
def test_a_header_line_that_may_stand_once_is_400_when_sent_twice(gateway, upstream, read, line):
    token = ("authorization", read["authorization"])
    twice = token if line[0] == "authorization" else line
    response = gateway.client.post(ORDERS, content=ORDER, headers=[token, JSON, KEY, twice])
    problem = response.json()
    assert (response.status_code, problem["code"]) == (400, "malformed_request")
    assert problem["detail"].lower() == f"{line[0]} was sent 2 times; send it once"
    assert problem["correlationId"] == response.headers["x-correlation-id"]
    assert upstream.seen == []


def test_a_second_authorization_is_400_also_where_no_token_is_asked_for(gateway, upstream):
    lines = [("authorization", "Bearer a"), ("authorization", "Bearer b")]
    response = gateway.client.get("/system/orders/v1/health", headers=lines)
    assert (response.status_code, response.json()["code"]) == (400, "malformed_request")
    assert upstream.seen == []


def test_a_header_line_that_may_be_repeated_passes_as_often_as_it_was_sent(gateway, upstream, read):
    upstream.answers(200, b'{"items":[]}')
    lines = [("authorization", read["authorization"]), ("accept", "application/json"), ("accept", "*/*")]
    assert gateway.client.get(ORDERS, headers=lines).status_code == 200
    assert [value for name, value in upstream.seen[0].headers if name == "accept"] == [
        "application/json", "*/*",
    ]  # fmt: skip


REFUSED = [
    ("application/json; charset=utf-8; charset=utf-8", "gives charset twice"),
    ("application/json; charset=utf-8; CHARSET=latin-1", "gives charset twice"),
    ("application/json; x=1; x=2", "gives x twice"),
    ("application/json; charset=utf-8x", "other than utf-8"),
    ("application/json; charset=utf8", "other than utf-8"),
    ('application/json; charset="utf-16"', "other than utf-8"),
    ("application/json; charset", "name=value"),
    ("application/json; charset=", "name=value"),
    ("application/json; charset =utf-8", "name=value"),
    ("application/json; charset= utf-8", "name=value"),
    ('application/json; charset="utf-8', "name=value"),
    ("application/json; charset=utf-8 latin-1", "name=value"),
    ("application/json; =utf-8", "name=value"),
    ("application/json, application/json", "type/subtype"),
    ("application", "type/subtype"),
    ("text/plain", "text/plain is not taken"),
]


@pytest.mark.parametrize(("content_type", "reason"), REFUSED)
def test_a_content_type_that_could_be_read_in_two_ways_is_415_and_says_why(
    gateway, upstream, read, content_type, reason
):
    headers = {**read, "idempotency-key": "abcdefgh", "content-type": content_type}
    response = gateway.client.post(ORDERS, content=ORDER, headers=headers)
    assert (response.status_code, response.json()["code"]) == (415, "unsupported_media_type")
    assert reason in response.json()["detail"]
    assert response.json()["detail"].endswith("send one of: application/json")
    assert upstream.seen == []


@pytest.mark.parametrize(
    "content_type",
    ["application/json", "Application/JSON;charset=UTF-8", 'application/json ; charset="utf-8"',
     "application/json;", 'application/json;\tx="a\\"; charset=latin-1"; charset=utf-8'],
)  # fmt: skip
def test_every_way_to_write_json_in_utf_8_is_read(content_type):
    assert read_content_type(content_type.encode()) == ("application/json", None)


@pytest.mark.parametrize(("content_type", "reason"), [case for case in REFUSED if "json; charset" in case[0]])
def test_an_answer_under_such_a_content_type_is_off_contract(gateway, upstream, read, content_type, reason):
    upstream.answers(200, b'{"items":[]}', content_type=content_type)
    response = gateway.client.get(ORDERS, headers=read)
    assert (response.status_code, response.json()["code"]) == (502, "contract_violation")
    assert response.json()["errors"][0]["pointer"] == "/content-type"
