"""One reading of OpenAPI: references followed, defaults filled in, inherited parts in place."""

from __future__ import annotations

import pytest

from specs.errors import SpecError
from specs.files import documents_root, read_contract
from specs.load import load_contract
from specs.openapi import Operation, item_operations, operations, server_base_path

DOCUMENT = """
openapi: 3.0.3
info: {title: t, version: 1.0.0}
servers:
  - url: '{scheme}://{host}/system/{name}/v1/'
    variables:
      scheme: {default: https}
      host: {default: localhost}
      name: {default: crm}
security: [{oauth: [read]}]
paths:
  /quotes/{quoteId}:
    summary: not inherited
    parameters:
      - {name: quoteId, in: path, required: true, schema: {type: string}}
      - {name: trace, in: header, schema: {type: string}, description: of the path}
    get:
      operationId: getQuote
      deprecated: true
      x-pactolus: {throttling: T1}
      parameters:
        - {name: trace, in: header, required: true, schema: {type: string}}
        - {name: Authorization, in: header, schema: {type: string}}
        - {name: filter, in: query, style: deepObject, schema: {type: object}}
        - {name: sort, in: query, schema: {type: array}}
        - {name: q, in: query, allowReserved: true, content: {application/json: {schema: {type: object}}}}
      responses:
        '200':
          description: ok
          headers:
            ETag: {required: true, schema: {type: string}}
            Content-Type: {schema: {type: string}}
          content: {application/json: {schema: {$ref: '#/components/schemas/Quote'}}}
        4XX: {$ref: '#/components/responses/Problem'}
        default: {$ref: '#/components/responses/Problem'}
        x-note: not a response
    put:
      security: [{}, {oauth: [read, write], key: []}]
      requestBody: {$ref: '#/components/requestBodies/Quote'}
      responses: {'204': {description: done}}
    post:
      security: []
      responses: {}
  x-internal: {get: {}}
components:
  schemas: {Quote: {type: object}}
  responses: {Problem: {description: bad, content: {application/problem+json: {schema: {type: object}}}}}
  requestBodies: {Quote: {required: true, content: {application/json: {schema: {type: object}}}}}
  securitySchemes:
    oauth: {type: oauth2, flows: {}}
    key: {type: apiKey, name: k, in: header}
"""


def read(text: str) -> tuple[Operation, ...]:
    return operations(load_contract("a.yaml", text.encode()))


def test_operations_come_in_the_order_of_the_methods() -> None:
    assert [(found.method, found.path) for found in read(DOCUMENT)] == [
        ("GET", "/quotes/{quoteId}"),
        ("PUT", "/quotes/{quoteId}"),
        ("POST", "/quotes/{quoteId}"),
    ]


def test_parameters_of_the_path_are_inherited_and_overridden() -> None:
    get = read(DOCUMENT)[0]

    assert [(p.name, p.location, p.required, p.style, p.explode) for p in get.parameters] == [
        ("quoteId", "path", True, "simple", False),
        ("trace", "header", True, "simple", False),
        ("filter", "query", False, "deepObject", False),
        ("sort", "query", False, "form", True),
        ("q", "query", False, "form", True),
    ]
    q = get.parameters[-1]
    assert (q.schema, q.allow_reserved, [part.name for part in q.content]) == (
        None,
        True,
        ["application/json"],
    )


def test_responses_have_their_headers_and_references_followed() -> None:
    get = read(DOCUMENT)[0]

    assert [response.status for response in get.responses] == ["200", "4XX", "default"]
    assert [(header.name, header.required) for header in get.responses[0].headers] == [("ETag", True)]
    assert get.responses[1].content[0].name == "application/problem+json"
    assert get.responses[1].node.pointer == "/components/responses/Problem"
    assert (get.operation_id, get.deprecated, get.extension) == ("getQuote", True, {"throttling": "T1"})


def test_security_is_inherited_replaced_or_taken_away() -> None:
    get, put, post = read(DOCUMENT)

    assert [[(use.name, use.scopes) for use in way] for way in get.security] == [[("oauth", ("read",))]]
    assert [[(use.name, use.scopes) for use in way] for way in put.security] == [
        [],
        [("oauth", ("read", "write")), ("key", ())],
    ]
    assert put.security[1][1].scheme.value["type"] == "apiKey"
    assert post.security == ()
    assert put.request_body is not None
    assert put.request_body.required


