"""Whose data is asked for, and who sees what of it: bindings, redaction, read-only and write-only members."""

from __future__ import annotations

import copy
from typing import Any

import jsonschema
import orjson
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.config import Limits
from gateway.errors import PlanError
from gateway.model import Answer, ContractRecord, DocumentRef, Reject
from gateway.plan.compile import compile_contract
from gateway.plan.places import Directions, apply, pointer_trim
from gateway.policies.redaction import without
from specs.load import load_contract
from tests.gateway.credentials_harness import BASE, CONTRACT, vault


@pytest.fixture(scope="module")
def own(make_gateway, _upstream_server):
    return vault(make_gateway, _upstream_server.url)


@pytest.fixture
def gateway(own, upstream):
    upstream.answers(200, b"{}")
    return own


def bearer(tokens, scope: str = "vault:read", **claims: Any) -> dict[str, str]:
    claims = {"legal_entity": ["DE01", "DE02"], **claims}
    return {"authorization": "Bearer " + tokens.sign(scope=scope, **claims)}


@pytest.mark.parametrize("claim", ["DE01", ["DE01", "DE02"]])
def test_a_caller_reads_what_its_claim_names(gateway, upstream, tokens, claim):
    headers = bearer(tokens, legal_entity=claim)
    assert gateway.client.get(BASE + "/entities/DE01/orders", headers=headers).status_code == 200
    for other in ("DE03", "DE0", "de01", "DE01%20", "DE01,DE02", "%2A"):
        response = gateway.client.get(BASE + f"/entities/{other}/orders", headers=headers)
        assert (response.status_code, response.json()["code"]) == (403, "binding_violation"), other
    assert len(upstream.seen) == 1


@pytest.mark.parametrize("claim", [None, [], 7, {"DE01": True}, ["DE01", 7], True])
def test_a_claim_that_is_missing_or_of_another_kind_names_nothing(gateway, upstream, tokens, claim):
    headers = bearer(tokens, legal_entity=claim)
    assert gateway.client.get(BASE + "/entities/DE01/orders", headers=headers).status_code == 403
    assert upstream.seen == []


def create(gateway, tokens, body: Any, key: str = "k-1", **claims: Any):
    headers = {**bearer(tokens, **claims), "idempotency-key": key, "content-type": "application/json"}
    content = body if isinstance(body, bytes) else orjson.dumps(body)
    return gateway.client.post(BASE + "/entities/DE01/orders", headers=headers, content=content)


ORDER = {"owner": "process-client", "pin": "1234", "lines": [{"entity": "DE01"}, {"entity": "DE02"}]}
MADE = {
    "id": "o-1",
    "owner": "process-client",
    "pin": "1234",
    "cost": 3.50,
    "parts": [{**ORDER, "id": "o-2"}],
}


def test_a_member_of_the_body_must_be_the_callers(gateway, upstream, tokens):
    upstream.answers(201, orjson.dumps(MADE))
    assert create(gateway, tokens, ORDER).status_code == 201
    for wrong in (
        {**ORDER, "owner": "somebody"},
        {**ORDER, "lines": [{"entity": "DE01"}, {"entity": "DE03"}]},
        {**ORDER, "lines": []},
        {name: value for name, value in ORDER.items() if name != "lines"},
    ):
        response = create(gateway, tokens, wrong, "k-2")
        assert (response.status_code, response.json()["code"]) == (403, "binding_violation"), wrong
    assert len(upstream.seen) == 1


def test_a_read_only_member_is_refused_by_its_pointer_and_never_required(gateway, upstream, tokens):
    numbered = [{"entity": "DE01", "number": 1}]
    response = create(gateway, tokens, {**ORDER, "id": "o-9", "lines": numbered}, "k-3")
    assert response.status_code == 422
    assert sorted((error["pointer"], error["code"]) for error in response.json()["errors"]) == [
        ("/id", "read_only"),
        ("/lines/0/number", "read_only"),
    ]
    assert upstream.seen == []


def test_a_write_only_member_is_taken_out_of_the_answer_at_any_depth(gateway, upstream, tokens):
    upstream.answers(201, orjson.dumps(MADE), content_digest="sha-256=:x:", etag='"1"')
    response = create(gateway, tokens, ORDER, "k-4", scope="vault:read vault:cost")
    assert response.status_code == 201
    assert response.json() == {
        "id": "o-1",
        "owner": "process-client",
        "cost": 3.5,
        "parts": [{"id": "o-2", "owner": "process-client", "lines": ORDER["lines"]}],
    }
    assert "content-digest" not in response.headers
    assert response.headers["etag"] == '"1"'
    upstream.answers(201, orjson.dumps({"id": "o-1", "owner": "x"}))
    assert create(gateway, tokens, ORDER, "k-5").status_code == 201, "it is not required there either"


