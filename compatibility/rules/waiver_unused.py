"""A waiver covers nothing: no finding has its fingerprint, or the finding reaches further than its scope.

A waiver that is left over would cover the same change when it comes back."""

from __future__ import annotations

import hashlib

from compatibility.model import Finding, Waiver

MIRROR = "waiver-expired"


def told(waiver: Waiver, reason: str) -> Finding:
    """The finding about the waiver; `reason` ends its sentence."""
    text = f"waiver-unused {waiver.fingerprint} {waiver.expires.isoformat()} {waiver.owner}"
    return Finding(
        rule="waiver-unused",
        level="info",
        direction="none",
        operations=(),
        before=None,
        after=None,
        message=f"The waiver of {waiver.fingerprint} covers nothing: {reason}",
        fix="Remove the waiver, or correct its fingerprint and scope.",
        fingerprint=hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16],
    )
