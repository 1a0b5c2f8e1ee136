"""Which semantic version a change asks for, and which one it declares (semver.org 2.0.0)."""

from __future__ import annotations

import semver

from compatibility.model import BUMPS, Bump, Verdict


def bump_required(verdict: Verdict, *, equal: bool, additive: bool) -> Bump:
    """Breaking or undecided asks for a major version, an addition for a minor one, words for a patch."""
    if equal:
        return "none"
    if verdict != "compatible":
        return "major"
    return "minor" if additive else "patch"


def bump_declared(before: str, after: str) -> Bump:
    """The step between two versions; another date or name that is no number counts as major."""
    if before == after or not after.strip():
        return "none"
    old, new = semantic(before), semantic(after)
    if old is None or new is None:
        return "major"
    if new <= old:
        return "none"
    if new.major != old.major:
        return "major"
    return "minor" if new.minor != old.minor else "patch"


def semantic(version: str) -> semver.Version | None:
    """The version, where ``1``, ``1.2`` and ``v1.2.3`` are short for a whole one; None for other texts."""
    number = version.strip()
    if number[:1] in ("v", "V"):
        number = number[1:]
    if number.replace(".", "").isdigit() and number.count(".") < 2:
        number += ".0" * (2 - number.count("."))
    try:
        return semver.Version.parse(number)
    except ValueError:
        return None


def sufficient(required: Bump, declared: Bump, before: str, after: str) -> bool:
    """Whether the declared step is large enough; below 1.0.0 a minor step may break (semver.org item 4)."""
    if BUMPS.index(declared) >= BUMPS.index(required):
        return True
    initial = before.startswith("0.") and after.startswith("0.")
    return initial and required == "major" and declared == "minor"
