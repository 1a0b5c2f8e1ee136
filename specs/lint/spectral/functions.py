"""Spectral's core functions: what each finds at a value. Messages are worded as in Spectral's manual.

A function says nothing of a value whose type it is not made for: ``pattern`` of a number, ``xor`` of a text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from specs.lint.references import referenced_places
from specs.lint.spectral.collation import is_after
from specs.lint.spectral.schema_function import complaints_by_schema
from specs.lint.spectral.values import UNDEFINED, followed, matches, plain, regex_of, shown, truthy
from specs.model import Node

Tokens = tuple[str | int, ...]
Options = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Complaint:
    """``below``: tokens from the value to the place; ``message`` may begin with ``{property}``.

    ``is_of_reference``: it is about a reference that stands there, not about what that leads to.
    """

    message: str
    below: Tokens = ()
    is_of_reference: bool = False


@dataclass(frozen=True, slots=True)
class Target:
    """A value a function is asked about: a scalar, a place that holds an object or array, or undefined."""

    value: Any
    root: Node
    follows: bool


Function = Callable[[Target, Options], Iterator[Complaint]]

CASES = {
    "flat": "[a-z][a-z0-9]*",
    "camel": "[a-z][a-z0-9]*(?:[A-Z0-9](?:[a-z0-9]+|$))*",
    "pascal": "[A-Z][a-z0-9]*(?:[A-Z0-9](?:[a-z0-9]+|$))*",
    "kebab": "[a-z][a-z0-9]*(?:-[a-z0-9]+)*",
    "cobol": "[A-Z][A-Z0-9]*(?:-[A-Z0-9]+)*",
    "snake": "[a-z][a-z0-9]*(?:_[a-z0-9]+)*",
    "macro": "[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*",
}
PROPERTIES_SHOWN_MAX = 4


def truthy_(target: Target, _: Options) -> Iterator[Complaint]:
    """Not undefined, null, false, 0 or empty."""
    if not truthy(target.value):
        yield Complaint("{property} must be truthy")


def falsy(target: Target, _: Options) -> Iterator[Complaint]:
    """The opposite of truthy."""
    if truthy(target.value):
        yield Complaint("{property} must be falsy")


def defined(target: Target, _: Options) -> Iterator[Complaint]:
    """There, whatever it is."""
    if target.value is UNDEFINED:
        yield Complaint("{property} must be defined")


def undefined(target: Target, _: Options) -> Iterator[Complaint]:
    """Not there."""
    if target.value is not UNDEFINED:
        yield Complaint("{property} must be undefined")


def pattern(target: Target, options: Options) -> Iterator[Complaint]:
    """``match`` and ``notMatch``, each a regular expression of ECMA-262 or ``/expression/flags``."""
    text = target.value
    if not isinstance(text, str):
        return
    if "match" in options and not matches(*regex_of(options["match"]), text):
        yield Complaint(f"{shown(text)} must match the pattern {shown(options['match'])}")
    if "notMatch" in options and matches(*regex_of(options["notMatch"]), text):
        yield Complaint(f"{shown(text)} must not match the pattern {shown(options['notMatch'])}")


def casing(target: Target, options: Options) -> Iterator[Complaint]:
    """A spelling; ``separator.char`` joins several words of it."""
    text = target.value
    if not isinstance(text, str) or not text:
        return
    word = CASES[options["type"]]
    if options.get("disallowDigits") is True:
        word = word.replace("0-9", "")
    separator = options.get("separator")
    if separator is not None:
        mark = re.escape(separator["char"])
        if separator.get("allowLeading") is True and text == separator["char"]:
            return
        leading = f"(?:{mark})?" if separator.get("allowLeading") is True else ""
        word = f"{leading}{word}(?:{mark}{word})*"
    if re.match(f"^{word.replace('$', chr(92) + 'Z')}\\Z", text) is None:
        yield Complaint(f"must be {options['type']} case")


def length(target: Target, options: Options) -> Iterator[Complaint]:
    """Members, items, UTF-16 units of a text, or the number itself."""
    value = plain(target.value)
    if isinstance(value, bool) or not isinstance(value, dict | list | str | int | float):
        return
    if isinstance(value, str):
        size: float = len(value.encode("utf-16-le", "surrogatepass")) // 2
    else:
        size = value if isinstance(value, int | float) else len(value)
    if "min" in options and size < options["min"]:
        yield Complaint(f"{{property}} must be longer than {options['min']}")
    if "max" in options and size > options["max"]:
        yield Complaint(f"{{property}} must be shorter than {options['max']}")


def enumeration(target: Target, options: Options) -> Iterator[Complaint]:
    """One of the values, compared by type and value."""
    value = target.value
    if value is UNDEFINED or isinstance(value, Node):
        return
    values = options["values"]
    if not any(value == one and isinstance(value, bool) == isinstance(one, bool) for one in values):
        allowed = ", ".join(shown(one) for one in values)
        yield Complaint(f"{shown(value)} must be equal to one of the allowed values: {allowed}")


def xor(target: Target, options: Options) -> Iterator[Complaint]:
    """Exactly one of the members."""
    yield from or_(target, options)
    value = plain(target.value)
    present = [name for name in value if name in options["properties"]] if isinstance(value, dict) else []
    if len(present) > 1:
        joined = '" and "'.join(present)
        yield Complaint(f'Just one of "{joined}" must be defined')


def or_(target: Target, options: Options) -> Iterator[Complaint]:
    """At least one of the members."""
    value, names = plain(target.value), options["properties"]
    if not isinstance(value, dict) or any(name in value for name in names):
        return
    if len(names) > PROPERTIES_SHOWN_MAX:
        joined = '" or "'.join(names[: PROPERTIES_SHOWN_MAX - 1])
        rest = f'" or {len(names) - PROPERTIES_SHOWN_MAX + 1} other properties'
        yield Complaint(f'At least one of "{joined}{rest} must be defined')
    else:
        joined = '" or "'.join(names)
        yield Complaint(f'At least one of "{joined}" must be defined')


def alphabetical(target: Target, options: Options) -> Iterator[Complaint]:
    """Members by name, items by themselves or by the member ``keyedBy``; the first pair out of order."""
    node = target.value
    if not isinstance(node, Node) or len(node.value) < 2:
        return
    items: list[Any] = list(node.value)
    key = options.get("keyedBy")
    if key is not None:
        places = [followed(item) if target.follows else item for _, item in node.items()]
        if isinstance(node.value, dict) or not all(isinstance(place.value, dict) for place in places):
            yield Complaint("{property} must be an object")
            return
        items = [place.value.get(key, UNDEFINED) for place in places]
    if not all(isinstance(item, str | int | float) and not isinstance(item, bool) for item in items):
        yield Complaint("{property} must be one of the allowed types: number, string")
        return
    at = next((n for n in range(len(items) - 1) if is_after(items[n], items[n + 1])), None)
    if at is None:
        return
    if key is not None:
        yield Complaint("properties must follow the alphabetical order")
    else:
        where: str | int = at if isinstance(node.value, list) else items[at]
        yield Complaint(f"{shown(items[at])} must be placed after {shown(items[at + 1])}", (where,))


def schema(target: Target, options: Options) -> Iterator[Complaint]:
    """Valid by a JSON Schema; the first violation, with ``allErrors`` all."""
    if target.value is UNDEFINED:
        yield Complaint("{property} must exist")
        return
    for message, tokens in complaints_by_schema(target.value, options, follows=target.follows):
        yield Complaint(message, tokens)


def typed_enum(target: Target, _: Options) -> Iterator[Complaint]:
    """Each value of ``enum`` has the ``type`` beside it."""
    value = plain(target.value)
    if not isinstance(value, dict) or not isinstance(value.get("enum"), list):
        return
    said = value.get("type")
    types = [said] if isinstance(said, str) else said
    if not isinstance(types, list) or not all(isinstance(one, str) for one in types):
        return
    if value.get("nullable") is True and target.root.document.spec_version.startswith("3.0"):
        types = [*types, "null"]
    for number, item in enumerate(value["enum"]):
        if not _json_types(item) & set(types):
            yield Complaint(f'Enum value {shown(item)} must be "{",".join(types)}".', ("enum", number))


def _json_types(value: Any) -> set[str]:
    if isinstance(value, bool):
        return {"boolean"}
    if isinstance(value, int | float):
        return {"number", "integer"} if float(value).is_integer() else {"number"}
    if isinstance(value, str):
        return {"string"}
    return {"object" if isinstance(value, dict) else "array" if isinstance(value, list) else "null"}


def unreferenced_reusable_object(target: Target, options: Options) -> Iterator[Complaint]:
    """Members of a container that no reference of the contract leads to."""
    node = target.value
    if not isinstance(node, Node) or not isinstance(node.value, dict):
        return
    location = options["reusableObjectsLocation"].lstrip("#")
    uri, used = target.root.document.uri, referenced_places(target.root.contract)
    for name, member in node.items():
        pointer = f"{location}/{member.pointer.rsplit('/', 1)[-1]}"
        if (uri, pointer) not in used:
            message = "Potential orphaned reusable object has been detected"
            yield Complaint(message, (name,), is_of_reference=True)


FUNCTIONS: dict[str, Function] = {
    "alphabetical": alphabetical,
    "casing": casing,
    "defined": defined,
    "enumeration": enumeration,
    "falsy": falsy,
    "length": length,
    "or": or_,
    "pattern": pattern,
    "schema": schema,
    "truthy": truthy_,
    "typedEnum": typed_enum,
    "undefined": undefined,
    "unreferencedReusableObject": unreferenced_reusable_object,
    "xor": xor,
}
