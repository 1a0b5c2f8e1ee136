"""A small OpenID provider on Authlib, run as a process: ``python oidc_provider.py NOW REDIRECT_URI``.

Whoever comes with ``user=NAME`` is signed in as that person; ``twist=...`` makes its ID token wrong in one
way. It prints its address once it listens.
"""

from __future__ import annotations

import json
import os
import sys
import time
from dataclasses import dataclass, field
from typing import Any

os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"

from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2.rfc6749 import grants
from authlib.oauth2.rfc6749.models import AuthorizationCodeMixin, ClientMixin
from authlib.oauth2.rfc6750 import BearerTokenGenerator
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oidc.core.grants import OpenIDCode
from flask import Flask, Response, jsonify, request
from joserfc import jwk, jwt
from werkzeug.serving import make_server

CLIENT, SECRET = "pactolus", "a secret of the provider"
PEOPLE: dict[str, dict[str, Any]] = {
    "anna": {"sub": "u-1", "name": "Anna Berg", "groups": ["erp", "finance-approvers"]},
    "root": {"sub": "u-2", "name": "Root", "groups": ["registry-admins"]},
    "nobody": {"sub": "u-3", "name": "Nobody", "groups": ["canteen"]},
    "ghost": {"sub": "u-4", "name": "Ghost", "groups": "team-that-is-not-there"},
}


@dataclass
class Person:
    name: str

    def get_user_id(self) -> str:
        return str(PEOPLE[self.name]["sub"])


@dataclass
class Code(AuthorizationCodeMixin):  # type: ignore[misc]
    code: str
    client_id: str
    redirect_uri: str
    scope: str
    nonce: str | None
    user: str
    twist: str
    code_challenge: str | None
    code_challenge_method: str | None
    response_type: str = "code"
    made_at: float = field(default_factory=time.time)

    def get_redirect_uri(self) -> str:
        return self.redirect_uri

    def get_scope(self) -> str:
        return self.scope

    def get_nonce(self) -> str | None:
        return self.nonce

    def get_auth_time(self) -> int:
        return int(self.made_at)

    def get_acr(self) -> None:
        return None

    def get_amr(self) -> None:
        return None


class Client(ClientMixin):  # type: ignore[misc]
    def get_client_id(self) -> str:
        return CLIENT

    def get_default_redirect_uri(self) -> str:
        return REDIRECT_URI

    def get_allowed_scope(self, scope: str) -> str:
        return scope

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return redirect_uri == REDIRECT_URI

    def check_client_secret(self, client_secret: str) -> bool:
        return client_secret == SECRET

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return method == "client_secret_basic"

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type == "authorization_code"


NOW, REDIRECT_URI = int(sys.argv[1]), sys.argv[2]
CODES: dict[str, Code] = {}
KEYS = {
    kid: jwk.RSAKey.generate_key(2048, {"kid": kid, "use": "sig"}, private=True)
    for kid in ("one", "two", "stranger")
}
PUBLISHED = ["one"]
app = Flask("provider")


class CodeGrant(grants.AuthorizationCodeGrant):  # type: ignore[misc]
    TOKEN_ENDPOINT_AUTH_METHODS = ["client_secret_basic"]  # noqa: RUF012

    def save_authorization_code(self, code: str, request: Any) -> None:
        data = request.payload.data
        CODES[code] = Code(
            code,
            CLIENT,
            request.payload.redirect_uri,
            request.payload.scope,
            data.get("nonce"),
            request.user.name,
            data.get("twist", ""),
            data.get("code_challenge"),
            data.get("code_challenge_method"),
        )

    def query_authorization_code(self, code: str, client: Any) -> Code | None:
        return CODES.get(code)

    def delete_authorization_code(self, authorization_code: Code) -> None:
        CODES.pop(authorization_code.code, None)

    def authenticate_user(self, authorization_code: Code) -> Person:
        return Person(authorization_code.user)


class IdToken(OpenIDCode):  # type: ignore[misc]
    def exists_nonce(self, nonce: str, request: Any) -> bool:
        return False

    def encode_id_token(self, token: Any, request: Any) -> str:
        code: Code = request.authorization_code
        claims = {
            "iss": ISSUER,
            "aud": [CLIENT],
            "iat": NOW,
            "exp": NOW + 300,
            "nonce": code.nonce,
            **PEOPLE[code.user],
        }
        claims |= {
            "nonce": {"nonce": "another"},
            "no-nonce": {"nonce": None},
            "audience": {"aud": ["somebody-else"]},
            "two-audiences": {"aud": [CLIENT, "somebody-else"]},
            "authorized": {"azp": "somebody-else"},
            "issuer": {"iss": ISSUER + "/"},
            "expired": {"exp": NOW - 61},
            "future": {"iat": NOW + 61},
            "no-subject": {"sub": ""},
        }.get(code.twist, {})
        kid, algorithm = "one", "RS256"
        if code.twist == "stranger":
            kid = "stranger"
        if code.twist == "rotated":
            kid = "two"
        if code.twist == "hmac":
            public = jwk.OctKey.import_key(json.dumps(KEYS["one"].as_dict(private=False)))
            return jwt.encode({"alg": "HS256", "kid": "one"}, claims, public, ["HS256"])
        if code.twist == "unsigned":
            return jwt.encode({"alg": "none", "kid": "one"}, claims, None, ["none"])
        header = {"alg": algorithm, "kid": kid}
        if code.twist == "jwk-header":
            header |= {"jwk": KEYS["stranger"].as_dict(private=False)}
            return jwt.encode(header, claims, KEYS["stranger"], [algorithm])
        if code.twist == "borrowed-name":
            return jwt.encode({"alg": algorithm, "kid": "one"}, claims, KEYS["stranger"], [algorithm])
        return jwt.encode(header, claims, KEYS[kid], [algorithm])


server = AuthorizationServer(
    app, query_client=lambda name: Client() if name == CLIENT else None, save_token=lambda *_: None
)
server.register_token_generator("default", BearerTokenGenerator(lambda **_: "opaque"))
server.register_grant(CodeGrant, [CodeChallenge(required=True), IdToken(require_nonce=True)])


@app.get("/authorize")
def authorize() -> Any:
    person = Person(request.args["user"])
    grant = server.get_consent_grant(end_user=person)
    return server.create_authorization_response(grant_user=person, grant=grant)


@app.post("/token")
def token() -> Any:
    return server.create_token_response()


@app.get("/keys")
def keys() -> Response:
    return jsonify(
        {"keys": [{**KEYS[kid].as_dict(private=False), "kid": kid, "use": "sig"} for kid in PUBLISHED]}
    )


@app.post("/rotate")
def rotate() -> str:
    PUBLISHED.append("two")
    return "rotated"


@app.get("/.well-known/openid-configuration")
def metadata() -> Response:
    return jsonify(
        {
            "issuer": ISSUER,
            "authorization_endpoint": f"{ISSUER}/authorize",
            "token_endpoint": f"{ISSUER}/token",
            "jwks_uri": f"{ISSUER}/keys",
            "end_session_endpoint": f"{ISSUER}/logout",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
        }
    )


http = make_server("127.0.0.1", 0, app, threaded=True)
ISSUER = f"http://127.0.0.1:{http.server_port}"
print(ISSUER, flush=True)
http.serve_forever()
