"""openapi-spec-validator, asked for everything it finds, with the place of each finding.

Its checks are used as they are but for the pass over schemas (``openapi_schema_checks``); added is what it
does not tell (where), and its list of operation ids is a set here, which turns quadratic time into linear.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import jsonschema_rs
from jsonschema.exceptions import ValidationError
from openapi_spec_validator import OpenAPIV30SpecValidator, OpenAPIV31SpecValidator
from openapi_spec_validator.schemas import schema_v30, schema_v31
from openapi_spec_validator.validation import keywords

from specs.config import LIMITS, Limits
from specs.openapi_places import TooManyPlacesError, document_path
from specs.openapi_schema_checks import Schemas30, Schemas31, placed
from specs.problem import Severity
from specs.violations import Violation, violations_of

NOT_JUDGED = "validity.not_judged"
CODES = {
    "DuplicateOperationIDError": "openapi.duplicate_operation_id",
    "ExtraParametersError": "openapi.required_property_undefined",
    "ParameterDuplicateError": "openapi.duplicate_parameter",
    "UnresolvableParameterError": "openapi.path_parameter_mismatch",
    "UnresolvedReferenceError": "ref.target_missing",
    "NotJudgedError": NOT_JUDGED,
}
FIXES = {
    "openapi.default_off_schema": "Write a default that its own schema takes.",
    "openapi.duplicate_operation_id": "Give each operation an operationId of its own.",
    "openapi.required_property_undefined": "Define the property, or remove it from 'required'.",
    "openapi.duplicate_parameter": "Remove one of the parameters of the same name and location.",
    "ref.target_missing": "Correct the reference, or define what it names.",
    NOT_JUDGED: "Let fewer schemas refer to one another from here.",
    "openapi.path_parameter_mismatch": "Let path template and parameters with 'in: path' name the same.",
}
PARTS = frozenset({"paths", "components", "webhooks"})
"""At least one of these makes a document (OpenAPI 3.1, 4.8.1)."""


def openapi_violations(value: dict[str, Any], version: str, limits: Limits = LIMITS) -> Iterator[Violation]:
    """What ``iter_errors`` of this version's validator yields: the meta-schema first, then semantics."""
    is_30 = version.startswith("3.0")
    broken = False
    if not is_30 and not PARTS & value.keys():
        message = "The contract says nothing: one of paths, components or webhooks is missing."
        yield Violation("openapi.empty", message, "Add one of the three, for example 'paths: {}'.", ())
    for violation in violations_of(_meta_validator(is_30), value):
        broken = True
        if not violation.path and "'anyOf'" in violation.message and not PARTS & value.keys():
            continue
        yield violation
    path = document_path(value, limits)
    validator = _Validator30(path) if is_30 else _Validator31(path)
    try:
        for error in validator.root_validator(validator.schema_path):
            yield _violation(error)
    except TooManyPlacesError as error:
        fix = "Refer to large parts less often, or split the contract."
        yield Violation(NOT_JUDGED, f"{error}.", fix, ())
    except Exception as error:
        # The semantic checks assume a well-shaped document; of a broken one the above says what is wrong.
        if not broken:
            message = f"The semantic checks stopped: {type(error).__name__}: {error!s:.200}."
            yield Violation(NOT_JUDGED, message, "Correct the document; it is not well-formed OpenAPI.", ())


@cache
def _meta_validator(is_30: bool) -> Any:
    """Compiled once per process; an immutable value."""
    return jsonschema_rs.validator_for(dict(schema_v30 if is_30 else schema_v31))


def _violation(error: ValidationError) -> Violation:
    code = CODES.get(type(error).__name__, "openapi.invalid")
    place = getattr(error, "place", ())
    severity: Severity = "error"
    if code == "openapi.invalid" and place[-1:] == ("default",):
        code = "openapi.default_off_schema"
        # OpenAPI asks that a default conform to the type; a format is an annotation (3.0.3, 4.7.24).
        severity = "warning" if error.validator == "format" else "error"
    fix = FIXES.get(code, "Correct the value as the specification says.")
    message = error.message if error.message.endswith(".") else error.message + "."
    return Violation(code, message, fix, (*place, *error.path), severity)


class _Parameters(keywords.ParametersValidator):
    def __call__(self, parameters: Any) -> Iterator[ValidationError]:
        return placed(super().__call__(parameters), parameters.parts)


class _Operation(keywords.OperationValidator):
    def __init__(self, registry: Any) -> None:
        super().__init__(registry)
        self.operation_ids_registry = _OperationIds()

    def __call__(
        self, url: str, name: str, operation: Any, path_parameters: Any
    ) -> Iterator[ValidationError]:
        return placed(super().__call__(url, name, operation, path_parameters), operation.parts)


class _OperationIds(list[str]):
    """A list, for the type's sake, that finds its members as quickly as a set.

    An id that is no string is the meta-schema's matter.
    """

    def __init__(self) -> None:
        super().__init__()
        self._members: set[str] = set()

    def append(self, operation_id: Any) -> None:
        if isinstance(operation_id, str):
            self._members.add(operation_id)

    def __contains__(self, operation_id: object) -> bool:
        return isinstance(operation_id, str) and operation_id in self._members


class _Tags(keywords.TagsValidator):
    def __call__(self, tags: Any) -> Iterator[ValidationError]:
        return placed(super().__call__(tags), tags.parts)


class _Validator30(OpenAPIV30SpecValidator):
    keyword_validators = {  # noqa: RUF012 - the validator's own shape
        **OpenAPIV30SpecValidator.keyword_validators,
        "schema": Schemas30,
        "parameters": _Parameters,
        "operation": _Operation,
        "tags": _Tags,
    }


class _Validator31(OpenAPIV31SpecValidator):
    keyword_validators = {  # noqa: RUF012 - as above
        **OpenAPIV31SpecValidator.keyword_validators,
        "schema": Schemas31,
        "parameters": _Parameters,
        "operation": _Operation,
        "tags": _Tags,
    }
