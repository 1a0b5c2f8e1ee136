"""A contract that asks to be published, and what it is judged against."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from registry.model import SemanticVersion, UsageEvidence, Version
from registry.ports import ReadContract


@dataclass(frozen=True, slots=True)
class Candidate:
    """A contract that reads well, under the number it asks for, and for whom it is published."""

    read: ReadContract
    number: SemanticVersion
    on_behalf_of: str | None


@dataclass(frozen=True, slots=True)
class Base:
    """An earlier version of the major version, and who uses it."""

    version: Version
    usage: Sequence[UsageEvidence]
