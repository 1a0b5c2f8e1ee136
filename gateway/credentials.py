"""Who calls, where it takes more than a plain access token that was seen before.

Each credential that the operation understands and the call brings is checked; one that is not good refuses
the call, whatever else it brings. The alternatives of `security` whose credentials all came are then held
against their scopes by the policy `scopes`.
"""

from __future__ import annotations

from collections.abc import Mapping

from gateway.config import GatewayConfig
from gateway.introspection import Introspector
from gateway.keys import KeyRing
from gateway.model import Claims, Confirmation, TokenRefusal
from gateway.plan.model import Plan
from gateway.plan.security import API_KEY, CERTIFICATE, DPOP, SIGNATURE, TOKEN, Asks
from gateway.policies import api_keys, authentication, certificates, dpop, signatures
from gateway.policies.facts import Facts
from gateway.ports import Clock
from gateway.replays import Replays
from gateway.tokens import NOT_COMPACT, read_proof

Identity = Claims | TokenRefusal | None


class Credentials:
    """The checks of one process; replays are seen by all workers, and `nonce_secret` is theirs too."""

    def __init__(self, config: GatewayConfig, clock: Clock, replays: Replays, nonce_secret: bytes) -> None:
        self._settings = config.authentication
        self._rules = config.token_rules
        self._limits = config.limits
        self._replays = replays
        self._nonce_secret = nonce_secret
        self._partners = {partner.key_id: partner for partner in config.authentication.partners}
        introspection = config.authentication.introspection
        self._introspector: Introspector | None = None
        if introspection is not None:
            rules, limits = config.token_rules, config.limits
            self._introspector = Introspector(introspection, rules, limits, config.timeouts, clock)

    async def close(self) -> None:
        """Ends the connections to the issuer."""
        if self._introspector is not None:
            await self._introspector.close()

    async def identify(
        self, plan: Plan, keys: KeyRing, facts: Facts, given: Mapping[bytes, bytes]
    ) -> Identity:
        """Who calls; None when the call brings no credential. `facts.met` is told where it matters."""
        asks = facts.route.operation.asks
        authorization = given.get(b"authorization")
        if asks is None:
            return await self._token(keys, facts, authorization)
        proved: dict[str, Claims] = {}
        for kind, identity in await self._all(asks, plan, keys, facts, given):
            if isinstance(identity, TokenRefusal):
                return identity
            proved[kind] = identity
            if identity.confirmation is not None:
                bound = identity.confirmation
                proved |= {DPOP: identity} if bound.key else {}
                proved |= {CERTIFICATE: identity} if bound.certificate else {}
        return _met(asks, proved, facts)

    async def _all(
        self, asks: Asks, plan: Plan, keys: KeyRing, facts: Facts, given: Mapping[bytes, bytes]
    ) -> list[tuple[str, Claims | TokenRefusal]]:
        found: list[tuple[str, Claims | TokenRefusal]] = []
        authorization = given.get(b"authorization")
        if authorization is not None:
            scheme, _, rest = authorization.partition(b" ")
            if SIGNATURE in asks.kinds and scheme.lower() == signatures.SCHEME.lower().encode():
                found.append((SIGNATURE, self._signature(rest.strip(b" "), facts)))
            elif asks.kinds & {TOKEN, DPOP}:
                identity = await self._token(keys, facts, authorization)
                if identity is not None:
                    found.append((TOKEN, identity))
        for name in asks.key_headers:
            lines = [value for line, value in facts.request.headers if line == name]
            if lines:
                pepper = self._settings.pepper
                identity = api_keys.check(lines, plan.api_keys, pepper, facts.now)
                found.append((API_KEY + name.decode(), identity))
        return found

    async def _token(self, keys: KeyRing, facts: Facts, authorization: bytes | None) -> Identity:
        sent = authentication.access_token(authorization)
        if sent is None or isinstance(sent, TokenRefusal):
            return sent
        scheme, token = sent
        claims = await keys.verify(token, facts.now)
        if claims is NOT_COMPACT and self._introspector is not None:
            claims = await self._introspector.identify(token, keys.issuer.issuer)
            if isinstance(claims, Claims) and keys.verifier.is_revoked(claims):
                claims = TokenRefusal("the token was revoked")
        if isinstance(claims, TokenRefusal):
            return claims
        return self._bound(claims, scheme, token, facts) or claims

    def _bound(self, claims: Claims, scheme: str, token: bytes, facts: Facts) -> TokenRefusal | None:
        """Why a token does not count as it was sent: bound and unbound ones alike."""
        bound = claims.confirmation or Confirmation()
        if scheme == "bearer" and bound.key is not None:
            return dpop.refused("the token is bound to a key: send it as DPoP", "invalid_token")
        if scheme == "dpop":
            if bound.key is None:
                return dpop.refused("the token is not bound to a key", "invalid_token")
            refusal = self._proved(bound.key, token, facts)
            if refusal is not None:
                return refusal
        if bound.certificate is not None:
            rules = self._settings.certificates
            lines = [value for name, value in facts.request.headers if name == rules.header]
            trusted = certificates.is_trusted(facts.request.client, rules.proxies)
            return certificates.check(bound.certificate, lines, trusted=trusted)
        return None

    def _proved(self, thumbprint: str, token: bytes, facts: Facts) -> TokenRefusal | None:
        """Why the call does not prove that it holds the key; a proof is taken once, when all else is good."""
        rules, request = self._settings.dpop, facts.request
        lines = [value for name, value in request.headers if name == dpop.HEADER]
        if len(lines) != 1:
            return dpop.refused("the call must carry one DPoP proof")
        proof = read_proof(lines[0], self._rules, self._limits)
        if isinstance(proof, str):
            return dpop.refused(proof)
        refusal = (
            dpop.speaks_of(proof, request.method, request.path, rules.origins)
            or dpop.is_fresh(proof, facts.now, rules.age_s_max, rules.leeway_s)
            or dpop.belongs_to(proof, thumbprint, token)
            or (dpop.holds_nonce(proof, self._nonce_secret, facts.now) if rules.nonce else None)
        )
        if refusal is not None:
            return refusal
        until = facts.elapsed + proof.made_at + rules.age_s_max - facts.now + 1.0
        first = self._replays.is_first(dpop.replay_key(proof), facts.elapsed, until)
        return None if first else dpop.refused("the proof was used before")

    def _signature(self, parameters: bytes, facts: Facts) -> Claims | TokenRefusal:
        age_s_max = self._settings.signature_age_s_max
        signed = signatures.check(parameters, facts.request, self._partners, facts.now, age_s_max)
        if isinstance(signed, TokenRefusal):
            return signed
        until = facts.elapsed + signed.made_at + age_s_max - facts.now + 1.0
        if not self._replays.is_first(signed.mark, facts.elapsed, until):
            return signatures.refused("the nonce was used before")
        facts.content_digest = signed.content_digest
        return signed.claims


def _met(asks: Asks, proved: Mapping[str, Claims], facts: Facts) -> Identity:
    """Who calls by the alternatives that are met; all credentials must be of one consumer."""
    met = [
        [(requirement.scopes, proved[requirement.kind]) for requirement in alternative]
        for alternative in asks.alternatives
        if all(requirement.kind in proved for requirement in alternative)
    ]
    if not met:
        return (
            TokenRefusal("the call lacks a credential that goes with the one it carries") if proved else None
        )
    consumers = {facts.consumers.get(claims.client_id) for claims in proved.values()}
    if len(consumers) != 1:
        return TokenRefusal("the credentials of the call are of different consumers")
    facts.met = tuple(
        (
            frozenset(scope for needed, _ in pairs for scope in needed),
            frozenset(scope for needed, claims in pairs for scope in needed & claims.scopes),
        )
        for pairs in met
    )
    return next(proved[kind] for kind in (TOKEN, SIGNATURE, *proved) if kind in proved)
