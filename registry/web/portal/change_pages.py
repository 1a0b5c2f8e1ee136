"""Change requests as pages: what waits for a decision, and one request with everything that decides it."""

from __future__ import annotations

from flask import g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from registry.errors import Conflict, Invalid
from registry.model import Account, Actor, ChangeState
from registry.ports import ChangeFilter
from registry.usecases import changes_decision, changes_reading
from registry.usecases.accounts import actor_of
from registry.usecases.changes_approval import approvals
from registry.usecases.services import Services
from registry.web.problems import CORRELATION
from registry.web.reports import report_answer

ITEMS_MAX = 50
TEXT_CHARS_MAX = 4_000
REASON_MISSING = "Say why you reject it: whoever wrote the change has to know what to mend."
DONE = {
    "approve": "Your approval is recorded.",
    "reject": "Your rejection is recorded. The author can revise the change and ask again.",
    "comment": "Your comment is added.",
}


class ChangePages:
    """One method per page or form."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def changes(self) -> ResponseReturnValue:
        """Those that wait for the reader's team first, or all in a state."""
        account: Account = g.account
        state = request.args.get("state") or "open"
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
        done = request.args.get("done", "")
        return self._shown(id_, told=DONE.get(done, ""))

    def decide(self, id_: str) -> ResponseReturnValue:
        """Approves or rejects what the form showed; a form that cannot be taken is shown again."""
        digest, chosen = request.form.get("digest", ""), request.form.get("decision")
        try:
            text = said() or None
            if chosen == "approve":
                changes_decision.approve(self._services, self._actor(), id_, digest, text)
            elif chosen == "reject":
                if text is None:
                    raise Invalid("reason_missing", REASON_MISSING)
                changes_decision.reject(self._services, self._actor(), id_, digest, text)
            else:
                raise Invalid("decision_missing", "Choose to approve or to reject.")
        except (Invalid, Conflict) as error:
            status = 422 if isinstance(error, Invalid) else 409
            return self._shown(id_, failed=error.detail, written=request.form.get("text", "")), status
        return redirect(url_for("portal.change", id_=id_, done=chosen), 303)

    def report(self, id_: str) -> ResponseReturnValue:
        """The report as one file for the board's papers, which needs no network to be read."""
        view = changes_reading.get_change(self._services, id_)
        answer = report_answer(view.change.assessment.report, "html")
        answer.headers["Content-Disposition"] = f'attachment; filename="{view.change.id}.html"'
        return answer

    def _shown(self, id_: str, *, told: str = "", failed: str = "", written: str = "") -> str:
        view = changes_reading.get_change(self._services, id_)
        account: Account = g.account
        actor = self._actor()
        has_approved = any(one.client_id == actor.client_id for one in approvals(view.change, view.entries))
        is_author = actor.client_id in view.change.authors
        decider = changes_decision.is_decider(self._services, actor_of(account, ""), view.change)
        is_asked = view.change.state is ChangeState.OPEN and decider
        return render_template(
            "change.html",
            view=view,
            may_decide=is_asked and not is_author,
            has_approved=has_approved,
            is_author=is_author,
            told=told,
            failed=failed,
            written=written,
            now=self._services.clock(),
            days=self._services.publishing.usage_days,
            page="changes",
        )

    def comment(self, id_: str) -> ResponseReturnValue:
        """Adds words to the history."""
        text = said()
        if not text:
            raise Invalid("comment_empty", "Write something first.")
        changes_decision.comment(self._services, self._actor(), id_, text)
        return redirect(url_for("portal.change", id_=id_, done="comment") + "#history", 303)

    def _actor(self) -> Actor:
        return actor_of(g.account, str(request.environ["asgi.scope"].get(CORRELATION)))


def said() -> str:
    """The words of a form; `Invalid` when they are too many."""
    text = request.form.get("text", "").replace("\r\n", "\n").strip()
    if len(text) > TEXT_CHARS_MAX:
        raise Invalid("text_too_long", f"Write at most {TEXT_CHARS_MAX} characters.")
    return text
