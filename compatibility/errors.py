"""What can go wrong in a comparison besides a verdict: a promise of the caller that does not hold."""

from __future__ import annotations


class CompatibilityError(Exception):
    """Base of the package's errors; `code` is stable and safe to show."""

    code = "compatibility.error"


class IncomparableKindsError(CompatibilityError):
    """The two contracts are of different kinds (an OpenAPI document against an AsyncAPI one)."""

    code = "compatibility.kinds_differ"


class UnknownDialectError(CompatibilityError):
    """The schema names a dialect this engine does not read."""

    code = "compatibility.dialect_unknown"


class SchemaReadingError(CompatibilityError):
    """A schema is not a schema (a `$ref` to nowhere, a keyword of the wrong type)."""

    code = "compatibility.schema_unreadable"
