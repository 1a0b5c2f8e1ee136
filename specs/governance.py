"""What a contract says about itself beyond the interface: owner, layer, audience, throttling, sunset.

Zalando's ``x-api-id`` and ``x-audience``, oasdiff's ``x-sunset``, and our ``x-pactolus``, whose shape is
``specs/meta/x-pactolus.schema.json``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import jsonschema_rs
from semver import Version

from specs.errors import SpecError
from specs.files import meta_text
from specs.model import Contract, Kind, Node
from specs.openapi import EXTENSION, METHODS
from specs.pointers import pointer_of
from specs.problem import Problem
from specs.uris import has_scheme

AUDIENCES = (
    "component-internal",
    "business-unit-internal",
    "company-internal",
    "external-partner",
    "external-public",
)
"""Zalando's guideline 219, from the narrowest to the widest."""
API_ID = re.compile(r"[a-z0-9][a-z0-9:._-]{5,63}")
"""Zalando's guideline 215: never changed, the same for all major versions."""
DEFAULT_THROTTLING = "T2"
CANONICAL_LAYER = "canonical"
"""The layer of canonical schemas, which stand below the layers of the system."""
SCHEMA_API_ID = "schema:"
DEFAULT_SCHEMA_AUDIENCE = "company-internal"
SCHEMA = "x-pactolus.schema.json"


@dataclass(frozen=True, slots=True)
class Governance:
    """``version`` is semantic and ``major`` its first part; ``sunset`` is a date, the last day of service."""

    name: str
    api_id: str
    audience: str
    owner: str
    layer: str
    domain: str
    throttling_class: str
    kind: Kind
    version: str
    major: int
    sunset: str | None


def governance_of(contract: Contract) -> Governance:
    """The governance of a contract or a canonical schema; SpecError ``governance.*`` with all problems."""
    problems = governance_problems(contract)
    if problems:
        raise SpecError(problems)
    root = contract.document.value
    extension = root[EXTENSION]
    if contract.kind is Kind.JSON_SCHEMA:
        return _governance_of_schema(contract, extension)
    return Governance(
        name=extension["name"],
        api_id=_api_id(contract)[0],
        audience=root["info"]["x-audience"],
        owner=extension["owner"],
        layer=extension["layer"],
        domain=extension["domain"],
        throttling_class=extension.get("throttling", DEFAULT_THROTTLING),
        kind=contract.kind,
        version=contract.version,
        major=Version.parse(contract.version).major,
        sunset=root.get("x-sunset"),
    )


def _governance_of_schema(contract: Contract, extension: Mapping[str, Any]) -> Governance:
    """A canonical schema belongs to no layer of the system: every layer refers to it."""
    return Governance(
        name=extension["name"],
        api_id=f"{SCHEMA_API_ID}{extension['name']}",
        audience=extension.get("audience", DEFAULT_SCHEMA_AUDIENCE),
        owner=extension["owner"],
        layer=CANONICAL_LAYER,
        domain=extension["domain"],
        throttling_class=DEFAULT_THROTTLING,
        kind=contract.kind,
        version=contract.version,
        major=Version.parse(contract.version).major,
        sunset=contract.document.value.get("x-sunset"),
    )


def governance_problems(contract: Contract) -> tuple[Problem, ...]:
    """Everything that keeps the contract from being governed, in document order."""
    if contract.kind is Kind.JSON_SCHEMA:
        return tuple(_schema_problems(contract))
    return (
        *_root_problems(contract),
        *_version_problems(contract),
        *_audience_problems(contract),
        *_api_id_problems(contract),
        *_sunset_problems(contract.root),
        *_operation_problems(contract),
    )


def _schema_problems(contract: Contract) -> Iterator[Problem]:
    """A schema without `x-pactolus` is a part of the contracts that refer to it, and not published alone."""
    extension = contract.root.child(EXTENSION) if isinstance(contract.document.value, dict) else None
    if extension is None:
        yield contract.root.problem(
            "governance.kind_unsupported",
            "A JSON Schema without x-pactolus is governed by the contracts that use it.",
            "Publish OpenAPI or AsyncAPI, or add x-pactolus with name, owner, domain and version.",
        )
        return
    yield from _shape_problems(extension, "schema")
    if not Version.is_valid(contract.version):
        yield extension.problem(
            "governance.version_not_semantic",
            f"x-pactolus.version is {contract.version!r}, which is no semantic version.",
            "Write MAJOR.MINOR.PATCH, for example 1.0.0, quoted.",
            below="/version" if extension.child("version") else "",
        )
    if schema_id(contract) is None:
        yield contract.root.problem(
            "governance.schema_id_required",
            "The schema has no absolute $id, so no contract can be known to refer to it.",
            "Add $id with an absolute URI; keep it within a major version and give the next one another.",
        )
    yield from _sunset_problems(contract.root)


def schema_id(contract: Contract) -> str | None:
    """The absolute URI that a schema is known by in all contracts; None without one."""
    base = contract.document.identifiers.resources[""].base
    return base if base is not None and has_scheme(base) else None


