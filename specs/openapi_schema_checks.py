"""The schemas of an OpenAPI document, judged as openapi-spec-validator judges them, however deep they refer.

The library follows references by recursion and reads each schema through a path object: some hundred
references in a chain exhaust the stack, and 13 MB take seconds. Here one loop over plain values visits the
same schemas in the same order. What is wrong is still said by the library: by its meta-schema check where the
compiled meta-schema refuses, and by its value validators for defaults. The tests compare both passes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import cache, partial
from typing import Any

import jsonschema_rs
from jsonschema import FormatChecker
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend
from openapi_schema_validator import OAS31_BASE_DIALECT_ID, OAS30Validator, OAS31Validator
from openapi_schema_validator._specifications import REGISTRY
from openapi_spec_validator.validation import keywords
from openapi_spec_validator.validation.exceptions import ExtraParametersError, OpenAPIValidationError

from specs.openapi_places import Place, Places
from specs.violations import Path, violations_of

COMBINATIONS = ("allOf", "anyOf", "oneOf")
OAS31_VOCABULARY = "https://spec.openapis.org/oas/3.1/meta/base"
META_FORMATS = ("regex", "uri", "uri-reference")
"""The formats that the meta-schemas ask for."""

MetaError = Callable[[Any], ValidationError | None]


class NotJudgedError(OpenAPIValidationError):
    """A schema that cannot be judged within the limits."""


class UnresolvedReferenceError(OpenAPIValidationError):
    """A reference that leads nowhere."""


class Schemas30(keywords.OpenAPIV30SchemaValidator):
    """The keyword ``schema`` of OpenAPI 3.0 for openapi-spec-validator."""

    def __init__(self, registry: Any) -> None:
        super().__init__(registry)
        self._visit = Visit(keywords.OpenAPIV30ValueValidator)

    def __call__(
        self,
        schema: Any,
        require_properties: bool = True,  # noqa: ARG002 - the library's signature; only its own pass says so
        meta_checked: bool = False,  # noqa: ARG002 - as above
    ) -> Iterator[ValidationError]:
        """The errors of a schema and of all it leads to that was not visited before."""
        return self._visit.errors(schema, partial(self._validate_schema_meta, schema))

    def _validate_schema_meta(self, schema: Any, schema_value: Any) -> Any:
        told = super()._validate_schema_meta
        return _meta_error(_meta_validator_30(), schema_value, lambda: told(schema, schema_value))

    def _get_schema_checker(self, schema: Any, schema_value: Any) -> Callable[[Any], None]:  # noqa: ARG002
        return partial(self.schema_validator_cls.check_schema, format_checker=_ecma_formats(is_30=True))


class Schemas31(keywords.OpenAPIV31SchemaValidator):
    """As ``Schemas30``; a schema in a dialect of its own is checked by the library alone."""

    def __init__(self, registry: Any) -> None:
        super().__init__(registry)
        self.schema_validator_format_checker = _ecma_formats(is_30=False)
        self._visit = Visit(keywords.OpenAPIV31ValueValidator)

    def __call__(
        self,
        schema: Any,
        require_properties: bool = True,  # noqa: ARG002 - as above
        meta_checked: bool = False,  # noqa: ARG002 - as above
    ) -> Iterator[ValidationError]:
        """The errors of a schema and of all it leads to that was not visited before."""
        return self._visit.errors(schema, partial(self._validate_schema_meta, schema))

    def _validate_schema_meta(self, schema: Any, schema_value: Any) -> Any:
        told = super()._validate_schema_meta
        with suppress(ValueError):  # an unknown dialect, which the library tells
            if self._get_schema_dialect_id(schema, schema_value) == OAS31_BASE_DIALECT_ID:
                return _meta_error(_meta_validator_31(), schema_value, lambda: told(schema, schema_value))
        return told(schema, schema_value)


class _OutOfReferencesError(Exception):
    """The defaults of a document may follow no more references."""


class Visit:
    """One pass over the schemas of one document, each visited once."""

    def __init__(self, judge: type[keywords.ValueValidator]) -> None:
        self._judge = judge
        self._references_left = 0
        self._value_validator = self._counting(judge.value_validator_cls)
        self._visited: set[int] = set()
        self._meta_checked: set[int] = set()
        self._lookups_left = 0

    def errors(self, schema: Any, meta_error: MetaError) -> Iterator[ValidationError]:
        """``schema`` is the library's path to it; each error has its ``place``."""
        places = schema.accessor
        assert isinstance(places, Places)
        if not self._meta_checked:
            self._references_left = places.limits.default_references_max
            self._lookups_left = places.limits.required_lookups_max
        value, path = places.place(schema.parts)
        if id(value) not in self._meta_checked and isinstance(value, dict | bool):
            self._meta_checked.add(id(value))
            error = meta_error(value)
            if error is not None:
                yield from placed([error], path)
                return
        yield from self._visit(places, Place(value, path))

    def _visit(self, places: Places, entry: Place) -> Iterator[ValidationError]:
        pending = [entry]
        while pending:
            written = pending.pop()
            place = places.followed(written)
            if place is None:
                error: ValidationError = UnresolvedReferenceError(
                    f"The reference {written.value.get('$ref')!r:.200} leads nowhere."
                )
                yield from placed([error], written.path)
                continue
            value, path = place
            if not isinstance(value, dict | bool):
                error = OpenAPIValidationError(f"{value!r} is not of type 'object', 'boolean'")
                yield from placed([error], path)
            elif id(value) not in self._visited:
                self._visited.add(id(value))
                if isinstance(value, dict):
                    pending.extend(reversed([*_nested(place), *_properties(place)]))
                    yield from placed(self._own_errors(places, place, is_entry=written is entry), path)

    def _own_errors(self, places: Places, place: Place, *, is_entry: bool) -> Iterator[ValidationError]:
        value = place.value
        required = value.get("required")
        if is_entry and "allOf" in value and isinstance(required, list):
            yield from self._undefined(places, place, {name for name in required if isinstance(name, str)})
        if "default" in value and (value["default"] is not None or value.get("nullable") is not True):
            yield from placed(self._default_errors(places, value), (*place.path, "default"))

    def _undefined(self, places: Places, place: Place, names: set[str]) -> Iterator[ValidationError]:
        """Required members that neither the schema's properties nor those below its ``allOf`` define."""
        names.difference_update(_names(place.value))
        pending = list(_listed(place, "allOf"))
        seen: set[int] = set()
        while names and pending and self._lookups_left >= 0:
            found = places.followed(pending.pop())
            if found is None or not isinstance(found.value, dict) or id(found.value) in seen:
                continue
            seen.add(id(found.value))
            names.difference_update(_names(found.value))
            pending.extend(_nested(found))
            self._lookups_left -= 1
            if self._lookups_left < 0:
                yield NotJudgedError("The combined schemas from here on are too many to look through.")
        if names and not pending:
            yield ExtraParametersError(f"Required list has not defined properties: {sorted(names)}")

    def _default_errors(self, places: Places, value: dict[str, Any]) -> Iterator[ValidationError]:
        if self._references_left < 0:
            return  # told at the default that used them up
        validator = self._value_validator(
            value,
            _resolver=places.get_resolved(()).resolver,
            format_checker=self._judge.value_validator_format_checker,
        )
        try:
            # A default cannot be held to a pattern that Python's engine does not read.
            with suppress(re.error):
                yield from validator.iter_errors(value["default"])
        except RecursionError:
            yield NotJudgedError("The schema of this default leads through too many references to check it.")
        except _OutOfReferencesError:
            yield NotJudgedError("Checking the defaults up to this one followed too many references.")

    def _counting(self, validator: Any) -> Any:
        """The class with its references counted: schemas that branch and refer can take for ever."""

        def counted(
            follow: Callable[..., Iterator[ValidationError]], *given: Any
        ) -> Iterator[ValidationError]:
            self._references_left -= 1
            if self._references_left < 0:
                raise _OutOfReferencesError
            yield from follow(*given)

        keywords_that_refer = {"$ref", "$dynamicRef"} & validator.VALIDATORS.keys()
        follow = {name: partial(counted, validator.VALIDATORS[name]) for name in keywords_that_refer}
        return extend(validator, follow)  # type: ignore[no-untyped-call]


