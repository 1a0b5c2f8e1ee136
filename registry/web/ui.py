"""Swagger UI for the API, from the bundle that Connexion brings along: nothing is fetched from elsewhere."""

from __future__ import annotations

from collections.abc import Mapping

from connexion.options import SwaggerUIOptions
from flask import Blueprint, Response

from registry.web.requests import BASE_PATH

PORTAL_PATH = "/portal/"
UI_PATH = f"{BASE_PATH}/ui/"
POLICY = (
    "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
"""The page starts itself by a script within it; it talks to this host only."""


def ui_options() -> SwaggerUIOptions:
    """Where the page is; Authorize gets its token by client credentials from our own token endpoint."""
    return SwaggerUIOptions(
        swagger_ui_path="/ui",
        swagger_ui_config={
            "deepLinking": True,
            "displayRequestDuration": True,
            "docExpansion": "list",
            "defaultModelsExpandDepth": 0,
            "persistAuthorization": False,
        },
        swagger_ui_template_arguments={"initOAuth": {"appName": "Pactolus registry"}},
    )


def ui_headers(path: str) -> Mapping[str, str]:
    """What a browser is told about the pages of the UI; other answers are data."""
    if not path.startswith(UI_PATH):
        return {}
    return {"content-security-policy": POLICY, "referrer-policy": "no-referrer"}


def entrance() -> Blueprint:
    """The root of the host leads a person to the portal."""
    routes = Blueprint("entrance", __name__)
    routes.add_url_rule("/", "root", to_portal, methods=["GET"])
    routes.add_url_rule("/portal", "portal", to_portal, methods=["GET"])
    return routes


def to_portal() -> Response:
    """A redirect that nobody keeps, since what is at the root may change."""
    response = Response(status=307, headers={"Location": PORTAL_PATH, "Cache-Control": "no-store"})
    del response.headers["Content-Type"]
    return response
