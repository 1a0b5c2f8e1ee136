"""The `jsonschema` library's validator for each dialect, for the second opinion.

Corrected where the library is known to differ from the specification: `multipleOf` divides exactly and not
in doubles; `int32` and the like are ranges; draft-04 reads `1.0` as an integer, as all later drafts do;
`additionalItems` beside a boolean `items` says nothing; OpenAPI 3.0 is draft-04 with `nullable` and without
what it dropped. And patterns are matched against long texts in linear time: Python's `re` needs exponential
time for `^(a+)+$`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
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

from compatibility.containment.read_formats import CHECKERS, UnclearFormatError
from compatibility.containment.values import exact

FORMATS: FormatChecker = FormatChecker(())
"""The library's formats, and our reading of those that it reads otherwise than the RFCs."""
FORMATS.checkers = {
    **Draft202012Validator.FORMAT_CHECKER.checkers,
    **{name: (takes, ()) for name, takes in CHECKERS.items()},
}
REFERENCE = 10
"""A reference counts as so many other keywords."""
DEPTH = {REFERENCE: 2, 1: 1}
DEPTH_MAX = 100
"""How deep references (2) and combinations (1) may lie within each other. The library's recursion must not
reach Python's limit: inside of its lookups that is no exception that could be caught."""
extended: Callable[..., Any] = extend


def multiple_of(validator: Any, step: Any, instance: Any, _: Any) -> Iterator[ValidationError]:
    if validator.is_type(instance, "number") and (exact(instance) / exact(step)).denominator != 1:
        yield ValidationError(f"{instance!r} is not a multiple of {step}")


