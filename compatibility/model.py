"""The answer to "may it change?": a report of findings, each with its witness and its consumers.

Everything is a value. `Report.as_json` is the shape that is stored, served and rendered.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from compatibility.config import ENGINE_VERSION, Level, Mode, Promise
from compatibility.text_forms import TextForm
from specs.pointers import MISSING
from specs.problem import Problem

Verdict = Literal["compatible", "breaking", "unknown"]
Direction = Literal["consumed", "produced", "both", "none"]
Bump = Literal["none", "patch", "minor", "major"]
Impact = Literal["BROKEN", "POTENTIALLY", "UNAFFECTED"]
BUMPS: tuple[Bump, ...] = ("none", "patch", "minor", "major")
OF_USAGE = ("consumers", "usageNote", "witness")
"""What traffic changes of a finding: the witness too, because it prefers what was recorded."""


@dataclass(frozen=True, slots=True)
class ContractRef:
    """Which contract and version a side of the comparison is; `sha256` is over the bundled canonical form."""

    name: str
    version: str
    sha256: str

    def as_json(self) -> dict[str, Any]:
        return {"name": self.name, "version": self.version, "sha256": self.sha256}


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a document: RFC 6901 pointer, and the line (1-based) when the source text is known."""

    uri: str
    pointer: str
    line: int | None = None
    column: int | None = None

    def as_json(self) -> dict[str, Any]:
        return {"uri": self.uri, "pointer": self.pointer, "line": self.line}


@dataclass(frozen=True, slots=True)
class Witness:
    """A JSON value that one side accepts and the other rejects, confirmed by a second validator.

    `error` is that validator's own message.
    """

    value: Any
    accepted_by: Literal["before", "after"]
    rejected_by: Literal["before", "after"]
    error: str

    def as_json(self) -> dict[str, Any]:
        return {
            "value": self.value,
            "acceptedBy": self.accepted_by,
            "rejectedBy": self.rejected_by,
            "error": self.error,
        }


@dataclass(frozen=True, slots=True)
class Reach:
    """What one root cause means for one operation, in each direction its bytes flow there.

    None: the changed place is not reached in that direction.
    """

    operation: str
    consumed: Verdict | None = None
    produced: Verdict | None = None

    def as_json(self) -> dict[str, Any]:
        return {"operation": self.operation, "consumed": self.consumed, "produced": self.produced}


@dataclass(frozen=True, slots=True)
class Waiver:
    """Leave to change something for a while: one finding, a reason, who answers for it, until when.

    `operations` and `consumers` narrow it: it covers a finding only when all that the finding hits is named.
    """

    fingerprint: str
    reason: str
    owner: str
    expires: date
    operations: tuple[str, ...] = ()
    consumers: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return {
            "fingerprint": self.fingerprint,
            "reason": self.reason,
            "owner": self.owner,
            "expires": self.expires.isoformat(),
            "operations": list(self.operations),
            "consumers": list(self.consumers),
        }


@dataclass(frozen=True, slots=True)
class Seen:
    """Something recorded of an operation's payloads: a member that was there, or a value it had.

    `where` is the surface (`request`, `query parameter `limit``, `200 response`), `path` the member in it
    (`lines[].taxCategory`; empty for the whole). Without `value` it counts how often the member was there.
    """

    where: str
    path: str
    calls: int
    value: Any = MISSING


@dataclass(frozen=True, slots=True)
class Window:
    """The time traffic was counted in, RFC 3339; None where an end is open."""

    start: str | None = None
    end: str | None = None

    def as_json(self) -> dict[str, Any]:
        return {"from": self.start, "to": self.end}


@dataclass(frozen=True, slots=True)
class UsageRow:
    """One consumer's traffic on one operation: what the gateway counted or a subscription declared.

    `looked` are the calls of which every parameter, member and declared value was recorded; None where nobody
    says, and `seen` itself has to tell it.
    """

    consumer: str
    owner: str
    version: str
    operation: str
    calls: int
    last_seen: str | None
    source: Literal["observed", "declared"] = "observed"
    seen: tuple[Seen, ...] = ()
    looked: int | None = None


@dataclass(frozen=True, slots=True)
class Usage:
    """All traffic that is known, and the window it was counted in."""

    rows: tuple[UsageRow, ...] = ()
    window: Window = Window()


@dataclass(frozen=True, slots=True)
class ConsumerImpact:
    """What a finding means for one consumer, and why."""

    consumer: str
    owner: str
    status: Impact
    calls: int
    last_seen: str | None
    source: str
    reason: str

    def as_json(self) -> dict[str, Any]:
        return {
            "consumer": self.consumer,
            "owner": self.owner,
            "status": self.status,
            "calls": self.calls,
            "lastSeen": self.last_seen,
            "source": self.source,
            "reason": self.reason,
        }


