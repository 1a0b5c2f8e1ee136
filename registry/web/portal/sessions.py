"""Signing in and out, and who a page is for."""

from __future__ import annotations

from functools import wraps
from typing import Any, cast
from urllib.parse import urlsplit

from flask import Response, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from registry.errors import NotAllowed, Unauthenticated
from registry.model import Account
from registry.model.access import NOTHING
from registry.usecases.accounts import SESSION_LIFETIME, sign_in, sign_out
from registry.usecases.accounts import signed_in as known_session
from registry.usecases.denials import DenialLog
from registry.usecases.services import Services
from registry.web.problems import CORRELATION

COOKIE = "pactolus_session"
FORM_CHARS_MAX = 300


class Sessions:
    """The sign-in page and the cookie; ``secure`` when the registry is reached by https."""

    def __init__(self, services: Services, denials: DenialLog, *, secure: bool, label: str | None) -> None:
        self._services = services
        self._denials = denials
        self._secure = secure
        self._label = label
        """What the provider is called that people may sign in with, None without one."""

    def recall(self) -> None:
        """Before each request: who is signed in, and what that one sees."""
        found = known_session(self._services, request.cookies.get(COOKIE))
        g.account, g.sight = found if found is not None else (None, NOTHING)

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
        return self._form(wanted)

    def _form(self, wanted: str, name: str = "", failed: str = "") -> str:
        return render_template("sign_in.html", wanted=wanted, name=name, failed=failed, provider=self._label)

    def take_sign_in(self) -> ResponseReturnValue:
        """Sets the cookie and goes on, or shows the form again with the reason."""
        wanted = local_target(request.form.get("next"))
        name = request.form.get("name", "")[:FORM_CHARS_MAX]
        password = request.form.get("password", "")
        try:
            token = sign_in(self._services, self._denials, name, password, request_id())
        except Unauthenticated as error:
            return self._form(wanted, name, error.detail), 401
        return self.entered(token, wanted)

    def entered(self, token: str, wanted: str) -> Response:
        """Goes on with a new session; the one before, if there was one, has ended."""
        before = request.cookies.get(COOKIE)
        if before:
            sign_out(self._services.store, before)
        answer: Any = redirect(wanted, 303)
        answer.set_cookie(
            COOKIE,
            token,
            max_age=int(SESSION_LIFETIME.total_seconds()),
            path="/portal",
            secure=self._secure,
            httponly=True,
            samesite="Lax",
        )
        return cast(Response, answer)

    def take_sign_out(self) -> ResponseReturnValue:
        """Ends the session here; who came from a provider is told how to end the one there."""
        sign_out(self._services.store, request.cookies.get(COOKIE, ""))
        from_provider = g.account is not None and g.account.issuer is not None and self._label is not None
        target = "portal.show_signed_out" if from_provider else "portal.show_sign_in"
        answer = redirect(url_for(target), 303)
        answer.delete_cookie(COOKIE, path="/portal")
        return answer


def request_id() -> str:
    """The identifier of the request in hand."""
    return str(request.environ["asgi.scope"].get(CORRELATION))


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
