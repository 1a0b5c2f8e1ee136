"""A waiver for this finding has expired.

It covers the finding no longer, which counts again. The level is that of the finding."""

from __future__ import annotations

import hashlib

from compatibility.model import Finding, Waiver

MIRROR = "waiver-unused"


def told(waiver: Waiver, finding: Finding) -> Finding:
    """The finding about the waiver."""
    text = f"waiver-expired {waiver.fingerprint} {waiver.expires.isoformat()}"
    return Finding(
        rule="waiver-expired",
        level=finding.level,
        direction="none",
        operations=finding.operations,
        before=finding.before,
        after=finding.after,
        message=f"The waiver of {waiver.fingerprint} ({finding.rule}) expired on {waiver.expires}",
        fix=f"Ask {waiver.owner} to renew it with a later `expires`, or take the change back.",
        fingerprint=hashlib.sha256(text.encode()).hexdigest()[:16],
        promise=finding.promise,
    )
