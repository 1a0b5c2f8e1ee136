"""Binds pages to addresses, guards them, and tells failures as pages."""

from __future__ import annotations

from flask import Blueprint, Response, g, render_template, request
from werkzeug.exceptions import HTTPException

from registry.errors import RegistryError
from registry.usecases.references import References
from registry.usecases.services import Services
from registry.web.portal.change_pages import ChangePages
from registry.web.portal.pages import Pages
from registry.web.portal.sessions import Sessions, private, signed_in
from registry.web.problems import CODES, CORRELATION, STATUS

POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
STATIC_MAX_AGE_S = 3_600


def portal(services: Services, *, secure: bool) -> Blueprint:
    """All pages below ``/portal``; ``secure`` marks the cookie for https."""
    routes = Blueprint(
        "portal", __name__, url_prefix="/portal", template_folder="templates", static_folder="static"
    )
    sessions, pages = Sessions(services, secure=secure), Pages(services, References())
    routes.before_request(sessions.recall)
    routes.before_request(sessions.refuse_foreign_forms)
    routes.after_request(private)
    routes.after_request(guarded)
    routes.register_error_handler(RegistryError, on_refusal)
    routes.register_error_handler(HTTPException, on_http_error)
    add = routes.add_url_rule
    add("/sign-in", "show_sign_in", sessions.show_sign_in, methods=["GET"])
    add("/sign-in", "take_sign_in", sessions.take_sign_in, methods=["POST"])
    add("/sign-out", "take_sign_out", sessions.take_sign_out, methods=["POST"])
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


def on_refusal(error: RegistryError) -> tuple[str, int]:
    """A refusal of the registry as a page."""
    status = next(status for kind, status in STATUS.items() if isinstance(error, kind))
    return failure(status, error.detail)


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
