"""Judging a change without publishing it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from registry.errors import Invalid
from registry.model import Submission, SubmittedDocument, Version
from registry.ports import Transaction
from registry.usecases.evidence import evidence_of
from registry.usecases.services import Services, known_version


def compare_versions(services: Services, contract_name: str, before: str, after: str) -> Mapping[str, Any]:
    """The report of the change between two published versions, with the consumers of the first."""
    with services.store.reading() as transaction:
        old = known_version(transaction, contract_name, before)
        new = known_version(transaction, contract_name, after)
        old_documents = stored(transaction, old)
        new_documents = stored(transaction, new)
        usage = evidence_of(services, transaction, old)
    with services.turns.take():
        before_model, after_model = services.reader.parse(old_documents), services.reader.parse(new_documents)
        return services.judge(before_model, after_model, usage).report


def check_against_published(
    services: Services, contract_name: str, before: str, after: Submission
) -> Mapping[str, Any]:
    """The report of a proposed change of a published version; nothing is stored."""
    with services.store.reading() as transaction:
        old = known_version(transaction, contract_name, before)
        old_documents = stored(transaction, old)
        usage = evidence_of(services, transaction, old)
    with services.turns.take():
        new = services.reader.parse(after)
        return services.judge(services.reader.parse(old_documents), new, usage).report


def check_documents(services: Services, before: Submission, after: Submission) -> Mapping[str, Any]:
    """The report of the change between two sets of documents; no traffic is known for them."""
    with services.turns.take():
        return services.judge(services.reader.parse(before), services.reader.parse(after), ()).report


def stored(transaction: Transaction, version: Version) -> Submission:
    """A version as it was submitted."""
    documents = [
        SubmittedDocument(reference.uri, raw) for reference, raw in transaction.catalog.documents(version)
    ]
    if not documents:
        raise Invalid("version_empty", f"{version.contract} {version.number} has no documents.")
    return Submission(documents[0], tuple(documents[1:]))
