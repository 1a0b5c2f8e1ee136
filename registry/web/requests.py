"""What handlers ask of the request in hand."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from flask import Response, request

from registry.errors import PreconditionMissing
from registry.model import Actor
from registry.usecases.access import Access
from registry.web.validation import BODY

BASE_PATH = "/registry/v1"
"""The path of the server that the contract names."""
JSON = "application/json"
IMMUTABLE = "private, max-age=31536000, immutable"
REVALIDATE = "private, no-cache"


def actor() -> Actor:
    """Who asks, as the security layer found."""
    scope = request.environ["asgi.scope"]
    access: Access = scope["extensions"]["connexion_context"]["token_info"]["access"]
    return access.actor


def body() -> Any:
    """The JSON body as it was validated; None when there was none."""
    return request.environ["asgi.scope"].get(BODY)


def json_answer(value: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """A JSON answer."""
    return Response(json_bytes(value), status=status, content_type=JSON, headers=headers)


def json_bytes(value: Any) -> bytes:
    """JSON on one line."""
    return json.dumps(value, ensure_ascii=True, separators=(",", ":")).encode("ascii")


def created(value: Any, location: str) -> Response:
    """201 with where the new resource is; ``location`` is relative to the base path of the API."""
    return json_answer(value, 201, {"Location": BASE_PATH + location})


def secret_answer(value: Any) -> Response:
    """201 with a secret, which nobody on the way is to keep."""
    return json_answer(value, 201, {"Cache-Control": "no-store"})


def no_content() -> Response:
    """204, which has no body and so no type."""
    response = Response(status=204)
    del response.headers["Content-Type"]
    return response


def is_held(entity_tag: str) -> bool:
    """Whether If-None-Match names the tag, by the weak comparison of RFC 9110 section 13.1.2."""
    return request.if_none_match.contains_weak(entity_tag)


def precondition() -> Callable[[str], bool]:
    """Whether If-Match names a tag (strong comparison, RFC 9110 section 13.1.1); demands the header."""
    if not request.headers.get("If-Match"):
        raise PreconditionMissing(
            "precondition_required", "Send If-Match with the ETag of the version as you read it."
        )
    return request.if_match.contains


def tagged(content: bytes, media_type: str, entity_tag: str, cache_control: str) -> Response:
    """200 with the entity tag, or 304 when the caller holds it."""
    headers = {"ETag": f'"{entity_tag}"', "Cache-Control": cache_control}
    if is_held(entity_tag):
        response = Response(status=304, headers=headers)
        del response.headers["Content-Type"]
        return response
    return Response(content, content_type=media_type, headers=headers)
