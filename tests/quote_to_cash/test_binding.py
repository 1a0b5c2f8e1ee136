"""A service is bound to its contract: it starts complete or not at all, and fails only as problem details."""

from __future__ import annotations

from contextlib import contextmanager
from typing import Any

import pytest

from quote_to_cash.errors import QuoteToCashError, ServiceNotBound
from quote_to_cash.examples import example
from quote_to_cash.exchange import Answer, Call, Write
from quote_to_cash.web.binding import Surface, bind
from specs.load import load_contract

DOCUMENT = b"""
openapi: 3.1.0
info: {title: Notes, version: 1.0.0}
servers: [{url: /system/notes/v1}]
paths:
  /notes:
    post:
      operationId: createNote
      x-pactolus: {idempotency: required}
      requestBody:
        required: true
        content:
          application/json:
            schema: {type: object, required: [text], properties: {text: {type: string}}}
      responses: {'201': {description: Created}}
  /notes/{number}:
    get:
      operationId: getNote
      parameters:
        - {name: number, in: path, required: true, schema: {type: integer}}
        - {name: upper, in: query, schema: {type: boolean}}
      responses: {'200': {description: Found}}
"""
QUOTES = "/system/crm-quote/v2/quotes"


class Unit:
    """A store that only remembers answers."""

    def __init__(self) -> None:
        self.kept: dict[Any, Any] = {}
        self.writes = 0

    @contextmanager
    def read(self) -> Any:
        yield self

    @contextmanager
    def write(self) -> Any:
        self.writes += 1
        yield self

    @property
    def answers(self) -> Any:
        return self

    def find(self, key: Any) -> Any:
        return self.kept.get(key.key)

    def keep(self, key: Any, answer: Answer) -> None:
        self.kept[key.key] = None


def get_note(call: Call) -> Answer:
    if call.path["number"] == 500:
        raise RuntimeError("secret detail")
    if call.path["number"] == 501:
        raise QuoteToCashError("told without a status of its own")
    return Answer(200, {"number": call.path["number"], "query": dict(call.query), "client": call.client})


def create_note(call: Call) -> Write[Any]:
    return Write(lambda _unit: Answer(201, {"text": call.body["text"]}))


def client(
    handlers: dict[str, Any] | None = None, store: Unit | None = None, body_bytes_max: int = 1000
) -> Any:
    contract = load_contract("notes.yaml", DOCUMENT)
    bound = handlers if handlers is not None else {"getNote": get_note, "createNote": create_note}
    identify = "{}_generated".format
    app = bind("notes", [Surface(contract, bound)], identify, store or Unit(), body_bytes_max)
    return app.test_client()


def test_a_service_lacking_a_handler_and_having_one_too_many_refuses_to_start_naming_both() -> None:
    with pytest.raises(ServiceNotBound) as refused:
        client({"getNote": get_note, "deleteNote": get_note})
    assert "createNote" in refused.value.detail
    assert "deleteNote" in refused.value.detail


def test_parameters_arrive_typed() -> None:
    answer = client().get("/system/notes/v1/notes/7?upper=true", headers={"X-Pactolus-Client-Id": "cli_1"})
    assert answer.json == {"number": 7, "query": {"upper": True}, "client": "cli_1"}


NOTES = "/system/notes/v1/notes"
KEY = {"Idempotency-Key": "k"}


def problem_code(answer: Any) -> tuple[int, str]:
    code = answer.json["code"]
    assert answer.content_type == "application/problem+json"
    assert answer.json["correlationId"] == answer.headers["X-Correlation-ID"] == "c-7"
    assert answer.json["type"] == "https://pactolus.dev/problems/" + code.replace("_", "-")
    return answer.status_code, code


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "/nothing", (404, "not_found")),
        ("GET", f"{NOTES}/", (404, "not_found")),
        ("GET", "/system/notes/v1//notes/1", (404, "not_found")),
        ("DELETE", f"{NOTES}/1", (405, "method_not_allowed")),
        ("OPTIONS", f"{NOTES}/1", (405, "method_not_allowed")),
        ("GET", f"{NOTES}/seven", (422, "request_invalid")),
        ("GET", f"{NOTES}/1?upper=perhaps", (422, "request_invalid")),
    ],
)
def test_what_the_contract_does_not_declare_is_refused_as_a_problem(
    method: str, path: str, expected: tuple[int, str]
) -> None:
    answer = client().open(path, method=method, headers={"X-Correlation-ID": "c-7"})
    assert problem_code(answer) == expected


