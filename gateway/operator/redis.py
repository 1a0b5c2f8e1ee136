"""What a gateway with `--redis` does while Redis is away: `local` goes on by itself, `refuse` answers 503.

`limits` are `local` unless said otherwise: each machine then counts for itself, from where the shared counts
were, so that N machines let at most N times as much through. `idempotency` is `refuse`: another machine may
have done the call already. With `local`, a key counts on the machine that it comes to.
`pactolus_gateway_redis_reachable` and `pactolus_gateway_redis_fallbacks` tell of it, and so does the log.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gateway.config import RedisFallback
from gateway.settings_file import object_of

_POLICY = {"enum": ["local", "refuse"]}
SCHEMA = object_of({}, {"fallback": object_of({}, {"limits": _POLICY, "idempotency": _POLICY})})
WANTED = "redis: {fallback: {limits: local | refuse, idempotency: local | refuse}}"
EXAMPLE = """\
redis:
  fallback: {limits: refuse, idempotency: refuse}
"""


def read(value: Mapping[str, Any]) -> RedisFallback:
    """The policies; what is not said is as where nothing is said."""
    return RedisFallback(**(value.get("fallback") or {}))
