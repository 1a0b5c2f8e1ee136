"""Puts the ASGI application together: the contract, its handlers, security, limits and problem details."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from typing import Any

from connexion import FlaskApp
from connexion.exceptions import ProblemException
from connexion.resolver import Resolver
from flask import request
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp
from werkzeug.exceptions import HTTPException as WerkzeugHTTPException

from registry.config import RegistryConfig
from registry.errors import NotFound, RegistryError, SetupError
from registry.ports.identity import IdentityProvider
from registry.tokens import TokenIssuer
from registry.usecases.denials import DenialLog
from registry.usecases.scorecards import Scorecards
from registry.usecases.services import Services
from registry.web import problems
from registry.web.access import AccessHandlers
from registry.web.admission import Admission
from registry.web.artifacts import ArtifactHandlers, GovernanceHandlers
from registry.web.audit import AuditHandlers
from registry.web.catalog import CatalogHandlers
from registry.web.changes import ChangeHandlers
from registry.web.confluent.app import ConfluentDoor
from registry.web.denials import on_refusal
from registry.web.discovery import DiscoveryHandlers
from registry.web.door import Door
from registry.web.environments import EnvironmentHandlers
from registry.web.graphs import GraphHandlers
from registry.web.limiting import limit_requests
from registry.web.methods import METHODS, AllowedMethods
from registry.web.oauth import authorization_server, blueprint
from registry.web.pact.blueprint import PactRoutes
from registry.web.parties import PartyHandlers
from registry.web.plans import PlanHandlers
from registry.web.policies import PolicyHandlers
from registry.web.portal.blueprint import portal
from registry.web.publications import PublicationHandlers
from registry.web.reads import ImmutableReads
from registry.web.reports import ReportHandlers
from registry.web.requests import BASE_PATH
from registry.web.schema_references import ReferenceHandlers
from registry.web.security import TokenSecurity
from registry.web.sight import as_seen
from registry.web.traffic import TrafficHandlers
from registry.web.ui import entrance, ui_options
from registry.web.validation import VALIDATORS
from registry.web.webhooks import WebhookHandlers
from registry.web.well_known import well_known
from specs.files import documents_root
from specs.load import load_document

CONTRACT = "platform/registry.v1.openapi.yaml"
Handler = Callable[..., Any]


def api_contract() -> dict[str, Any]:
    """The packaged contract of the API, to be changed at will."""
    return copy.deepcopy(packaged_contract())


@cache
def packaged_contract() -> dict[str, Any]:
    """The contract as it was read; nobody changes it."""
    raw = (documents_root() / CONTRACT).read_bytes()
    value: dict[str, Any] = load_document(raw, CONTRACT).value
    return value


def create_asgi_app(
    services: Services,
    issuer: TokenIssuer,
    config: RegistryConfig,
    provider: IdentityProvider | None = None,
) -> ASGIApp:
    """The application; raises `SetupError` when contract and handlers do not fit each other."""
    contract = api_contract()
    app = FlaskApp(
        "registry.web",
        server_args={"static_folder": None},
        swagger_ui_options=ui_options(),
    )
    app.app.config["MAX_CONTENT_LENGTH"] = config.limits.documents_body_bytes_max
    # Connexion makes the pool of threads that Flask runs in itself, and takes no size for it.
    app._middleware_app.asgi_app.executor._max_workers = config.worker_threads
    denials = DenialLog(services)
    add_problem_handlers(app, AllowedMethods(contract, BASE_PATH), denials)
    server = authorization_server(app.app, services, issuer)
    routes = blueprint(server, issuer, scopes_of(contract))
    scorecards = Scorecards()
    seen = as_seen(services)
    pages = portal(seen, scorecards, denials, issuer.issuer, config.oidc, provider)
    limit_requests(app.app, routes, pages, config.rates)
    app.app.register_blueprint(routes)
    app.app.register_blueprint(entrance())
    app.app.register_blueprint(well_known(services, issuer))
    app.app.register_blueprint(pages)
    app.app.register_blueprint(PactRoutes(services, issuer, denials).blueprint())
    app.app.before_request(refuse_unrouted)
    handlers = bound_handlers(contract, seen, issuer, scorecards)
    app.add_api(
        contract,
        base_path=BASE_PATH,
        name="registry",
        resolver=Resolver(handlers.__getitem__),
        strict_validation=True,
        pythonic_params=True,
        validator_map=dict(VALIDATORS),
        security_map={"oauth2": partial(TokenSecurity, services, issuer)},
    )
    return in_front(Door(app, config.limits, denials), services, issuer, config, denials)


def in_front(
    app: ASGIApp, services: Services, issuer: TokenIssuer, config: RegistryConfig, denials: DenialLog
) -> ASGIApp:
    """What is answered before Connexion: bytes that never change, and clients of schema registries."""
    executor = ThreadPoolExecutor(config.worker_threads, thread_name_prefix="registry-front")
    admission = Admission(services, issuer, executor)
    reads = ImmutableReads(app, services, admission, executor)
    return ConfluentDoor(reads, services, admission, executor, config.rates.schemas, denials)


def add_problem_handlers(app: FlaskApp, methods: AllowedMethods, denials: DenialLog) -> None:
    """Each layer's failures become problem details."""
    app.add_error_handler(RegistryError, on_refusal(denials))
    app.add_error_handler(ProblemException, problems.on_connexion_problem)
    app.add_error_handler(HTTPException, problems.on_http_exception(methods))
    app.add_error_handler(Exception, problems.on_failure)
    app.app.register_error_handler(WerkzeugHTTPException, problems.on_flask_exception)