ITEMS = {"margin": 0.1, "items": [{"id": "a", "owner": "o", "cost": 1.0}, {"id": "b", "owner": "o"}]}


@pytest.mark.parametrize(
    ("scope", "seen"),
    [
        ("vault:read", {"items": [{"id": "a", "owner": "o"}, {"id": "b", "owner": "o"}]}),
        ("vault:read vault:margin", {**ITEMS, "items": [{"id": "a", "owner": "o"}, ITEMS["items"][1]]}),
        ("vault:read vault:cost vault:margin", ITEMS),
    ],
)
def test_a_caller_sees_what_its_scopes_show(gateway, upstream, tokens, scope, seen):
    upstream.answers(200, orjson.dumps(ITEMS))
    path = BASE + "/entities/DE01/orders"
    response = gateway.client.get(path, headers=bearer(tokens, scope))
    assert response.json() == seen
    assert int(response.headers["content-length"]) == len(response.content)
    head = gateway.client.head(path, headers=bearer(tokens, scope))
    assert head.status_code == 200
    assert scope.endswith("margin") or "content-length" not in head.headers


def test_a_kept_answer_is_redacted_for_who_repeats_the_call(gateway, upstream, tokens):
    upstream.answers(201, orjson.dumps({"id": "o", "owner": "x", "cost": 1}))
    assert create(gateway, tokens, ORDER, "k-6", scope="vault:read vault:cost").json()["cost"] == 1
    again = create(gateway, tokens, ORDER, "k-6")
    assert again.headers["idempotent-replayed"] == "true"
    assert again.json() == {"id": "o", "owner": "x"}
    assert create(gateway, tokens, ORDER, "k-6", scope="vault:read vault:cost").json()["cost"] == 1


def test_what_stays_is_written_as_it_was():
    raw = b'{"a":1.10,"b":123456789012345678901234567890,"c":-0.0,"d":1E400,"s":"\xc3\xa9\\n","x":1}'
    decided = without(Answer(200, [], raw), [pointer_trim(["x"])])
    assert isinstance(decided, Answer)
    assert decided.body == raw[:-7] + b"}"
    same = without(Answer(200, [], raw), [pointer_trim(["y"])])
    assert isinstance(same, Answer)
    assert same.body is raw


@pytest.mark.parametrize(
    "raw", [b"no", b"{", b'{"a":NaN}', b"\xff", b"[" * 100_000, b'{"a":1,"x":"\\ud800"}']
)
def test_what_cannot_be_read_does_not_pass(raw):
    decided = without(Answer(200, [], raw), [pointer_trim(["a"])])
    assert isinstance(decided, Reject)
    assert decided.code == "contract_violation"


def compiled(change) -> Any:
    value = yaml.safe_load(CONTRACT.read_text())
    change(value["paths"]["/entities/{entityId}/orders"])
    raw = yaml.safe_dump(value).encode()
    record = ContractRecord("vault", "openapi", "1.0.0", 1, "process", "t", DocumentRef("memory:a.yaml", ""))
    return compile_contract(load_contract("memory:a.yaml", raw, {}), record, Limits())


def put(name: str, value: Any):
    return lambda item: item["get"]["x-pactolus"].update({name: value})


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (put("bind", [{"path": "nobody", "claim": "sub"}]), "path parameter nobody"),
        (put("bind", [{"body": "/a", "claim": "sub"}]), "every body must be JSON"),
        (lambda item: item["get"].update(security=[]), "serves without"),
        (lambda item: item["get"].update(security=[{"oauth": []}, {}]), "serves without"),
        (put("redact", [{"member": "/items/*/id", "scope": "s"}]), "is required in answer 200"),
        (put("redact", [{"member": "items", "scope": "s"}]), "no JSON pointer"),
        (put("redact", [{"member": "/items/*", "scope": "s"}]), "no JSON pointer"),
    ],
)
def test_a_rule_that_could_not_be_enforced_is_refused_with_the_contract(change, said):
    with pytest.raises(PlanError, match=said) as raised:
        compiled(change)
    assert raised.value.code == "contract.authorization"


