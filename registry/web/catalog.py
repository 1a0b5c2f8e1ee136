"""Handlers for contracts, versions, comparisons and documents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Response

from registry.errors import Invalid
from registry.model import Lifecycle, State, Submission, SubmittedDocument, moment
from registry.ports import CatalogFilter
from registry.usecases import catalog, comparison
from registry.usecases.lifecycle import set_lifecycle, state_tag
from registry.usecases.publish import publish
from registry.usecases.services import Services
from registry.web.cursors import single_key
from registry.web.rendering import contract_json, page_json, version_json, version_summary_json
from registry.web.reports import report_answer
from registry.web.requests import (
    IMMUTABLE,
    JSON,
    REVALIDATE,
    actor,
    body,
    created,
    json_answer,
    json_bytes,
    precondition,
    tagged,
)

# The author's bytes can be of any type; as octets no browser runs them.
OCTETS = "application/octet-stream"


class CatalogHandlers:
    """One method per operation, by its operationId in snake case."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def list_contracts(
        self,
        limit: int,
        layer: str | None = None,
        domain: str | None = None,
        owner: str | None = None,
        q: str | None = None,
        cursor: str | None = None,
    ) -> Response:
        wanted = CatalogFilter(layer, domain, owner, q)
        found = catalog.list_contracts(self._services, wanted, single_key(cursor), limit)
        return json_answer(page_json(found, contract_json))

    def get_contract(self, name: str) -> Response:
        return json_answer(contract_json(catalog.get_contract(self._services, name)))

    def list_versions(self, name: str, limit: int, cursor: str | None = None) -> Response:
        found = catalog.list_versions(self._services, name, single_key(cursor), limit)
        return json_answer(page_json(found, version_summary_json))

    def publish_version(self, name: str, dry_run: bool) -> Response:
        asked = submission(body())
        published = publish(self._services, actor(), name, asked, dry_run=dry_run)
        rendered = version_json(published.version)
        if not published.created:
            return json_answer(rendered)
        return created(rendered, f"/contracts/{name}/versions/{published.version.version.number}")

    def get_version(self, name: str, version: str) -> Response:
        found = catalog.get_version(self._services, name, version)
        return tagged(json_bytes(version_json(found)), JSON, state_tag(found), REVALIDATE)

    def get_version_content(self, name: str, version: str) -> Response:
        content = catalog.get_content(self._services, name, version)
        caching = REVALIDATE if version == "latest" else IMMUTABLE
        return tagged(content.raw, OCTETS, content.sha256, caching)

    def set_lifecycle(self, name: str, version: str) -> Response:
        asked = lifecycle(body())
        found = set_lifecycle(self._services, actor(), name, version, asked, precondition())
        return json_answer(version_json(found), headers={"ETag": f'"{state_tag(found)}"'})

    def compare_versions(self, name: str, before: str, after: str, format_: str | None = None) -> Response:
        report = comparison.compare_versions(self._services, name, before, after)
        return json_answer(report) if format_ is None else report_answer(report, format_)

    def check_compatibility(self) -> Response:
        asked = body()
        before, after = asked["before"], submission(asked["after"])
        if "document" in before:
            if "version" in before:
                raise Invalid(
                    "before_ambiguous", "before has both a version and documents; give one of them."
                )
            return json_answer(comparison.check_documents(self._services, submission(before), after))
        if "version" not in before or "contract" not in asked:
            raise Invalid("before_missing", "Give contract and before.version, or documents in before.")
        report = comparison.check_against_published(
            self._services, asked["contract"], before["version"], after
        )
        return json_answer(report)

    def get_document(self, sha256: str) -> Response:
        content = catalog.get_document(self._services, sha256)
        return tagged(content.raw, OCTETS, content.sha256, IMMUTABLE)


def submission(asked: Mapping[str, Any]) -> Submission:
    """Documents as they came; the bytes are those of the text in UTF-8."""
    return Submission(
        document(asked["document"]), tuple(document(one) for one in asked.get("references", ()))
    )


def document(asked: Mapping[str, str]) -> SubmittedDocument:
    """One document."""
    return SubmittedDocument(asked["uri"], asked["content"].encode("utf-8"))


def lifecycle(asked: Mapping[str, Any]) -> Lifecycle:
    """The state asked for."""
    deprecated_at, sunset_at = asked.get("deprecatedAt"), asked.get("sunsetAt")
    return Lifecycle(
        State(asked["state"]),
        moment(deprecated_at) if deprecated_at else None,
        moment(sunset_at) if sunset_at else None,
        asked.get("successor"),
    )
