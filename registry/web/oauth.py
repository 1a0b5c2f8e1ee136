"""The authorization server by Authlib: client credentials, introspection, revocation, metadata, keys.

Errors of these endpoints have the body that RFC 6749 section 5.2 prescribes, not problem details.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.integrations.flask_oauth2.requests import FlaskOAuth2Payload
from authlib.oauth2.rfc6749 import InvalidClientError, InvalidScopeError, OAuth2Request
from authlib.oauth2.rfc6749.grants import ClientCredentialsGrant
from authlib.oauth2.rfc6750 import BearerTokenGenerator
from authlib.oauth2.rfc7009 import RevocationEndpoint
from authlib.oauth2.rfc7662 import IntrospectionEndpoint
from flask import Blueprint, Flask, Response, jsonify, request

from registry.errors import Unauthenticated
from registry.model import Client
from registry.tokens import AccessToken, TokenIssuer
from registry.usecases.access import find_client, is_active, knows_secret, revoke
from registry.usecases.services import Services
from registry.web.denials import caller_of, denial_of
from registry.web.problems import CORRELATION, REALM

GRANT = "client_credentials"
AUTHENTICATION = ["client_secret_basic", "client_secret_post"]
INSPECTING_SCOPES = {"registry:usage", "registry:admin"}
"""Whoever has one of these may ask about tokens of others: gateways and the administrator."""

NAME_CHARS_MAX = 60
"""Characters that a refusal repeats of a parameter's name."""

WRONG = "The client id or secret is wrong."
MISSING = "Send the client id and secret by HTTP Basic, or as client_id and client_secret in the form."


@dataclass(frozen=True, slots=True)
class OAuthClient:
    """A client as Authlib asks about it; ``known`` is None for an identifier that nobody has.

    An unknown client goes through the same comparison as a known one with a wrong secret, so that neither the
    answer nor its time tells which identifiers exist.
    """

    services: Services
    client_id: str
    known: Client | None

    def check_client_secret(self, secret: str) -> bool:
        return knows_secret(self.services, self.known, secret)

    def check_endpoint_auth_method(self, method: str, _endpoint: str) -> bool:
        return method in AUTHENTICATION

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type == GRANT

    def get_client_id(self) -> str:
        return self.client_id

    def get_allowed_scope(self, scope: str | None) -> str:
        """What is asked for; everything granted when nothing is (RFC 6749 section 3.3)."""
        granted = self.known.scopes if self.known else ()
        asked = sorted(set(scope.split())) if scope else granted
        if not set(asked) <= set(granted):
            raise InvalidScopeError("The client was not granted every scope it asks for.")
        return " ".join(asked)

    def may_inspect(self, token: AccessToken) -> bool:
        """Its own tokens, or any with one of the inspecting scopes."""
        scopes = set(self.known.scopes) if self.known else set()
        return token.client_id == self.client_id or bool(INSPECTING_SCOPES & scopes)


class CredentialsGrant(ClientCredentialsGrant):  # type: ignore[misc]  # Authlib is not typed
    """RFC 6749 section 4.4, with both ways to send the secret."""

    TOKEN_ENDPOINT_AUTH_METHODS = AUTHENTICATION


class FoundToken:
    """An access token as Authlib's endpoints ask about it."""

    def __init__(self, token: AccessToken, active: bool) -> None:
        self.token = token
        self.active = active

    def is_expired(self) -> bool:
        return False  # one that has expired is not found

    def is_revoked(self) -> bool:
        return not self.active

    def check_client(self, client: OAuthClient) -> bool:
        return client.may_inspect(self.token)


class Introspection(IntrospectionEndpoint):  # type: ignore[misc]  # Authlib is not typed
    """RFC 7662."""

    CLIENT_AUTH_METHODS = AUTHENTICATION

    def query_token(self, token_string: str, _hint: str | None) -> FoundToken | None:
        return found_token(self.server, token_string)

    def check_permission(self, token: FoundToken, client: OAuthClient, _request: Any) -> bool:
        return token.check_client(client)

    def introspect_token(self, token: FoundToken) -> dict[str, Any]:
        return {"active": True, "token_type": "Bearer", **token.token.claims}


class Revocation(RevocationEndpoint):  # type: ignore[misc]  # Authlib is not typed
    """RFC 7009; a token that does not count is as good as revoked."""

    CLIENT_AUTH_METHODS = AUTHENTICATION

    def query_token(self, token_string: str, _hint: str | None) -> FoundToken | None:
        return found_token(self.server, token_string)

    def revoke_token(self, token: FoundToken, _request: Any) -> None:
        revoke(self.server.services, token.token, correlation())


class Request(OAuth2Request):  # type: ignore[misc]  # Authlib is not typed
    """Flask's request as Authlib takes it.

    Authlib's own refuses what does not come over https. Behind a proxy that ends TLS this process sees http,
    and on loopback there is none; whether the way is safe, the operator says with the URL of the issuer.
    """

    def __init__(self) -> None:
        super().__init__(
            request.method, request.url.replace("http://", "https://", 1), headers=request.headers
        )
        self.payload = FlaskOAuth2Payload(request)

    @property
    def args(self) -> Any:
        return request.args

    @property
    def form(self) -> Any:
        return request.form


