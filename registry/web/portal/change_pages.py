"""Change requests as pages: what waits for a decision, and one request with everything that decides it."""

from __future__ import annotations

from flask import g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from registry.errors import Invalid
from registry.model import Account, Actor, ChangeState
from registry.ports import ChangeFilter
from registry.usecases import changes_decision, changes_reading
from registry.usecases.accounts import actor_of
from registry.usecases.services import Services
from registry.web.problems import CORRELATION

ITEMS_MAX = 50
TEXT_CHARS_MAX = 4_000


class ChangePages:
    """One method per page or form."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def changes(self) -> ResponseReturnValue:
        """Those that wait for the reader's team first, or all in a state."""
        account: Account = g.account
        state = request.args.get("state", "open")
        mine = request.args.get("whose", "team" if account.team else "all") == "team" and account.team
        wanted = ChangeFilter(
            state=ChangeState(state) if state in set(ChangeState) else None,
            team=account.team if mine else None,
        )
        found = changes_reading.list_changes(
            self._services, wanted, request.args.get("after") or None, ITEMS_MAX
        )
        following = found.following[0] if found.following else None
        return render_template(
            "changes.html",
            found=found.items,
            state=state,
            states=[one.value for one in ChangeState],
            whose="team" if mine else "all",
            following=following,
            page="changes",
        )

    def change(self, id_: str) -> ResponseReturnValue:
        """One request, with the forms of those who may decide."""
        view = changes_reading.get_change(self._services, id_)
        account: Account = g.account
        decider = changes_decision.is_decider(self._services, actor_of(account, ""), view.change)
        may_decide = view.change.state is ChangeState.OPEN and decider
        return render_template("change.html", view=view, may_decide=may_decide, page="changes")

    def decide(self, id_: str) -> ResponseReturnValue:
        """Approves or rejects what the form showed."""
        digest, chosen = request.form.get("digest", ""), request.form.get("decision")
        text = said() or None
        if chosen == "approve":
            changes_decision.approve(self._services, self._actor(), id_, digest, text)
        elif chosen == "reject":
            if text is None:
                raise Invalid("reason_missing", "Say why: whoever wrote the change has to know what to mend.")
            changes_decision.reject(self._services, self._actor(), id_, digest, text)
        else:
            raise Invalid("decision_missing", "Choose to approve or to reject.")
        return redirect(url_for("portal.change", id_=id_), 303)

    def comment(self, id_: str) -> ResponseReturnValue:
        """Adds words to the history."""
        text = said()
        if not text:
            raise Invalid("comment_empty", "Write something first.")
        changes_decision.comment(self._services, self._actor(), id_, text)
        return redirect(url_for("portal.change", id_=id_) + "#history", 303)

    def _actor(self) -> Actor:
        return actor_of(g.account, str(request.environ["asgi.scope"].get(CORRELATION)))


def said() -> str:
    """The words of a form; `Invalid` when they are too many."""
    text = request.form.get("text", "").replace("\r\n", "\n").strip()
    if len(text) > TEXT_CHARS_MAX:
        raise Invalid("text_too_long", f"Write at most {TEXT_CHARS_MAX} characters.")
    return text
