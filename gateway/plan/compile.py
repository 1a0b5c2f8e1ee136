"""Compiles one contract to its part of the plan; refused whole when a part cannot be enforced as written."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from gateway.config import Limits
from gateway.errors import PlanError
from gateway.lanes import lane_of
from gateway.model import ContractRecord, Lifecycle, Limit
from gateway.plan.authorization import read_rules
from gateway.plan.facets import OFF_ALL, ContractFacets
from gateway.plan.kinds import TEXT, Reading, reading_of
from gateway.plan.media_types import is_json
from gateway.plan.model import ApiPlan, BodyPlan, OperationPlan, PathPlan, RequestPlan, ResponsePlan
from gateway.plan.parameters import ParameterPlan, query_names
from gateway.plan.paths import PathTable, read_template
from gateway.plan.places import Directions, Mark
from gateway.plan.security import key_headers, read_security
from gateway.plan.security import policies as security_policies
from gateway.plan.validators import Validator, compile_schema
from gateway.policies import lifecycle as lifecycle_policy
from gateway.policies import order
from specs.canonical import canonical_json
from specs.errors import SpecError
from specs.model import Contract, Node
from specs.openapi import (
    Header,
    MediaType,
    Operation,
    Parameter,
    Response,
    operations,
    security_of,
)
from specs.schema import self_contained

THROTTLING_CLASS = "T2"
_IGNORED_HEADERS = frozenset({"accept", "content-type", "authorization"})
# The gateway itself sets these: what the other side sends under these names is replaced, so it is not judged.
_OWN_REQUEST_HEADERS = _IGNORED_HEADERS | {"x-correlation-id", "traceparent", "tracestate"}
_OWN_RESPONSE_HEADERS = _IGNORED_HEADERS | {
    "x-correlation-id", "traceparent", "tracestate", "ratelimit", "ratelimit-policy", "deprecation", "sunset",
}  # fmt: skip
_STYLES = {"path": "simple", "query": "form", "header": "simple", "cookie": "form"}
_SUCCESSOR = re.compile(
    r"(?:(?P<name>[a-z][a-z0-9-]*)[. @/]?)?v?(?P<major>[0-9]+)(?:\.[0-9]+){0,2}(?:[-+].*)?"
)


def source_of(record: ContractRecord) -> str:
    """One digest for the exact bytes of a contract and all it refers to, and for what was signed of it."""
    parts = sorted(record.documents, key=lambda reference: reference.uri)
    text = "\n".join(f"{part.uri} {part.sha256}" for part in parts)
    signed = canonical_json([record.kind, record.layer, record.attestation]).decode("utf-8")
    return sha256(f"{record.version}\n{record.document.uri}\n{text}\n{signed}".encode()).hexdigest()


UNDECLARED = "undeclared"
"""The key of the operation that stands for all that a contract does not have."""


def compile_contract(
    contract: Contract,
    record: ContractRecord,
    limits: Limits,
    facets: ContractFacets | None = None,
    budget: tuple[Limit, ...] = (),
) -> ApiPlan:
    """The plan of one OpenAPI contract; `PlanError` names what cannot be enforced and where.

    `budget` are limits that all its callers have together.
    """
    facets = facets or ContractFacets()
    try:
        declared = operations(contract)
        root = contract.root.value if isinstance(contract.root.value, dict) else {}
        default_class = _extension(root).get("throttling", THROTTLING_CLASS)
        compiler = _Compiler(contract, limits, str(default_class), _instant(root.get("x-sunset")), facets)
        compiled = tuple(_within(budget, compiler.operation(operation)) for operation in declared)
        unknown = set(facets.operations) - {one.key for one in compiled}
        if unknown:
            raise PlanError(
                "contract.facets", f"facets name no operation of it: {', '.join(sorted(unknown))}"
            )
        paths = PathTable(_by_path(compiled))
    except SpecError as error:
        raise PlanError("contract.unreadable", f"{error.code}: {error}") from error
    undeclared = None
    if facets.facets.path != "prevent" or facets.facets.method != "prevent":
        undeclared = _within(budget, _undeclared(contract, str(default_class)))
    source = source_of(record)
    api = ApiPlan(record, source, record.lifecycle, (), None, paths, compiled, undeclared, facets.facets)
    return with_record(api, record)


def _within(budget: tuple[Limit, ...], operation: OperationPlan) -> OperationPlan:
    """The operation as it is where there is no budget."""
    if not budget:
        return operation
    decisions = order.admission(operation.policies, within_budget=True)
    return replace(operation, budget=budget, admission=decisions)


def _undeclared(contract: Contract, throttling_class: str) -> OperationPlan:
    """What a contract does not have asks for what the contract asks for as a whole, and is not validated."""
    security = read_security(security_of(contract.root))
    if security.anonymous:
        detail = "paths or methods off contract may pass only where the contract as a whole asks for a token"
        raise PlanError("contract.facets", detail)
    chain = order.chain(asks_for_token=True, used=security_policies(security.asks))
    return OperationPlan(
        key=UNDECLARED, method="*", template="", operation_id=UNDECLARED, scopes=security.scopes,
        anonymous=False, throttling_class=throttling_class, request=RequestPlan(), responses={},
        policies=chain, admission=order.admission(chain), facets=OFF_ALL, prevents_all=False,
        asks=security.asks, credential_headers=key_headers(contract),
        content_guards=order.content_guards(chain), lane=lane_of(throttling_class),
    )  # fmt: skip


def with_record(api: ApiPlan, record: ContractRecord) -> ApiPlan:
    """The same compiled contract under what the registry now says about it (its lifecycle)."""
    successor = successor_path(record)
    lines = lifecycle_policy.headers(record.lifecycle, successor)
    return replace(
        api, record=record, lifecycle=record.lifecycle, lifecycle_headers=lines, successor_path=successor
    )


def successor_path(record: ContractRecord) -> str | None:
    """Where to go on: a path or URL as given, or the public path of a version like `2.0.0` or `name.v2`."""
    successor = record.lifecycle.successor
    if not successor:
        return None
    if successor.startswith(("/", "https://", "http://")):
        return successor if re.fullmatch(r"[!-~]+", successor) and not set(successor) & set('<>"') else None
    match = _SUCCESSOR.fullmatch(successor)
    if match is None:
        return None
    return f"/{record.layer}/{match['name'] or record.name}/v{match['major']}"


def _by_path(compiled: Sequence[OperationPlan]) -> Iterable[tuple[str, PathPlan]]:
    by_template: dict[str, dict[str, OperationPlan]] = {}
    for operation in compiled:
        by_template.setdefault(operation.template, {})[operation.method] = operation
    for template, methods in by_template.items():
        if "GET" in methods:
            methods.setdefault("HEAD", methods["GET"])
        allow = ", ".join(sorted({*methods, "OPTIONS"})).encode()
        yield template, PathPlan(template, methods, allow)


class _Compiler:
    """Compiles the operations of one contract; equal schemas are compiled once."""

    __slots__ = (
        "_default_class", "_directions", "_facets", "_key_headers", "_limits", "_marks", "_sunset_at",
        "_validators",
    )  # fmt: skip

    def __init__(
        self, contract: Contract, limits: Limits, default_class: str, sunset_at: int | None,
        facets: ContractFacets,
    ) -> None:  # fmt: skip
        texts = [document.raw for document in contract.documents.values()]
        self._marks: dict[Mark, bool] = {
            mark: any(mark.encode() in text for text in texts) for mark in ("readOnly", "writeOnly")
        }
        self._directions = Directions(limits.trim_places_max)
        self._key_headers = key_headers(contract)
        self._limits = limits
        self._facets = facets
        self._default_class = default_class
        self._sunset_at = sunset_at
        self._validators: dict[tuple[str, str, Mark | None], tuple[Validator | None, Reading]] = {}

    def operation(self, operation: Operation) -> OperationPlan:
        key = f"{operation.method} {operation.path}"
        try:
            security = read_security(operation.security)
            request = self._request(operation)
            names = [parameter.name for parameter in request.path]
            asks_for_token = security.scopes is not None and not security.anonymous
            rules = read_rules(operation, names, asks_for_token=asks_for_token)
            responses = {response.status: self._response(response) for response in operation.responses}
        except PlanError as error:
            raise PlanError(error.code, f"{key}: {error}") from error
        value = operation.node.value if isinstance(operation.node.value, dict) else {}
        idempotent = _asks_for_key(operation)
        trims = any(body.write_only for response in responses.values() for body in response.bodies)
        used = (*security_policies(security.asks), *rules.policies, *(("write_only",) if trims else ()))
        chain = order.chain(asks_for_token=security.scopes is not None, idempotent=idempotent, used=used)
        facets = self._facets.of(key)
        throttling_class = str(operation.extension.get("throttling", self._default_class))
        return OperationPlan(
            key=key,
            method=operation.method,
            template=operation.path,
            operation_id=operation.operation_id or key,
            scopes=security.scopes,
            anonymous=security.anonymous,
            asks=security.asks,
            credential_headers=self._key_headers,
            path_rules=rules.path,
            body_rules=rules.body,
            content_guards=order.content_guards(chain),
            redactions=rules.redactions,
            trims=trims,
            throttling_class=throttling_class,
            lane=lane_of(throttling_class),
            request=request,
            responses=responses,
            policies=chain,
            admission=order.admission(chain),
            sunset_at=_instant(value.get("x-sunset")) or self._sunset_at,
            idempotent=idempotent,
            facets=facets,
            prevents_all=facets.prevents_all,
            streams=any(not body.is_json for response in responses.values() for body in response.bodies),
        )

    def _request(self, operation: Operation) -> RequestPlan:
        plans = [
            self._parameter(parameter)
            for parameter in operation.parameters
            if parameter.location != "header" or parameter.name.lower() not in _OWN_REQUEST_HEADERS
        ]
        by_name = {plan.name: plan for plan in plans if plan.where == "path"}
        placeholders = [name for segment in read_template(operation.path) for name in segment.names]
        undeclared = [name for name in placeholders if name not in by_name]
        if undeclared or len(by_name) != len(placeholders):
            names = ", ".join(undeclared or sorted(set(by_name) - set(placeholders)))
            raise PlanError("contract.path_parameters", f"path parameters and template differ: {names}")
        query = tuple(plan for plan in plans if plan.where == "query")
        body = operation.request_body
        return RequestPlan(
            path=tuple(by_name[name] for name in placeholders),
            query=query,
            headers=_headers(plans, _asks_for_key(operation)),
            cookies=tuple(plan for plan in plans if plan.where == "cookie"),
            query_names=frozenset(name for plan in query for name in query_names(plan)),
            bodies=None
            if body is None
            else tuple(self._body(content, "readOnly") for content in body.content),
            body_required=body is not None and body.required,
        )

    def _parameter(self, parameter: Parameter) -> ParameterPlan:
        name = parameter.name.lower() if parameter.location == "header" else parameter.name
        style = parameter.style or _STYLES[parameter.location]
        content = bool(parameter.content)
        node = parameter.content[0].schema if content else parameter.schema
        validator, reading = self._schema(node)
        return ParameterPlan(
            name=name,
            where=parameter.location,
            required=parameter.required or parameter.location == "path",
            style=style,
            explode=parameter.explode,
            reading=None if content else reading,
            validator=validator,
        )

    def _response(self, response: Response) -> ResponsePlan:
        headers = tuple(
            self._header(header)
            for header in response.headers
            if header.name.lower() not in _OWN_RESPONSE_HEADERS
        )
        bodies = tuple(self._body(content, "writeOnly") for content in response.content)
        return ResponsePlan(response.status.upper().replace("DEFAULT", "default"), headers, bodies)

    def _header(self, header: Header) -> ParameterPlan:
        validator, reading = self._schema(header.schema)
        return ParameterPlan(
            header.name.lower(), "header", header.required, "simple", False, reading, validator
        )

    def _body(self, content: MediaType, mark: Mark) -> BodyPlan:
        name = content.name.partition(";")[0].strip().lower()
        if not is_json(name):
            return BodyPlan(name, False, None)
        validator, _ = self._schema(content.schema, mark)
        trim = None
        if content.schema is not None and mark == "writeOnly" and self._marks[mark]:
            schema = self_contained(content.schema)
            if isinstance(schema, dict):
                trim = self._directions.trim(schema, mark)
        return BodyPlan(name, True, validator, trim)

    def _schema(self, node: Node | None, mark: Mark | None = None) -> tuple[Validator | None, Reading]:
        """Validator of a schema; with a `mark`, for the direction in which marked members do not stand."""
        if node is None:
            return None, Reading(TEXT)
        mark = mark if mark is not None and self._marks[mark] else None
        key = (node.document.uri, node.pointer, mark)
        known = self._validators.get(key)
        if known is None:
            schema: Any = self_contained(node)
            if mark is not None and isinstance(schema, dict):
                schema = self._directions.schema(schema, mark)
            validator = compile_schema(schema, self._limits.regex_backtracks_max)
            known = self._validators[key] = (validator, reading_of(schema))
        return known


def _asks_for_key(operation: Operation) -> bool:
    return operation.extension.get("idempotency") == "required"


def _headers(plans: Sequence[ParameterPlan], asks_for_key: bool) -> tuple[ParameterPlan, ...]:
    """Declared header lines; the key is required where the contract says so in either of the two places."""
    headers = [plan for plan in plans if plan.where == "header"]
    if asks_for_key:
        undeclared = ParameterPlan("idempotency-key", "header", True, "simple", False, Reading(TEXT), None)
        key = next((plan for plan in headers if plan.name == undeclared.name), undeclared)
        headers = [plan for plan in headers if plan is not key] + [replace(key, required=True)]
    return tuple(headers)


def _extension(root: dict[str, Any]) -> dict[str, Any]:
    value = root.get("x-pactolus", {})
    return value if isinstance(value, dict) else {}


def _instant(value: object) -> int | None:
    """Unix seconds of an RFC 3339 date-time, or of the end of a date."""
    if not isinstance(value, str):
        return None
    text = value if "T" in value else value + "T23:59:59Z"
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise PlanError("contract.sunset_malformed", f"{value!r} is not an RFC 3339 date") from error
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())


def lifecycle_of(value: dict[str, Any] | None) -> Lifecycle:
    """The lifecycle as the registry's snapshot or a folder's settings write it."""
    value = value or {}
    return Lifecycle(
        state=str(value.get("state", "published")),
        deprecated_at=_instant(value.get("deprecatedAt")),
        sunset_at=_instant(value.get("sunsetAt")),
        successor=value.get("successor"),
    )
