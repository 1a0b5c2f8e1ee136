"""The gateway from outside, over sockets: what it answers, what it passes on, what never gets through.

Each test is passed through both doors: the gateway's own, and the ASGI application under uvicorn.
"""

from __future__ import annotations

import re
from typing import Any

import pytest

ORDERS = "/system/orders/v1"
ORDER = b'{"id":"o-1","total":"10.00"}'
NEW_ORDER = {"customer": "c-1", "lines": [{"quantity": 1}]}
KEY = {"idempotency-key": "abcdefgh"}


@pytest.fixture(scope="module", params=["own", "asgi"])
def behind_a_door(request, make_gateway, _upstream_server):
    return make_gateway(_upstream_server.url, door=request.param)


@pytest.fixture
def gateway(behind_a_door, upstream):
    """The gateway behind each of its doors; its upstream is as new."""
    return behind_a_door


def assert_problem(response: Any, status: int, code: str) -> dict[str, Any]:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = response.json()
    assert body["code"] == code
    assert body["status"] == status
    assert body["type"] == "https://pactolus.dev/problems/" + code.replace("_", "-")
    assert body["title"]
    assert body["correlationId"] == response.headers["x-correlation-id"]
    return body


def test_an_answer_on_contract_passes_unchanged(gateway, upstream, read):
    upstream.answers(200, ORDER, etag='"7"', x_extra="kept")
    response = gateway.client.get(f"{ORDERS}/orders/o-1", headers=read)
    assert (response.status_code, response.content) == (200, ORDER)
    assert response.headers["etag"] == '"7"'
    assert response.headers["x-extra"] == "kept"
    assert response.headers["via"] == "1.1 pactolus"
    assert response.headers["ratelimit-policy"] == '"T3";q=100000;w=1'
    assert re.fullmatch(r'"T3";r=9999\d;t=1', response.headers["ratelimit"])
    assert upstream.seen[0].path == b"/system/orders/v1/orders/o-1"


@pytest.mark.parametrize(
    "path", ["/", "/nothing", ORDERS, f"{ORDERS}/orders/", f"{ORDERS}/order", "/process/orders/v1/orders",
             "/system/orders", "/system/orders/v", f"{ORDERS}//orders", f"{ORDERS}/orders/a/b", "/-/nothing"],
)  # fmt: skip
def test_a_path_that_no_contract_promises_is_404(gateway, upstream, read, path):
    response = gateway.client.get(path, headers=read)
    assert_problem(response, 404, "route_not_found")
    assert upstream.seen == []


def test_a_method_that_the_contract_does_not_promise_is_405_with_allow(gateway, upstream, read):
    response = gateway.client.put(f"{ORDERS}/orders", headers=read)
    assert_problem(response, 405, "method_not_allowed")
    assert response.headers["allow"] == "GET, HEAD, OPTIONS, POST"


def test_options_tells_the_methods_without_asking_the_upstream(gateway, upstream):
    response = gateway.client.options(f"{ORDERS}/orders/o-1")
    assert (response.status_code, response.content) == (204, b"")
    assert response.headers["allow"] == "DELETE, GET, HEAD, OPTIONS, PATCH"
    assert upstream.seen == []


def test_head_is_served_where_get_is_with_its_policies(gateway, upstream, read):
    upstream.answers(200, ORDER, etag='"7"')
    response = gateway.client.head(f"{ORDERS}/orders/o-1", headers=read)
    assert (response.status_code, response.content) == (200, b"")
    assert upstream.seen[0].method == "HEAD"
    assert gateway.client.head(f"{ORDERS}/orders/o-1").status_code == 401
    upstream.answers(200, ORDER, etag='"7"')
    assert gateway.client.get(f"{ORDERS}/orders/o-1", headers=read).content == ORDER


@pytest.mark.parametrize("path", ["o%2F1", "o%5C1", "%2e%2e", "..%2f", "o%00", "%zz", "%ff", "a%0d%0a"])
def test_a_treacherous_path_is_refused_before_any_route(gateway, upstream, read, path):
    response = gateway.client.get(f"{ORDERS}/orders/{path}", headers=read)
    assert response.status_code == 400
    assert response.json()["code"] == "malformed_path"
    assert upstream.seen == []


