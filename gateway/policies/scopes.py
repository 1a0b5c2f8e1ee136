"""What the token permits: one alternative of `security` must be held whole (OpenAPI 3.1, 4.8.30)."""

from __future__ import annotations

from gateway.model import Claims, Reject
from gateway.policies.facts import Facts


def decide(facts: Facts) -> Reject | None:
    """403 insufficient_scope naming the alternative that lacks least (RFC 6750 section 3.1)."""
    identity, alternatives = facts.identity, facts.route.operation.scopes
    if not isinstance(identity, Claims) or alternatives is None:
        return None
    if facts.met is not None:
        return _of_met(facts.met)
    for needed in alternatives:
        if needed <= identity.scopes:
            return None
    nearest = min(alternatives, key=lambda needed: len(needed - identity.scopes))
    return _refusal(nearest, identity.scopes)


def _of_met(met: tuple[tuple[frozenset[str], frozenset[str]], ...]) -> Reject | None:
    """As above, where only the alternatives count whose credentials came, each with the scopes it holds."""
    if any(needed <= held for needed, held in met):
        return None
    return _refusal(*min(met, key=lambda pair: len(pair[0] - pair[1])))


def _refusal(nearest: frozenset[str], held: frozenset[str]) -> Reject:
    scope = " ".join(sorted(nearest))
    challenge = f'Bearer realm="pactolus", error="insufficient_scope", scope="{scope}"'
    missing = ", ".join(sorted(nearest - held))
    return Reject(
        "insufficient_scope",
        f"the token lacks {missing}",
        headers=((b"www-authenticate", challenge.encode()),),
    )