@dataclass(frozen=True, slots=True)
class Meeting:
    """Where traffic can meet a change: the surface, and the path of the changed place in it."""

    operation: str
    where: str
    path: str
    flow: Literal["consumed", "produced"]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a usage join needs and no report prints: the two schemas of the changed place, self-contained.

    `members` meet the change by being there, `missing` by being left out; else the values themselves do,
    or, where they cross as text, all that is written like them.
    `failing` are the operations of which no former call is fine any more.
    """

    before: Any
    after: Any
    meetings: tuple[Meeting, ...] = ()
    members: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    text: TextForm | None = None
    failing: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Finding:
    """One root cause: a pair of places, what changed there, and every operation it reaches.

    `operations` are those it hits; `reach` lists all that hold the changed place, with both verdicts.
    `promise` is the first level of promises at which it holds: it holds at that one and all later ones.
    """

    rule: str
    level: Level
    direction: Direction
    operations: tuple[str, ...]
    before: Place | None
    after: Place | None
    message: str
    fix: str
    fingerprint: str
    witness: Witness | None = None
    consumers: tuple[ConsumerImpact, ...] = ()
    usage_note: str = ""
    every_request: bool = False
    promise: Promise = "wire"
    reach: tuple[Reach, ...] = ()
    also_at: tuple[Place, ...] = ()
    waived: Waiver | None = None
    evidence: Evidence | None = field(default=None, compare=False, repr=False)
    known_as: tuple[str, ...] = field(default=(), compare=False, repr=False)
    """Further fingerprints that a waiver may have it by; see `compatibility.fingerprints`."""

    @property
    def operation(self) -> str | None:
        return self.operations[0] if self.operations else None

    @property
    def pointer_before(self) -> str | None:
        return self.before.pointer if self.before else None

    @property
    def pointer_after(self) -> str | None:
        return self.after.pointer if self.after else None

    @property
    def position_before(self) -> tuple[int, int] | None:
        return position(self.before)

    @property
    def position_after(self) -> tuple[int, int] | None:
        return position(self.after)

    def as_json(self) -> dict[str, Any]:
        return {
            "rule": self.rule,
            "level": self.level,
            "promise": self.promise,
            "direction": self.direction,
            "operation": self.operation,
            "operations": list(self.operations),
            "reach": [one.as_json() for one in self.reach],
            "before": self.before.as_json() if self.before else None,
            "after": self.after.as_json() if self.after else None,
            "alsoAt": [place.as_json() for place in self.also_at],
            "message": self.message,
            "fix": self.fix,
            "witness": self.witness.as_json() if self.witness else None,
            "fingerprint": self.fingerprint,
            "waiver": self.waived.as_json() if self.waived else None,
            "consumers": [consumer.as_json() for consumer in self.consumers],
            "usageNote": self.usage_note,
        }


@dataclass(frozen=True, slots=True)
class Section:
    """What whoever asked for the judgement adds to it for readers: a title and plain lines.

    It stands in the formats for people and in SARIF, not in `Report.as_json` and not in the digest.
    """

    title: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """The judgement of one change; equal inputs give an equal report, byte for byte."""

    verdict: Verdict
    findings: tuple[Finding, ...]
    bump_required: Bump
    bump_declared: Bump
    bump_sufficient: bool
    before: ContractRef
    after: ContractRef
    not_judged: tuple[str, ...] = ()
    mode: Mode = "declared"
    level: Promise = "json"
    window: Window | None = None
    engine_version: str = ENGINE_VERSION
    sections: tuple[Section, ...] = ()

    @property
    def digest(self) -> str:
        """SHA-256 (hex) over the report less what traffic says, so that new traffic does not change it."""
        body = json.dumps(self._body(with_consumers=False), sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(body.encode("utf-8", "surrogatepass")).hexdigest()

    def as_json(self, *, digest: str | None = None) -> dict[str, Any]:
        """The shape that is stored and served; ``digest`` where it is known, since it costs as much again."""
        body = self._body(with_consumers=True)
        body["digest"] = digest or self.digest
        return body

    def with_usage(self, usage: Usage | Iterable[UsageRow]) -> Report:
        """Name the consumers each finding reaches; see `compatibility.usage` for the three statuses."""
        from compatibility.usage import joined

        return joined(self, usage if isinstance(usage, Usage) else Usage(tuple(usage)))

    def with_waivers(self, waivers: Iterable[Waiver], today: date) -> Report:
        """The report with what the waivers cover taken out of the verdict; see `compatibility.waivers`."""
        from compatibility.waivers import waive

        return waive(self, waivers, today)

    def with_problems_before(self, problems: Iterable[Problem]) -> Report:
        """The report with a note of each problem of the earlier contract that does not hinder comparing."""
        from compatibility.rules.earlier_not_valid import told
        from compatibility.verdicts import concluded

        return concluded(self, [*self.findings, *map(told, problems)])

    def count(self, level: Level) -> int:
        """How many findings of a level count, that is without those waived."""
        return sum(1 for finding in self.findings if finding.level == level and finding.waived is None)

    @property
    def waived(self) -> int:
        return sum(1 for finding in self.findings if finding.waived is not None)

    def _body(self, *, with_consumers: bool) -> dict[str, Any]:
        findings = [finding.as_json() for finding in self.findings]
        if not with_consumers:
            findings = [without(finding, OF_USAGE) for finding in findings]
        return {
            "verdict": self.verdict,
            "engineVersion": self.engine_version,
            "mode": self.mode,
            "level": self.level,
            **({"window": self.window.as_json() if self.window else None} if with_consumers else {}),
            "before": self.before.as_json(),
            "after": self.after.as_json(),
            "bump": {
                "required": self.bump_required,
                "declared": self.bump_declared,
                "sufficient": self.bump_sufficient,
            },
            "findings": findings,
            "notJudged": list(self.not_judged),
            "summary": {
                **{level: self.count(level) for level in ("breaking", "unknown", "info")},
                "waived": self.waived,
            },
        }


def position(place: Place | None) -> tuple[int, int] | None:
    """Line and column (1-based), None when the source text is not known."""
    if place is None or place.line is None:
        return None
    return place.line, place.column or 1


def without(value: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    """The mapping less the named members."""
    return {name: member for name, member in value.items() if name not in names}