@pytest.mark.parametrize(
    ("body", "headers", "expected"),
    [
        (b'{"text":"a"}', {}, (400, "idempotency_key_missing")),
        (b'{"text":"a"}', {"Idempotency-Key": "k" * 300}, (400, "request_malformed")),
        (b'{"text":', KEY, (400, "request_malformed")),
        (b'{"text":"a","text":"b"}', KEY, (400, "request_malformed")),
        (b'{"text":NaN}', KEY, (400, "request_malformed")),
        (b'{"text":1e999}', KEY, (400, "request_malformed")),
        (b'{"text":' + b"9" * 900 + b"}", KEY, (422, "request_invalid")),
        (b"\xff\xfe", KEY, (400, "request_malformed")),
        (b"[" * 400 + b"]" * 400, KEY, (400, "request_malformed")),
        (b'{"text":1}', KEY, (422, "request_invalid")),
        (b"", KEY, (422, "request_invalid")),
        (b'{"text":"' + b"a" * 2000 + b'"}', KEY, (413, "body_too_large")),
        (b'{"text":"a"}', {**KEY, "Content-Type": "text/plain"}, (415, "unsupported_media_type")),
    ],
)
def test_a_body_that_cannot_be_taken_is_refused_as_a_problem(
    body: bytes, headers: dict[str, str], expected: tuple[int, str]
) -> None:
    sent = {"Content-Type": "application/json", "X-Correlation-ID": "c-7", **headers}
    assert problem_code(client().post(NOTES, data=body, headers=sent)) == expected


def test_the_methods_the_contract_declares_are_told() -> None:
    assert client().delete("/system/notes/v1/notes/1").headers["Allow"] == "GET"


@pytest.mark.parametrize("number", [500, 501])
def test_a_defect_leaves_no_trace_but_its_correlation_id(number: int) -> None:
    answer = client().get(f"/system/notes/v1/notes/{number}", headers={"X-Correlation-ID": "c-7"})
    assert answer.status_code == 500
    assert answer.json["code"] == "internal_error"
    assert "secret" not in answer.text
    assert "Traceback" not in answer.text


@pytest.mark.parametrize("given", [None, "", "two words", "x" * 129, "a\u00e9"])
def test_a_correlation_id_is_made_when_none_or_a_malformed_one_is_sent(given: str | None) -> None:
    headers = {} if given is None else {"X-Correlation-ID": given}
    answer = client().get("/system/notes/v1/notes/7", headers=headers)
    assert answer.headers["X-Correlation-ID"] == "cor_generated"


def test_head_is_answered_as_the_get_it_stands_for() -> None:
    answer = client().head(f"{NOTES}/7")
    assert (answer.status_code, answer.data) == (200, b"")
    assert client().head(f"{NOTES}/seven").status_code == 422


def test_health_needs_no_contract() -> None:
    assert client().get("/-/health").json == {"status": "ok", "service": "notes"}


def test_the_two_versions_of_one_contract_live_in_one_service(world: Any) -> None:
    assert world.call("GET", QUOTES).status_code == 200
    assert world.call("GET", QUOTES.replace("v2", "v1")).status_code == 200


def test_a_replayed_answer_repeats_status_body_and_location(world: Any) -> None:
    first = world.call("POST", QUOTES, example("contoso_quote"), key="create-01")
    again = world.call("POST", QUOTES, example("contoso_quote"), key='"create-01"')
    assert (again.status_code, again.json()) == (first.status_code, first.json())
    assert again.headers["Location"] == first.headers["Location"]
    assert again.headers["Idempotent-Replayed"] == "true"
    assert len(world.call("GET", QUOTES).json()["items"]) == 1
