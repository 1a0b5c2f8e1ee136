"""Which refusals go to the audit log: those of writes with 401, 403 or 409, and of what may not be seen.

Those of writes are in the log before they are answered. The others are written once the answer is out: the
time it takes does not tell what may not be seen from what is not there.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from connexion.lifecycle import ConnexionRequest, ConnexionResponse
from starlette.concurrency import run_in_threadpool
from starlette.types import Scope

from registry.errors import RegistryError
from registry.model import Actor
from registry.usecases.denials import Denial, DenialLog
from registry.web.problems import CORRELATION, answer, problem_of

LOG = logging.getLogger("registry.web")
CALLER = "registry.caller"
READING_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
READING_PATHS = ("/compatibility-checks",)
"""Addresses that are asked by POST because the question is long."""
DENIED = frozenset({401, 403, 409})
HIDDEN = 404


@dataclass(slots=True)
class Caller:
    """Who asks, once that is known; every layer sees the same one."""

    actor: Actor | None = None
    afterwards: Denial | None = None
    """What goes to the audit when the answer is out."""


def caller_of(scope: Scope) -> Caller:
    """The caller of a request."""
    caller: Caller = scope.setdefault(CALLER, Caller())
    return caller


def on_refusal(
    denials: DenialLog,
) -> Callable[[ConnexionRequest, Exception], Awaitable[ConnexionResponse]]:
    """Answers a refusal of the registry itself, once the audit has it."""

    async def handle(request: ConnexionRequest, error: Exception) -> ConnexionResponse:
        assert isinstance(error, RegistryError)
        problem, headers = problem_of(error, request.scope)
        if problem.status in DENIED and not error.audited and is_write(request.scope):
            denial = denial_of(request.scope, problem.status, error.code)
            await run_in_threadpool(recorded, denials, denial)
        elif error.concealed:
            note_concealed(request.scope, denials, error)
        return answer(problem, headers)

    return handle


def denial_of(scope: Scope, status: int, code: str) -> Denial:
    """The attempt of a request and its refusal."""
    caller = caller_of(scope)
    return Denial(scope["method"], scope["path"], status, code, str(scope.get(CORRELATION)), caller.actor)


def note_concealed(scope: Scope, denials: DenialLog, error: RegistryError) -> None:
    """Leaves it for the audit that somebody asked for what it may not see, if the policy wants that."""
    if denials.policy.record_concealed_reads:
        caller_of(scope).afterwards = denial_of(scope, HIDDEN, error.code)


async def record_afterwards(scope: Scope, denials: DenialLog) -> None:
    """Writes what was left for when the answer is out."""
    denial = caller_of(scope).afterwards
    if denial is not None:
        await run_in_threadpool(recorded, denials, denial)


def is_write(scope: Scope) -> bool:
    """Whether the request asks for a change."""
    return scope["method"] not in READING_METHODS and not scope["path"].endswith(READING_PATHS)


def recorded(denials: DenialLog, denial: Denial) -> None:
    """Records it; where the store cannot, the attempt stays refused and the log of the process has it."""
    try:
        denials.record(denial)
    except Exception:
        LOG.exception("a denied attempt is not in the audit: %s", denial)
