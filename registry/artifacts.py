"""Reads mappings, rulesets and documents of vendors by way of `specs`; judges fields by `compatibility`."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from compatibility import Budget, compare_schemas
from compatibility.errors import CompatibilityError
from registry.contracts import governed, invalid, lint_problems, problems_of
from registry.model.artifacts import FieldJudgement, FieldShape, GoverningRules
from specs.errors import SpecError
from specs.lint import all_rules
from specs.lint.scorecard import Scorecard, scorecard
from specs.lint.spectral import Ruleset, read_ruleset
from specs.mapping import FieldMapping, read_mapping
from specs.model import Contract, Node
from specs.problem import Problem
from specs.schema import self_contained
from specs.validity import validity_problems

BUDGET = Budget(steps_max=200_000, goals_max=20_000)
"""About half a second at worst for one field; what does not fit is unknown."""
SHOWN_CHARS_MAX = 300
VALUES_MAX = 500


@dataclass(frozen=True, slots=True)
class SpecsArtifactReader:
    """The port `ArtifactReader`."""

    def mapping(self, uri: str, raw: bytes) -> FieldMapping:
        """Raises `Invalid` with every problem and its line."""
        try:
            return read_mapping(uri, raw.decode("utf-8"))
        except SpecError as error:
            raise invalid(error.problems, "mapping_invalid", "mapping") from None

    def ruleset(self, uri: str, raw: bytes) -> Mapping[str, Any]:
        """How many rules it has; raises `Invalid` with every problem and its line."""
        try:
            ruleset = stored_ruleset(uri, raw.decode("utf-8"))
            selection = ruleset.for_document("contract.yaml")
        except SpecError as error:
            raise invalid(error.problems, "ruleset_invalid", "ruleset") from None
        rules = [rule.name for rule in selection.rules] + [rule.code for rule in selection.house]
        return {"rules": len(rules), "uncovered": list(selection.uncovered)}

    def vendor_document(self, model: Any) -> Mapping[str, Any]:
        """A vendor's document need not be valid; how far it is not, is told."""
        contract: Contract = model
        problems = validity_problems(contract)
        info = contract.root.child("info", "version")
        stated = info.value if info is not None and isinstance(info.value, str) else None
        return {
            "title": contract.title,
            "format": contract.kind.value,
            "statedVersion": stated,
            "problems": sum(problem.severity == "error" for problem in problems),
        }

    def fields(self, model: Any, document: str, pointers: Sequence[str]) -> list[FieldShape | None]:
        """What stands at each pointer; a reference there is followed."""
        contract: Contract = model
        found = contract.documents.get(document) if document else contract.document
        if found is None:
            return [None for _ in pointers]
        root = Node(contract, found, "", found.value)
        return [field_at(root, pointer) for pointer in pointers]

    def judge_field(self, before: FieldShape, after: FieldShape, direction: str) -> FieldJudgement:
        """The verdict, and a value that shows a break or the reason of an unknown."""
        try:
            report = compare_schemas(before.schema, after.schema, direction=direction, budget=BUDGET)
        except CompatibilityError as error:
            return FieldJudgement("unknown", f"{error}"[:SHOWN_CHARS_MAX])
        if report.witness is not None:
            value = json.dumps(report.witness.value, ensure_ascii=False)
            return FieldJudgement(report.verdict, value[:SHOWN_CHARS_MAX])
        return FieldJudgement(report.verdict, report.reason[:SHOWN_CHARS_MAX])

    def refuse(self, problems: Sequence[Problem]) -> None:
        """Raises `Invalid` when there is any."""
        if problems:
            raise invalid(problems, "mapping_invalid", "mapping")

    def scorecard(self, name: str, version: str, model: Any, rules: GoverningRules) -> Scorecard:
        """The house rules only: a level means the same for every contract."""
        contract: Contract = model
        judged = governed(lint_problems(contract), contract, rules)
        problems = tuple(dict.fromkeys((*problems_of(contract), *judged.left)))
        return scorecard(name, version, all_rules(), problems, judged.excepted)


def stored_ruleset(uri: str, text: str) -> Ruleset:
    """A ruleset that stands alone: there are no files here that it could extend."""
    return read_ruleset(uri, text, lambda _: None)


def field_at(root: Node, pointer: str) -> FieldShape | None:
    """The schema at a pointer, None where there is none or its references lead nowhere."""
    node: Node | None = root
    try:
        for token in pointer.split("/")[1:]:
            name = token.replace("~1", "/").replace("~0", "~")
            node = node.resolved().child(name) if node is not None else None
        if node is None or not isinstance(node.value, dict | bool):
            return None
        written, schema = node, self_contained(node)
        ended = node.resolved()
    except SpecError:
        return None
    value = ended.value if isinstance(ended.value, dict) else {}
    said = value.get("type")
    types = {one for one in (said if isinstance(said, list) else [said]) if isinstance(one, str)}
    listed = value.get("enum")
    values = tuple(str(one) for one in listed[:VALUES_MAX]) if isinstance(listed, list) else ()
    beside = written.value if isinstance(written.value, dict) else {}
    deprecated = value.get("deprecated") is True or beside.get("deprecated") is True
    return FieldShape(schema, frozenset(types), values, deprecated)
