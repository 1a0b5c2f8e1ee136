"""One rule, one file. A rule's docstring is its manual; a new file is found by walking this package.

A rule module has `MIRROR` (the rule for the other direction or the opposite change, or a sentence why there
is none) and at least one of
- `check(change) -> Iterator[Draft]`: looks at the whole comparison, once;
- `edits(pair) -> Iterator[Edit]`: names changes at one schema place, with `FLOW` consumed or produced; the
  engine keeps those that lose a value and finds the witness;
- `observe(pair, judge) -> Iterator[Draft]`: says something of a schema place that changed, with `FLOW`.
A rule that is no question to the two contracts has `told(...)` instead: the engine calls it by name.
`PROMISE` says at which level of promises its findings hold: by default `json` for what is said of schemas
and `wire` for the rest.
The rule's id is its file name with hyphens. Rules do not import each other.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from compatibility.config import Promise


@dataclass(frozen=True, slots=True)
class SchemaRule:
    """A rule about one schema place."""

    name: str
    flow: str
    edits: Callable[[Any], Iterator[Any]] | None
    observe: Callable[[Any, Any], Iterator[Any]] | None


@dataclass(frozen=True, slots=True)
class ContractRule:
    """A rule about the whole comparison."""

    name: str
    check: Callable[[Any], Iterator[Any]]


@dataclass(frozen=True, slots=True)
class RuleManual:
    """What the reference page prints of a rule."""

    name: str
    mirror: str
    text: str
    promise: Promise


def modules() -> Iterator[tuple[str, Any]]:
    """Every rule module with its id, in alphabetical order."""
    for found in sorted(pkgutil.iter_modules(__path__), key=lambda one: one.name):
        if not found.ispkg and not found.name.startswith("_"):
            yield found.name.replace("_", "-"), importlib.import_module(f"{__name__}.{found.name}")


def schema_rules() -> tuple[SchemaRule, ...]:
    return tuple(
        SchemaRule(
            name,
            module.FLOW,
            getattr(module, "edits", None),
            getattr(module, "observe", None),
        )
        for name, module in modules()
        if hasattr(module, "edits") or hasattr(module, "observe")
    )


def contract_rules() -> tuple[ContractRule, ...]:
    return tuple(ContractRule(name, module.check) for name, module in modules() if hasattr(module, "check"))


def promise_of(module: Any) -> Promise:
    """The promise a rule's findings are about, where a draft does not say another."""
    said: Promise = getattr(module, "PROMISE", "json" if hasattr(module, "FLOW") else "wire")
    return said


def promises() -> dict[str, Promise]:
    return {name: promise_of(module) for name, module in modules()}


def manuals() -> tuple[RuleManual, ...]:
    return tuple(
        RuleManual(name, module.MIRROR, (module.__doc__ or "").strip(), promise_of(module))
        for name, module in modules()
    )
