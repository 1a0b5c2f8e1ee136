"""Which values the writers of a schema send when they send declared members only, by brute force.

The definition of the declared openness, which the engine must meet. It is that of `unevaluatedProperties:
false` (JSON Schema 2020-12 core, section 11.3) put at every object, with the writer choosing alternatives:

A value is sent when it is valid and *covered*. A value at one place is covered by a set of schemas that hold
there when the writer can choose, among the alternatives that hold, at least one branch of each `anyOf`, the
one branch of each `oneOf`, `if` and `then` where `if` holds and `else` where not, so that for the schema
objects F so reached (through `$ref`, `allOf`, the chosen branches, `dependentSchemas` of present members):

- some object of F has `enum` or `const`: the value was written down whole, it is covered; else
- for an object: some of F has `additionalProperties` or `unevaluatedProperties` and so says itself what
  other members are; or none of F declares anything (a free map); or each member's name is declared: it
  stands in `properties`, `required`, `dependentRequired` or `dependentSchemas` of one of F, or matches one of
  its `patternProperties`; and
- each member and item is covered by the schemas that F applies to it.

`not`, `contains` and `propertyNames` ask and do not describe: they declare nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from referencing import Registry

from tests.bench.containment_oracle import READERS, Oracle

OLD_REF = ("draft-04", "draft-06", "draft-07", "openapi-3.0")
WAYS_MAX = 200
DEPTH_MAX = 30


class TooManyWaysError(Exception):
    """The value proves nothing: the choices of its writer are too many to try."""


@dataclass(frozen=True, slots=True)
class Here:
    """A schema and what its references are resolved against."""

    schema: Any
    resolver: Any


@dataclass(slots=True)
class Writer:
    """Says whether the writers of one schema send a value."""

    oracle: Oracle
    left: int = 0

    def sends(self, value: Any) -> bool:
        """Errors: TooManyWaysError."""
        self.left = WAYS_MAX
        return self.oracle.takes(value) and self.covered([self.top()], value, 0)

    def top(self) -> Here:
        schema, (_, specification) = self.oracle.schema, READERS[self.oracle.dialect]
        registry: Any = Registry()
        if not isinstance(schema, dict):
            return Here(schema, registry.resolver())
        resource = specification.create_resource(schema)
        registry = registry.with_resource("", resource).crawl()
        return Here(schema, registry.resolver().in_subresource(resource))

    def below(self, here: Here, schema: Any) -> Here:
        _, specification = READERS[self.oracle.dialect]
        if not isinstance(schema, dict):
            return Here(schema, here.resolver)
        return Here(schema, here.resolver.in_subresource(specification.create_resource(schema)))

    def holds(self, here: Here, value: Any) -> bool:
        validator = self.oracle.validator(here.schema).evolve(_resolver=here.resolver)
        return bool(validator.is_valid(value))

    def covered(self, schemas: list[Here], value: Any, depth: int) -> bool:
        if not isinstance(value, dict | list) or depth > DEPTH_MAX:
            return True
        return any(self.described(flat, value, depth) for flat in self.ways(schemas, [], value))

    def ways(self, pending: list[Here], flat: list[Here], value: Any) -> Iterator[list[Here]]:
        """The sets of schema objects the writer can choose to follow."""
        pending, flat = list(pending), list(flat)
        while pending:
            here = pending.pop()
            if not isinstance(here.schema, dict) or any(here.schema is one.schema for one in flat):
                continue
            flat.append(here)
            forced, branches = self.applied(here, value)
            pending.extend(forced)
            if branches is not None:
                held = [one for one in branches if self.holds(one, value)]
                for count in range(1, len(held) + 1):
                    for chosen in combinations(held, count):
                        yield from self.ways([*pending, *chosen], flat, value)
                return
        self.left -= 1
        if self.left < 0:
            raise TooManyWaysError
        yield flat

    def applied(self, here: Here, value: Any) -> tuple[list[Here], list[Here] | None]:
        """Schemas that apply to the same value whatever the writer chooses, and the branches of `anyOf`."""
        schema = here.schema
        found = []
        for word in ("$ref", "$dynamicRef"):
            if isinstance(schema.get(word), str):
                target = here.resolver.lookup(schema[word])
                found.append(Here(target.contents, target.resolver))
        if "$ref" in schema and self.oracle.dialect in OLD_REF:
            return found, None
        found.extend(self.below(here, part) for part in schema.get("allOf", ()))
        found.extend(
            one for part in schema.get("oneOf", ()) if self.holds(one := self.below(here, part), value)
        )
        if "if" in schema and self.oracle.dialect not in ("draft-04", "draft-06", "openapi-3.0"):
            condition = self.below(here, schema["if"])
            if self.holds(condition, value):
                found.append(condition)
                found.extend([self.below(here, schema["then"])] if "then" in schema else [])
            elif "else" in schema:
                found.append(self.below(here, schema["else"]))
        for name, child in dependent(schema, list).items():
            if isinstance(value, dict) and name in value:
                found.append(self.below(here, child))
        branches = schema.get("anyOf")
        return found, None if branches is None else [self.below(here, part) for part in branches]

    def described(self, flat: list[Here], value: Any, depth: int) -> bool:
        flat = [one for one in flat if not ("$ref" in one.schema and self.oracle.dialect in OLD_REF)]
        if any("enum" in one.schema or "const" in one.schema for one in flat):
            return True
        if isinstance(value, list):
            return all(
                self.covered([child for one in flat for child in self.item(one, index)], item, depth + 1)
                for index, item in enumerate(value)
            )
        if not declared(flat, value):
            return False
        return all(
            self.covered([child for one in flat for child in self.member(one, name)], member, depth + 1)
            for name, member in value.items()
        )

    def item(self, here: Here, index: int) -> Iterator[Here]:
        schema = here.schema
        prefix = schema.get("prefixItems", ())
        rest = schema.get("items")
        if isinstance(rest, list):
            prefix, rest = rest, schema.get("additionalItems")
        child = prefix[index] if index < len(prefix) else rest
        if child is not None:
            yield self.below(here, child)

    def member(self, here: Here, name: str) -> Iterator[Here]:
        schema = here.schema
        hits = [schema["properties"][name]] if name in schema.get("properties", ()) else []
        hits.extend(
            child
            for pattern, child in schema.get("patternProperties", {}).items()
            if re.search(pattern, name)
        )
        if not hits and "additionalProperties" in schema:
            hits.append(schema["additionalProperties"])
        yield from (self.below(here, child) for child in hits)


def declared(flat: list[Here], value: dict[str, Any]) -> bool:
    schemas = [one.schema for one in flat]
    if any("additionalProperties" in one or "unevaluatedProperties" in one for one in schemas):
        return True
    names: set[str] = set()
    patterns: list[str] = []
    for one in schemas:
        names.update(one.get("properties", ()), one.get("required", ()), dependent(one, list))
        patterns.extend(one.get("patternProperties", ()))
        for name, needs in dependent(one, dict).items():
            names.update((name, *needs))
    if not names and not patterns and not any("properties" in one for one in schemas):
        return True
    return all(name in names or any(re.search(one, name) for one in patterns) for name in value)


def dependent(schema: dict[str, Any], other_than: type) -> dict[str, Any]:
    """`dependentSchemas` (other than lists) or `dependentRequired` (other than dicts), by any spelling."""
    word = "dependentSchemas" if other_than is list else "dependentRequired"
    found = dict(schema.get(word, {}))
    older = schema.get("dependencies", {}).items()
    return found | {name: said for name, said in older if isinstance(said, list) is (other_than is dict)}
