"""The routes for clients of a Pact broker, below ``/pact``.

Credentials are those of the registry: a client id and secret by HTTP Basic, or an access token. Errors have
the broker's form, a list of sentences.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import Blueprint, Response, g, request

from registry.errors import Conflict, Invalid, NotFound, RegistryError, Unauthenticated
from registry.model import Actor
from registry.tokens import TokenIssuer
from registry.usecases.access import Access, open_access, open_access_by_secret
from registry.usecases.denials import Denial, DenialLog
from registry.usecases.pact import Question, Selector, chosen_version, is_known, matrix, refusal_texts
from registry.usecases.promotion import promote
from registry.usecases.services import Services
from registry.web.admission import basic_credentials
from registry.web.denials import DENIED, recorded
from registry.web.pact import rendering
from registry.web.pact.selectors import question_of, simple_question_of
from registry.web.problems import CORRELATION, problem_of
from registry.web.requests import json_bytes
from registry.web.security import bearer_token, demand_scopes
from registry.web.sight import as_seen

NAME = "pact"
PREFIX = "/pact"
MEDIA_TYPE = "application/hal+json;charset=utf-8"
READ, PUBLISH = "registry:read", "registry:publish"
VERSION_PATH = "/pacticipants/<name>/versions/<version>"
BASIC = 'Basic realm="registry", Bearer realm="registry"'
Handler = Callable[..., tuple[Any, int]]


class PactRoutes:
    """One method per route; each answers a value and a status."""

    def __init__(self, services: Services, issuer: TokenIssuer, denials: DenialLog) -> None:
        self._all = services
        """Knows who asks; ``_services`` shows what that one may see."""
        self._services = as_seen(services)
        self._issuer = issuer
        self._denials = denials
        self._base = issuer.issuer + PREFIX

    def blueprint(self) -> Blueprint:
        """All routes; the methods of an address that has another are answered 405."""
        routes = Blueprint(NAME, __name__, url_prefix=PREFIX)
        for address, handler in (
            ("/", self.index),
            ("/matrix", self.matrix),
            ("/can-i-deploy", self.can_i_deploy),
            ("/environments", self.environments),
            ("/environments/<name>", self.environment),
            ("/pacticipants/<name>", self.pacticipant),
            (VERSION_PATH, self.version),
        ):
            routes.add_url_rule(address, view_func=self._guarded(handler, READ), methods=["GET"])
        # The address of the broker as clients are given it, without the slash that a redirect would ask for.
        bare = self._guarded(self.index, READ)
        routes.add_url_rule("", endpoint="bare_index", view_func=bare, methods=["GET"])
        record = self._guarded(self.record_deployment, PUBLISH)
        where = VERSION_PATH + "/deployed-versions/environment/<environment>"
        routes.add_url_rule(where, view_func=record, methods=["POST"])
        return routes

    def index(self, _actor: Actor) -> tuple[Any, int]:
        return rendering.index_json(self._base), 200

    def matrix(self, _actor: Actor) -> tuple[Any, int]:
        return self._answered(question_of(request.query_string)), 200

    def can_i_deploy(self, _actor: Actor) -> tuple[Any, int]:
        return self._answered(simple_question_of(request.query_string)), 200

    def _answered(self, question: Question) -> Any:
        return rendering.matrix_json(self._base, matrix(self._services, question))

    def environments(self, _actor: Actor) -> tuple[Any, int]:
        shown = [self._environment(name) for name in self._services.environments.names]
        links = {"self": {"href": f"{self._base}/environments"}}
        return {"_embedded": {"environments": shown}, "_links": links}, 200

    def environment(self, _actor: Actor, name: str) -> tuple[Any, int]:
        if name not in self._services.environments.names:
            raise NotFound("environment_not_found", "The requested environment was not found.")
        return self._environment(name), 200

    def _environment(self, name: str) -> Any:
        last = self._services.environments.names[-1]
        return rendering.environment_json(self._base, name, production=name == last)

    def pacticipant(self, _actor: Actor, name: str) -> tuple[Any, int]:
        if not is_known(self._services, name):
            raise NotFound("pacticipant_not_found", "The requested pacticipant was not found.")
        return rendering.pacticipant_json(self._base, name, name), 200

    def version(self, _actor: Actor, name: str, version: str) -> tuple[Any, int]:
        self._known(name, version)
        names = self._services.environments.names
        return rendering.version_json(self._base, name, version, names), 200

    def record_deployment(self, actor: Actor, name: str, version: str, environment: str) -> tuple[Any, int]:
        """A deployment of a contract is a promotion, and refused like one."""
        if not self._known(name, version):
            raise Invalid(
                "consumer_deployment", f"{name} is a consumer; where consumers are deployed is not kept here."
            )
        moved = promote(self._services, actor, name, version, environment)
        if moved.deployment is None:
            raise Conflict("deployment_changed", f"{environment} has changed meanwhile; ask again.")
        at = moved.deployment.at
        return rendering.deployed_json(self._base, name, version, environment, at), 201

    def _known(self, name: str, version: str) -> bool:
        """Whether it is a version of a contract; `NotFound` for what is neither that nor a consumer."""
        if not is_known(self._services, name):
            raise NotFound("pacticipant_not_found", "The requested pacticipant was not found.")
        found = chosen_version(self._services, Selector(name, version))
        if isinstance(found, str):
            raise NotFound("version_not_found", f"{found}.")
        return found is not None

    def _guarded(self, handler: Handler, scope: str) -> Callable[..., Response]:
        """The view: who asks, what it answers, and refusals in the broker's form."""

        @wraps(handler)
        def view(**names: str) -> Response:
            access: Access | None = None
            try:
                access = self._access()
                g.sight = access.sight
                demand_scopes(access, (scope,))
                value, status = handler(access.actor, **names)
                return Response(json_bytes(value), status=status, content_type=MEDIA_TYPE)
            except RegistryError as error:
                return self._refused(error, access)

        return view

    def _access(self) -> Access:
        header = request.headers.get("Authorization", "")
        correlation = str(request.environ["asgi.scope"].get(CORRELATION))
        scheme, _, credentials = header.strip().partition(" ")
        if scheme.lower() == "basic":
            client_id, secret = basic_credentials(credentials.strip())
            return open_access_by_secret(self._all, client_id, secret, correlation)
        if not header:
            raise Unauthenticated("token_required", "Send a client id and secret, or a token.")
        return open_access(self._all, self._issuer, bearer_token(header), correlation)

    def _refused(self, error: RegistryError, access: Access | None) -> Response:
        scope = request.environ["asgi.scope"]
        problem, headers = problem_of(error, scope)
        if request.method == "POST" and problem.status in DENIED and not error.audited:
            actor = access.actor if access else None
            correlation = str(scope.get(CORRELATION))
            recorded(
                self._denials,
                Denial(request.method, request.path, problem.status, error.code, correlation, actor),
            )
        if problem.status == 401:
            headers["WWW-Authenticate"] = BASIC
        value = {"errors": refusal_texts(error)}
        return Response(json_bytes(value), status=problem.status, content_type=MEDIA_TYPE, headers=headers)
