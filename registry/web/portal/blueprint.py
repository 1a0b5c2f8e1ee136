"""Binds pages to addresses, guards them, and tells failures as pages."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, Response, g, render_template, request
from werkzeug.exceptions import HTTPException

from registry.config import OidcPolicy
from registry.errors import RegistryError
from registry.ports.identity import IdentityProvider
from registry.usecases.accounts import actor_of
from registry.usecases.denials import DenialLog
from registry.usecases.references import References
from registry.usecases.services import Services
from registry.web.denials import DENIED, caller_of, denial_of, is_write, note_concealed
from registry.web.portal.change_pages import ChangePages
from registry.web.portal.pages import Pages
from registry.web.portal.provider import ProviderPages
from registry.web.portal.sessions import Sessions, private, signed_in
from registry.web.problems import CODES, CORRELATION, STATUS

POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
STATIC_MAX_AGE_S = 3_600


def portal(
    services: Services,
    denials: DenialLog,
    base: str,
    oidc: OidcPolicy | None,
    provider: IdentityProvider | None,
) -> Blueprint:
    """All pages below ``/portal``; ``base`` is the public address, whose https marks the cookies."""
    routes = Blueprint(
        "portal", __name__, url_prefix="/portal", template_folder="templates", static_folder="static"
    )
    pages = Pages(services, References())
    label = oidc.label if oidc is not None else None
    sessions = Sessions(services, denials, secure=base.startswith("https:"), label=label)
    routes.before_request(sessions.recall)
    routes.before_request(sessions.refuse_foreign_forms)
    routes.after_request(private)
    routes.after_request(guarded)
    routes.register_error_handler(RegistryError, on_refusal(denials))
    routes.register_error_handler(HTTPException, on_http_error)
    add = routes.add_url_rule
    add("/sign-in", "show_sign_in", sessions.show_sign_in, methods=["GET"])
    add("/sign-in", "take_sign_in", sessions.take_sign_in, methods=["POST"])
    add("/sign-out", "take_sign_out", sessions.take_sign_out, methods=["POST"])
    if oidc is not None and provider is not None:
        people = ProviderPages(services, oidc, provider, denials, sessions, base)
        add("/sign-in/provider", "begin_sign_in", people.begin, methods=["GET"])
        add("/sign-in/provider/answer", "finish_sign_in", people.finish, methods=["GET"])
        add("/signed-out", "show_signed_out", people.show_signed_out, methods=["GET"])
    changes = ChangePages(services)
    for address, endpoint, page in (
        ("/changes", "changes", changes.changes),
        ("/changes/<id_>", "change", changes.change),
        ("/", "catalog", pages.catalog),
        ("/contracts/<name>", "contract", pages.contract),
        ("/contracts/<name>/compare", "compare", pages.compare),
        ("/contracts/<name>/versions/<version>", "reference", pages.reference),
        ("/contracts/<name>/versions/<version>/content", "content", pages.content),
        ("/consumers", "consumers", pages.consumers),
        ("/deprecations", "deprecations", pages.deprecations),
        ("/<path:_rest>", "nothing", nothing),
    ):
        add(address, endpoint, signed_in(page), methods=["GET"])
    add("/changes/<id_>/decision", "decide", signed_in(changes.decide), methods=["POST"])
    add("/changes/<id_>/comments", "comment", signed_in(changes.comment), methods=["POST"])
    return routes


def nothing(_rest: str) -> tuple[str, int]:
    """Any other address."""
    return failure(404, CODES[404][1])


def guarded(response: Response) -> Response:
    """No page runs a script, is framed, or tells others where the reader was."""
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
