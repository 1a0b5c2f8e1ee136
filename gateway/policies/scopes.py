"""What the token permits: one alternative of `security` must be held whole (OpenAPI 3.1, 4.8.30)."""

from __future__ import annotations

from gateway.model import Claims, Reject
from gateway.policies.facts import Facts


def decide(facts: Facts) -> Reject | None:
    """403 insufficient_scope naming the alternative that lacks least (RFC 6750 section 3.1)."""
    identity, alternatives = facts.identity, facts.route.operation.scopes
    if not isinstance(identity, Claims) or alternatives is None:
        return None
    for needed in alternatives:
        if needed <= identity.scopes:
            return None
    nearest = min(alternatives, key=lambda needed: len(needed - identity.scopes))
    scope = " ".join(sorted(nearest))
    challenge = f'Bearer realm="pactolus", error="insufficient_scope", scope="{scope}"'
    missing = ", ".join(sorted(nearest - identity.scopes))
    return Reject(
        "insufficient_scope",
        f"the token lacks {missing}",
        headers=((b"www-authenticate", challenge.encode()),),
    )
