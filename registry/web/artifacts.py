"""Handlers for mappings, rulesets, documents of vendors, and the rules that govern contracts."""

from __future__ import annotations

from datetime import date

from flask import Response

from registry.errors import Invalid
from registry.model import SubmittedDocument
from registry.model.artifacts import ArtifactKind, BindingScope
from registry.usecases import artifacts, governance, mapping_conflicts
from registry.usecases.scorecards import Scorecards
from registry.usecases.services import Page, Services
from registry.web.artifact_rendering import (
    artifact_json,
    artifact_version_json,
    binding_json,
    conflict_json,
    exception_json,
    impact_json,
    kept_json,
)
from registry.web.cursors import key_of, single_key, skipped
from registry.web.rendering import page_json
from registry.web.requests import IMMUTABLE, REVALIDATE, actor, body, created, json_answer, no_content, tagged


class ArtifactHandlers:
    """One method per operation, by its operationId in snake case."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def list_artifacts(self, kind: str, limit: int, cursor: str | None = None) -> Response:
        found = artifacts.list_artifacts(self._services, ArtifactKind(kind), single_key(cursor), limit)
        return json_answer(page_json(found, artifact_json))

    def get_artifact(self, kind: str, artifact: str) -> Response:
        found, versions = artifacts.get_artifact(self._services, ArtifactKind(kind), artifact)
        shown = [artifact_version_json(one) for one in versions]
        return json_answer({**artifact_json(found), "versions": shown})

    def publish_artifact_version(self, kind: str, artifact: str, dry_run: bool) -> Response:
        asked = body()
        draft = artifacts.ArtifactDraft(
            ArtifactKind(kind),
            artifact,
            asked["version"],
            asked["owner"],
            SubmittedDocument(asked["uri"], asked["content"].encode("utf-8")),
            asked.get("vendor"),
            asked.get("product"),
        )
        kept = artifacts.publish_artifact(self._services, actor(), draft, dry_run=dry_run)
        if not kept.created:
            return json_answer(kept_json(kept))
        return created(kept_json(kept), f"/artifacts/{kind}/{artifact}/versions/{kept.version.version}")

    def get_artifact_version(self, kind: str, artifact: str, artifact_version: str) -> Response:
        found = artifacts.get_version(self._services, ArtifactKind(kind), artifact, artifact_version)
        return json_answer(artifact_version_json(found))

    def withdraw_artifact_version(self, kind: str, artifact: str, artifact_version: str) -> Response:
        found = artifacts.withdraw(self._services, actor(), ArtifactKind(kind), artifact, artifact_version)
        return json_answer(artifact_version_json(found))

    def get_artifact_content(self, kind: str, artifact: str, artifact_version: str) -> Response:
        version, raw = artifacts.get_content(self._services, ArtifactKind(kind), artifact, artifact_version)
        kept = REVALIDATE if artifact_version == "latest" else IMMUTABLE
        return tagged(raw, "application/octet-stream", version.sha256, kept)

    def compare_vendor_releases(self, artifact: str, before: str, after: str) -> Response:
        found = mapping_conflicts.compare_releases(self._services, artifact, before, after)
        return json_answer(impact_json(found))

    def list_mapping_conflicts(self, limit: int, cursor: str | None = None) -> Response:
        found, left_out = mapping_conflicts.conflicts(self._services)
        start = skipped(cursor)
        following = (str(start + limit),) if start + limit < len(found) else None
        shown = Page(tuple(found[start : start + limit]), following)
        return json_answer({**page_json(shown, conflict_json), "leftOut": left_out})


class GovernanceHandlers:
    """One method per operation, by its operationId in snake case."""

    def __init__(self, services: Services, scorecards: Scorecards) -> None:
        self._services = services
        self._scorecards = scorecards

    def list_ruleset_bindings(self, limit: int, cursor: str | None = None) -> Response:
        found = governance.list_bindings(self._services, key_of(cursor, 2), limit)
        return json_answer(page_json(found, binding_json))

    def bind_ruleset(self) -> Response:
        asked = body()
        scope, subject = BindingScope(asked["scope"]), asked["subject"]
        binding = governance.bind_ruleset(
            self._services, actor(), scope, subject, asked["ruleset"], asked["version"]
        )
        return json_answer(binding_json(binding))

    def unbind_ruleset(self, scope: str, subject: str) -> Response:
        governance.unbind_ruleset(self._services, actor(), BindingScope(scope), subject)
        return no_content()

    def list_lint_exceptions(
        self, limit: int, contract: str | None = None, cursor: str | None = None
    ) -> Response:
        today = self._services.clock().date()
        found = governance.list_exceptions(self._services, contract, single_key(cursor), limit)
        return json_answer(page_json(found, lambda one: exception_json(one, today)))

    def create_lint_exception(self, name: str) -> Response:
        asked = body()
        exception = governance.add_exception(
            self._services,
            actor(),
            name,
            asked["rule"],
            asked.get("pointer", ""),
            asked["owner"],
            asked["reason"],
            day(asked["expires"]),
        )
        return json_answer(exception_json(exception, self._services.clock().date()), 201)

    def delete_lint_exception(self, name: str, id_: str) -> Response:
        governance.end_exception(self._services, actor(), name, id_)
        return no_content()

    def get_scorecard(self, name: str, version: str) -> Response:
        return json_answer(self._scorecards.of(self._services, name, version).as_json())


def day(text: str) -> date:
    """A day of the calendar; raises `Invalid`."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Invalid("exception_invalid", f"{text!r} is no day of the calendar.") from None
