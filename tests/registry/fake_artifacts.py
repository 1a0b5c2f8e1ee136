"""Reads artifacts whose documents are those of `FakeReader`: fields are the members below ``schemas``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from registry.artifacts import SpecsArtifactReader
from registry.model.artifacts import FieldJudgement, FieldShape, GoverningRules
from registry.ports.artifacts import ArtifactReader
from specs.lint.scorecard import Scorecard, scorecard
from specs.mapping import FieldMapping
from specs.problem import Problem


@dataclass(frozen=True, slots=True)
class FakeArtifactReader:
    """Mappings and rulesets as they are really read; a card that says gold."""

    real: ArtifactReader = field(default_factory=SpecsArtifactReader)

    def mapping(self, uri: str, raw: bytes) -> FieldMapping:
        return self.real.mapping(uri, raw)

    def ruleset(self, uri: str, raw: bytes) -> Mapping[str, Any]:
        return self.real.ruleset(uri, raw)

    def vendor_document(self, model: Any) -> Mapping[str, Any]:
        return {"title": model["name"]}

    def fields(self, model: Any, document: str, pointers: Sequence[str]) -> list[FieldShape | None]:
        schemas = {} if document else model.get("schemas", {})
        return [
            FieldShape(schemas[pointer], frozenset(), (), False) if pointer in schemas else None
            for pointer in pointers
        ]

    def judge_field(self, before: FieldShape, after: FieldShape, direction: str) -> FieldJudgement:
        return self.real.judge_field(before, after, direction)

    def refuse(self, problems: Sequence[Problem]) -> None:
        self.real.refuse(problems)

    def scorecard(self, name: str, version: str, model: Any, rules: GoverningRules) -> Scorecard:
        """Of no rules, so that nothing is missing."""
        return scorecard(name, version, (), (), rules.exceptions)
