"""One reading of an OpenAPI 3.0 or 3.1 contract, shared by comparison, gateway and services.

References are followed, defaults of the specification filled in, and what a path item gives to all its
operations is found on each of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from specs.errors import SpecError
from specs.model import Contract, Kind, Node

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
DEFAULT_STYLES = {"query": "form", "cookie": "form", "path": "simple", "header": "simple"}
IGNORED_HEADERS = frozenset({"accept", "content-type", "authorization"})
EXTENSION = "x-pactolus"


@dataclass(frozen=True, slots=True)
class MediaType:
    """One entry of ``content``; ``name`` is the media type or range as written."""

    name: str
    schema: Node | None
    node: Node


@dataclass(frozen=True, slots=True)
class Parameter:
    """``location`` is path, query, header or cookie; exactly one of ``schema`` and ``content`` is set."""

    name: str
    location: str
    required: bool
    style: str
    explode: bool
    allow_reserved: bool
    deprecated: bool
    schema: Node | None
    content: tuple[MediaType, ...]
    node: Node


@dataclass(frozen=True, slots=True)
class RequestBody:
    """The body an operation takes."""

    required: bool
    content: tuple[MediaType, ...]
    node: Node


@dataclass(frozen=True, slots=True)
class Header:
    """A response header; ``Content-Type`` is left out, as the specification says."""

    name: str
    required: bool
    schema: Node | None
    node: Node


@dataclass(frozen=True, slots=True)
class Response:
    """``status`` is a code (``200``), a range (``2XX``) or ``default``."""

    status: str
    headers: tuple[Header, ...]
    content: tuple[MediaType, ...]
    node: Node


@dataclass(frozen=True, slots=True)
class SchemeUse:
    """One security scheme with the scopes it must grant."""

    name: str
    scopes: tuple[str, ...]
    scheme: Node


@dataclass(frozen=True, slots=True)
class Operation:
    """``security`` holds alternatives, each a tuple of schemes required together.

    An alternative ``()`` lets anonymous callers in; no alternatives at all means nothing is required.
    ``extension`` is the operation's ``x-pactolus``, empty when absent.
    """

    method: str
    path: str
    operation_id: str
    summary: str
    deprecated: bool
    parameters: tuple[Parameter, ...]
    request_body: RequestBody | None
    responses: tuple[Response, ...]
    security: tuple[tuple[SchemeUse, ...], ...]
    extension: Mapping[str, Any]
    node: Node


def operations(contract: Contract) -> tuple[Operation, ...]:
    """All operations below ``paths`` in document order; computed once per contract.

    SpecError when a reference leads nowhere; an operation of the wrong shape is read as far as it goes, and
    ``validity_problems`` says what is wrong with it.
    """
    found: tuple[Operation, ...] | None = contract.memo.get("operations")
    if found is None:
        found = contract.memo["operations"] = tuple(_operations(contract))
    return found


def server_base_path(contract: Contract) -> str:
    """The path of the first server URL without a trailing slash; ``""`` for the root or no server."""
    server = contract.root.child("servers", 0)
    url = server.value.get("url") if server is not None and isinstance(server.value, dict) else None
    if not isinstance(url, str) or server is None:
        return ""
    for name, variable in _members(server.child("variables")):
        default = variable.value.get("default") if isinstance(variable.value, dict) else None
        url = url.replace("{" + name + "}", str(default))
    try:
        return urlsplit(url).path.rstrip("/")
    except ValueError:
        return ""


def item_operations(written: Node, path: str) -> Iterator[Operation]:
    """The operations of one path item below ``paths``, ``webhooks`` or a callback, in the order of METHODS.

    A path item that refers to another has that one's operations too; its own come first. ``path`` is what the
    item stands under: a path template, a webhook's name, a callback's expression.
    """
    for item in _path_items(written):
        for method in METHODS:
            node = item.child(method)
            if node is not None and isinstance(node.value, dict):
                yield _operation(path, method, item, node)


def _operations(contract: Contract) -> Iterator[Operation]:
    if contract.kind is not Kind.OPENAPI:
        return
    for path, written in _members(contract.root.child("paths")):
        if path.startswith("/"):
            yield from item_operations(written, path)


def _path_items(written: Node) -> list[Node]:
    target = written.resolved()
    if target.pointer == written.pointer and target.document is written.document:
        return [written]
    own = [name for name in METHODS if isinstance(written.value, dict) and name in written.value]
    return [written, target] if own else [target]


def _operation(path: str, method: str, item: Node, node: Node) -> Operation:
    value = node.value
    extension = value.get(EXTENSION)
    operation_id = value.get("operationId")
    body = node.child("requestBody")
    return Operation(
        method=method.upper(),
        path=path,
        operation_id=operation_id if isinstance(operation_id, str) else "",
        summary=value.get("summary") if isinstance(value.get("summary"), str) else "",
        deprecated=value.get("deprecated") is True,
        parameters=_parameters(item, node),
        request_body=_request_body(body.resolved()) if body is not None else None,
        responses=tuple(
            _response(status, response.resolved())
            for status, response in _members(node.child("responses"))
            if not status.startswith("x-")
        ),
        security=security_of(node),
        extension=extension if isinstance(extension, dict) else {},
        node=node,
    )


def _parameters(item: Node, operation: Node) -> tuple[Parameter, ...]:
    """The operation's own parameters override the path item's of the same name and location."""
    found: dict[tuple[str, str], Parameter] = {}
    for holder in (item, operation):
        listed = holder.child("parameters")
        for _, written in listed.items() if listed is not None else ():
            parameter = _parameter(written.resolved())
            if parameter.location == "header" and parameter.name.lower() in IGNORED_HEADERS:
                continue
            found[parameter.name, parameter.location] = parameter
    return tuple(found.values())


def _parameter(node: Node) -> Parameter:
    value = node.value if isinstance(node.value, dict) else {}
    location = str(value.get("in", ""))
    style = str(value.get("style", DEFAULT_STYLES.get(location, "simple")))
    return Parameter(
        name=str(value.get("name", "")),
        location=location,
        required=value.get("required") is True or location == "path",
        style=style,
        explode=bool(value.get("explode", style == "form")),
        allow_reserved=value.get("allowReserved") is True,
        deprecated=value.get("deprecated") is True,
        schema=node.child("schema"),
        content=_content(node),
        node=node,
    )


def _request_body(node: Node) -> RequestBody:
    required = isinstance(node.value, dict) and node.value.get("required") is True
    return RequestBody(required, _content(node), node)


def _response(status: str, node: Node) -> Response:
    headers = []
    for name, written in _members(node.child("headers")):
        if name.lower() == "content-type":
            continue
        header = written.resolved()
        required = isinstance(header.value, dict) and header.value.get("required") is True
        headers.append(Header(name, required, header.child("schema"), header))
    return Response(status, tuple(headers), _content(node), node)


def _content(node: Node) -> tuple[MediaType, ...]:
    return tuple(
        MediaType(name, media_type.child("schema"), media_type)
        for name, media_type in _members(node.child("content"))
    )


def security_of(operation: Node) -> tuple[tuple[SchemeUse, ...], ...]:
    """The alternatives of an operation, or of the contract as a whole given its root."""
    listed = operation.child("security") or operation.contract.root.child("security")
    if listed is None:
        return ()
    return tuple(
        tuple(_scheme_use(name, scopes) for name, scopes in _members(alternative))
        for _, alternative in listed.items()
    )


def _scheme_use(name: str, scopes: Node) -> SchemeUse:
    scheme = scopes.contract.root.child("components", "securitySchemes", name)
    if scheme is None:
        problem = scopes.problem(
            "openapi.security_scheme_unknown",
            f"No security scheme is named {name!r}.",
            "Define it below components/securitySchemes, or correct the name.",
        )
        raise SpecError([problem])
    listed = scopes.value if isinstance(scopes.value, list) else []
    return SchemeUse(name, tuple(str(scope) for scope in listed), scheme.resolved())


def _members(node: Node | None) -> Iterator[tuple[str, Node]]:
    if node is not None and isinstance(node.value, dict):
        yield from node.items()
