"""Handlers for publishing many contracts at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Response

from registry.errors import Invalid
from registry.model import Submission, SubmittedDocument
from registry.usecases.bulk import publish_all
from registry.usecases.publish import Published
from registry.usecases.services import Services
from registry.web.rendering import version_summary_json
from registry.web.requests import actor, body, json_answer


class PublicationHandlers:
    """One method per operation, by its operationId in snake case."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def publish_all(self, dry_run: bool) -> Response:
        asked = submissions(body())
        found = publish_all(self._services, actor(), asked, dry_run=dry_run)
        return json_answer({"dryRun": dry_run, "publications": [published_json(one) for one in found]})


def submissions(asked: Mapping[str, Any]) -> list[Submission]:
    """Each publication with its documents; the texts stand once in the request."""
    documents: dict[str, SubmittedDocument] = {}
    repeated = []
    for one in asked["documents"]:
        if one["uri"] in documents:
            repeated.append({"code": "document_repeated", "detail": f"{one['uri']} is there twice."})
        documents[one["uri"]] = SubmittedDocument(one["uri"], one["content"].encode("utf-8"))
    named = [uri for one in asked["publications"] for uri in (one["document"], *one.get("references", ()))]
    missing = [
        {"code": "document_missing", "detail": f"{uri} is not among the documents."}
        for uri in dict.fromkeys(named)
        if uri not in documents
    ]
    if repeated or missing:
        raise Invalid(
            "documents_unclear",
            f"{len(repeated)} documents are there twice, {len(missing)} are missing.",
            problems=[*repeated, *missing],
        )
    return [
        submission(one["document"], one.get("references", ()), documents) for one in asked["publications"]
    ]


def submission(
    entry: str, references: Sequence[str], documents: Mapping[str, SubmittedDocument]
) -> Submission:
    """An entry document and those that its references name."""
    return Submission(documents[entry], tuple(documents[uri] for uri in references))


def published_json(published: Published) -> dict[str, Any]:
    """The version without its report, and whether the request put it in force."""
    report = published.version.version.report
    return {
        **version_summary_json(published.version),
        "created": published.created,
        "verdict": report.get("policy", report)["verdict"] if report else None,
    }
