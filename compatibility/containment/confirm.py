"""The second opinion: the `jsonschema` library accepts a witness on one side and rejects it on the other."""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from jsonschema.exceptions import ValidationError
from referencing import Registry
from referencing.exceptions import Unresolvable

from compatibility.config import ReportLimits
from compatibility.containment.read_formats import UnclearFormatError
from compatibility.containment.second_validators import (
    VALIDATORS,
    Following,
    TooManyReferencesError,
    UnreadTextError,
)

MESSAGE_MAX = 300
ERRORS_MAX = 200


@dataclass(frozen=True, slots=True)
class Spoken:
    """A schema as its author wrote it, with the dialect it is written in; else schemas are 2020-12."""

    schema: Any
    dialect: str = "2020-12"
    formats: bool = False
    """Whether `format` restricts."""


class NoOpinionError(Exception):
    """The library cannot say whether a value is valid; the text says why."""


@dataclass(slots=True)
class Checked:
    """A schema beside its validator, so that its id stays its own."""

    schema: Any
    validator: Any


@dataclass(slots=True)
class SecondOpinion:
    """Holds one validator per schema; schemas are self-contained and nothing is ever fetched.

    Where it has no opinion, `reason` says why: a pattern Python does not read, or a schema that unfolds
    without end. References are counted, because only through them does a small schema become a large one.
    """

    validators: dict[int, Checked] = field(default_factory=dict)
    reason: str = ""

    def confirms(self, accepting: Any, rejecting: Any, value: Any) -> bool:
        """Whether the one schema surely takes the value and the other surely does not."""
        try:
            return self.valid(accepting, value) and not self.valid(rejecting, value)
        except NoOpinionError as error:
            self.reason = str(error)
            return False

    def accepts(self, schema: Any, value: Any) -> bool:
        """Whether the schema surely takes the value."""
        try:
            return self.valid(schema, value)
        except NoOpinionError as error:
            self.reason = str(error)
            return False

    def complaint(self, schema: Any, value: Any) -> str | None:
        """Why the schema rejects the value, in the library's words; None when it accepts it."""
        try:
            errors = sorted(self.errors(schema, value, ERRORS_MAX), key=depth_and_text)
        except NoOpinionError as error:
            self.reason = str(error)
            return None
        return errors[0].message[:MESSAGE_MAX] if errors else None

    def valid(self, schema: Any, value: Any) -> bool:
        return not self.errors(schema, value, 1)

    def errors(self, schema: Any, value: Any, most: int) -> list[ValidationError]:
        """What the schema has against the value, at most so much of it; may raise NoOpinionError."""
        try:
            with warnings.catch_warnings():
                # What Python says of `[[:alpha:]]` concerns Python's later versions, not the contract.
                warnings.simplefilter("ignore", FutureWarning)
                return list(islice(self.validator(schema).iter_errors(value), most))
        except re.error as error:
            pattern = error.pattern.decode() if isinstance(error.pattern, bytes) else error.pattern
            raise NoOpinionError(f"the second validator does not read the pattern `{pattern}`") from error
        except UnclearFormatError as error:
            raise NoOpinionError(str(error)) from error
        except TooManyReferencesError as error:
            raise NoOpinionError("the schema unfolds to more than the second validator may follow") from error
        except UnreadTextError as error:
            raise NoOpinionError(
                f"the second validator cannot match the pattern `{error}` in time"
            ) from error
        except RecursionError as error:
            raise NoOpinionError("the schema refers to itself without end") from error
        except Unresolvable as error:
            raise NoOpinionError(
                f"the second validator does not follow the reference {error.ref!r}"
            ) from error

    def validator(self, schema: Any) -> Any:
        known = self.validators.get(id(schema))
        if known is None:
            spoken = schema if isinstance(schema, Spoken) else Spoken(schema)
            plain = spoken.schema
            if isinstance(plain, dict) and "$schema" in plain:
                # Said again by the class; left in, the library would go on with its own.
                plain = {word: said for word, said in plain.items() if word != "$schema"}
            checker = Following(ReportLimits().confirmation_references_max, formats=spoken.formats)
            validator = VALIDATORS[spoken.dialect](plain, registry=Registry(), format_checker=checker)
            known = Checked(schema, validator)
            self.validators[id(schema)] = known
        return known.validator


def depth_and_text(error: ValidationError) -> tuple[int, str]:
    return len(error.absolute_path), error.message
