"""What the rules look at: matched operations, matched schema places, and the drafts they give back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from compatibility.config import Level, Policy, Promise
from compatibility.containment.terms import Term
from compatibility.judging import Flow, Judge
from compatibility.model import Direction, Place, Witness
from compatibility.text_forms import TextForm
from specs.model import Contract, Node

PairOfPlaces = tuple[str, str, str, str]
"""Document and pointer before, document and pointer after."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A finding before it is grouped. `delta` is the change in canonical words: it makes the fingerprint.

    `origin` is the changed place of a draft that is not about a schema, `pair` that of one that is.
    `members` meet the change by being sent, `missing` by being left out; `where` and `path` say of what.
    """

    rule: str
    level: Level
    direction: Direction
    operation: str | None
    before: Place | None
    after: Place | None
    message: str
    fix: str
    delta: tuple[Any, ...]
    witness: Witness | None = None
    every_request: bool = False
    promise: Promise | None = None
    origin: Node | None = None
    pair: PairOfPlaces | None = None
    where: str = ""
    path: str = ""
    members: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    text: TextForm | None = None


@dataclass(frozen=True, slots=True)
class Touch:
    """A surface that holds a changed pair of places, and the path of it in there.

    `way` is the path with the alternatives it goes through, and `media` the media type of a body.
    """

    operation: str
    where: str
    path: str
    flow: Flow
    way: str = ""
    media: str = ""


@dataclass(frozen=True, slots=True)
class Surface:
    """A pair of places where bytes of one kind cross in one direction; `where` names it in a sentence."""

    operation: str
    where: str
    flow: Flow
    before: Node | None
    after: Node | None
    text: TextForm | None = None
    """How the value crosses as text (a parameter, a header, a form), so that numbers and strings meet."""
    every_request: bool = False
    parts: bool = False
    """The value is the parts of a form or the headers of a message, so it is an object in any case."""
    media: str = ""
    """The media type of a body."""


@dataclass(frozen=True, slots=True)
class SchemaPair:
    """One place of a surface's schema on both sides, from the writer (`source`) to the reader (`target`).

    The children that have a partner are the same on both terms: what differs is this place's own.
    """

    flow: Flow
    path: str
    surface: Surface
    before: Node
    after: Node
    source: Term
    target: Term

    @property
    def member(self) -> str:
        return f"`{self.path}`" if self.path else "the value"

    def taking(self, *keywords: str) -> Term | None:
        """The writer's term with these keywords as the reader has them; None when it has them so already."""
        theirs = {word: getattr(self.target, word) for word in keywords}
        changed = any(getattr(self.source, word) != said for word, said in theirs.items())
        return replace(self.source, **theirs) if changed else None


@dataclass(frozen=True, slots=True)
class Edit:
    """One change at one place: `variant` is the writer's term with only this change of the reader's."""

    variant: Term
    message: str
    fix: str


@dataclass(slots=True)
class ContractChange:
    """A whole comparison: what is matched with what, and the judge of schemas."""

    before: Contract
    after: Contract
    judge: Judge
    policy: Policy
    level: Promise = "json"
    matches: tuple[Any, ...] = ()
    surfaces: list[Surface] = field(default_factory=list)
    not_judged: list[str] = field(default_factory=list)


def quoted(values: Iterator[Any] | list[Any] | tuple[Any, ...]) -> str:
    """Values as a reader writes them: `a`, `b` and `c`."""
    import json

    texts = [f"`{value}`" if isinstance(value, str) else f"`{json.dumps(value)}`" for value in values]
    return texts[0] if len(texts) == 1 else ", ".join(texts[:-1]) + " and " + texts[-1] if texts else ""