class Server(AuthorizationServer):  # type: ignore[misc]  # Authlib is not typed
    """Authlib's server over `Request`, for its endpoints to look tokens up with."""

    def __init__(self, services: Services, issuer: TokenIssuer) -> None:
        super().__init__()
        self.services = services
        self.issuer = issuer

    def create_oauth2_request(self, _request: Any) -> Request:
        return Request()

    def authenticate_client(self, request: Request, methods: list[str], endpoint: str = "token") -> Any:
        """Authlib's decision; its refusal lists methods by name, ours says what is wrong (RFC 6749, 5.2)."""
        try:
            return super().authenticate_client(request, methods, endpoint)
        except InvalidClientError as error:
            sent = "Authorization" in request.headers or "client_id" in request.form
            raise InvalidClientError(WRONG if sent else MISSING, status_code=error.status_code) from None


def found_token(server: Server, text: str) -> FoundToken | None:
    """The access token that the text is, None for one that never was or has expired."""
    try:
        token = server.issuer.verify(text, server.services.clock())
    except Unauthenticated:
        return None
    return FoundToken(token, is_active(server.services, token))


def correlation() -> str:
    """The correlation identifier of the request in hand."""
    return str(request.environ["asgi.scope"].get(CORRELATION))


def authorization_server(app: Flask, services: Services, issuer: TokenIssuer) -> AuthorizationServer:
    """Authlib's server over our clients and tokens; issued tokens are not stored."""

    def query_client(client_id: str) -> OAuthClient:
        usable = len(client_id) <= 120 and "\x00" not in client_id
        return OAuthClient(services, client_id, find_client(services, client_id) if usable else None)

    def access_token(client: OAuthClient, grant_type: str, user: Any, scope: str) -> str:
        assert grant_type == GRANT
        assert user is None
        return issuer.issue(client.client_id, scope.split(), services.clock())

    server = Server(services, issuer)
    server.init_app(app, query_client=query_client, save_token=lambda _token, _request: None)
    server.register_token_generator(
        "default", BearerTokenGenerator(access_token, expires_generator=issuer.lifetime_s)
    )
    server.register_grant(CredentialsGrant)
    server.register_endpoint(Introspection)
    server.register_endpoint(Revocation)
    return server


def blueprint(server: AuthorizationServer, issuer: TokenIssuer, scopes: list[str]) -> Blueprint:
    """The endpoints at the root of the host."""
    routes = Blueprint("oauth", __name__)
    rules: list[tuple[str, str, Callable[[], Response]]] = [
        ("/oauth/token", "POST", lambda: answered(server.create_token_response)),
        (
            "/oauth/introspect",
            "POST",
            lambda: answered(lambda: server.create_endpoint_response("introspection")),
        ),
        ("/oauth/revoke", "POST", lambda: answered(lambda: server.create_endpoint_response("revocation"))),
        ("/oauth/jwks", "GET", lambda: cacheable(jsonify(issuer.public_keys()))),
        (
            "/.well-known/oauth-authorization-server",
            "GET",
            lambda: cacheable(jsonify(metadata(issuer.issuer, scopes))),
        ),
    ]
    for path, method, view in rules:
        routes.add_url_rule(path, path.rpartition("/")[2], view, methods=[method])
    return routes


def answered(respond: Callable[[], Response]) -> Response:
    """Authlib's answer, once the request can be read in one way only.

    Texts that are not text at all are an invalid request, not a failure.
    """
    wrong = ambiguity()
    try:
        response = invalid_request(wrong) if wrong else respond()
    except ValueError:
        response = invalid_request("A parameter or the credentials are not text.")
    if response.status_code == 401:
        caller_of(request.environ["asgi.scope"]).afterwards = denial_of(
            request.environ["asgi.scope"], 401, "invalid_client"
        )
        response.headers["WWW-Authenticate"] = f'Basic realm="{REALM}"'  # Authlib's names no realm
    response.headers["Cache-Control"] = "no-store"
    return response


def ambiguity() -> str | None:
    """What two readers of the request could read differently; Authlib would take the first."""
    for name, values in request.values.lists():
        if len(values) > 1:
            return f"The parameter {name[:NAME_CHARS_MAX]!r} is given twice; give it once."  # 3.1, 3.2
    given = request.authorization
    if given is None or given.type != "basic":
        return None
    if "client_secret" in request.form:  # RFC 6749 section 2.3
        return "The client authenticates in two ways; send the secret by HTTP Basic or in the form."
    if request.form.get("client_id", given.username) != given.username:
        return "HTTP Basic and client_id name different clients; name one."
    return None


def invalid_request(description: str) -> Response:
    """RFC 6749 section 5.2."""
    response = jsonify(error="invalid_request", error_description=described(description))
    response.status_code = 400
    return response


def described(text: str) -> str:
    """The text without what an error_description may not hold (RFC 6749 section 5.2)."""
    return re.sub(r"[^\x20-\x21\x23-\x5b\x5d-\x7e]", "?", text)


def cacheable(response: Response) -> Response:
    """Keys and metadata change rarely."""
    response.headers["Cache-Control"] = "public, max-age=300"
    return response


def metadata(issuer: str, scopes: list[str]) -> dict[str, Any]:
    """RFC 8414 section 2."""
    return {
        "issuer": issuer,
        "token_endpoint": f"{issuer}/oauth/token",
        "jwks_uri": f"{issuer}/oauth/jwks",
        "introspection_endpoint": f"{issuer}/oauth/introspect",
        "revocation_endpoint": f"{issuer}/oauth/revoke",
        "grant_types_supported": [GRANT],
        "response_types_supported": [],
        "scopes_supported": scopes,
        "token_endpoint_auth_methods_supported": AUTHENTICATION,
        "introspection_endpoint_auth_methods_supported": AUTHENTICATION,
        "revocation_endpoint_auth_methods_supported": AUTHENTICATION,
    }
