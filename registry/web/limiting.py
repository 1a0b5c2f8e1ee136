"""Rate limits by Flask-Limiter: per caller and operation on the API; per claimed client on tokens.

Behind one address there can be many clients (a gateway, a NAT). So that a noisy one does not lock the others
out, each is counted by itself; what it is refused does not count against the address, which has a ceiling of
its own, since whom a client claims to be is not proven yet.

A storage shared between processes must answer when the registry starts. When it goes away later, requests are
still served and counted, by each process in its own memory and with the same limits, until it is back.
"""

from __future__ import annotations

import hashlib
from functools import partial
from typing import Any

from flask import Blueprint, Flask, request
from flask_limiter import Limiter

from registry.config import RatePolicy
from registry.errors import SetupError
from registry.web.problems import rate_problem


def limit_requests(app: Flask, oauth: Blueprint, portal: Blueprint, rates: RatePolicy) -> Limiter:
    """Binds the limits to the application, the authorization server and the portal.

    Raises `SetupError` when the storage of the counts cannot be used; its URL may hold a password, so that
    the message leaves it out.
    """
    limiter = Limiter(
        caller,
        default_limits=[rates.api],
        storage_uri=rates.storage_url,
        strategy="sliding-window-counter",
        headers_enabled=False,
        on_breach=rate_problem,
        key_prefix="registry",
        in_memory_fallback_enabled=rates.storage_url != "memory://",
        storage_options=timeouts(rates),
    )
    # Limits over periods of one unit are asked in this order, and the first that is reached ends the asking.
    bind = partial(limiter.shared_limit, scope="oauth")
    bind(rates.token, key_func=claimed_client, exempt_when=claims_nobody)(oauth)
    bind(rates.token_address, key_func=address)(oauth)
    limiter.shared_limit(rates.sign_in, scope="sign-in", key_func=address, exempt_when=is_no_sign_in)(portal)
    try:
        limiter.init_app(app)
    except Exception:  # a driver of any storage may refuse its URL in its own way
        raise SetupError(
            "limits_storage_invalid", "The URL of the limits storage cannot be used; give redis://host:port."
        ) from None
    if not limiter.storage.check():
        raise SetupError(
            "limits_storage_unreachable",
            "The limits storage does not answer: start it, correct its URL, or count in memory (memory://).",
        )
    return limiter


def timeouts(rates: RatePolicy) -> dict[str, Any]:
    """Options that keep a silent Redis from holding requests up; redis-py waits without end by itself."""
    if not rates.storage_url.startswith(("redis://", "rediss://")):
        return {}
    return {"socket_connect_timeout": rates.storage_timeout_s, "socket_timeout": rates.storage_timeout_s}


def caller() -> str:
    """The client that the token names, or the address without one."""
    context = request.environ["asgi.scope"].get("extensions", {}).get("connexion_context", {})
    user = context.get("user")
    return f"client:{user}" if user else address()


def claimed_client() -> str:
    """The client that the request says it is, behind its address; a digest, so that names are bounded."""
    digest = hashlib.sha256(claimed_name().encode("utf-8", "surrogatepass")).hexdigest()
    return f"{address()} client:{digest}"


def claims_nobody() -> bool:
    """Whether the request names no client: it asks for keys or metadata, or will be told what is missing."""
    return not claimed_name()


def is_no_sign_in() -> bool:
    """Whether the request to the portal neither tries a password nor has to do with a provider."""
    if request.endpoint in ("portal.begin_sign_in", "portal.finish_sign_in"):
        return False
    return not (request.endpoint == "portal.take_sign_in" and request.method == "POST")


def claimed_name() -> str:
    """The user name of HTTP Basic, or ``client_id`` of the form."""
    given = request.authorization
    named = given.username if given is not None and given.type == "basic" else request.form.get("client_id")
    return named or ""


def address() -> str:
    """The peer's address; a forwarded one is not believed."""
    return f"address:{request.remote_addr or 'unknown'}"
