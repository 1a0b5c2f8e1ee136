"""The policy that an owner chose for the changes of a contract within one major version."""

from __future__ import annotations

from enum import StrEnum


class Direction(StrEnum):
    """Who must get on with whom."""

    BACKWARD = "backward"
    """Whoever uses the earlier version is served by the later one."""
    FORWARD = "forward"
    """Whoever uses the later version is served by the earlier one."""


class Compatibility(StrEnum):
    """What a publication within a major version must be proven to be."""

    NONE = "none"
    BACKWARD = "backward"
    BACKWARD_TRANSITIVE = "backward_transitive"
    FORWARD = "forward"
    FORWARD_TRANSITIVE = "forward_transitive"
    FULL = "full"
    FULL_TRANSITIVE = "full_transitive"

    @property
    def directions(self) -> tuple[Direction, ...]:
        """The directions that are demanded; none for the policy of that name."""
        if self is Compatibility.NONE:
            return ()
        if self.value.startswith("full"):
            return (Direction.BACKWARD, Direction.FORWARD)
        return (Direction.BACKWARD,) if self.value.startswith("backward") else (Direction.FORWARD,)

    @property
    def is_transitive(self) -> bool:
        """Judged against every version of the major version, not against the highest alone."""
        return self.value.endswith("_transitive")