def additional_items(validator: Any, rest: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    first = schema.get("items")
    if isinstance(first, list) and validator.is_type(instance, "array"):
        for index, item in enumerate(instance[len(first) :], start=len(first)):
            yield from validator.descend(item, rest, path=index)


def nullable_type(validator: Any, kinds: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    """OpenAPI 3.0.3, Proposal 2019-10-31: `nullable` adds null to `type`."""
    nullable = schema.get("nullable") is True and isinstance(kinds, str)
    if not (nullable and instance is None):
        yield from Draft4Validator.VALIDATORS["type"](validator, kinds, instance, schema)


def unread(_validator: Any, _said: Any, _instance: Any, _schema: Any) -> Iterator[ValidationError]:
    """A keyword that the dialect does not have."""
    return iter(())


def integers(low: int, high: int) -> Callable[[object], bool]:
    def fits(value: object) -> bool:
        if isinstance(value, bool) or not isinstance(value, int | float):
            return True
        return low <= value < high and value == int(value)

    return fits


INTEGERS: dict[str, tuple[Callable[[object], bool], tuple[()]]] = {
    **{f"int{bits}": (integers(-(2 ** (bits - 1)), 2 ** (bits - 1)), ()) for bits in (8, 16, 32, 64)},
    **{f"uint{bits}": (integers(0, 2**bits), ()) for bits in (8, 16, 32, 64)},
    "double-int": (integers(1 - 2**53, 2**53), ()),
}
"""The formats of integers (OpenAPI Initiative, Format Registry), which the library does not know."""


def conforms(value: Any, name: str) -> bool | None:
    """Whether a format takes a value; None for one that is not known, or where that is read differently."""
    if name not in FORMATS.checkers:
        return None
    try:
        return FORMATS.conforms(value, name)
    except UnclearFormatError:
        return None


class TooManyReferencesError(Exception):
    """A schema unfolds to more than is followed."""


class Following(FormatChecker):
    """Which formats restrict, all or none, and how much may still be followed.

    It counts because the library hands it on to every validator it makes on the way.
    """

    def __init__(self, references_max: int, *, formats: bool) -> None:
        super().__init__(())
        self.checkers = {**FORMATS.checkers, **INTEGERS} if formats else {}
        self.left = references_max * REFERENCE
        self.depth = 0


def counted(kind: Any) -> dict[str, Any]:
    """The keywords of a validator through which a small schema becomes a large one, each use counted.

    References do, and `unevaluated...`, for which the library asks all its neighbours again.
    """

    def counting(follow: Any, cost: int) -> Any:
        def counted_keyword(
            validator: Any, said: Any, instance: Any, schema: Any
        ) -> Iterator[ValidationError]:
            checker = validator.format_checker
            checker.left -= cost
            checker.depth += DEPTH[cost]
            try:
                if checker.left < 0 or checker.depth > DEPTH_MAX:
                    raise TooManyReferencesError
                yield from follow(validator, said, instance, schema) or ()
            finally:
                checker.depth -= DEPTH[cost]

        return counted_keyword

    costs = dict.fromkeys(("$ref", "$dynamicRef", "$recursiveRef"), REFERENCE)
    costs.update(dict.fromkeys(("allOf", "anyOf", "oneOf", "not", "if"), 1))
    costs.update(dict.fromkeys(("unevaluatedItems", "unevaluatedProperties"), 1))
    return {
        word: counting(kind.VALIDATORS[word], cost) for word, cost in costs.items() if word in kind.VALIDATORS
    }


class UnreadTextError(Exception):
    """A pattern that only Python reads, against a text on which Python may need for ever."""


def matched(pattern: str, text: str) -> bool:
    """Whether the pattern is found in the text. Errors: re.error, UnreadTextError."""
    if len(text) <= SHORT_TEXT:
        return re.search(pattern, text) is not None
    linear = automaton(pattern)
    if linear is None:
        raise UnreadTextError(pattern)
    return bool(linear.is_valid(text))


@lru_cache(maxsize=256)
def automaton(pattern: str) -> Any:
    """A matcher that needs linear time; None for what is not regular."""
    try:
        return jsonschema_rs.Draft202012Validator(
            {"pattern": pattern}, pattern_options=jsonschema_rs.RegexOptions()
        )
    except ValueError:
        return None


def string_pattern(validator: Any, pattern: str, instance: Any, _: Any) -> Iterator[ValidationError]:
    if validator.is_type(instance, "string") and not matched(pattern, instance):
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


def pattern_properties(validator: Any, said: Any, instance: Any, _: Any) -> Iterator[ValidationError]:
    if validator.is_type(instance, "object"):
        for pattern, child in said.items():
            for name, member in instance.items():
                if matched(pattern, name):
                    yield from validator.descend(member, child, path=name, schema_path=pattern)


def additional_properties(validator: Any, rest: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    if not validator.is_type(instance, "object"):
        return
    read = validator.VALIDATORS["patternProperties"] is not unread
    patterns = schema.get("patternProperties", ()) if read else ()
    named = schema.get("properties", ())
    extra = [one for one in instance if one not in named and not any(matched(two, one) for two in patterns)]
    if rest is False and extra:
        said = ", ".join(map(repr, extra))
        yield ValidationError(f"Additional properties are not allowed ({said} unexpected)")
    elif rest is not False:
        for name in extra:
            yield from validator.descend(instance[name], rest, path=name)


SHORT_TEXT = 16
EXACT = {
    "multipleOf": multiple_of,
    "pattern": string_pattern,
    "patternProperties": pattern_properties,
    "additionalProperties": additional_properties,
}
OLD = {**EXACT, "additionalItems": additional_items}
DRAFT_04 = extended(
    Draft4Validator, OLD | counted(Draft4Validator), type_checker=Draft6Validator.TYPE_CHECKER
)
DRAFT_2020_12 = extended(Draft202012Validator, EXACT | counted(Draft202012Validator))
OPENAPI_30 = extended(
    DRAFT_04,
    {"type": nullable_type, "patternProperties": unread, "additionalItems": unread, "dependencies": unread},
)
VALIDATORS: dict[str, Any] = {
    "draft-04": DRAFT_04,
    "draft-06": extended(Draft6Validator, OLD | counted(Draft6Validator)),
    "draft-07": extended(Draft7Validator, OLD | counted(Draft7Validator)),
    "2019-09": extended(Draft201909Validator, OLD | counted(Draft201909Validator)),
    "2020-12": DRAFT_2020_12,
    "openapi-3.0": OPENAPI_30,
    "openapi-3.1": DRAFT_2020_12,
}
