"""Every limit of a comparison, by name. Counts, not seconds: the package reads no clock."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Literal, get_args

from compatibility.errors import CompatibilityError

Level = Literal["breaking", "unknown", "info"]
Mode = Literal["declared", "strict"]
"""`declared`: writers send only members the contract declares. `strict`: pure inclusion."""
Promise = Literal["wire", "json", "sdk", "docs"]
"""What a contract promises, nested: bytes and routes, values, names in generated code, words for people."""
PROMISE_LEVELS: tuple[Promise, ...] = ("wire", "json", "sdk", "docs")

ENGINE_VERSION = "2"


@dataclass(frozen=True, slots=True)
class Budget:
    """How much work one comparison may do; what does not fit ends as `unknown`, never as a guess.

    `steps_max` bounds the time of one search, because all that a search does is counted: some 250,000 to
    1,500,000 steps pass in a second. `goals_max` counts the containment goals evaluated (about 0.1 to 1 ms).
    """

    steps_max: int = 400_000
    goals_max: int = 60_000
    branches_max: int = 400
    regex_states_max: int = 1_500
    enumerated_max: int = 4_000
    model_size_max: int = 30_000
    depth_max: int = 60
    nesting_max: int = 1_000
    """How deep lists and objects of a schema may lie within each other before it is looked at at all."""


@dataclass(frozen=True, slots=True)
class ReportLimits:
    """Bounds of what a report carries."""

    findings_max: int = 5_000
    operations_per_finding_max: int = 2_000
    places_per_finding_max: int = 100
    witness_shrink_steps_max: int = 200
    witness_shrink_values_max: int = 200_000
    """So many values are looked at while a witness is made small: a large one is tried in fewer forms."""
    witnesses_tried_max: int = 8
    """So many values are tried where the second validator does not agree with the first ones."""
    recorded_values_tried_max: int = 100
    attributions_per_pair_max: int = 40
    confirmation_references_max: int = 20_000
    """How many references the second validator follows in one schema, over all values it is asked of."""


@dataclass(frozen=True, slots=True)
class Policy:
    """Where firms differ. Each field is what we say of a change by default, and why.

    A level is `breaking`, `unknown` (somebody has to look at it) or `info` (noted, compatible).
    """

    response_member_removed: Level = "breaking"
    """An optional member of a response is gone: all stays valid, and its readers get nothing."""
    parameter_removed: Level = "breaking"
    """The gateway refuses unknown parameters; a server that ignores them loses their meaning silently."""
    status_added: Level = "info"
    """Clients treat an unknown status like its class (RFC 9110 section 15)."""
    success_status_removed: Level = "info"
    """A success status is no longer used and another one stays: less is sent than was promised."""
    default_changed: Level = "info"
    """Every request stays valid; whoever leaves the value out gets another behavior."""
    format_changed: Level = "info"
    """A format is an annotation (JSON Schema 2020-12 validation section 7.2.1)."""
    link_changed: Level = "info"
    """Links are hints; every request and response stays what it was."""
    oauth_endpoint_changed: Level = "breaking"
    """Clients that have the former URL in their settings get no token."""
    empty_value_refused: Level = "info"
    """`allowEmptyValue` is gone where the schema takes the empty text; elsewhere that is breaking."""
    path_shadowed: Level = "info"
    """A new literal path takes one value away from a template; few identifiers are called like it."""
    promise_shortened: Level = "breaking"
    """A sunset date moved earlier or was deleted, or a stability level was lowered."""
    removed_after_sunset: Level = "breaking"
    """An operation is removed after its sunset date, as told by `today`; whoever still calls it fails."""
    today: str | None = None
    """The day of the judgement, `YYYY-MM-DD`; None: no sunset date has passed."""
    unstable_levels: tuple[str, ...] = ()
    """Operations of such an `x-stability-level` may be removed with a note."""
    event_message_removed: Level = "breaking"
    """A message is no longer sent: nothing invalid arrives, and its consumers starve."""
    event_message_added: Level = "breaking"
    """A message is sent that nobody was told of; firms whose consumers skip unknown ones choose `info`."""
    delivery_weakened: Level = "breaking"
    """A delivery guarantee (MQTT quality of service) is lower than it was."""
    partitions_changed: Level = "info"
    """Keys move to other partitions; order within a key holds except around the change."""
    tag_changed: Level = "breaking"
    """The first tag of an operation changed: generated code holds it in another class. At `sdk` and later."""
    words_changed: Level = "info"
    """Titles, descriptions or examples changed. At `docs` only."""
    deprecated_without_sunset: Level = "info"
    """An operation is deprecated and nobody is told until when it works."""
    major_not_declared: Level = "breaking"
    """A break is proved and the declared version stays in its major; the verdict is breaking anyhow."""
    version_too_small: Level = "info"
    """An addition asks for a minor version and the declared one is smaller."""
    events_retained: bool = False
    """Consumers replay a log: what was sent before must be readable by the later contract too."""

    def __post_init__(self) -> None:
        """CompatibilityError for a level that is none."""
        for one in fields(self):
            said = getattr(self, one.name)
            if one.type == "Level" and said not in get_args(Level):
                raise CompatibilityError(f"{one.name} {said!r} is not one of {', '.join(get_args(Level))}")
