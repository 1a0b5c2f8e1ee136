"""One canonical form of every schema: JSON Schema 2020-12 that refers to nothing outside itself.

Whatever dialect a schema is written in, ``self_contained`` gives the 2020-12 schema that accepts the same
values, with all it refers to under ``$defs``. Both ``jsonschema`` and ``jsonschema_rs`` read it without a
registry. ``$dynamicRef`` and ``$recursiveRef`` become plain references: for each set of dynamic anchors in
force there is one definition (the schemas are specialised the way generic types are).

Not expressible, and therefore different: in draft-04 ``1.0`` is no integer; from draft-06 on it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from specs.dialects import ALL_KEYWORDS, KEYWORDS, Dialect, dialect_of, dialect_of_uri, with_format
from specs.errors import SpecError
from specs.model import Contract, Node
from specs.pointers import escape, tokens_of

__all__ = ["Dialect", "dialect_of", "self_contained"]

SCHEMA_URI = "https://json-schema.org/draft/2020-12/schema"
UNSAFE = re.compile(r"[^A-Za-z0-9_.-]+")

ONE = frozenset(
    {
        "additionalProperties", "items", "contains", "not", "if", "then", "else", "propertyNames",
        "unevaluatedItems", "unevaluatedProperties",
    }
)  # fmt: skip
MANY = frozenset({"allOf", "anyOf", "oneOf", "prefixItems"})
NAMED = frozenset({"properties", "patternProperties", "dependentSchemas"})
DROPPED = frozenset(
    {
        "$schema", "$id", "id", "$anchor", "$dynamicAnchor", "$recursiveAnchor", "$vocabulary", "$defs",
        "definitions", "$ref", "$dynamicRef", "$recursiveRef",
    }
)  # fmt: skip

Environment = tuple[tuple[str, tuple[str, str]], ...]
"""Dynamic anchors in force: name to (document URI, pointer), outermost first found; sorted by name."""
RECURSIVE = "$recursiveAnchor"


@dataclass(frozen=True, slots=True)
class _Definition:
    """One schema lowered, and the names of the definitions it refers to directly."""

    schema: dict[str, Any] | bool
    uses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A definition by name: where it stands and the dynamic anchors it is read with."""

    node: Node
    environment: Environment


@dataclass(slots=True)
class _Names:
    """The definitions of a contract, each named once; kept for the life of the contract."""

    by_place: dict[tuple[str, str, Environment], str] = field(default_factory=dict)
    wanted: dict[str, _Wanted] = field(default_factory=dict)
    lowered: dict[str, _Definition] = field(default_factory=dict)


def self_contained(node: Node) -> dict[str, Any] | bool:
    """The schema at ``node`` as JSON Schema 2020-12 with everything it refers to under ``$defs``.

    Parts are shared between calls, so that a thousand operations over the same schemas cost their number and
    not their product: treat the result as immutable. SpecError ``ref.*`` or ``schema.*``.
    """
    node = with_format(node)
    names = _names(node.contract)
    root = _lower(names, node, _entered(node, ()))
    if isinstance(root.schema, bool):
        return root.schema
    definitions: dict[str, Any] = {}
    pending = list(reversed(root.uses))
    while pending:
        name = pending.pop()
        if name in definitions:
            continue
        definition = _definition(names, name)
        definitions[name] = definition.schema
        pending.extend(reversed(definition.uses))
    result: dict[str, Any] = {"$schema": SCHEMA_URI, **root.schema}
    if definitions:
        result["$defs"] = definitions
    return result


def _names(contract: Contract) -> _Names:
    """Names come from where a schema stands, in the order the contract refers to them, so they are stable."""
    names: _Names | None = contract.memo.get("definitions")
    if names is None:
        names = contract.memo["definitions"] = _Names()
    return names


def _definition(names: _Names, name: str) -> _Definition:
    found = names.lowered.get(name)
    if found is None:
        wanted = names.wanted[name]
        found = names.lowered[name] = _lower(names, wanted.node, wanted.environment)
    return found


