"""What every chapter of the story needs: the addresses, the principals, and one way to make a call."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import resources
from typing import Any

import httpx

from pactolus.demo.config import POLL_EVERY_S, DemoConfig
from pactolus.demo.narrator import Narrator
from pactolus.errors import DemoFailed
from pactolus.registry_client import RegistryClient

CALL_TIMEOUT_S = 30.0


@dataclass(slots=True)
class Caller:
    """A consumer with its access token, calling through the gateway."""

    name: str
    token: str
    http: httpx.Client

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        key: str | None = None,
        headers: Mapping[str, str] = {},
    ) -> httpx.Response:
        """One call; ``key`` is sent as Idempotency-Key (a structured-field string, so in quotes)."""
        sent = {"Authorization": f"Bearer {self.token}", "X-Correlation-ID": str(uuid.uuid4()), **headers}
        if not self.token:
            del sent["Authorization"]
        if key is not None:
            sent["Idempotency-Key"] = f'"{key}"'
        content = None if body is None else json.dumps(body).encode()
        if content is not None:
            sent.setdefault("Content-Type", "application/json")
        return self.http.request(method, path, content=content, headers=sent)


@dataclass(slots=True)
class Stage:
    """Everything a chapter may use."""

    config: DemoConfig
    narrator: Narrator
    http: httpx.Client  # to the gateway
    admin: RegistryClient
    teams: dict[str, RegistryClient] = field(default_factory=dict)
    callers: dict[str, Caller] = field(default_factory=dict)
    secrets: dict[str, tuple[str, str]] = field(default_factory=dict)

    def caller(self, name: str) -> Caller:
        """The consumer of that name, or nobody: a caller without a token."""
        return self.callers.get(name) or Caller(name, "", self.http)

    def tell(
        self,
        actor: str,
        response: httpx.Response,
        expected: int,
        reason: str | Callable[[Any], str],
        *,
        code: str | None = None,
        holds: Callable[[Any], bool] = lambda _: True,
    ) -> Any:
        """Prints a call with its reason; it came out when status, problem ``code`` and ``holds`` agree."""
        body = _json(response)
        came_out = (
            response.status_code == expected
            and (code is None or (isinstance(body, dict) and body.get("code") == code))
            and holds(body)
        )
        text = reason if isinstance(reason, str) else reason(body) if came_out else json.dumps(body)[:2000]
        request = f"{response.request.method} {response.request.url.raw_path.decode()}"
        self.narrator.step(actor, request, response.status_code, text, expected=expected, came_out=came_out)
        return body

    def wait(self, what: str, within_s: float, happened: Callable[[], bool]) -> float:
        """Seconds until ``happened``; raises ``DemoFailed`` when it takes longer than ``within_s``."""
        began = time.monotonic()
        while not happened():
            if time.monotonic() - began > within_s:
                raise DemoFailed(
                    f"{what} took longer than {within_s:g} s", "see the logs in the demo's folder"
                )
            time.sleep(POLL_EVERY_S)
        return time.monotonic() - began


def example(name: str) -> Any:
    """A JSON example that the services ship, by file name."""
    text = resources.files("quote_to_cash").joinpath("examples", name).read_text("utf-8")
    return json.loads(text)


def _json(response: httpx.Response) -> Any:
    try:
        return response.json()
    except ValueError:
        return None
