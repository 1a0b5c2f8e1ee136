"""Published documents as they were submitted."""

from __future__ import annotations

from registry.errors import Invalid
from registry.model import Submission, SubmittedDocument, Version
from registry.ports import Transaction


def stored(transaction: Transaction, version: Version) -> Submission:
    """A version as it was submitted."""
    documents = [
        SubmittedDocument(reference.uri, raw) for reference, raw in transaction.catalog.documents(version)
    ]
    if not documents:
        raise Invalid("version_empty", f"{version.contract} {version.number} has no documents.")
    return Submission(documents[0], tuple(documents[1:]))