def test_a_security_scheme_nobody_defined_is_a_problem() -> None:
    with pytest.raises(SpecError) as refusal:
        read(DOCUMENT.replace("{oauth: [read]}", "{other: []}"))

    assert refusal.value.code == "openapi.security_scheme_unknown"


def test_a_path_item_of_another_document_keeps_its_own_operations() -> None:
    contract = load_contract(
        "a.yaml",
        b"openapi: 3.1.0\npaths:\n  /a: {$ref: b.yaml}\n  /c: {$ref: b.yaml, post: {responses: {}}}\n",
        {"b.yaml": b"parameters: [{name: p, in: query, schema: {}}]\nget: {operationId: g}\n"},
    )

    found = operations(contract)

    assert [(o.method, o.path, len(o.parameters)) for o in found] == [
        ("GET", "/a", 1),
        ("POST", "/c", 0),
        ("GET", "/c", 1),
    ]


def test_a_webhook_is_read_as_a_path_is() -> None:
    text = """
openapi: 3.1.0
info: {title: t, version: 1.0.0}
security: [{key: []}]
webhooks:
  paid:
    $ref: '#/components/pathItems/Signed'
    post:
      operationId: paid
      requestBody: {content: {application/json: {schema: {type: object}}}}
      responses: {'204': {headers: {Content-Type: {schema: {type: string}}, Seen: {schema: {type: string}}}}}
components:
  pathItems:
    Signed:
      parameters: [{name: Signature, in: header, required: true, schema: {type: string}}]
      put: {operationId: put}
  securitySchemes: {key: {type: apiKey, in: header, name: Key}}
"""
    written = load_contract("a.yaml", text.encode()).node("/webhooks/paid")

    found = list(item_operations(written, "paid"))

    assert [(one.method, one.path, one.operation_id) for one in found] == [
        ("POST", "paid", "paid"),
        ("PUT", "paid", "put"),
    ]
    assert [header.name for header in found[0].responses[0].headers] == ["Seen"]
    assert [parameter.name for parameter in found[1].parameters] == ["Signature"]
    assert found[1].security[0][0].name == "key"


@pytest.mark.parametrize(
    ("servers", "path"),
    [
        ("[{url: /system/crm/v1}]", "/system/crm/v1"),
        ("[{url: 'https://example.com/a/'}]", "/a"),
        ("[{url: /}]", ""),
        ("[]", ""),
        ("[{}]", ""),
    ],
)
def test_the_base_path_is_that_of_the_first_server(servers: str, path: str) -> None:
    contract = load_contract("a.yaml", f"openapi: 3.1.0\nservers: {servers}".encode())

    assert server_base_path(contract) == path


def test_server_variables_have_their_defaults() -> None:
    assert server_base_path(load_contract("a.yaml", DOCUMENT.encode())) == "/system/crm/v1"


@pytest.mark.parametrize(
    "text",
    [
        "openapi: 3.1.0\npaths: 5",
        "openapi: 3.1.0\npaths: {/a: 5}",
        "openapi: 3.1.0\npaths: {/a: {get: 5}}",
        "openapi: 3.1.0\npaths: {/a: {get: {parameters: {}, responses: [], security: 5, operationId: 1}}}",
        "openapi: 3.1.0\npaths: {/a: {get: {parameters: [5], responses: {'200': 5}, requestBody: 5}}}",
    ],
)
def test_a_document_of_the_wrong_shape_is_read_as_far_as_it_goes(text: str) -> None:
    for operation in read(text):
        assert operation.path == "/a"


def test_the_packaged_contracts_have_their_operations() -> None:
    contract = read_contract(documents_root() / "system" / "crm-quote.v2.openapi.yaml", [documents_root()])

    found = {operation.operation_id: operation for operation in operations(contract)}

    assert {"listQuotes", "createQuote", "getQuote", "reviseQuote", "submitQuote", "approveQuote"} <= set(
        found
    )
    assert found["createQuote"].extension["idempotency"] == "required"
    assert found["approveQuote"].security[0][0].scopes == ("crm.quote:approve",)
    assert server_base_path(contract) == "/system/crm-quote/v2"