def test_a_literal_segment_goes_before_a_template(gateway, upstream, read):
    upstream.answers(200, b"{}")
    assert gateway.client.get(f"{ORDERS}/orders/recent", headers=read).status_code == 200
    assert gateway.client.patch(f"{ORDERS}/orders/recent", headers=read).status_code == 405


def test_an_encoded_literal_is_the_same_path(gateway, upstream, read):
    upstream.answers(200, b"{}")
    assert gateway.client.get(f"{ORDERS}/orders/%72ecent", headers=read).status_code == 200


def test_every_violation_of_a_request_is_told_at_once_with_its_pointer(gateway, upstream, read):
    body = {
        "customer": "",
        "due": "2026-02-30",
        "reference": "x",
        "lines": [{"price": "1"}, {"a/b~c": 1}],
        "n": 1,
    }
    response = gateway.client.post(
        f"{ORDERS}/orders?debug=1", json=body, headers={**read, "idempotency-key": "short"}
    )
    problem = assert_problem(response, 422, "request_off_contract")
    assert {(error["in"], error["pointer"], error["code"]) for error in problem["errors"]} == {
        ("query", "/debug", "undeclared"),
        ("header", "/idempotency-key", "min_length"),
        ("body", "/n", "additional_properties"),
        ("body", "/customer", "min_length"),
        ("body", "/due", "format"),
        ("body", "/reference", "format"),
        ("body", "/lines/0/quantity", "required"),
        ("body", "/lines/0/price", "pattern"),
        ("body", "/lines/1/quantity", "required"),
        ("body", "/lines/1/a~1b~0c", "type"),
    }
    assert upstream.seen == []


@pytest.mark.parametrize("body", [{"customer": "c", "lines": [{"quantity": 1}]}, {"customer": ""}])
def test_a_missing_idempotency_key_is_400_whatever_else_is_off(gateway, upstream, read, body):
    response = gateway.client.post(f"{ORDERS}/orders", json=body, headers=read)
    problem = assert_problem(response, 400, "idempotency_key_missing")
    assert ("header", "/idempotency-key", "required") in {
        (error["in"], error["pointer"], error["code"]) for error in problem["errors"]
    }
    assert upstream.seen == []


def test_an_idempotency_key_is_asked_for_also_where_only_the_extension_says_so(gateway, upstream, read):
    contract = gateway.folder / "orders.v1.openapi.yaml"
    written = contract.read_text()
    revision = gateway.wait_for(lambda _: True)["revision"]
    try:
        lines = written.splitlines(keepends=True)
        at = next(number for number, line in enumerate(lines) if "name: Idempotency-Key" in line)
        contract.write_text("".join(lines[: at - 1] + lines[at + 1 :]))
        gateway.wait_for(lambda routes: routes["revision"] != revision)
        response = gateway.client.post(f"{ORDERS}/orders", json={}, headers=read)
        assert_problem(response, 400, "idempotency_key_missing")
    finally:
        changed = gateway.wait_for(lambda _: True)["revision"]
        contract.write_text(written)
        gateway.wait_for(lambda routes: routes["revision"] != changed)


@pytest.mark.parametrize(
    ("query", "pointers"),
    [
        ("limit=1", []), ("limit=100", []), ("limit=0", ["/limit"]), ("limit=1.5", ["/limit"]),
        ("limit=1e1", ["/limit"]), ("limit=", ["/limit"]), ("limit=1&limit=2", ["/limit"]), ("limit=%31", []),
        ("limit=0x1", ["/limit"]), ("limit=01", ["/limit"]), ("limit=+1", ["/limit"]),
        ("status=OPEN&status=CLOSED", []), ("status=OPEN,CLOSED", ["/status/0"]),
        ("status=SHUT", ["/status/0"]),
        ("ids=1,2,3", []), ("ids=1,x", ["/ids/1"]), ("ids=1%2C2", ["/ids/0"]), ("ids=1&ids=2", ["/ids"]),
        ("filter[from]=2026-01-01&filter[deep]=true", []), ("filter[deep]=yes", ["/filter/deep"]),
        ("filter%5Bfrom%5D=x", ["/filter/from"]), ("filter[other]=1", ["/filter/other"]),
        ("open=true", []), ("open=TRUE", ["/open"]), ("unknown", ["/unknown"]), ("a=1&b=2", ["/a", "/b"]),
        ("", []), ("&&", []),
    ],
)  # fmt: skip
def test_query_parameters_are_read_by_style_and_held_to_their_schema(
    gateway, upstream, read, query, pointers
):
    upstream.answers(200, b'{"items":[]}')
    response = gateway.client.get(f"{ORDERS}/orders?{query}", headers=read)
    if pointers:
        assert [
            error["pointer"] for error in assert_problem(response, 422, "request_off_contract")["errors"]
        ] == (pointers)
        assert upstream.seen == []
    else:
        assert response.status_code == 200, response.text
        assert upstream.seen[0].query == query.encode()