def placed(errors: Iterable[ValidationError], path: Path) -> Iterator[ValidationError]:
    """The errors with their ``place``; the innermost check that yields an error knows best where it is."""
    for error in errors:
        if not hasattr(error, "place"):
            setattr(error, "place", path)  # noqa: B010 - the library's class does not declare it
        yield error


def _nested(place: Place) -> Iterator[Place]:
    """The subschemas by which a schema says more of the same value, or of its items."""
    value, path = place
    for keyword in COMBINATIONS:
        yield from _listed(place, keyword)
    for keyword in ("not", "items"):
        if keyword in value:
            yield Place(value[keyword], (*path, keyword))


def _listed(place: Place, keyword: str) -> Iterator[Place]:
    listed = place.value.get(keyword)
    for index, one in enumerate(listed if isinstance(listed, list) else ()):
        yield Place(one, (*place.path, keyword, index))


def _properties(place: Place) -> Iterator[Place]:
    for name in _names(place.value):
        yield Place(place.value["properties"][name], (*place.path, "properties", name))


def _names(value: dict[str, Any]) -> Iterable[str]:
    properties = value.get("properties")
    return properties.keys() if isinstance(properties, dict) else ()


def _meta_error(compiled: Any, value: Any, told: Callable[[], ValidationError | None]) -> Any:
    """What the library tells of a schema that the compiled meta-schema refuses."""
    if compiled.is_valid(value):
        return None
    try:
        return told()
    except RecursionError:
        first = next(violations_of(compiled, value))
        return OpenAPIValidationError(first.message, path=first.path)


@cache
def _meta_validator_30() -> Any:
    """Compiled once per process; an immutable value."""
    return _compiled(OAS30Validator.META_SCHEMA, _ecma_formats(is_30=True), None)


@cache
def _meta_validator_31() -> Any:
    """As above."""
    registry = jsonschema_rs.Registry([(OAS31_VOCABULARY, REGISTRY.contents(OAS31_VOCABULARY))])
    return _compiled(OAS31Validator.META_SCHEMA, _ecma_formats(is_30=False), registry)


def _compiled(meta_schema: Any, formats: FormatChecker, registry: Any) -> Any:
    """Formats are judged by the library's checker, so that both meta-schema checks agree."""
    judges: dict[str, Callable[..., bool]] = {
        name: partial(formats.conforms, format=name) for name in META_FORMATS
    }
    return jsonschema_rs.validator_for(meta_schema, formats=judges, validate_formats=True, registry=registry)


@cache
def _ecma_formats(*, is_30: bool) -> FormatChecker:
    """The library's formats, but patterns are ECMA-262 (JSON Schema core 6.4) and not Python's."""
    checker = FormatChecker()
    judge = keywords.OpenAPIV30ValueValidator if is_30 else keywords.OpenAPIV31ValueValidator
    checker.checkers = {**judge.value_validator_format_checker.checkers}
    regex = jsonschema_rs.Draft202012Validator({"format": "regex"}, validate_formats=True)
    checker.checkers["regex"] = (regex.is_valid, ())
    return checker
