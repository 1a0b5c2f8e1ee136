"""Spectral's own rulesets, by name: which of their rules have a counterpart here, and which have none.

``spectral:oas`` and ``spectral:asyncapi`` are JavaScript. A ruleset that extends them gets our nearest rule
under the name it asked for; ``VALID`` is checked for every contract before any rule runs.
"""

from __future__ import annotations

from collections.abc import Mapping

VALID = "valid"
"""Part of validity, which no ruleset turns off."""

DESCRIPTION, OPERATION_ID = "lint.description_missing", "lint.operation_id"
EXAMPLE, UNREACHABLE = "lint.example_invalid", "lint.path_unreachable"

OAS: Mapping[str, str | None] = {
    "array-items": None,
    "contact-properties": None,
    "duplicated-entry-in-enum": "lint.enum_repeats",
    "info-contact": None,
    "info-description": DESCRIPTION,
    "info-license": None,
    "license-url": None,
    "no-$ref-siblings": None,
    "no-eval-in-markdown": None,
    "no-script-tags-in-markdown": None,
    "oas3-api-servers": "lint.server_url",
    "oas3-callbacks-in-callbacks": None,
    "oas3-examples-value-or-externalValue": None,
    "oas3-operation-security-defined": VALID,
    "oas3-parameter-description": DESCRIPTION,
    "oas3-schema": VALID,
    "oas3-server-not-example.com": None,
    "oas3-server-trailing-slash": "lint.server_url",
    "oas3-server-variables": VALID,
    "oas3-unused-component": "lint.component_unused",
    "oas3-valid-media-example": EXAMPLE,
    "oas3-valid-schema-example": EXAMPLE,
    "oas3_1-callbacks-in-webhook": None,
    "oas3_1-servers-in-webhook": None,
    "oas3_2-no-deprecated-xml-attribute": None,
    "openapi-tags": None,
    "openapi-tags-alphabetical": None,
    "openapi-tags-uniqueness": None,
    "operation-description": DESCRIPTION,
    "operation-operationId": OPERATION_ID,
    "operation-operationId-unique": OPERATION_ID,
    "operation-operationId-valid-in-url": OPERATION_ID,
    "operation-parameters": VALID,
    "operation-singular-tag": None,
    "operation-success-response": "lint.responses_incomplete",
    "operation-tag-defined": None,
    "operation-tags": None,
    "path-declarations-must-exist": UNREACHABLE,
    "path-keys-no-trailing-slash": "lint.path_name",
    "path-not-include-query": UNREACHABLE,
    "path-params": VALID,
    "tag-description": None,
    "typed-enum": None,
}
ASYNCAPI: Mapping[str, str | None] = {
    "asyncapi-3-document-resolved": VALID,
    "asyncapi-3-document-unresolved": VALID,
    "asyncapi-3-operation-description": DESCRIPTION,
    "asyncapi-channel-parameters": None,
    "asyncapi-info-contact": None,
    "asyncapi-info-contact-properties": None,
    "asyncapi-info-description": DESCRIPTION,
    "asyncapi-info-license": None,
    "asyncapi-latest-version": None,
    "asyncapi-message-examples": EXAMPLE,
    "asyncapi-operation-description": DESCRIPTION,
    "asyncapi-operation-operationId": None,
    "asyncapi-parameter-description": None,
    "asyncapi-payload": VALID,
    "asyncapi-payload-examples": EXAMPLE,
    "asyncapi-schema": VALID,
    "asyncapi-schema-examples": EXAMPLE,
    "asyncapi-servers": None,
    "asyncapi-tags": None,
    "asyncapi-unused-components-schema": None,
    "asyncapi-unused-components-server": None,
}
ONLY_WITH_ALL = frozenset(
    """
    contact-properties info-license license-url openapi-tags openapi-tags-alphabetical operation-singular-tag
    tag-description oas3-parameter-description oas3-server-not-example.com asyncapi-info-license
    asyncapi-parameter-description
    """.split()  # noqa: SIM905 - read better as text
)
"""Rules that Spectral runs for ``all`` only, not for ``recommended``."""

RULESETS: Mapping[str, Mapping[str, str | None]] = {"spectral:oas": OAS, "spectral:asyncapi": ASYNCAPI}
HOUSE = "pactolus:house"
"""All our own rules, each named by its code."""
