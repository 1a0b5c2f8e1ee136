"""The answer to whether one schema may take the place of another."""

from __future__ import annotations

from dataclasses import dataclass

from compatibility.model import Verdict, Witness


@dataclass(frozen=True, slots=True)
class SchemaReport:
    """The judgement of one pair of schemas; `reason` says why a verdict is `unknown` (empty otherwise).

    `not_read` names the keywords that the dialect does not have: annotations (JSON Schema 2020-12 core
    section 6.5), which restrict nothing and change no verdict. `not_judged` names the parts that were not
    compared: a reference that only leads back to itself, a part in a dialect of its own. They leave no
    verdict `compatible`.
    """

    verdict: Verdict
    witness: Witness | None = None
    reason: str = ""
    goals_spent: int = 0
    steps_spent: int = 0
    not_read: tuple[str, ...] = ()
    not_judged: tuple[str, ...] = ()
