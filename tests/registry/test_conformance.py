"""The API keeps its contract: requests made from the contract, answers judged by a second implementation."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from registry.config import RatePolicy
from registry.credentials import hash_of
from registry.model import Client, ClientKind
from registry.web.app import api_contract
from specs.load import contract_from_value
from specs.schema import self_contained
from specs.validity import validity_problems
from tests.registry.harness import FakeClock, RegistryUnderTest, contract, start

SECRET = "a-secret-of-the-test"
CONTRACT = api_contract()
SCHEMA = schemathesis.openapi.from_dict(CONTRACT)
OPERATIONS = [result.ok() for result in SCHEMA.get_all_operations()]
WITHOUT_INPUT = {"GET /environments", "GET /health", "GET /audit/checkpoint", "GET /signing-keys"}
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
        transaction.parties.add_client(
            Client("everything", ClientKind.ADMIN, None, hash_of(SECRET), scopes, registry.clock())
        )
    body = {"contract": "erp-orders", "major": 1}
    registry.call("POST", "/consumers/client-portal/subscriptions", json=body)
    yield registry
    registry.close()


def exchange(registry: RegistryUnderTest, case: Any) -> httpx.Response:
    """Sends a generated request as a client that may do everything."""
    options = case.as_transport_kwargs(base_url="http://registry.test/registry/v1")
    token = registry.token("everything", SECRET)
    headers = {name: value for name, value in dict(options.get("headers") or {}).items() if value is not None}
    known = {"params", "json", "content"} & set(options)
    content = {"content": options["data"]} if options.get("data") is not None else {}
    return registry.send(
        options["method"],
        options["url"],
        headers={**headers, "Authorization": f"Bearer {token}"},
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

    conforms()


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
