"""Reads JSON Schemas that stand alone and judges their changes, by way of `specs` and `compatibility`.

A schema that names no dialect is read as draft-07, as clients of schema registries mean it. Nothing is
fetched: a `$ref` leads within the schema, to its dialect's own meta-schema, or to one of the schemas it was
registered with, which stand beside it under `$defs` when it is judged.
"""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from hashlib import sha256
from typing import Any

import jsonschema_rs

from compatibility import Budget, compare_schemas
from compatibility.errors import CompatibilityError
from registry.errors import Invalid
from registry.model.schemas import SCHEMA_TYPE, NewSchema
from registry.ports.schemas import SchemaJudgement, SchemaSource
from specs.canonical import canonical_json
from specs.config import Limits
from specs.dialects import Dialect, dialect_of_uri
from specs.errors import SpecError
from specs.json_text import parse_json

LIMITS = Limits(document_bytes_max=1024 * 1024, depth_max=64, nodes_max=100_000)
BUDGET = Budget(steps_max=200_000, goals_max=20_000)
"""About half a second at worst for one pair; what does not fit is unknown."""
JUDGEMENTS_KEPT_MAX = 2_000
MESSAGE_CHARS_MAX = 1_000
VALIDATORS: dict[Dialect, Any] = {
    Dialect.DRAFT_04: jsonschema_rs.Draft4Validator,
    Dialect.DRAFT_06: jsonschema_rs.Draft6Validator,
    Dialect.DRAFT_07: jsonschema_rs.Draft7Validator,
    Dialect.DRAFT_2019_09: jsonschema_rs.Draft201909Validator,
    Dialect.DRAFT_2020_12: jsonschema_rs.Draft202012Validator,
}
INSTANCES = frozenset(("const", "enum", "default", "example", "examples"))
"""Below these stand values, not schemas; a `$ref` there refers to nothing."""
NAMED = frozenset(
    ("properties", "patternProperties", "definitions", "$defs", "dependentSchemas", "dependencies")
)


class JsonSchemaJudge:
    """The port `SchemaJudge` for the type JSON; judgements are remembered by content."""

    def __init__(self) -> None:
        self._judgements: OrderedDict[tuple[str, ...], SchemaJudgement] = OrderedDict()
        self._lock = threading.Lock()

    def read(self, schema_type: str, source: SchemaSource) -> NewSchema:
        """Raises `Invalid` when it is no schema that stands on its own with its references."""
        if schema_type != SCHEMA_TYPE:
            raise Invalid("schema_invalid", f"Schemas of type {schema_type} are not kept here; send JSON.")
        value = parsed(source.text)
        validated(whole(source))
        references = tuple(reference for reference, _ in source.references)
        named = sorted([one.name, one.subject, one.version] for one in references)
        identity = canonical_json([schema_type, value, named])
        return NewSchema(sha256(identity).hexdigest(), schema_type, source.text, references)

    def judge(
        self, before: SchemaSource, after: SchemaSource, direction: str, openness: str
    ) -> SchemaJudgement:
        """Proven compatible, or why not; a change that cannot be decided is not compatible."""
        asked = (before.digest, after.digest, direction, openness)
        with self._lock:
            known = self._judgements.get(asked)
        if known is None:
            known = judged(before, after, direction, openness)
            with self._lock:
                self._judgements[asked] = known
                if len(self._judgements) > JUDGEMENTS_KEPT_MAX:
                    self._judgements.popitem(last=False)
        return known


def judged(before: SchemaSource, after: SchemaSource, direction: str, openness: str) -> SchemaJudgement:
    """The judgement of one pair; pure."""
    sides = whole(before), whole(after)
    dialect = dialect_of(sides[1])
    if dialect is not dialect_of(sides[0]):
        return SchemaJudgement(False, "not decided: the two are written in different dialects of JSON Schema")
    try:
        report = compare_schemas(
            *sides, dialect=dialect.value, direction=direction, openness=openness, budget=BUDGET
        )
    except CompatibilityError as error:
        return SchemaJudgement(False, shortened(f"not decided: {error}"))
    if report.verdict == "compatible":
        return SchemaJudgement(True, "")
    if report.witness is None:
        return SchemaJudgement(False, shortened(f"not decided: {report.reason}"))
    witness = json.dumps(report.witness.value, ensure_ascii=False)
    return SchemaJudgement(False, f"{shortened(witness)} ({shortened(report.witness.error)})")


