"""Reads submitted documents by way of `specs`: model, validity, governance and lint, all problems at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from registry.config import PROBLEM_CHARS_MAX, PROBLEMS_SHOWN_MAX, CatalogLimits
from registry.contract_facts import facts_of
from registry.errors import Invalid
from registry.model import CatalogFacts, Operation, Submission, storable
from registry.model import Contract as Identity
from registry.model.artifacts import GoverningRules
from registry.ports import ReadContract
from registry.ports.services import Governing, no_rules
from registry.reference import Reference, reference_of
from registry.replacement import replaced
from specs.asyncapi import event_operations
from specs.config import LIMITS, Limits
from specs.errors import SpecError
from specs.governance import governance_of, schema_id
from specs.lint import lint
from specs.lint.exceptions import Judged, LintException, judged
from specs.lint.spectral import lint_by, read_ruleset
from specs.load import load_contract
from specs.model import Contract, Kind
from specs.openapi import EXTENSION, operations
from specs.problem import Problem
from specs.validity import validity_problems

SCHEMA_ID_CHARS_MAX = 500
OWNER_REQUIRED = "governance.owner_required"
TEXT_CHARS_MAX = {"title": 2_000, "domain": 80, "audience": 200, "api_id": 200, "name": 63, "owner": 63}


@dataclass(frozen=True, slots=True)
class SpecsReader:
    """The reader that publication and comparison use."""

    limits: Limits = field(default=LIMITS)
    catalog: CatalogLimits = field(default_factory=CatalogLimits)

    def read(self, submission: Submission, governing: Governing = no_rules) -> ReadContract:
        """What publication demands; raises `Invalid` with every problem that stands in the way."""
        contract = self.parse(submission)
        rules = rules_for(contract, governing)
        linted = (*lint_problems(contract), *bound_problems(contract, rules))
        left = governed(linted, contract, rules).left
        found = tuple(dict.fromkeys((*problems_of(contract), *left)))
        errors = [problem for problem in found if problem.severity == "error"]
        if errors:
            raise invalid(errors)
        governance = governance_of(contract)
        identity = Identity(
            name=governance.name,
            api_id=governance.api_id,
            kind=governance.kind.value,
            title=contract.title,
            layer=governance.layer,
            domain=governance.domain,
            owner=governance.owner,
            audience=governance.audience,
        )
        check_text(identity)
        return ReadContract(
            identity=identity,
            version=governance.version,
            sha256=contract.document.sha256,
            canonical_sha256=contract.document.canonical_sha256,
            bundle_sha256=contract.bundle_sha256,
            operations=tuple(operation_names(contract)),
            warnings=tuple(shown(problem) for problem in found[:PROBLEMS_SHOWN_MAX]),
            sunset=governance.sunset,
            model=contract,
            schema_id=identifier_of(contract),
        )

    def parse(self, submission: Submission) -> Contract:
        """The model only; raises `Invalid` when a document or a reference cannot be read."""
        references = {document.uri: document.raw for document in submission.references}
        entry = submission.document
        if len(references) != len(submission.references) or entry.uri in references:
            raise Invalid("document_repeated", "Two documents were given under the same URI.")
        try:
            return load_contract(entry.uri, entry.raw, references, self.limits)
        except SpecError as error:
            raise invalid(error.problems) from None

    def replaced(self, submission: Submission, schema_id: str, new: Submission) -> Submission | None:
        """The documents with another content of the schema of that ``$id``; None where none of them is it."""
        return replaced(submission, schema_id, new, self.limits)

    def facts(self, model: Any) -> CatalogFacts:
        """What the catalog indexes; nothing of a contract whose references lead nowhere."""
        try:
            return facts_of(model, self.catalog)
        except SpecError:
            return CatalogFacts()

    def reference(self, submission: Submission) -> Reference:
        """Operations, parameters, bodies and schemas as rows."""
        return reference_of(self.parse(submission))


def identifier_of(contract: Contract) -> str | None:
    """The ``$id`` of a canonical schema; `Invalid` for one that no column holds."""
    if contract.kind is not Kind.JSON_SCHEMA:
        return None
    found = schema_id(contract)
    if found is None or len(found) > SCHEMA_ID_CHARS_MAX or not storable(found):
        raise Invalid(
            "text_invalid",
            f"The $id has more than {SCHEMA_ID_CHARS_MAX} characters or one that is not text.",
        )
    return found


def problems_of(contract: Contract) -> tuple[Problem, ...]:
    """Validity and governance together, so that an author meets all of it at once."""
    found = list(validity_problems(contract))
    try:
        governance_of(contract)
    except SpecError as error:
        found.extend(error.problems)
    return tuple(found)


def rules_for(contract: Contract, governing: Governing) -> GoverningRules:
    """The rulesets and exceptions of a contract; of one that does not say what it is, there are none."""
    said = {name: contract.root.child(EXTENSION, name) for name in ("name", "domain")}
    texts = [node.value for node in said.values() if node is not None]
    if len(texts) != len(said) or not all(isinstance(text, str) and storable(text) for text in texts):
        return GoverningRules()
    return governing(*texts)


def bound_problems(contract: Contract, rules: GoverningRules) -> Iterator[Problem]:
    """What the rulesets that are bound to the contract or its domain find."""
    for name, text in rules.rulesets:
        try:
            yield from lint_by(read_ruleset(name, text, lambda _: None), contract)
        except SpecError as error:
            yield from error.problems


def governed(problems: Sequence[Problem], contract: Contract, rules: GoverningRules) -> Judged:
    """What lint found that still counts, and what is under an exception; validity and ownership have none."""
    granted = [
        LintException(one.rule, one.owner, one.reason, one.expires, one.contract, one.pointer)
        for one in rules.exceptions
    ]
    return judged(problems, contract, granted, rules.today)


def lint_problems(contract: Contract) -> tuple[Problem, ...]:
    """What the rules of style find; a reference that leads nowhere is a problem, not a failure."""
    try:
        return tuple(lint(contract))
    except SpecError as error:
        return error.problems


def invalid(problems: Sequence[Problem], code: str = "contract_invalid", what: str = "documents") -> Invalid:
    """The refusal; ``owner_required`` has its own code, because it is the first thing a new author meets."""
    if any(problem.code == OWNER_REQUIRED for problem in problems):
        code = "owner_required"
    count = f"{len(problems)} problem" + ("" if len(problems) == 1 else "s")
    listed = f", the first {PROBLEMS_SHOWN_MAX} of them listed" if len(problems) > PROBLEMS_SHOWN_MAX else ""
    return Invalid(
        code,
        f"The {what} {'have' if what.endswith('s') else 'has'} {count}{listed}: {problems[0].message}",
        problems=[shown(problem) for problem in problems[:PROBLEMS_SHOWN_MAX]],
    )


def shown(problem: Problem) -> dict[str, Any]:
    """The problem in bounded size; a name of the document can be of any length, and so can its pointer."""
    value = problem.as_json()
    return {name: shortened(part) if isinstance(part, str) else part for name, part in value.items()}


def shortened(text: str) -> str:
    """The text, or as much of it as helps to find the place."""
    return text if len(text) <= PROBLEM_CHARS_MAX else text[: PROBLEM_CHARS_MAX - 3] + "..."


def check_text(identity: Identity) -> None:
    """Texts that a database column can hold: of bounded length, without NUL or half of a surrogate pair."""
    texts: Mapping[str, Any] = {name: getattr(identity, name) for name in TEXT_CHARS_MAX}
    for name, text in texts.items():
        if len(text) > TEXT_CHARS_MAX[name] or not storable(text):
            raise Invalid(
                "text_invalid",
                f"The {name} has more than {TEXT_CHARS_MAX[name]} characters or one that is not text.",
            )


def operation_names(contract: Contract) -> Iterator[Operation]:
    """Each operation with the name that its traffic is counted under; one without an id goes by its name."""
    if contract.kind is Kind.OPENAPI:
        for operation in operations(contract):
            name = f"{operation.method} {operation.path}"
            yield checked(operation.operation_id or name, name)
    elif contract.kind is Kind.ASYNCAPI:
        for event in event_operations(contract):
            name = f"{event.action} {event.channel}"
            yield checked(event.operation_id or name, name)


def checked(operation_id: str, name: str) -> Operation:
    """The operation, if its texts can be stored."""
    if not storable(operation_id) or not storable(name):
        raise Invalid("text_invalid", "An operation's name has a character that is not text.")
    return Operation(operation_id, name)
