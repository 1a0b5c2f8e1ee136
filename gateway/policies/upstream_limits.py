"""An upstream's own RateLimit fields beside the gateway's: merged, never loosened.

draft-ietf-httpapi-ratelimit-headers-11 section 6.3: an intermediary does not make what another told more
permissive. Its items are passed on as they are, behind those of the gateway. Where both have a limit of one
name, the stricter of the two is told: that with less left, or with the longer wait where both have as much.
A field that is no list of strings with their parameters (RFC 9651) is ignored, as the draft asks for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

Line = tuple[bytes, bytes]
POLICY, STATE = b"ratelimit-policy", b"ratelimit"
BYTES_MAX = 4096
OURS_BYTES_MAX = 64 * 1024
_STRING = rb'"(?:[ !#-\[\]-~]|\\["\\])*"'
_TOKEN = rb"[A-Za-z*][!#-'*+\-./0-9:A-Z^-z|~]*"
_VALUE = rb"(?:-?[0-9]{1,15}(?:\.[0-9]{1,3})?|:[A-Za-z0-9+/=]*:|\?[01]|" + _STRING + rb"|" + _TOKEN + rb")"
_PARAMETER = rb"; *[a-z*][a-z0-9_.*-]*(?:=" + _VALUE + rb")?"
_ITEM = re.compile(rb"(" + _STRING + rb")((?:" + _PARAMETER + rb")*)")
_STRINGS = re.compile(_STRING)
_COMMA = re.compile(rb"[ \t]*,[ \t]*")
_LEFT = re.compile(rb"; *r=([0-9]{1,15})(?=;|$)")
_WAIT = re.compile(rb"; *t=([0-9]{1,15})(?=;|$)")


def merged(ours: Sequence[Line], told: Sequence[Line]) -> tuple[Line, ...]:
    """Header lines of both; `ours` are the gateway's policy and state, or nothing."""
    policies, states = (dict(_items(ours, field, OURS_BYTES_MAX)) for field in (POLICY, STATE))
    their_policies, their_states = (dict(_items(told, field, BYTES_MAX)) for field in (POLICY, STATE))
    for name, state in their_states.items():
        if _number(_LEFT, state) is None:
            continue
        mine = states.get(name)
        if mine is None or _strictness(state) < _strictness(mine):
            states[name] = state
            if name in their_policies:
                policies[name] = their_policies[name]
    for name, policy in their_policies.items():
        policies.setdefault(name, policy)
    return tuple(
        (field, b", ".join(items.values())) for field, items in ((POLICY, policies), (STATE, states)) if items
    )


def _strictness(state: bytes) -> tuple[int, int]:
    """Less is stricter."""
    return _number(_LEFT, state) or 0, -(_number(_WAIT, state) or 0)


def _number(pattern: re.Pattern[bytes], item: bytes) -> int | None:
    """A parameter's value; what stands inside of strings is none."""
    found = pattern.search(_STRINGS.sub(b'""', item))
    return None if found is None else int(found[1])


def _items(lines: Sequence[Line], field: bytes, bytes_max: int) -> Iterator[tuple[bytes, bytes]]:
    """Names with their whole items; none of a field that is malformed or too long."""
    value = b", ".join(line[1] for line in lines if line[0] == field).strip(b" \t")
    if len(value) > bytes_max:
        return
    found: list[tuple[bytes, bytes]] = []
    at = 0
    while at < len(value):
        item = _ITEM.match(value, at)
        if item is None:
            return
        found.append((item[1], item[0]))
        at = item.end()
        if at < len(value):
            comma = _COMMA.match(value, at)
            if comma is None or comma.end() == len(value):
                return
            at = comma.end()
    yield from found