def test_an_operation_without_rules_has_none_of_the_policies():
    plans = {plan.key: plan for plan in compiled(lambda item: None).operations}
    plain = plans["GET /plain"]
    assert (plain.asks, plain.path_rules, plain.content_guards, plain.redactions, plain.trims) == (
        None, (), (), (), False,
    )  # fmt: skip
    assert not {"binding", "api_keys", "redaction"} & set(plain.policies)


# A second reading of write-only: by value and schema together, without a plan.

NAMES = st.sampled_from("abc")


def schemas(depth: int = 3) -> st.SearchStrategy[dict[str, Any]]:
    leaf = st.sampled_from([{}, {"writeOnly": True}, {"type": "string"}, {"$ref": "#/$defs/Top"}])
    if depth == 0:
        return leaf
    below = schemas(depth - 1)
    return st.one_of(
        leaf,
        st.dictionaries(NAMES, below, max_size=3).map(lambda named: {"properties": named}),
        below.map(lambda item: {"items": item}),
        below.map(lambda other: {"additionalProperties": other}),
        st.lists(below, min_size=1, max_size=2).map(lambda parts: {"anyOf": parts}),
    )


VALUES = st.recursive(
    st.integers(0, 3),
    lambda below: st.lists(below, max_size=2) | st.dictionaries(NAMES, below, max_size=3),
    max_leaves=8,
)


def reached(root: dict[str, Any], schema: dict[str, Any], seen: tuple[int, ...] = ()) -> list[dict[str, Any]]:
    if id(schema) in seen:
        return []
    seen += (id(schema),)
    found = [schema]
    if "$ref" in schema:
        found += reached(root, root["$defs"]["Top"], seen)
    for part in schema.get("anyOf", ()):
        found += reached(root, part, seen)
    return found


def naive(root: dict[str, Any], group: list[dict[str, Any]], value: Any) -> Any:
    full = [one for schema in group for one in reached(root, schema)]
    if isinstance(value, list):
        items = [schema["items"] for schema in full if "items" in schema]
        return [naive(root, items, item) for item in value]
    if not isinstance(value, dict):
        return value
    kept = {}
    named = {name for schema in full for name in schema.get("properties", {})}
    for name, below in value.items():
        found = [schema["properties"][name] for schema in full if name in schema.get("properties", {})]
        if name not in named:
            found = [schema["additionalProperties"] for schema in full if "additionalProperties" in schema]
        marked = [one for schema in found for one in reached(root, schema) if one.get("writeOnly")]
        if not (marked and name in named):
            kept[name] = naive(root, found, below)
    return kept


@settings(deadline=None)
@given(schemas(), st.lists(schemas(), min_size=1, max_size=3), VALUES)
def test_what_is_taken_out_is_what_a_second_reading_takes_out(top, bodies, value):
    directions = Directions(10_000)
    for schema in bodies:
        root = {**schema, "$defs": {"Top": top}}
        trim = directions.trim(root, "writeOnly")
        mine = copy.deepcopy(value)
        changed = trim is not None and apply(mine, trim)
        assert mine == naive(root, [root], value)
        assert changed == (mine != value)


@settings(deadline=None)
@given(VALUES)
def test_a_request_without_read_only_members_is_judged_as_before(value):
    order = {
        "type": "object",
        "required": ["a", "b"],
        "properties": {"a": {"readOnly": True}, "b": {"anyOf": [{"type": "integer"}, {"$ref": "#/$defs/O"}]}},
        "additionalProperties": False,
    }
    root = {"$ref": "#/$defs/O", "$defs": {"O": order}}
    before = copy.deepcopy(root)
    made = jsonschema.Draft202012Validator(Directions(10_000).schema(root, "readOnly"))
    assert root == before
    accepted = made.is_valid(value)
    assert not (accepted and '"a"' in orjson.dumps(value).decode())
    with_a = filled(value)
    assert accepted == jsonschema.Draft202012Validator(root).is_valid(with_a) or "a" in str(value)


def filled(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    return {"a": 1, **{name: filled(below) for name, below in value.items()}}


def test_where_a_mark_is_looked_for_is_bounded():
    schema = {"properties": {"a": {"properties": {"b": {"writeOnly": True}}}}}
    assert Directions(2).trim(schema, "writeOnly") is not None
    with pytest.raises(PlanError, match="more than 1 places"):
        Directions(1).trim(schema, "writeOnly")