@pytest.mark.parametrize("query", ["limit=%", "limit=%zz", "%ff=1", "limit=%C3", "&".join(["limit=1"] * 300)])
def test_a_query_that_cannot_be_read_is_400(gateway, upstream, read, query):
    assert_problem(gateway.client.get(f"{ORDERS}/orders?{query}", headers=read), 400, "malformed_query")


def test_cookies_are_held_to_the_contract_too(gateway, upstream, read):
    upstream.answers(200, b'{"items":[]}')
    assert (
        gateway.client.get(f"{ORDERS}/orders", headers={**read, "cookie": "session=abc; x=1"}).status_code
        == 200
    )
    response = gateway.client.get(f"{ORDERS}/orders", headers={**read, "cookie": "session=ABC"})
    assert assert_problem(response, 422, "request_off_contract")["errors"][0]["in"] == "cookie"


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[1", b'{"customer":"a","customer":"b","lines":[{"quantity":1}]}', b'{"a":NaN}',
     b"\xff", b"\xef\xbb\xbf{}",
     b'{"a":"\\ud800"}', b"[" * 2000 + b"]" * 2000, b"[" * 500 + b"]" * 500, b'{"a":1e999}'],
)  # fmt: skip
def test_a_body_that_every_parser_would_not_read_alike_is_refused(gateway, upstream, read, body):
    headers = {**read, **KEY, "content-type": "application/json"}
    response = gateway.client.post(f"{ORDERS}/orders", content=body, headers=headers)
    if body:
        assert_problem(response, 400, "malformed_body")
    else:
        assert_problem(response, 422, "request_off_contract")
    assert upstream.seen == []


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "application/xml",
        "",
        "application/json; charset=latin-1",
        "application",
        "application/js",
    ],
)
def test_a_media_type_off_contract_is_415_with_what_is_accepted(gateway, upstream, read, content_type):
    headers = {**read, **KEY, "content-type": content_type}
    response = gateway.client.post(f"{ORDERS}/orders", content=b"{}", headers=headers)
    assert_problem(response, 415, "unsupported_media_type")
    assert response.headers["accept-post"] == "application/json"
    assert upstream.seen == []


def test_a_coded_body_is_415_because_it_cannot_be_validated(gateway, upstream, read):
    headers = {**read, **KEY, "content-type": "application/json", "content-encoding": "gzip"}
    assert gateway.client.post(f"{ORDERS}/orders", content=b"{}", headers=headers).status_code == 415


def test_a_chunked_body_is_validated_and_passed_on_whole(gateway, upstream, read):
    upstream.answers(201, ORDER, location="/x")
    parts = [b'{"customer":"c",', b'"lines":[{"quantity"', b":1}]}"]
    headers = {**read, **KEY, "content-type": "Application/JSON; charset=UTF-8"}
    response = gateway.client.post(f"{ORDERS}/orders", content=iter(parts), headers=headers)
    assert response.status_code == 201, response.text
    assert upstream.seen[0].body == b"".join(parts)
    assert upstream.seen[0].header("content-length") == str(len(b"".join(parts)))
    assert upstream.seen[0].header("transfer-encoding") is None


def test_a_body_where_the_contract_takes_none_is_off_contract(gateway, upstream, read):
    response = gateway.client.request("GET", f"{ORDERS}/orders/o-1", content=b"x", headers=read)
    problem = assert_problem(response, 422, "request_off_contract")
    assert problem["errors"] == [
        {"in": "body", "pointer": "", "code": "undeclared", "detail": "the operation takes no body"}
    ]