def parsed(text: str) -> Any:
    """The schema as a value; raises `Invalid` with every problem of the text."""
    if len(text.encode("utf-8", "surrogatepass")) > LIMITS.document_bytes_max:
        raise Invalid("schema_too_large", f"A schema has {LIMITS.document_bytes_max} bytes at most.")
    try:
        value = parse_json(text, "schema", LIMITS)
    except SpecError as error:
        raise Invalid(
            "schema_invalid", str(error), problems=[one.as_json() for one in error.problems]
        ) from None
    if not isinstance(value, dict | bool):
        raise Invalid("schema_invalid", "A schema is an object, true or false.")
    return value


def dialect_of(schema: Any) -> Dialect:
    """What `$schema` says, draft-07 where it says nothing; raises `Invalid` for one we do not know."""
    said = schema.get("$schema") if isinstance(schema, dict) else None
    found = dialect_of_uri(said) if isinstance(said, str) else None
    if said is not None and found is None:
        raise Invalid("schema_invalid", shortened(f"$schema {said!r} is no dialect that is read here."))
    return found or Dialect.DRAFT_07


def validated(schema: Any) -> None:
    """Raises `Invalid` unless the schema is valid in its dialect and each reference leads somewhere."""
    try:
        VALIDATORS[dialect_of(schema)](schema, retriever=refuse_to_fetch)
    except ValueError as error:
        first, _, _ = str(error).partition("\n\n")  # what follows repeats the schema
        raise Invalid("schema_invalid", shortened(first)) from None


def refuse_to_fetch(uri: str) -> Any:
    """Nothing is fetched because a schema says so."""
    raise ValueError(f"{uri} is not among the schema's references, and nothing is fetched")


def whole(source: SchemaSource) -> Any:
    """The schema with those it refers to beside it, every reference made one within the value."""
    if not source.references:
        return parsed(source.text)
    place = Assembly()
    root = place.taken(source)
    if not isinstance(root, dict):
        return root
    taken = place.places
    if "$defs" in root and not isinstance(root["$defs"], dict):
        raise Invalid("schema_invalid", "$defs is not an object.")
    return {**root, "$defs": {**root.get("$defs", {}), **taken}}


class Assembly:
    """Collects schemas, each once, under names that no author gives."""

    def __init__(self) -> None:
        self.places: dict[str, Any] = {}
        self._names: dict[str, str] = {}

    def taken(self, source: SchemaSource, pointer: str = "#") -> Any:
        """The schema with its references led to where their targets stand."""
        value = parsed(source.text)
        if not isinstance(value, dict):
            return value
        led = {reference.name: self.placed(target) for reference, target in source.references}
        own = value.get("$id")
        if isinstance(own, str):
            value = {name: member for name, member in value.items() if name != "$id"}
            led.setdefault(own.rstrip("#"), pointer)
        return rewritten(value, led, pointer)

    def placed(self, source: SchemaSource) -> str:
        """Where the schema stands."""
        if source.digest not in self._names:
            name = f"reference-{len(self._names) + 1}"
            self._names[source.digest] = name
            taken = self.taken(source, f"#/$defs/{name}")
            if isinstance(taken, dict):
                taken = {word: member for word, member in taken.items() if word != "$schema"}
            self.places[name] = taken
        return f"#/$defs/{self._names[source.digest]}"


def rewritten(value: Any, led: dict[str, str], pointer: str, *, names: bool = False) -> Any:
    """A copy of a schema in which references lead as ``led`` says, and those within it below ``pointer``."""
    if isinstance(value, list):
        return [rewritten(item, led, pointer) for item in value]
    if not isinstance(value, dict):
        return value
    if names:
        return {name: rewritten(member, led, pointer) for name, member in value.items()}
    if "$id" in value:
        raise Invalid("schema_invalid", "A schema with references has $id at its top only.")
    copy = {}
    for name, member in value.items():
        if name == "$ref" and isinstance(member, str):
            copy[name] = leading(member, led, pointer)
        elif name in INSTANCES:
            copy[name] = member
        else:
            copy[name] = rewritten(member, led, pointer, names=name in NAMED)
    return copy


def leading(reference: str, led: dict[str, str], pointer: str) -> str:
    """The reference as it is written in the whole."""
    address, _, fragment = reference.partition("#")
    if address and address not in led:
        return reference
    base = led[address] if address else pointer
    if fragment and not fragment.startswith("/"):
        raise Invalid(
            "schema_invalid",
            shortened(f"$ref {reference!r}: a schema with references refers by JSON Pointer."),
        )
    return base + fragment


def shortened(text: str) -> str:
    """As much of the text as a message takes."""
    return text if len(text) <= MESSAGE_CHARS_MAX else text[: MESSAGE_CHARS_MAX - 3] + "..."