def _name_of(names: _Names, node: Node, environment: Environment) -> str:
    key = (node.document.uri, node.pointer, environment)
    name = names.by_place.get(key)
    if name is not None:
        return name
    tokens = tokens_of(node.pointer)
    stem = tokens[-1] if tokens else node.document.uri.rpartition("/")[2].partition(".")[0]
    stem = UNSAFE.sub("_", stem)[:80] or "schema"
    plain = _is_component(tokens) and node.document is node.contract.document and not environment
    # A component keeps its own name. Any other place adds a digest of itself: the name does not depend on
    # which schema was asked for first.
    place = "\n".join((*key[:2], *(f"{anchor} {at[0]} {at[1]}" for anchor, at in environment)))
    name = stem if plain else f"{stem}-{sha256(place.encode()).hexdigest()[:8]}"
    if names.wanted.get(name) is not None:
        name = f"{stem}-{sha256(place.encode()).hexdigest()[:32]}"
    names.by_place[key] = name
    names.wanted[name] = _Wanted(node, environment)
    return name


def _is_component(tokens: list[str]) -> bool:
    return (
        len(tokens) == 3 and tokens[:2] == ["components", "schemas"] and UNSAFE.search(tokens[2]) is None
    ) or (len(tokens) == 2 and tokens[0] in ("$defs", "definitions") and UNSAFE.search(tokens[1]) is None)


def _lower(names: _Names, node: Node, environment: Environment) -> _Definition:
    lowering = _Lowering(names, node.contract, {})
    schema = lowering.schema(node, dialect_of(node), environment)
    return _Definition(schema, tuple(lowering.uses))


@dataclass(slots=True)
class _Lowering:
    """One schema on its way to 2020-12; ``uses`` collects the definitions it refers to, in order."""

    names: _Names
    contract: Contract
    uses: dict[str, None]

    def schema(self, node: Node, dialect: Dialect, environment: Environment) -> dict[str, Any] | bool:
        value = node.value
        if isinstance(value, bool):
            return value
        if not isinstance(value, dict):
            problem = node.problem(
                "schema.not_a_schema",
                "A schema is an object or a boolean.",
                "Correct the schema, or the reference that leads here.",
            )
            raise SpecError([problem])
        said = value.get("$schema")
        if isinstance(said, str):
            dialect = dialect_of_uri(said) or dialect
        environment = _entered(node, environment) if "$id" in value else environment
        references = self._references(node, environment)
        if references and dialect.ignores_ref_siblings:
            return references[0] if len(references) == 1 else {"allOf": references}
        lowered = self._keywords(node, dialect, environment)
        return _with_references(lowered, references)

    def _references(self, node: Node, environment: Environment) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for keyword in ("$ref", "$dynamicRef", "$recursiveRef"):
            if isinstance(node.value.get(keyword), str):
                target = _dynamic_target(node, keyword, environment)
                target = with_format(_checked(target))
                name = _name_of(self.names, target, _entered(target, environment))
                self.uses[name] = None
                found.append({"$ref": f"#/$defs/{escape(name)}"})
        return found

    def _keywords(self, node: Node, dialect: Dialect, environment: Environment) -> dict[str, Any]:
        known = KEYWORDS[dialect]
        lowered: dict[str, Any] = {}
        for keyword, value in node.value.items():
            if keyword in DROPPED or (keyword in ALL_KEYWORDS and keyword not in known):
                continue
            if keyword in ONE or keyword == "additionalItems":
                lowered[keyword] = self._one(node, keyword, dialect, environment)
            elif keyword in MANY:
                lowered[keyword] = self._many(node, keyword, dialect, environment)
            elif keyword in NAMED:
                lowered[keyword] = self._named(node, keyword, dialect, environment)
            elif keyword == "dependencies":
                self._dependencies(node, lowered, dialect, environment)
            else:
                lowered[keyword] = value
        if dialect.has_tuple_items:
            _lower_items(lowered)
        if dialect.has_boolean_exclusive:
            _lower_exclusive(lowered)
        if dialect is Dialect.OPENAPI_30:
            _lower_nullable(lowered)
        return lowered

    def _one(self, node: Node, keyword: str, dialect: Dialect, environment: Environment) -> Any:
        if keyword == "items" and isinstance(node.value[keyword], list):
            return self._many(node, keyword, dialect, environment)
        return self.schema(_below(node, keyword), dialect, environment)

    def _many(self, node: Node, keyword: str, dialect: Dialect, environment: Environment) -> Any:
        inner = _below(node, keyword)
        return [self.schema(item, dialect, environment) for _, item in inner.items()]

    def _named(self, node: Node, keyword: str, dialect: Dialect, environment: Environment) -> Any:
        inner = _below(node, keyword)
        return {name: self.schema(item, dialect, environment) for name, item in inner.items()}

    def _dependencies(
        self, node: Node, lowered: dict[str, Any], dialect: Dialect, environment: Environment
    ) -> None:
        required: dict[str, Any] = {}
        schemas: dict[str, Any] = {}
        for name, item in _below(node, "dependencies").items():
            if isinstance(item.value, list):
                required[name] = item.value
            else:
                schemas[name] = self.schema(item, dialect, environment)
        if required:
            lowered["dependentRequired"] = required
        if schemas:
            lowered["dependentSchemas"] = schemas