def test_a_body_beyond_the_bound_is_413_declared_or_not(gateway, upstream, read):
    headers = {**read, **KEY, "content-type": "application/json"}
    large = b'{"customer":"' + b"x" * (2 * 1024 * 1024) + b'"}'
    parts = (large[i : i + 65536] for i in range(0, len(large), 65536))
    for content in (large, parts):
        response = gateway.client.post(f"{ORDERS}/orders", content=content, headers=headers)
        assert_problem(response, 413, "body_too_large")
    assert upstream.seen == []


def test_a_missing_precondition_is_428_where_the_contract_says_so(gateway, upstream, read):
    headers = {**read, "content-type": "application/merge-patch+json"}
    response = gateway.client.patch(f"{ORDERS}/orders/o-1", content=b'{"a":1}', headers=headers)
    assert_problem(response, 428, "precondition_required")
    response = gateway.client.patch(f"{ORDERS}/orders/o-1", content=b"{}", headers=headers)
    assert_problem(response, 422, "request_off_contract")


@pytest.mark.parametrize(
    ("status", "headers", "body", "pointer"),
    [
        (418, {}, b"{}", "/status"),
        (500, {}, b"secret stack trace", "/status"),
        (200, {"etag": '"1"', "content_type": "text/html"}, b"<p>secret</p>", "/header/content-type"),
        (200, {"etag": '"1"', "content_type": ""}, ORDER, "/header/content-type"),
        (200, {}, ORDER, "/header/etag"),
        (200, {"etag": '"1"'}, b'{"id":"secret","total":"secret"}', "/body/total"),
        (200, {"etag": '"1"'}, b'{"total":"1.00"}', "/body/id"),
        (200, {"etag": '"1"'}, b'{"id":', "/body"),
        (200, {"etag": '"1"'}, b"", "/body"),
        (200, {"etag": '"1"', "content_encoding": "gzip"}, ORDER, "/header/content-encoding"),
        (404, {"content_type": "application/json"}, b'{"code":"x"}', "/header/content-type"),
    ],
)  # fmt: skip
def test_an_answer_off_contract_is_502_and_never_shown(
    gateway, upstream, read, status, headers, body, pointer
):
    upstream.answers(status, body, **headers)
    response = gateway.client.get(f"{ORDERS}/orders/o-1", headers=read)
    problem = assert_problem(response, 502, "contract_violation")
    assert ["/" + error["in"] + error["pointer"] for error in problem["errors"]] == [pointer]
    assert "secret" not in response.text


def test_a_declared_problem_of_the_upstream_passes(gateway, upstream, read):
    upstream.answers(404, b'{"code":"order_unknown"}', content_type="application/problem+json")
    response = gateway.client.get(f"{ORDERS}/orders/o-1", headers=read)
    assert (response.status_code, response.json()["code"]) == (404, "order_unknown")


def test_an_answer_without_a_body_passes_without_one(gateway, upstream, read):
    upstream.answers(204, b"", content_type="")
    response = gateway.client.delete(f"{ORDERS}/orders/o-1", headers=read)
    assert (response.status_code, response.content) == (204, b"")
    assert "content-length" not in response.headers


def test_a_chunked_answer_is_gathered_validated_and_sent_with_its_length(gateway, upstream, read):
    upstream.answers(200, ORDER, etag='"1"')
    upstream.chunks = 5
    response = gateway.client.get(f"{ORDERS}/orders/o-1", headers=read)
    assert (response.status_code, response.content) == (200, ORDER)
    assert response.headers["content-length"] == str(len(ORDER))


def test_a_body_that_is_not_json_passes_when_its_media_type_is_declared(gateway, upstream, read):
    upstream.answers(200, b"%PDF-1.7", content_type="application/pdf")
    response = gateway.client.get(f"{ORDERS}/documents/invoice.pdf", headers=read)
    assert (response.status_code, response.content) == (200, b"%PDF-1.7")
    assert gateway.client.get(f"{ORDERS}/documents/.pdf", headers=read).status_code == 404


