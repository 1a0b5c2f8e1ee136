"""Which of several origins a call goes to: passive health, ejection of outliers, active health, pauses.

An origin that asked for a pause (Retry-After) gets no call until it is over. Ejected and unhealthy ones are
passed over while there are others; when none is left all of them count, because a wrong check must not take
away what still answers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from gateway.resilience.model import CheckRules, OutlierRules


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of one origin; instants are on the clock of `elapsed`.

    `checks` counts the active checks in a row that spoke against the state `unhealthy` has.
    """

    failures_in_row: int = 0
    ejections: int = 0
    ejected_until: float = 0.0
    resting_until: float = 0.0
    unhealthy: bool = False
    checks: int = 0

    def state(self, now: float) -> str:
        """One word, the strongest first."""
        if self.resting_until > now:
            return "resting"
        if self.unhealthy:
            return "unhealthy"
        return "ejected" if self.ejected_until > now else "in use"


def after_try(
    standings: Sequence[Standing], index: int, rules: OutlierRules | None, now: float, *, failed: bool
) -> Standing:
    """The standing of `index` after a try of it."""
    standing = standings[index]
    if not failed:
        if not standing.failures_in_row and not standing.ejections:
            return standing
        return replace(standing, failures_in_row=0, ejections=max(0, standing.ejections - 1))
    standing = replace(standing, failures_in_row=standing.failures_in_row + 1)
    if rules is None or standing.failures_in_row < rules.failures_in_row or standing.ejected_until > now:
        return standing
    ejected = sum(other.ejected_until > now for other in standings)
    if ejected + 1 > rules.ejected_share_max * len(standings):
        return standing
    left_out_s = min(rules.eject_max_s, rules.eject_s * (standing.ejections + 1))
    ejections = standing.ejections + 1
    return replace(standing, failures_in_row=0, ejections=ejections, ejected_until=now + left_out_s)


def after_check(standing: Standing, rules: CheckRules, *, passed: bool) -> Standing:
    """The standing after an active check; the state changes only after several in a row that speak for it."""
    if passed != standing.unhealthy:
        return replace(standing, checks=0) if standing.checks else standing
    checks = standing.checks + 1
    if checks < (rules.healthy_after if passed else rules.unhealthy_after):
        return replace(standing, checks=checks)
    return replace(standing, unhealthy=not passed, checks=0)


def after_pause_asked(standing: Standing, wait_s: float, now: float) -> Standing:
    """The standing after an answer with Retry-After; the longest pause that was asked for holds."""
    return replace(standing, resting_until=max(standing.resting_until, now + wait_s))


def choose(standings: Sequence[Standing], turn: int, tried: Sequence[int], now: float) -> int | float:
    """The origin for the next try, in turns, one that was not tried if there is one.

    A float is the seconds until the first of them ends its pause, when all of them rest.
    """
    awake = [index for index, one in enumerate(standings) if one.resting_until <= now]
    if not awake:
        return min(one.resting_until for one in standings) - now
    well = [index for index in awake if not standings[index].unhealthy]
    well = [index for index in well if standings[index].ejected_until <= now]
    candidates = well or awake
    new = [index for index in candidates if index not in tried]
    candidates = new or candidates
    return candidates[turn % len(candidates)]
