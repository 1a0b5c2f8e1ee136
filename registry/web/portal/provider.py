"""Signing in by way of an OpenID provider, and signing out of it again."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from registry.config import OidcPolicy
from registry.errors import Unauthenticated
from registry.ports.identity import IdentityProvider
from registry.usecases.denials import DenialLog
from registry.usecases.provider_sign_in import ProviderAnswer, begin, finish
from registry.usecases.services import Services
from registry.web.portal.sessions import Sessions, local_target, request_id

COOKIE = "pactolus_sign_in"
COOKIE_PATH = "/portal/sign-in"
PARAMETER_CHARS_MAX = 4_000


class ProviderPages:
    """The way to the provider and the way back; ``base`` is the public address of this registry."""

    def __init__(
        self,
        services: Services,
        policy: OidcPolicy,
        provider: IdentityProvider,
        denials: DenialLog,
        sessions: Sessions,
        base: str,
    ) -> None:
        self._services = services
        self._policy = policy
        self._provider = provider
        self._denials = denials
        self._sessions = sessions
        self._base = base

    def begin(self) -> ResponseReturnValue:
        """Sends the browser to the provider, with a cookie that only it has."""
        wanted = local_target(request.args.get("next"))
        begun = begin(self._services, self._policy, self._provider, wanted, self._redirect_uri())
        answer = redirect(begun.url, 303)
        answer.set_cookie(
            COOKIE,
            begun.cookie,
            max_age=self._policy.attempt_lifetime_s,
            path=COOKIE_PATH,
            secure=self._base.startswith("https:"),
            httponly=True,
            samesite="Lax",  # the way back begins on the provider's site
        )
        return answer

    def finish(self) -> ResponseReturnValue:
        """Takes the provider's answer; a new session, or the page that says why not."""
        given = {name: request.args.getlist(name) for name in ("state", "code", "iss", "error")}
        if given["error"]:
            raise Unauthenticated("sign_in_refused", "You did not sign in at the provider; try again.")
        single = {name: values[0] for name, values in given.items() if len(values) == 1}
        if not {"state", "code"} <= set(single) or any(
            len(value) > PARAMETER_CHARS_MAX for value in single.values()
        ):
            raise Unauthenticated("sign_in_refused", "The provider's answer cannot be read; try again.")
        answer = ProviderAnswer(
            single["state"], single["code"], single.get("iss"), request.cookies.get(COOKIE, "")
        )
        token, wanted = finish(
            self._services,
            self._policy,
            self._provider,
            self._denials,
            answer,
            self._redirect_uri(),
            request_id(),
        )
        entered = self._sessions.entered(token, local_target(wanted))
        entered.delete_cookie(COOKIE, path=COOKIE_PATH)
        return entered

    def show_signed_out(self) -> ResponseReturnValue:
        """Says that the session here has ended, and leads to where the one at the provider does."""
        url = self._provider.sign_out_url(self._base + url_for("portal.show_sign_in"))
        return render_template("signed_out.html", provider=self._policy.label, sign_out_url=url)

    def _redirect_uri(self) -> str:
        return self._base + url_for("portal.finish_sign_in")