def _below(node: Node, keyword: str) -> Node:
    inner = node.child(keyword)
    assert inner is not None
    return inner


def _with_references(lowered: dict[str, Any], references: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """``$ref`` beside other keywords; a second reference joins ``allOf``, which means the same."""
    first, *others = [*references] or [{}]
    lowered = {**first, **lowered}
    if others:
        lowered["allOf"] = [*others, *lowered.get("allOf", [])]
    return lowered


def _checked(target: Node) -> Node:
    """The target, once its chain of references is known to end somewhere."""
    if isinstance(target.value, dict) and "$ref" in target.value:
        target.resolved()
    return target


def _entered(node: Node, environment: Environment) -> Environment:
    """The dynamic anchors in force inside ``node``: those of outer resources, then its own resource's."""
    resource = node.document.resource_of(node.pointer)
    own = dict(node.document.identifiers.dynamic.get(resource.pointer, {}))
    root = node.contract.node(resource.pointer, node.document.uri).value
    if isinstance(root, dict) and root.get("$recursiveAnchor") is True:
        own[RECURSIVE] = resource.pointer
    if not own:
        return environment
    anchors = {name: (node.document.uri, pointer) for name, pointer in own.items()}
    anchors.update(environment)
    return tuple(sorted(anchors.items()))


def _dynamic_target(node: Node, keyword: str, environment: Environment) -> Node:
    """JSON Schema 2020-12 section 8.2.3.2, and 2019-09 section 8.2.4.2.1."""
    target = node.referenced(keyword)
    if keyword == "$ref" or not isinstance(target.value, dict):
        return target
    anchors: Mapping[str, tuple[str, str]] = dict(environment)
    if keyword == "$recursiveRef":
        name = RECURSIVE if target.value.get("$recursiveAnchor") is True else None
    else:
        fragment = node.value[keyword].partition("#")[2]
        name = fragment if target.value.get("$dynamicAnchor") == fragment else None
    if name is None or name not in anchors:
        return target
    uri, pointer = anchors[name]
    return node.contract.node(pointer, uri)


def _lower_items(lowered: dict[str, Any]) -> None:
    """An array of ``items`` is ``prefixItems``, and ``additionalItems`` is what ``items`` is now."""
    rest = lowered.pop("additionalItems", None)
    if isinstance(lowered.get("items"), list):
        first = lowered.pop("items")
        if first:
            lowered["prefixItems"] = first
        if rest is not None:
            lowered["items"] = rest


def _lower_exclusive(lowered: dict[str, Any]) -> None:
    for bound, exclusive in (("maximum", "exclusiveMaximum"), ("minimum", "exclusiveMinimum")):
        flag = lowered.get(exclusive)
        if isinstance(flag, bool):
            del lowered[exclusive]
            if flag and bound in lowered:
                lowered[exclusive] = lowered.pop(bound)


def _lower_nullable(lowered: dict[str, Any]) -> None:
    """OpenAPI 3.0.3: ``nullable`` adds null to ``type``, to nothing else; ``enum`` must list null itself."""
    nullable = lowered.pop("nullable", False)
    said = lowered.get("type")
    if nullable is True and isinstance(said, str):
        lowered["type"] = [said, "null"]
