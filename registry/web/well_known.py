"""``/.well-known/api-catalog``: what is published here, for whoever asks (RFC 9727)."""

from __future__ import annotations

from flask import Blueprint, Response, request

from registry.model import Sight
from registry.model.access import PUBLIC
from registry.tokens import TokenIssuer
from registry.usecases.access import open_access
from registry.usecases.exports import linked_contracts
from registry.usecases.services import Services
from registry.web.cursors import single_key
from registry.web.exports.linkset import MEDIA_TYPE, PATH, linkset
from registry.web.problems import CORRELATION
from registry.web.requests import BASE_PATH, json_bytes
from registry.web.security import bearer_token, demand_scopes

READ_SCOPE = "registry:read"
CURSOR_CHARS_MAX = 1_000


def well_known(services: Services, issuer: TokenIssuer) -> Blueprint:
    """The route; GET and HEAD."""
    routes = Blueprint("well_known", __name__)

    def answer() -> Response:
        sight = sight_of_caller(services, issuer)
        cursor = request.args.get("cursor", "")[:CURSOR_CHARS_MAX] or None
        found = linked_contracts(services.seen_by(sight), single_key(cursor))
        content = json_bytes(linkset(found, issuer.issuer, issuer.issuer + BASE_PATH))
        headers = {
            "Link": f'<{issuer.issuer}{PATH}>; rel="api-catalog"',
            "Cache-Control": "private, no-cache" if sight is not PUBLIC else "public, max-age=60",
            "Vary": "Authorization",
        }
        return Response(content, content_type=MEDIA_TYPE, headers=headers)

    routes.add_url_rule(PATH, "api_catalog", answer, methods=["GET"])
    return routes


def sight_of_caller(services: Services, issuer: TokenIssuer) -> Sight:
    """What a token with the reading scope lets see, the public's without one; a wrong one is refused."""
    header = request.headers.get("Authorization")
    if not header:
        return PUBLIC
    correlation = str(request.environ["asgi.scope"].get(CORRELATION))
    access = open_access(services, issuer, bearer_token(header), correlation)
    demand_scopes(access, (READ_SCOPE,))
    return access.sight
