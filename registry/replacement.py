"""Puts another content of a canonical schema into the documents of a contract that holds it."""

from __future__ import annotations

import posixpath

from registry.model import Submission, SubmittedDocument
from specs.config import Limits
from specs.errors import SpecError
from specs.load import load_document


def replaced(submission: Submission, schema_id: str, new: Submission, limits: Limits) -> Submission | None:
    """The documents with the schema of that ``$id`` as ``new`` has it; None where none of them is it.

    What the new content refers to in addition comes along, beside it as it was; what is there stays.
    """
    there = {identity(document, limits): document for document in submission.references}
    old = there.get(schema_id)
    if old is None:
        return None
    folder = posixpath.dirname(old.uri)
    home = posixpath.dirname(new.document.uri)
    uris = {document.uri for document in submission.documents}
    references = [
        SubmittedDocument(old.uri, new.document.raw) if document is old else document
        for document in submission.references
    ]
    for document in new.references:
        name = identity(document, limits)
        uri = posixpath.normpath(posixpath.join(folder, posixpath.relpath(document.uri, home or ".")))
        if (name is None or name not in there) and uri not in uris:
            references.append(SubmittedDocument(uri, document.raw))
    return Submission(submission.document, tuple(references))


def identity(document: SubmittedDocument, limits: Limits) -> str | None:
    """The ``$id`` of a document's root; None without one, or for what cannot be read."""
    try:
        return load_document(document.raw, document.uri, limits).identifiers.resources[""].base
    except SpecError:
        return None
