"""Signing in and out, and who a page is for."""

from __future__ import annotations

from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from flask import Response, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from registry.errors import NotAllowed, Unauthenticated
from registry.model import Account
from registry.usecases.accounts import SESSION_LIFETIME, account_of, sign_in, sign_out
from registry.usecases.services import Services
from registry.web.problems import CORRELATION

COOKIE = "pactolus_session"
FORM_CHARS_MAX = 300


class Sessions:
    """The sign-in page and the cookie; ``secure`` when the registry is reached by https."""

    def __init__(self, services: Services, *, secure: bool) -> None:
        self._services = services
        self._secure = secure

    def recall(self) -> None:
        """Before each request: who is signed in."""
        token = request.cookies.get(COOKIE)
        g.account = account_of(self._services.store, self._services.clock, token)

    def refuse_foreign_forms(self) -> None:
        """A form comes from our own pages only (Fetch Metadata, or the Origin in an older browser)."""
        if request.method in ("GET", "HEAD", "OPTIONS"):
            return
        site = request.headers.get("Sec-Fetch-Site")
        origin = request.headers.get("Origin")
        if site == "same-origin" or (site is None and origin == request.host_url.rstrip("/")):
            return
        raise NotAllowed("foreign_form", "This form did not come from a page of the portal.")

    def show_sign_in(self) -> ResponseReturnValue:
        """The form, or the page asked for when somebody is signed in."""
        wanted = local_target(request.args.get("next"))
        if g.account is not None:
            return redirect(wanted, 303)
        return render_template("sign_in.html", wanted=wanted, name="", failed="")

    def take_sign_in(self) -> ResponseReturnValue:
        """Sets the cookie and goes on, or shows the form again with the reason."""
        wanted = local_target(request.form.get("next"))
        name = request.form.get("name", "")[:FORM_CHARS_MAX]
        password = request.form.get("password", "")
        request_id = str(request.environ["asgi.scope"].get(CORRELATION))
        try:
            token = sign_in(self._services.store, self._services.clock, name, password, request_id)
        except Unauthenticated as error:
            page = render_template("sign_in.html", wanted=wanted, name=name, failed=error.detail)
            return page, 401
        answer = redirect(wanted, 303)
        answer.set_cookie(
            COOKIE,
            token,
            max_age=int(SESSION_LIFETIME.total_seconds()),
            path="/portal",
            secure=self._secure,
            httponly=True,
            samesite="Lax",
        )
        return answer

    def take_sign_out(self) -> ResponseReturnValue:
        """Ends the session."""
        sign_out(self._services.store, request.cookies.get(COOKIE, ""))
        answer = redirect(url_for("portal.show_sign_in"), 303)
        answer.delete_cookie(COOKIE, path="/portal")
        return answer


def signed_in(page: Any) -> Any:
    """Sends a stranger to the sign-in page, and back afterwards."""

    @wraps(page)
    def guarded(*arguments: Any, **named: Any) -> Any:
        account: Account | None = g.account
        if account is None:
            wanted = request.full_path.rstrip("?") if request.method == "GET" else None
            address = url_for("portal.show_sign_in", next=wanted)
            if request.headers.get("HX-Request"):
                return Response(headers={"HX-Redirect": address})
            return redirect(address, 303)
        return page(*arguments, **named)

    return guarded


def local_target(wanted: str | None) -> str:
    """Where to go after signing in: a page of the portal, whatever the form says."""
    start = url_for("portal.catalog")
    parts = urlsplit(wanted or "")
    if parts.scheme or parts.netloc or not parts.path.startswith(start) or "\\" in parts.path:
        return start
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def private(response: Response) -> Response:
    """Pages are for the one who is signed in."""
    if request.endpoint != "portal.static":
        response.headers["Cache-Control"] = "private, no-store"
    return response
