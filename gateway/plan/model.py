"""The immutable plan: everything a request is decided by, settled when its contract was loaded."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from gateway.model import (
    ApiKey,
    Consumer,
    ContractRecord,
    Headers,
    Lifecycle,
    Limit,
    Reject,
    ThrottlingPlan,
)
from gateway.plan.facets import PREVENT_ALL, Facets
from gateway.plan.parameters import ParameterPlan
from gateway.plan.paths import PathTable, split_path
from gateway.plan.places import Trim
from gateway.plan.security import Asks
from gateway.plan.validators import Validator

_MAJOR = re.compile(r"v[0-9]{1,9}")


@dataclass(frozen=True, slots=True)
class BodyPlan:
    """One media type that a body may have; `name` may be a range (`application/*`); JSON is validated.

    `write_only` is what goes from an answer of it.
    """

    name: str
    is_json: bool
    validator: Validator | None
    write_only: Trim | None = None


@dataclass(frozen=True, slots=True)
class RequestPlan:
    """What a request of one operation must be."""

    path: tuple[ParameterPlan, ...] = ()
    query: tuple[ParameterPlan, ...] = ()
    headers: tuple[ParameterPlan, ...] = ()
    cookies: tuple[ParameterPlan, ...] = ()
    query_names: frozenset[str] = frozenset()
    bodies: tuple[BodyPlan, ...] | None = None
    body_required: bool = False


@dataclass(frozen=True, slots=True)
class ResponsePlan:
    """What an answer with one status must be; no `bodies` means that it has none."""

    status: str
    headers: tuple[ParameterPlan, ...]
    bodies: tuple[BodyPlan, ...]


@dataclass(frozen=True, slots=True)
class OperationPlan:
    """One operation. `scopes` holds alternatives of which one must be held whole; None asks for no token.

    `anonymous` says that a call without a token is served although a token is understood, `idempotent` that
    a call must carry an Idempotency-Key; `admission` are those of its policies that decide on what stands in
    the head, in their order. `streams` that an answer may have a body that no schema describes.
    `responses` is by status text: "200", "2XX" or "default".
    `prevents_all` is False where `facets` leave something out. `asks` is None where a plain access token is
    all that is understood; `credential_headers` are lines that hold keys and stay here. `content_guards`
    decide on a request with its body, by `body_rules` and the like. `trims` says that answers have write-only
    members, `redactions` what else not every caller sees. `lane` is how urgent it is, 0 the most. `budget`
    are limits that all callers of the contract have together.
    """

    key: str
    method: str
    template: str
    operation_id: str
    scopes: tuple[frozenset[str], ...] | None
    anonymous: bool
    throttling_class: str
    request: RequestPlan
    responses: Mapping[str, ResponsePlan]
    policies: tuple[str, ...]
    admission: tuple[Callable[[Any], Reject | Awaitable[Reject | None] | None], ...] = ()
    sunset_at: int | None = None
    idempotent: bool = False
    streams: bool = False
    facets: Facets = PREVENT_ALL
    prevents_all: bool = True
    asks: Asks | None = None
    credential_headers: frozenset[bytes] = frozenset()
    path_rules: tuple[Any, ...] = ()
    body_rules: tuple[Any, ...] = ()
    content_guards: tuple[Callable[[Any, Any], Reject | None], ...] = ()
    redactions: tuple[Any, ...] = ()
    trims: bool = False
    lane: int = 1
    budget: tuple[Limit, ...] = ()

    def response_for(self, status: int) -> ResponsePlan | None:
        """The declared response: exact status, then its range, then `default` (OpenAPI 3.1, 4.8.16)."""
        found = self.responses.get(str(status))
        if found is None:
            found = self.responses.get(f"{status // 100}XX") or self.responses.get("default")
        return found


@dataclass(frozen=True, slots=True)
class PathPlan:
    """The methods one path template serves; `allow` is the value of the Allow header."""

    template: str
    operations: Mapping[str, OperationPlan]
    allow: bytes


@dataclass(frozen=True, slots=True)
class ApiPlan:
    """One contract compiled; `source` names the exact bytes it came from."""

    record: ContractRecord
    source: str
    lifecycle: Lifecycle
    lifecycle_headers: Headers
    successor_path: str | None
    paths: PathTable[PathPlan]
    operations: tuple[OperationPlan, ...]
    undeclared: OperationPlan | None = None
    """Serves paths and methods that the contract does not have, where an operator only detects them."""
    facets: Facets = PREVENT_ALL

    @property
    def prefix(self) -> tuple[str, str, str]:
        """The first three segments of its public paths."""
        return (self.record.layer, self.record.name, f"v{self.record.major}")

    @property
    def path(self) -> str:
        """Where its public paths begin."""
        return "/" + "/".join(self.prefix)


class Route(NamedTuple):
    """An operation found, with the decoded values of its path parameters."""

    api: ApiPlan
    operation: OperationPlan
    path_values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NoRoute:
    """Why there is none: `code` of the catalogue, and what may be asked instead.

    `allow` are the methods of a path that has others; `majors` the contracts of an API that has no version
    such as was asked for, oldest first.
    """

    code: str
    allow: bytes = b""
    majors: tuple[ApiPlan, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """All that is enforced at one moment; replaced whole, never changed."""

    revision: str
    apis: Mapping[tuple[str, str, str], ApiPlan]
    consumers: Mapping[str, Consumer]
    revoked: frozenset[str]
    anonymous_plan: ThrottlingPlan
    problems: Mapping[str, str] = field(default_factory=dict)
    api_keys: Mapping[str, ApiKey] = field(default_factory=dict)
    _majors: dict[tuple[str, str], tuple[ApiPlan, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        majors: dict[tuple[str, str], list[ApiPlan]] = {}
        for api in sorted(self.apis.values(), key=lambda api: api.record.major):
            majors.setdefault(api.prefix[:2], []).append(api)
        object.__setattr__(self, "_majors", {name: tuple(apis) for name, apis in majors.items()})

    def route(self, method: str, path: bytes) -> Route | NoRoute:
        """The operation that answers, or why none does."""
        segments = split_path(path)
        if segments is None:
            return NoRoute("malformed_path")
        api = self.apis.get(tuple(segments[:3]))  # type: ignore[arg-type]
        if api is None:
            return self._no_api(segments)
        found = api.paths.match(segments[3:])
        if found is None:
            if api.undeclared is not None and api.facets.path != "prevent":
                return Route(api, api.undeclared, ())
            return NoRoute("route_not_found")
        target, values = found
        operation = target.operations.get(method)
        if operation is None:
            if api.undeclared is not None and api.facets.method != "prevent" and method != "OPTIONS":
                return Route(api, api.undeclared, ())
            return NoRoute("method_not_allowed", target.allow)
        return Route(api, operation, values)

    def _no_api(self, segments: list[str]) -> NoRoute:
        majors = self._majors.get(tuple(segments[:2]))  # type: ignore[arg-type]
        if majors is None or len(segments) < 3 or _MAJOR.fullmatch(segments[2]) is None:
            return NoRoute("route_not_found")
        return NoRoute("version_not_found", majors=majors)