def test_the_upstream_learns_who_calls_and_never_the_token(gateway, upstream, read):
    upstream.answers(200, ORDER, etag='"1"')
    forged = {"x-pactolus-consumer": "admin", "X_Pactolus_Consumer": "admin", "x-forwarded-for": "10.0.0.1"}
    gateway.client.get(f"{ORDERS}/orders/o-1", headers={**read, **forged})
    seen = upstream.seen[0]
    names = [name for name, _ in seen.headers]
    assert seen.header("authorization") is None
    assert "x_pactolus_consumer" not in names
    assert "x-forwarded-for" not in names
    assert names.count("x-pactolus-consumer") == 1
    assert seen.header("x-pactolus-consumer") == "process-app"
    assert seen.header("x-pactolus-client-id") == "process-client"
    assert seen.header("x-pactolus-scopes") == "orders:read orders:write"
    assert seen.header("accept-encoding") == "identity"


def test_connection_bound_headers_stop_here_and_cannot_take_ours_away(gateway, upstream, read):
    upstream.answers(
        200, ORDER, etag='"1"', connection="x-internal", x_internal="secret", keep_alive="timeout=5"
    )
    named = {
        "connection": "X-Custom, X-Pactolus-Consumer, X-Correlation-ID",
        "x-custom": "1",
        "te": "trailers",
    }
    response = gateway.client.get(f"{ORDERS}/orders/o-1", headers={**read, **named})
    seen = upstream.seen[0]
    assert seen.header("x-custom") is None
    assert seen.header("te") is None
    assert seen.header("x-pactolus-consumer") == "process-app"
    assert seen.header("x-correlation-id") == response.headers["x-correlation-id"]
    assert response.status_code == 200
    assert "x-internal" not in response.headers
    assert "keep-alive" not in response.headers


def test_a_correlation_id_is_taken_over_when_well_formed_and_made_otherwise(gateway, upstream, read):
    upstream.answers(200, ORDER, etag='"1"')
    path = f"{ORDERS}/orders/o-1"
    kept = gateway.client.get(path, headers={**read, "x-correlation-id": "order.2026-1"})
    assert kept.headers["x-correlation-id"] == "order.2026-1" == upstream.seen[0].header("x-correlation-id")
    for bad in ("a b", "x" * 129, "é", "<script>", ""):
        made = gateway.client.get(path, headers=[*read.items(), ("x-correlation-id", bad.encode())])
        assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}",
                            made.headers["x-correlation-id"])  # fmt: skip


def test_a_trace_is_continued_under_a_new_parent(gateway, upstream, read):
    upstream.answers(200, ORDER, etag='"1"')
    given = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    headers = {**read, "traceparent": given, "tracestate": "a=1"}
    gateway.client.get(f"{ORDERS}/orders/o-1", headers=headers)
    passed = upstream.seen[0].header("traceparent")
    assert passed[:36] == given[:36]
    assert passed[36:52] != given[36:52]
    assert upstream.seen[0].header("tracestate") == "a=1"


def test_metrics_log_and_routes_tell_what_happened_without_secrets(gateway, upstream, read):
    upstream.answers(200, ORDER, etag='"1"')
    gateway.client.get(f"{ORDERS}/orders/o-1", headers={**read, "x-correlation-id": "look-for-me"})
    metrics = gateway.client.get("/-/metrics").text
    assert (
        'exchanges_total{contract="orders",version="1.0.0",operation="GET /orders/{orderId}",status="200"}'
        in metrics
    )
    routes = gateway.client.get("/-/routes").json()
    assert [contract["path"] for contract in routes["contracts"]] == [
        "/process/checks/v1",
        "/system/orders/v1",
    ]
    assert gateway.client.get("/-/health").json() == {"status": "ok"}
    assert gateway.client.get("/-/ready").json()["status"] == "ready"
    assert_problem(gateway.client.post("/-/health"), 405, "method_not_allowed")
    gateway.wait_for(lambda _: b"look-for-me" in gateway.log.getvalue())
    line = next(line for line in gateway.log.getvalue().splitlines() if b"look-for-me" in line)
    assert b'"consumer":"process-app"' in line
    assert b"Bearer" not in gateway.log.getvalue()
    assert read["authorization"].split(".")[-1].encode() not in gateway.log.getvalue()
