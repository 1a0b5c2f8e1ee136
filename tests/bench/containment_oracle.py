"""Brute force over small values: which of them a schema takes.

Nothing here is shared with the engine: validity is the `jsonschema` library's. Four corrections to it:
`multipleOf` is exact (the library divides doubles), draft-04 reads `1.0` as an integer as later drafts do,
in 2019-09 `additionalProperties` evaluates all members (the library looks for names in it), and OpenAPI 3.0
is draft-04 with `nullable`.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

import jsonschema_rs
from jsonschema import (
    Draft4Validator,
    Draft6Validator,
    Draft7Validator,
    Draft201909Validator,
    Draft202012Validator,
    FormatChecker,
)
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend
from referencing import Registry
from referencing.jsonschema import DRAFT4, DRAFT6, DRAFT7, DRAFT201909, DRAFT202012

SCALARS: list[Any] = [None, True, False, 0, 1, 2, 3, -1, 0.5, 1.5, "", "a", "ab", "b", "ba"]
SMALL: list[Any] = [None, True, 1, 2, 0.5, "a", "b", [], {}]
NAMES = ("a", "b", "c")
DERIVED = 60


def simple_values() -> list[Any]:
    """The values anybody would try first; a pair that one of them refutes was easy."""
    found: list[Any] = [*SCALARS, [], {}]
    found.extend([one] for one in (1, "a", None))
    found.extend({name: one} for name in (*NAMES, "zz") for one in (1, "a"))
    found.append({"a": 1, "b": "a", "c": None})
    return found


def values() -> list[Any]:
    found: list[Any] = [*simple_values(), 1.0, 0.3, 0.25, 2**53, 2**53 + 1, 10**30, "aaa", "aba", "abz"]
    found.extend([one] for one in SCALARS)
    found.extend([one, two] for one in SMALL for two in SMALL)
    found.extend({name: one} for name in (*NAMES, "zz") for one in SMALL)
    found.extend({"a": one, name: two} for name in ("b", "zz") for one in SMALL for two in SMALL)
    found.extend({"b": one, "c": two} for one in SMALL for two in SMALL[:5])
    found.extend(([1, 2, 3], [[1]], [{"a": 1}], {"a": {"a": 1}}, {"a": {"b": 1}}, [1, 1.0], [1, True]))
    found.extend(([1, "a", None], [1, 1, 1], [["a"], []], {"a": ["a", ["b"]]}, {"": 1}, {"ab": 1, "b": 1}))
    found.extend(
        {"a": one, "b": two, "c": three} for one in (1, "a") for two in (1, "a") for three in (1, "a")
    )
    return found


SIMPLE = simple_values()
VALUES = values()


def exactly(number: Any) -> Fraction:
    return Fraction(Decimal(repr(number))) if isinstance(number, float) else Fraction(number)


def multiple_of(validator: Any, step: Any, instance: Any, _: Any) -> Iterator[ValidationError]:
    if validator.is_type(instance, "number") and (exactly(instance) / exactly(step)).denominator != 1:
        yield ValidationError(f"{instance!r} is not a multiple of {step}")


def additional_items(validator: Any, rest: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    """Only beside a list of `items` (the library stumbles over a boolean)."""
    if isinstance(schema.get("items"), list) and validator.is_type(instance, "array"):
        for item in instance[len(schema["items"]) :]:
            yield from validator.descend(item, rest)


extended: Callable[..., Any] = extend
EXACT = {"multipleOf": multiple_of}
OLDER = {"multipleOf": multiple_of, "additionalItems": additional_items}
UNEVALUATED = {"unevaluatedProperties": Draft202012Validator.VALIDATORS["unevaluatedProperties"]}
DRAFT_4 = extended(Draft4Validator, OLDER, type_checker=Draft6Validator.TYPE_CHECKER)
READERS: dict[str, tuple[Any, Any]] = {
    "draft-04": (DRAFT_4, DRAFT4),
    "draft-06": (extended(Draft6Validator, OLDER), DRAFT6),
    "draft-07": (extended(Draft7Validator, OLDER), DRAFT7),
    "2019-09": (extended(Draft201909Validator, {**OLDER, **UNEVALUATED}), DRAFT201909),
    "2020-12": (extended(Draft202012Validator, EXACT), DRAFT202012),
}
READERS["openapi-3.1"] = READERS["2020-12"]
READERS["openapi-3.0"] = READERS["draft-04"]
OPENAPI_30_UNKNOWN = ("patternProperties", "additionalItems", "dependencies")


def as_draft_4(schema: Any) -> Any:
    """An OpenAPI 3.0 schema as draft-04: `nullable` adds null to `type` (3.0.3, Proposal 2019-10-31)."""
    if isinstance(schema, list):
        return [as_draft_4(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    plain = {
        word: said if word in ("enum", "required") else as_draft_4(said)
        for word, said in schema.items()
        if word not in OPENAPI_30_UNKNOWN
    }
    if plain.pop("nullable", False) is True and isinstance(plain.get("type"), str):
        plain["type"] = [plain["type"], "null"]
    return plain


FAST: dict[str, Any] = {
    "draft-04": jsonschema_rs.Draft4Validator,
    "draft-06": jsonschema_rs.Draft6Validator,
    "draft-07": jsonschema_rs.Draft7Validator,
    "2019-09": jsonschema_rs.Draft201909Validator,
    "2020-12": jsonschema_rs.Draft202012Validator,
    "openapi-3.0": jsonschema_rs.Draft4Validator,
    "openapi-3.1": jsonschema_rs.Draft202012Validator,
}
REGULAR = jsonschema_rs.RegexOptions()


def with_integers() -> FormatChecker:
    """The library's formats and two of OpenAPI's, which it does not know."""
    checker = FormatChecker(())
    checker.checkers = dict(Draft202012Validator.FORMAT_CHECKER.checkers)

    @checker.checks("int32")
    def is_int32(value: object) -> bool:
        return not is_number(value) or (
            exactly(value).denominator == 1 and -(2**31) <= exactly(value) < 2**31
        )

    @checker.checks("int64")
    def is_int64(value: object) -> bool:
        return not is_number(value) or (
            exactly(value).denominator == 1 and -(2**63) <= exactly(value) < 2**63
        )

    return checker


def is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


CHECKER = with_integers()


@dataclass(slots=True)
class Oracle:
    """One schema of one dialect."""

    schema: Any
    dialect: str
    formats: bool = False

    def __post_init__(self) -> None:
        if self.dialect == "openapi-3.0":
            self.schema = as_draft_4(self.schema)

    def validator(self, schema: Any) -> Any:
        reader, specification = READERS[self.dialect]
        registry: Any = Registry()
        if isinstance(self.schema, dict):
            resource = specification.create_resource(self.schema)
            registry = Registry().with_resource("", resource).crawl()
        return reader(schema, registry=registry, format_checker=CHECKER if self.formats else None)

    def fast(self) -> Any:
        """A quick validator of another make, to find candidates with; None when it cannot read the schema."""
        try:
            reader = FAST[self.dialect]
            return reader(self.schema, validate_formats=self.formats, pattern_options=REGULAR)
        except (ValueError, RuntimeError):
            return None

    def taken(self, candidates: list[Any]) -> Iterator[Any]:
        validator = self.validator(self.schema)
        return (value for value in candidates if surely(validator, value) is True)

    def takes(self, value: Any) -> bool | None:
        return surely(self.validator(self.schema), value)


def surely(validator: Any, value: Any) -> bool | None:
    """Whether the value is valid; None where the library cannot tell.

    It loops where a schema refers to itself at one and the same value, and it stumbles over the boolean
    ``items`` of 2019-09 when it looks for items that were evaluated.
    """
    try:
        return bool(validator.is_valid(value))
    except (RecursionError, TypeError):
        return None


def derived_values(before: Any, after: Any, seed: int) -> list[Any]:
    """Values made of what the two schemas mention: their constants, bounds and one beside them, names."""
    constants: dict[str, Any] = {}
    names = dict.fromkeys(NAMES)

    def note(value: Any) -> None:
        constants.setdefault(repr(value), value)

    def walk(schema: Any) -> None:
        if isinstance(schema, list):
            for one in schema:
                walk(one)
        if not isinstance(schema, dict):
            return
        for word, said in schema.items():
            if word in ("enum", "const"):
                for one in said if word == "enum" and isinstance(said, list) else [said]:
                    note(one)
            elif isinstance(said, int | float) and not isinstance(said, bool):
                for beside in (said, said + 1, said - 1, said + 0.5 if abs(said) < 2**50 else said):
                    note(beside)
            elif word in ("properties", "dependentSchemas", "dependencies") and isinstance(said, dict):
                names.update(dict.fromkeys(said))
                walk(list(said.values()))
            else:
                walk(said)

    walk([before, after])
    chosen = random.Random(seed)
    pool = [*constants.values(), *SCALARS]
    keys = [*names, "zz", "abz"]

    def grow(depth: int) -> Any:
        pick = chosen.random()
        if depth == 0 or pick < 0.4:
            return chosen.choice(pool)
        if pick < 0.7:
            some = chosen.sample(keys, min(len(keys), chosen.choice((0, 1, 2, 2, 3, 4))))
            return {name: grow(depth - 1) for name in some}
        return [grow(depth - 1) for _ in range(chosen.choice((0, 1, 2, 2, 3, 4)))]

    return [*constants.values(), *(grow(2) for _ in range(DERIVED))]


__all__ = ["SIMPLE", "VALUES", "Oracle", "derived_values", "surely"]
