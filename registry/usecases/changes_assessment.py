"""What a change request is judged to be: whom it hits, how risky it is, who has to agree. Pure.

The score adds five factors from 1 to 5, as change boards do by hand: 5 to 10 is low, 11 to 17 medium, 18 to
25 high. Each factor says what it was given for, so that the board can check the sum.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from registry.config import ChangePolicy
from registry.model import ChangePlan, ChangeType, Proposal, Requirement, Role, rfc3339
from registry.usecases.evidence import UNREGISTERED

Json = dict[str, Any]
RANK = {"BROKEN": 0, "POTENTIALLY": 1}
VERDICT_POINTS = {"compatible": 1, "unknown": 3, "breaking": 5}
CALLS_STEPS = (0, 100, 10_000, 1_000_000)
POINTS_MAX = 5
NUMBERING = "version-bump-too-small"
"""Says of every way back that its number is lower, which is no reason against it."""
MEDIUM_FROM, HIGH_FROM = 11, 18
SCALE = f"5 to {MEDIUM_FROM - 1} low, {MEDIUM_FROM} to {HIGH_FROM - 1} medium, {HIGH_FROM} to 25 high"


def consumers_of(report: Mapping[str, Any], layers: Mapping[str, str]) -> tuple[Json, ...]:
    """Each consumer that a finding may hit, by name, with the worst that is said of it and its calls."""
    found: dict[str, Json] = {}
    for impact in impacts_of(report):
        status, name = str(impact["status"]), str(impact["consumer"])
        if status not in RANK:
            continue
        known = found.get(name)
        if known is None or RANK[status] < RANK[known["status"]]:
            found[name] = {
                "consumer": name,
                "owner": impact.get("owner") or UNREGISTERED,
                "layer": layers.get(name),
                "status": status,
                "calls": max(int(impact.get("calls", 0)), known["calls"] if known else 0),
                "lastSeen": impact.get("lastSeen"),
                "source": impact.get("source", "observed"),
            }
        else:
            known["calls"] = max(known["calls"], int(impact.get("calls", 0)))
    return tuple(found[name] for name in sorted(found))


def impacts_of(report: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """What is said of consumers: by findings, by other pairs of the policy, by contracts that refer to it."""
    for finding in report.get("findings", ()):
        if finding.get("level") != "info":
            yield from finding.get("consumers", ())
    for pair in report.get("policy", {}).get("pairs", ()):
        yield from pair.get("consumers", ())
    for contract in report.get("blastRadius", {}).get("contracts", ()):
        yield from contract.get("consumers", ())


def affected_names(report: Mapping[str, Any]) -> list[str]:
    """The names of those consumers."""
    return [one["consumer"] for one in consumers_of(report, {})]


def backout_of(before: str, reverse: Mapping[str, Any], author_plan: str | None) -> Json:
    """Whether going back is safe: the same check from the proposed version to the one in force."""
    verdict = str(reverse["verdict"])
    return {
        "version": before,
        "verdict": verdict,
        "findings": [
            {"rule": one["rule"], "level": one["level"], "message": one["message"]}
            for one in reverse.get("findings", ())
            if one.get("level") != "info" and one["rule"] != NUMBERING
        ],
        "reportDigest": reverse["digest"],
        "plan": author_plan
        or f"Publish the content of {before} again under a higher number, or roll the deployment back to it.",
    }


def risk_of(
    report: Mapping[str, Any], consumers: Sequence[Mapping[str, Any]], backout: Mapping[str, Any], tests: str
) -> Json:
    """The score with its arithmetic; ``tests`` is passed, failed or missing."""
    calls = sum(int(one["calls"]) for one in consumers)
    verdict, back = str(report["verdict"]), str(backout["verdict"])
    factors = (
        ("change", VERDICT_POINTS.get(verdict, 3), f"the change is {verdict}"),
        (
            "consumers",
            min(POINTS_MAX, 1 + len(consumers)),
            f"{counted(len(consumers), 'consumer')} affected",
        ),
        (
            "traffic",
            1 + sum(1 for step in CALLS_STEPS if calls > step),
            f"{counted(calls, 'call')} of affected consumers counted lately",
        ),
        ("backout", VERDICT_POINTS.get(back, 3), f"going back is {back}"),
        ("tests", {"passed": 1, "missing": 4}.get(tests, 5), f"tests of exactly this content: {tests}"),
    )
    score = sum(points for _, points, _ in factors)
    level = "high" if score >= HIGH_FROM else "medium" if score >= MEDIUM_FROM else "low"
    arithmetic = " + ".join(f"{name} {points}" for name, points, _ in factors)
    return {
        "score": score,
        "level": level,
        "scale": SCALE,
        "arithmetic": f"{arithmetic} = {score}",
        "factors": [{"name": name, "points": points, "reason": why} for name, points, why in factors],
    }


def counted(number: int, noun: str) -> str:
    """``1 call``, ``2 calls``."""
    return f"{number} {noun}" + ("" if number == 1 else "s")


def requirements_of(
    policy: ChangePolicy,
    kind: ChangeType,
    owner: str,
    consumers: Sequence[Mapping[str, Any]],
    level: str,
) -> tuple[Requirement, ...]:
    """Who has to agree. A standard change was authorised once for all; an emergency does not wait for
    consumers, whose owners are told instead, and always goes to the board."""
    if kind is ChangeType.STANDARD:
        return ()
    needed = [Requirement(Role.OWNER, owner, "The owner of the contract answers for each of its changes.")]
    strangers = [one["consumer"] for one in consumers if one["owner"] == UNREGISTERED]
    if kind is ChangeType.NORMAL:
        for team in sorted({str(one["owner"]) for one in consumers} - {UNREGISTERED}):
            names = ", ".join(one["consumer"] for one in consumers if one["owner"] == team)
            needed.append(Requirement(Role.CONSUMER, team, f"The change affects {names}."))
    because = [
        reason
        for holds, reason in (
            (kind is ChangeType.EMERGENCY, "An emergency is decided by the board."),
            (level == "high", "The risk is high."),
            (bool(strangers), f"No team answers for {', '.join(strangers)}."),
        )
        if holds
    ]
    if because:
        needed.append(Requirement(Role.BOARD, policy.board_team, " ".join(because)))
    return tuple(needed)


def eyes_of(policy: ChangePolicy, kind: ChangeType, level: str) -> int:
    """How many clients other than the authors have to agree, whatever their teams."""
    if kind is ChangeType.STANDARD:
        return 0
    return policy.eyes_min_high if level == "high" else policy.eyes_min


def digest_of(contract: str, plan: ChangePlan, proposal: Proposal, report_digest: str) -> str:
    """Names what is approved: an approval counts for exactly this, and for nothing that is changed later."""
    start, end = plan.window.start, plan.window.end
    value = {
        "contract": contract,
        "type": plan.type.value,
        "title": plan.title,
        "justification": plan.justification,
        "environments": sorted(plan.environments),
        "window": [rfc3339(start) if start else None, rfc3339(end) if end else None],
        "implementation": plan.implementation,
        "backout": plan.backout,
        "before": [str(proposal.before), proposal.before_bundle_sha256],
        "after": [str(proposal.number), proposal.bundle_sha256],
        "report": report_digest,
    }
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode("ascii")).hexdigest()
