"""Who may do what, and who may see what: verbs, roles, grants and sight. Pure.

A role is a set of verbs, a grant gives a role to a subject within a scope. What is not granted is denied.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from registry.model.contracts import Contract


class Verb(StrEnum):
    """What a role lets its holder do."""

    READ = "read"
    PROPOSE = "propose"
    PUBLISH = "publish"
    APPROVE = "approve"
    WAIVE = "waive"
    DEPRECATE = "deprecate"
    PROMOTE = "promote"
    ADMINISTER = "administer"
    AUDIT = "audit"


TEAM_VERBS = frozenset({Verb.READ, Verb.PROPOSE})
"""What every team may do with every contract that it sees."""


class AccessRole(StrEnum):
    """The roles there are; `VERBS` says what each may do."""

    READER = "reader"
    CONTRIBUTOR = "contributor"
    PUBLISHER = "publisher"
    OWNER = "owner"
    APPROVER = "approver"
    STEWARD = "steward"
    RELEASER = "releaser"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"


VERBS: Mapping[AccessRole, frozenset[Verb]] = {
    AccessRole.READER: frozenset({Verb.READ}),
    AccessRole.CONTRIBUTOR: frozenset({Verb.READ, Verb.PROPOSE}),
    AccessRole.PUBLISHER: frozenset({Verb.READ, Verb.PROPOSE, Verb.PUBLISH}),
    AccessRole.OWNER: frozenset(
        {Verb.READ, Verb.PROPOSE, Verb.PUBLISH, Verb.DEPRECATE, Verb.PROMOTE, Verb.WAIVE}
    ),
    AccessRole.APPROVER: frozenset({Verb.READ, Verb.APPROVE}),
    AccessRole.STEWARD: frozenset({Verb.READ, Verb.WAIVE, Verb.DEPRECATE}),
    AccessRole.RELEASER: frozenset({Verb.READ, Verb.PROMOTE}),
    AccessRole.AUDITOR: frozenset({Verb.READ, Verb.AUDIT}),
    # The administrator stands in for owners and never decides on a change: that is for those it concerns.
    AccessRole.ADMINISTRATOR: frozenset(Verb) - {Verb.APPROVE},
}


class SubjectKind(StrEnum):
    """Whom a grant is for."""

    TEAM = "team"
    ACCOUNT = "account"
    CLIENT = "client"


@dataclass(frozen=True, slots=True)
class AccessScope:
    """Where a grant holds: everything that is named must fit, and nothing named means everywhere.

    ``owner`` is of the roles that ownership itself gives; no stored grant names one.
    """

    domain: str | None = None
    contract: str | None = None
    environment: str | None = None
    owner: str | None = None

    def covers(self, contract: Contract, environment: str | None = None) -> bool:
        """Whether a contract is within it; what is bound to an environment holds nowhere else."""
        return (
            self.domain in (None, contract.domain)
            and self.contract in (None, contract.name)
            and self.environment in (None, environment)
            and self.owner in (None, contract.owner)
        )

    def contains(self, other: AccessScope) -> bool:
        """Whether all that the other covers is within it."""
        mine = (self.domain, self.contract, self.environment, self.owner)
        theirs = (other.domain, other.contract, other.environment, other.owner)
        return all(one is None or one == its for one, its in zip(mine, theirs, strict=True))

    @property
    def is_everything(self) -> bool:
        return self.contains(AccessScope())


EVERYWHERE = AccessScope()


@dataclass(frozen=True, slots=True)
class Held:
    """A role within a scope, whoever holds it."""

    role: AccessRole
    scope: AccessScope = EVERYWHERE

    def allows(self, verb: Verb, contract: Contract, environment: str | None = None) -> bool:
        return verb in VERBS[self.role] and self.scope.covers(contract, environment)


@dataclass(frozen=True, slots=True)
class Grant:
    """A role given to a team, an account or a client; ``epoch`` counts its changes (optimistic lock)."""

    id: str
    subject_kind: SubjectKind
    subject: str
    held: Held
    created_at: datetime
    created_by: str
    expires_at: datetime | None = None
    epoch: int = 1


OPEN_AUDIENCES = ("company-internal", "external-partner", "external-public")
"""Seen by everybody who is known."""
PUBLIC_AUDIENCES = ("external-public",)
"""Seen by everybody."""
UNIT_AUDIENCE = "business-unit-internal"
"""Seen by whoever holds a role in the contract's domain, too; any other audience by the owner and by those
who hold a role on that very contract."""


@dataclass(frozen=True, slots=True)
class Sight:
    """What a caller may see; `registry.storage.sight` says the same in SQL."""

    everything: bool = False
    audiences: tuple[str, ...] = ()
    team: str | None = None
    domains: tuple[str, ...] = ()
    contracts: tuple[str, ...] = ()
    domain_contracts: tuple[tuple[str, str], ...] = ()
    """Contracts that are seen only while they are in that domain."""
    audits: bool = False
    """Whether all of the audit log is seen, also what concerns no contract."""

    def sees(self, contract: Contract) -> bool:
        """Whether the contract exists for this caller."""
        return (
            self.everything
            or contract.audience in self.audiences
            or (self.team is not None and contract.owner == self.team)
            or (contract.audience == UNIT_AUDIENCE and contract.domain in self.domains)
            or contract.name in self.contracts
            or (contract.domain, contract.name) in self.domain_contracts
        )


EVERYTHING = Sight(everything=True, audits=True)
"""Of the registry itself, and of whoever works on its database."""
NOTHING = Sight()
KNOWN = Sight(audiences=OPEN_AUDIENCES)
"""What everybody who is known sees: what is said to all of them names nothing else."""
PUBLIC = Sight(audiences=PUBLIC_AUDIENCES)
"""Of callers who are not known."""


def sight_of(team: str | None, held: Sequence[Held]) -> Sight:
    """What a known caller of that team sees; each role that it holds includes reading."""
    scopes = [one.scope for one in held if one.scope.owner is None]
    audits = any(Verb.AUDIT in VERBS[one.role] and one.scope.is_everything for one in held)
    pairs = {(one.domain, one.contract) for one in scopes}
    return Sight(
        everything=(None, None) in pairs,
        audiences=OPEN_AUDIENCES,
        team=team,
        domains=tuple(sorted(domain for domain, contract in pairs if domain and not contract)),
        contracts=tuple(sorted(contract for domain, contract in pairs if contract and not domain)),
        domain_contracts=tuple(sorted((domain, name) for domain, name in pairs if domain and name)),
        audits=audits,
    )