def operation_nodes(contract: Contract) -> Iterator[Node]:
    """Every object an operation is written in, of either format; references are not followed."""
    names: tuple[str, ...] = METHODS
    holder = contract.root.child("paths")
    if contract.kind is Kind.ASYNCAPI:
        if contract.document.spec_version.startswith("3."):
            operations = contract.root.child("operations")
            yield from (entry for _, entry in (operations.items() if operations is not None else ()))
            return
        names, holder = ("publish", "subscribe"), contract.root.child("channels")
    for _, entry in holder.items() if holder is not None else ():
        for name in names:
            operation = entry.child(name)
            if operation is not None and isinstance(operation.value, dict):
                yield operation


def _root_problems(contract: Contract) -> Iterator[Problem]:
    extension = contract.root.child(EXTENSION)
    if extension is None:
        yield contract.root.problem(
            "governance.owner_required",
            "The contract names no owner: the root object has no x-pactolus.",
            "Add x-pactolus with name, owner, layer and domain.",
        )
        return
    if isinstance(extension.value, dict) and "owner" not in extension.value:
        yield extension.problem(
            "governance.owner_required",
            "The contract names no owner.",
            "Add the team that answers for it as owner, for example 'owner: crm-team'.",
        )
    yield from _shape_problems(extension, "root", known=("owner",))


def _operation_problems(contract: Contract) -> Iterator[Problem]:
    for operation in operation_nodes(contract):
        extension = operation.child(EXTENSION)
        if extension is not None:
            yield from _shape_problems(extension, "operation")
        yield from _sunset_problems(operation)


def _shape_problems(extension: Node, definition: str, known: tuple[str, ...] = ()) -> Iterator[Problem]:
    """Violations of the extension's schema; members in ``known`` have been reported when missing."""
    for error in _validator(extension.contract, definition).iter_errors(extension.value):
        if error.message in {f'"{name}" is a required property' for name in known}:
            continue
        below = pointer_of(error.instance_path)
        yield extension.problem(
            "governance.extension_invalid",
            f"x-pactolus: {error.message}.",
            f"Write x-pactolus as the {definition} object of specs/meta/{SCHEMA} says.",
            below=below,
        )


def _validator(contract: Contract, definition: str) -> jsonschema_rs.Draft202012Validator:
    key = ("x-pactolus", definition)
    validator: jsonschema_rs.Draft202012Validator | None = contract.memo.get(key)
    if validator is None:
        schema = json.loads(meta_text(SCHEMA))
        validator = jsonschema_rs.Draft202012Validator({**schema, "$ref": f"#/$defs/{definition}"})
        contract.memo[key] = validator
    return validator


def _version_problems(contract: Contract) -> Iterator[Problem]:
    if not Version.is_valid(contract.version):
        info = contract.root.child("info") or contract.root
        yield info.problem(
            "governance.version_not_semantic",
            f"info.version is {contract.version!r}, which is no semantic version.",
            "Write MAJOR.MINOR.PATCH, for example 1.0.0, quoted.",
            below="/version" if info.child("version") else "",
        )


def _audience_problems(contract: Contract) -> Iterator[Problem]:
    info = contract.root.child("info") or contract.root
    audience = info.child("x-audience")
    if audience is None:
        yield info.problem(
            "governance.audience_required",
            "The contract does not say who may use it.",
            f"Add info.x-audience: one of {', '.join(AUDIENCES)}.",
        )
    elif audience.value not in AUDIENCES:
        yield audience.problem(
            "governance.audience_unknown",
            f"The audience {audience.value!s:.60} is unknown.",
            f"Use one of {', '.join(AUDIENCES)}.",
        )


def _api_id(contract: Contract) -> tuple[Any, str]:
    """Zalando places it below ``info``; older documents have it at the root. Both are read."""
    root = contract.document.value
    info = root.get("info")
    if isinstance(info, dict) and "x-api-id" in info:
        return info["x-api-id"], "/info/x-api-id"
    return root.get("x-api-id"), "/x-api-id"


def _api_id_problems(contract: Contract) -> Iterator[Problem]:
    value, pointer = _api_id(contract)
    if value is None:
        yield contract.root.problem(
            "governance.api_id_required",
            "The contract has no stable id.",
            "Add x-api-id, for example a UUID; keep it for all versions, also major ones.",
        )
    elif not isinstance(value, str) or not API_ID.fullmatch(value):
        yield contract.root.problem(
            "governance.api_id_malformed",
            f"x-api-id is {value!s:.80}, which is no id.",
            "Use 6 to 64 lower-case letters, digits and ':._-', for example a UUID.",
            below=pointer,
        )


def _sunset_problems(holder: Node) -> Iterator[Problem]:
    sunset = holder.child("x-sunset")
    if sunset is not None and not is_date(sunset.value):
        yield sunset.problem(
            "governance.sunset_malformed",
            f"x-sunset is {sunset.value!s:.60}, which is no date.",
            "Write the last day of service as YYYY-MM-DD.",
        )


def is_date(value: Any) -> bool:
    """Whether the value is an RFC 3339 full-date that exists in the calendar."""
    if not isinstance(value, str) or not re.fullmatch(r"\d{4}-\d\d-\d\d", value):
        return False
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True
