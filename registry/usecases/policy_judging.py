"""Judging a publication under the policy of its contract: every pair that it demands, one verdict.

The report that is shown whole is that of the highest earlier version, which the number is weighed by, unless
it is another pair that decides. Its member ``policy`` names the policy and every pair.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from registry.config import ReportKeeping
from registry.model import (
    Compatibility,
    Direction,
    SemanticVersion,
    Submission,
)
from registry.ports import Judgement
from registry.usecases.candidates import Base, Candidate
from registry.usecases.changes_assessment import consumers_of
from registry.usecases.fan_out import blast_radius, with_radius
from registry.usecases.judging import Side, judged, published, read
from registry.usecases.services import Services

WORST = ("breaking", "unknown", "compatible")


@dataclass(frozen=True, slots=True)
class Pair:
    """One question that the policy asks, and its answer."""

    direction: Direction
    before: str
    after: str
    judgement: Judgement

    @property
    def fails(self) -> bool:
        return self.judgement.verdict != "compatible"


def judge_publication(
    services: Services,
    policy: Compatibility,
    bases: Sequence[Base],
    candidate: Candidate,
    submission: Submission,
    left_out: int,
) -> Judgement:
    """The judgement within a major version; of a canonical schema, with all that refer to it."""
    after = read(submission, candidate.read)
    judgement = judge_under(services, policy, bases, candidate.number, after, left_out=left_out)
    if candidate.read.schema_id is None:
        return judgement
    radius = blast_radius(services, candidate.read.schema_id, submission)
    return with_radius(judgement, radius, counts=Direction.BACKWARD in policy.directions)


def judge_under(
    services: Services,
    policy: Compatibility,
    bases: Sequence[Base],
    number: SemanticVersion,
    after: Side,
    *,
    left_out: int = 0,
) -> Judgement:
    """The judgement of a new version against the bases, the highest first; ``left_out`` were too many.

    Its verdict is the policy's: `compatible` when no pair that is demanded fails, whatever others say.
    """
    sides = [published(services, base.version) for base in bases]
    highest = judged(services, sides[0], after, bases[0].usage)
    pairs = []
    for base, side in zip(bases, sides, strict=True):
        for direction in policy.directions:
            old, new = str(base.version.number), str(number)
            if direction is Direction.FORWARD:
                pairs.append(Pair(direction, new, old, judged(services, after, side, ())))
            elif base is bases[0]:
                pairs.append(Pair(direction, old, new, highest))
            else:
                pairs.append(Pair(direction, old, new, judged(services, side, after, base.usage)))
    return concluded(policy, highest, pairs, left_out, services.reports)


def concluded(
    policy: Compatibility,
    highest: Judgement,
    pairs: Sequence[Pair],
    left_out: int,
    keeping: ReportKeeping,
) -> Judgement:
    """The verdict over all pairs, and the report that decides it with all pairs named."""
    verdicts = {pair.judgement.verdict for pair in pairs} | ({"unknown"} if left_out else set())
    verdict = next((one for one in WORST if one in verdicts), "compatible")
    deciding = next((pair.judgement for pair in pairs if pair.judgement.verdict == verdict), highest)
    shown = deciding if verdict != "compatible" else highest
    said = {
        "name": policy.value,
        "verdict": verdict,
        "pairs": [pair_json(pair, pair.judgement is shown, keeping) for pair in pairs],
        "leftOut": left_out,
    }
    required, sufficient = number_demanded(policy, highest)
    return Judgement(verdict, required, sufficient, {**shown.report, "policy": said})


def number_demanded(policy: Compatibility, highest: Judgement) -> tuple[str, bool]:
    """The step of the number. A break that the policy permits takes a minor version at least."""
    if Direction.BACKWARD in policy.directions or highest.bump_required != "major":
        return highest.bump_required, highest.bump_sufficient
    return "minor", highest.report["bump"]["declared"] in ("minor", "major")


def pair_json(pair: Pair, is_shown: bool, keeping: ReportKeeping) -> Mapping[str, Any]:
    """One pair; its findings where its report is not the one shown whole."""
    report = pair.judgement.report
    said: dict[str, Any] = {
        "direction": pair.direction.value,
        "before": pair.before,
        "after": pair.after,
        "verdict": pair.judgement.verdict,
        "digest": report["digest"],
        "breaking": report["summary"]["breaking"],
        "unknown": report["summary"]["unknown"],
    }
    if pair.fails and not is_shown:
        failing = [one for one in report["findings"] if one["level"] != "info"]
        said["findings"] = [
            {name: one.get(name) for name in ("rule", "level", "operation", "message", "fingerprint")}
            for one in failing[: keeping.pair_findings_max]
        ]
        said["consumers"] = list(consumers_of(report, {}))
    return said
