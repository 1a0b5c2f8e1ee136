"""Judging a change without publishing it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from registry.model import Submission
from registry.usecases.documents import stored
from registry.usecases.evidence import evidence_of
from registry.usecases.judging import in_turn, published, submitted
from registry.usecases.services import Services, known_version

__all__ = ["check_against_published", "check_documents", "compare_versions", "stored"]


def compare_versions(services: Services, contract_name: str, before: str, after: str) -> Mapping[str, Any]:
    """The report of the change between two published versions, with the consumers of the first."""
    with services.store.reading() as transaction:
        old = known_version(transaction, contract_name, before)
        new = known_version(transaction, contract_name, after)
        usage = evidence_of(services, transaction, old)
    return in_turn(services, published(services, old), published(services, new), usage).report


def check_against_published(
    services: Services, contract_name: str, before: str, after: Submission
) -> Mapping[str, Any]:
    """The report of a proposed change of a published version; nothing of it is published."""
    with services.store.reading() as transaction:
        old = known_version(transaction, contract_name, before)
        usage = evidence_of(services, transaction, old)
    return in_turn(services, published(services, old), submitted(services, after), usage).report


def check_documents(services: Services, before: Submission, after: Submission) -> Mapping[str, Any]:
    """The report of the change between two sets of documents; no traffic is known for them."""
    return in_turn(services, submitted(services, before), submitted(services, after), ()).report
