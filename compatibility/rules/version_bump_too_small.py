"""The declared version is smaller than what the change asks for (semver.org 2.0.0).

A break that is proved and whose version stays in its major is breaking (policy `major_not_declared`). While
it is not decided whether something breaks, nothing is said of the version: the report's `bump` holds what
would be needed. An addition without a minor version is noted (policy `version_too_small`). Words only,
without a patch version, give no finding; the report's `bump` says so."""

from __future__ import annotations

import hashlib

from compatibility.config import Level, Policy
from compatibility.model import Finding, Report

MIRROR = "there is none: a version that is larger than needed promises less and breaks nothing"


def told(report: Report, policy: Policy) -> Finding | None:
    """The finding about the version, None where it is large enough or nobody declares one."""
    required, declared = report.bump_required, report.bump_declared
    if report.bump_sufficient or required not in ("minor", "major") or not report.before.version:
        return None
    if required == "major" and report.verdict != "breaking":
        return None
    level: Level = policy.major_not_declared if required == "major" else policy.version_too_small
    versions = f"{report.before.version} to {report.after.version or 'none'}"
    step = f"{versions} is a {declared} step"
    if declared == "none":
        same = report.before.version == report.after.version
        step = "the version is unchanged" if same else f"{versions} is no step forward"
    text = f"version-bump-too-small {required} {report.before.name} {report.before.version}"
    return Finding(
        rule="version-bump-too-small",
        level=level,
        direction="none",
        operations=(),
        before=None,
        after=None,
        message=f"This change asks for a new {required} version, and {step}",
        fix=f"Declare the next {required} version, or take back what asks for it.",
        fingerprint=hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16],
    )
