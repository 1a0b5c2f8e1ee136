"""Binds pages to addresses, guards them, and tells failures as pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from flask import Blueprint, Response, g, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from registry.config import OidcPolicy
from registry.errors import RegistryError
from registry.ports.identity import IdentityProvider
from registry.usecases.accounts import actor_of
from registry.usecases.denials import DenialLog
from registry.usecases.references import References
from registry.usecases.scorecards import Scorecards
from registry.usecases.services import Services
from registry.web.denials import DENIED, caller_of, denial_of, is_write, note_concealed
from registry.web.portal.appearance import following, take_theme, theme
from registry.web.portal.audit_pages import AuditPages, may_read_audit
from registry.web.portal.catalog_pages import CatalogPages
from registry.web.portal.change_pages import ChangePages
from registry.web.portal.contract_pages import ContractPages
from registry.web.portal.governance_pages import GovernancePages
from registry.web.portal.provider import ProviderPages
from registry.web.portal.sessions import Sessions, private, signed_in
from registry.web.portal.texts import code_marked, flowing
from registry.web.problems import CODES, CORRELATION, STATUS

POLICY = (
    "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
Page = Callable[..., ResponseReturnValue]


def portal(
    services: Services,
    scorecards: Scorecards,
    denials: DenialLog,
    base: str,
    oidc: OidcPolicy | None,
    provider: IdentityProvider | None,
) -> Blueprint:
    """All pages below ``/portal``; ``base`` is the public address, whose https marks the cookies."""
    routes = Blueprint(
        "portal", __name__, url_prefix="/portal", template_folder="templates", static_folder="static"
    )
    label = oidc.label if oidc is not None else None
    sessions = Sessions(services, denials, secure=base.startswith("https:"), label=label)
    routes.before_request(sessions.recall)
    routes.before_request(sessions.refuse_foreign_forms)
    routes.after_request(private)
    routes.after_request(guarded)
    routes.register_error_handler(RegistryError, on_refusal(denials))
    routes.register_error_handler(HTTPException, on_http_error)
    routes.context_processor(partial(surroundings, services))
    routes.add_app_template_filter(flowing)
    routes.add_app_template_filter(code_marked)
    add = routes.add_url_rule
    add("/sign-in", "show_sign_in", sessions.show_sign_in, methods=["GET"])
    add("/sign-in", "take_sign_in", sessions.take_sign_in, methods=["POST"])
    add("/sign-out", "take_sign_out", sessions.take_sign_out, methods=["POST"])
    add("/theme", "take_theme", take_theme, methods=["POST"])
    if oidc is not None and provider is not None:
        people = ProviderPages(services, oidc, provider, denials, sessions, base)
        add("/sign-in/provider", "begin_sign_in", people.begin, methods=["GET"])
        add("/sign-in/provider/answer", "finish_sign_in", people.finish, methods=["GET"])
        add("/signed-out", "show_signed_out", people.show_signed_out, methods=["GET"])
    changes = ChangePages(services)
    for address, endpoint, page in (
        *pages_of(services, scorecards, changes),
        ("/<path:_rest>", "nothing", nothing),
    ):
        add(address, endpoint, signed_in(page), methods=["GET"])
    add("/changes/<id_>/decision", "decide", signed_in(changes.decide), methods=["POST"])
    add("/changes/<id_>/comments", "comment", signed_in(changes.comment), methods=["POST"])
    return routes


def pages_of(
    services: Services, scorecards: Scorecards, changes: ChangePages
) -> Iterator[tuple[str, str, Page]]:
    """What is read: the address of each page, its name and what makes it."""
    contract = ContractPages(services, References(), scorecards)
    catalog = CatalogPages(services)
    governance = GovernancePages(services, scorecards)
    audit = AuditPages(services)
    yield "/", "catalog", catalog.catalog
    yield "/consumers", "consumers", catalog.consumers
    yield "/consumers/<name>", "consumer", catalog.consumer
    yield "/contracts/<name>", "contract", contract.contract
    yield "/contracts/<name>/reference", "latest_reference", contract.latest_reference
    yield "/contracts/<name>/versions", "versions", contract.versions
    yield "/contracts/<name>/versions/<version>", "reference", contract.reference
    yield "/contracts/<name>/versions/<version>/content", "content", contract.content
    yield "/contracts/<name>/compare", "compare", contract.compare
    yield "/contracts/<name>/callers", "callers", contract.callers
    yield "/contracts/<name>/graph", "graph", contract.graph
    yield "/contracts/<name>/scorecard", "scorecard", contract.scorecard
    yield "/changes", "changes", changes.changes
    yield "/changes/<id_>", "change", changes.change
    yield "/changes/<id_>/report", "change_report", changes.report
    yield "/inbox", "inbox", governance.inbox
    yield "/deprecations", "deprecations", governance.deprecations
    yield "/scorecards", "scorecards", governance.scorecards
    yield "/audit", "audit", audit.audit
    yield "/audit/checkpoint", "checkpoint", audit.checkpoint
    yield "/audit/<number>", "audit_entry", audit.entry


def surroundings(services: Services) -> dict[str, Any]:
    """What the frame around each page shows."""
    current = theme()
    return {
        "theme": current,
        "next_theme": following(current),
        "reads_audit": may_read_audit(services),
        "here": request.full_path.rstrip("?") if request.method == "GET" else request.path,
    }


def nothing(_rest: str) -> tuple[str, int]:
    """Any other address."""
    return failure(404, CODES[404][1])


def guarded(response: Response) -> Response:
    """No page runs a script but our own file, is framed, or tells others where the reader was."""
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["Referrer-Policy"] = "same-origin"
    return response


def on_refusal(denials: DenialLog) -> Callable[[RegistryError], tuple[str, int]]:
    """A refusal of the registry as a page; the audit has it when the page is out."""

    def shown(error: RegistryError) -> tuple[str, int]:
        status = next(status for kind, status in STATUS.items() if isinstance(error, kind))
        scope = request.environ["asgi.scope"]
        caller = caller_of(scope)
        if g.get("account") is not None:
            caller.actor = actor_of(g.account, str(scope.get(CORRELATION)))
        if error.concealed:
            note_concealed(scope, denials, error)
        elif status in DENIED and is_write(scope) and not error.audited:
            caller.afterwards = denial_of(scope, status, error.code)
        return failure(status, error.detail)

    return shown


def on_http_error(error: HTTPException) -> tuple[str, int]:
    """What Flask refuses."""
    status = error.code or 500
    return failure(status, CODES.get(status, ("", error.description or error.name))[1])


def failure(status: int, detail: str) -> tuple[str, int]:
    """The page that tells what went wrong and what to do."""
    if "account" not in g:
        g.account = None
    request_id = request.environ["asgi.scope"].get(CORRELATION)
    return render_template("failure.html", status=status, detail=detail, request_id=request_id), status