def refuse_unrouted() -> None:
    """Refuses an API request that only Flask routed: it was neither secured nor validated."""
    if request.blueprint in ("oauth", "entrance", "portal", "well_known", "pact") or request.endpoint is None:
        return
    extensions = request.environ["asgi.scope"].get("extensions", {})
    if extensions.get("connexion_routing", {}).get("operation_id") is None:
        raise NotFound("not_found", "There is nothing at this address.")


def bound_handlers(
    contract: Mapping[str, Any], services: Services, issuer: TokenIssuer, scorecards: Scorecards
) -> dict[str, Handler]:
    """The handler of each operationId; refuses an operation without a handler and the reverse."""
    identifiers = set(operation_ids(contract))
    groups = (
        PartyHandlers(services),
        AccessHandlers(services),
        CatalogHandlers(services),
        PolicyHandlers(services),
        PublicationHandlers(services),
        ReferenceHandlers(services),
        DiscoveryHandlers(services, issuer.issuer),
        ChangeHandlers(services),
        ReportHandlers(services),
        GraphHandlers(services),
        EnvironmentHandlers(services),
        TrafficHandlers(services, issuer.issuer, issuer.key_id),
        AuditHandlers(services),
        ArtifactHandlers(services),
        GovernanceHandlers(services, scorecards),
        WebhookHandlers(services),
        PlanHandlers(services),
    )
    handlers = {
        camel_case(name): getattr(group, name)
        for group in groups
        for name in vars(type(group))
        if not name.startswith("_")
    }
    if set(handlers) != identifiers:
        unmatched = ", ".join(sorted(set(handlers) ^ identifiers))
        raise SetupError("handlers_unmatched", f"Contract and handlers do not fit each other: {unmatched}.")
    return handlers


def operation_ids(contract: Mapping[str, Any]) -> Iterable[str]:
    """Every operationId of the contract."""
    for item in contract["paths"].values():
        for method in METHODS:
            if method in item:
                yield item[method]["operationId"]


def scopes_of(contract: Mapping[str, Any]) -> list[str]:
    """The scopes that the contract's OAuth scheme declares."""
    flows = contract["components"]["securitySchemes"]["oauth"]["flows"]
    return sorted(flows["clientCredentials"]["scopes"])


def camel_case(name: str) -> str:
    """``list_teams`` as the contract writes it: ``listTeams``."""
    return re.sub(r"_([a-z])", lambda matched: matched.group(1).upper(), name)
