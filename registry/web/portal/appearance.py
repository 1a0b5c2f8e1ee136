"""Light or dark: as the reader's system has it, or as a cookie says. Works without a script."""

from __future__ import annotations

from flask import redirect, request
from flask.typing import ResponseReturnValue

from registry.web.portal.sessions import local_target

COOKIE = "pactolus_theme"
THEMES = ("light", "dark")
MAX_AGE_S = 365 * 24 * 3_600


def theme() -> str:
    """``light``, ``dark``, or "" for what the system has."""
    kept = request.cookies.get(COOKIE, "")
    return kept if kept in THEMES else ""


def following(current: str) -> str:
    """What the button switches to; ``system`` forgets the choice."""
    return {"": "dark", "dark": "light"}.get(current, "system")


def take_theme() -> ResponseReturnValue:
    """Keeps the choice and goes back to the page."""
    answer = redirect(local_target(request.form.get("back")), 303)
    wanted = request.form.get("theme", "")
    if wanted in THEMES:
        answer.set_cookie(COOKIE, wanted, max_age=MAX_AGE_S, path="/portal", httponly=True, samesite="Lax")
    else:
        answer.delete_cookie(COOKIE, path="/portal")
    return answer
