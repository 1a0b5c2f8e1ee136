"""The API keeps its contract: requests made from the contract, answers judged by a second implementation."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.stateful import run_state_machine_as_test
from schemathesis import GenerationMode, Response
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    ensure_resource_availability,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    use_after_free,
)

from registry.config import RatePolicy
from registry.credentials import hash_of
from registry.model import Client, ClientKind, ClientSecret
from registry.web.app import api_contract
from specs.load import contract_from_value
from specs.schema import self_contained
from specs.validity import validity_problems
from tests.registry.harness import FakeClock, RegistryUnderTest, basic, contract, start

SECRET = "a-secret-of-the-test"
CONTRACT = api_contract()
SCHEMA = schemathesis.openapi.from_dict(CONTRACT)
OPERATIONS = [result.ok() for result in SCHEMA.get_all_operations()]
SECURED = [operation for operation in OPERATIONS if operation.definition.raw.get("security") != []]
GATEWAY_ONLY = ("registry:snapshot", "registry:usage")
WITHOUT_INPUT = {
    "GET /environments",
    "GET /health",
    "GET /audit/checkpoint",
    "GET /deprecation-calendar/file",
    "GET /signing-keys",
}
CHECKS = [
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RegistryUnderTest]:
    """A registry that holds one of everything, so that examples find something."""
    rates = RatePolicy(api="1000000 per minute", token="1000000 per minute")
    url = f"sqlite:///{tmp_path_factory.mktemp('conformance') / 'registry.db'}"
    registry = start(url, FakeClock(), rates=rates)
    token = registry.team("erp-team")
    registry.publish(token, contract(name="erp-orders", operations=["createOrder"]), "erp-orders")
    registry.consumer("client-portal", "erp-team")
    scopes = tuple(
        f"registry:{what}" for what in ("admin", "approve", "audit", "publish", "read", "snapshot", "usage")
    )
    with registry.store.writing() as transaction:
        transaction.clients.add(
            Client(
                "everything",
                ClientKind.ADMIN,
                None,
                (ClientSecret("sec_1", hash_of(SECRET), registry.clock()),),
                scopes,
                registry.clock(),
            )
        )
    body = {"contract": "erp-orders", "major": 1}
    registry.call("POST", "/consumers/client-portal/subscriptions", json=body)
    plan = {"deprecateAt": "2026-11-02T08:00:00Z", "sunsetAt": "2099-12-31T00:00:00Z"}
    path = "/contracts/erp-orders/deprecation-plans/1"
    registry.call("PUT", path, token=token, json=plan, headers={"If-Match": '"0"'})
    yield registry
    registry.close()


def exchange(registry: RegistryUnderTest, case: Any, authorization: str | None = None) -> httpx.Response:
    """Sends a generated request, as a client that may do everything unless told otherwise."""
    options = case.as_transport_kwargs(base_url="http://registry.test/registry/v1")
    if authorization is None:
        authorization = f"Bearer {registry.token('everything', SECRET)}"
    headers = {name: value for name, value in dict(options.get("headers") or {}).items() if value is not None}
    known = {"params", "json", "content"} & set(options)
    content = {"content": options["data"]} if options.get("data") is not None else {}
    return registry.send(
        options["method"],
        options["url"],
        headers={**headers, **({"Authorization": authorization} if authorization else {})},
        **{name: options[name] for name in known},
        **content,
    )


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["valid", "invalid"])
@pytest.mark.parametrize("operation", OPERATIONS, ids=[operation.label for operation in OPERATIONS])
def test_every_answer_keeps_the_contract(
    filled: RegistryUnderTest, operation: Any, mode: GenerationMode
) -> None:
    if mode is GenerationMode.NEGATIVE and operation.label in WITHOUT_INPUT:
        pytest.skip("a request without parameters or body cannot be wrong")
    strategy = operation.as_strategy(generation_mode=mode)

    @seed(1)
    @settings(
        max_examples=12,
        deadline=None,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=strategy)
    def conforms(case: Any) -> None:
        response = exchange(filled, case)
        assert response.status_code < 500, response.text
        assert response.status_code != 401, response.text
        case.validate_response(response, checks=CHECKS)
        if mode is GenerationMode.NEGATIVE:
            case.validate_response(response, checks=[negative_data_rejection])
        else:
            # Of a cursor the contract says no more than that it is text.
            assert refused_places(response) <= {"cursor"}, response.text

    conforms()


def refused_places(response: httpx.Response) -> set[str]:
    """What the registry finds off contract in a request."""
    if response.status_code != 400:
        return set()
    body = response.json()
    if body["code"] == "json_invalid" and rb"\u0000" in response.request.content:
        return set()  # which the contract says in its description, since a schema cannot
    return {error["pointer"].strip("/") for error in body.get("errors", ())} or {body["code"]}


@pytest.mark.parametrize("operation", SECURED, ids=[operation.label for operation in SECURED])
def test_no_credentials_but_the_right_ones_open_an_operation(
    filled: RegistryUnderTest, credentials: Mapping[str, str], operation: Any
) -> None:
    answers: dict[str, int] = {}

    @seed(1)
    @settings(max_examples=1, deadline=None, database=None, phases=[Phase.generate])
    @given(case=operation.as_strategy(generation_mode=GenerationMode.POSITIVE))
    def knock(case: Any) -> None:
        for name, authorization in credentials.items():
            response = exchange(filled, case, authorization)
            case.validate_response(response, checks=CHECKS)
            answers[name] = response.status_code

    knock()

    scopes = {
        scope
        for one in operation.definition.raw.get("security", CONTRACT["security"])
        for scope in one["oauth"]
    }
    too_little = set(GATEWAY_ONLY) - scopes
    assert {name: answers[name] for name in too_little} == dict.fromkeys(too_little, 403)
    useless = set(credentials) - set(GATEWAY_ONLY)
    assert {name: answers[name] for name in useless} == dict.fromkeys(useless, 401)


@pytest.fixture(scope="module")
def credentials(filled: RegistryUnderTest) -> Mapping[str, str]:
    """Authorization headers that open nothing, by what is wrong with them; the empty one is not sent."""
    good = filled.token("everything", SECRET)
    head, payload, signature = good.split(".")
    with filled.store.writing() as transaction:
        for name, scopes in (("gateway", GATEWAY_ONLY), ("gone", ("registry:read",))):
            secret = ClientSecret(f"sec_{name}", hash_of(SECRET), filled.clock())
            client = Client(name, ClientKind.ADMIN, None, (secret,), scopes, filled.clock())
            transaction.clients.add(client)
    gone = filled.token("gone", SECRET)
    with filled.store.writing() as transaction:
        transaction.clients.withdraw("gone", filled.clock())
    filled.clock.pass_time(days=-1)
    filled.tokens.clear()
    expired = filled.token("everything", SECRET)
    filled.clock.pass_time(days=1)
    filled.tokens.clear()
    unsigned = base64.urlsafe_b64encode(b'{"alg":"none","typ":"at+jwt"}').rstrip(b"=").decode()
    return {
        "absent": "",
        "another scheme": basic("everything", SECRET)["Authorization"],
        "no token": "Bearer x",
        "expired": f"Bearer {expired}",
        "withdrawn": f"Bearer {gone}",
        "unsigned": f"Bearer {unsigned}.{payload}.",
        "another signature": f"Bearer {head}.{payload}.{signature[::-1]}",
        **{scope: f"Bearer {filled.token('gateway', SECRET, scope)}" for scope in GATEWAY_ONLY},
    }


def test_the_contract_is_valid_and_so_are_its_examples() -> None:
    from jsonschema import Draft202012Validator

    loaded = contract_from_value(CONTRACT)
    assert validity_problems(loaded) == ()
    checked = 0
    for name, example in CONTRACT["components"]["examples"].items():
        schema = loaded.node(
            f"/components/schemas/{'PublishProblem' if name == 'CompatibilityFailed' else name}"
        )
        Draft202012Validator(self_contained(schema)).validate(example["value"])
        checked += 1

    assert checked > 10


def test_the_contract_is_plain_json(filled: RegistryUnderTest) -> None:
    served = filled.send("GET", "/registry/v1/openapi.json")

    assert served.status_code == 200
    assert json.loads(json.dumps(CONTRACT))["info"] == served.json()["info"]


def test_journeys_from_what_one_operation_answers_to_what_others_take_keep_the_contract(
    filled: RegistryUnderTest,
) -> None:
    """Calls chained by names and identifiers: what was made is there, what was ended is not."""

    class Journey(SCHEMA.as_state_machine()):  # type: ignore[misc]
        def call(self, case: Any, **_options: Any) -> Response:
            return Response.from_any(exchange(filled, case))

        def validate_response(self, response: Response, case: Any, **_options: Any) -> None:
            assert response.status_code < 500, response.text
            case.validate_response(response, checks=[*CHECKS, ensure_resource_availability, use_after_free])

    run_state_machine_as_test(
        seed(1)(Journey),
        settings=settings(
            max_examples=15,
            stateful_step_count=12,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )
