"""Where deployments, test evidence and freezes are kept."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from registry.model import Deployment, Freeze, TestEvidence


class Environments(Protocol):
    """What is in service where, what was tested, and when nothing moves."""

    def lock(self, contract: str) -> None:
        """Until the transaction ends, nobody else moves versions of the contract."""

    def deployed(self, environment: str, contract: str, major: int) -> Deployment | None: ...
    def deployments(self, environment: str, after: tuple[str, int] | None, count: int) -> list[Deployment]:
        """Those in service, by contract and major version."""

    def next_position(self, environment: str, contract: str, major: int) -> int: ...
    def deploy(self, deployment: Deployment) -> None: ...
    def undo(self, deployment: Deployment, at: datetime) -> None:
        """Takes it out of service; what it replaced is in service again."""

    def add_evidence(self, evidence: TestEvidence) -> bool:
        """False when that run is recorded already."""

    def evidence(self, contract: str, bundle_sha256: str, count: int) -> list[TestEvidence]:
        """The newest first."""

    def add_freeze(self, freeze: Freeze) -> None: ...
    def freezes(self, ending_after: datetime, after: str | None, count: int) -> list[Freeze]:
        """Those that hold or will hold, by identifier."""

    def freeze(self, freeze_id: str) -> Freeze | None:
        """None when there is none that stands."""

    def lift_freeze(self, freeze_id: str, at: datetime) -> bool:
        """False when there is none that stands."""
