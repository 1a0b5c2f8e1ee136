"""The manual of one compatibility rule, for a person at a terminal."""

from __future__ import annotations

import difflib

from pactolus.errors import PactolusError

NEAR_MAX = 3
NEAR_AT_LEAST = 0.5


def manual_of(rule: str) -> str:
    """Name, manual and mirror; PactolusError naming rules that come near when there is none of that name."""
    from compatibility.rules import manuals

    known = {one.name: one for one in manuals()}
    name = rule.strip().lower().replace("_", "-").replace(" ", "-")
    manual = known.get(name)
    if manual is None:
        near = difflib.get_close_matches(name, known, NEAR_MAX, NEAR_AT_LEAST)
        near += [one for one in known if name and name in one and one not in near][:NEAR_MAX]
        raise PactolusError(
            f"there is no rule {rule!r}",
            f"did you mean {', '.join(near)}?" if near else f"the rules are {', '.join(sorted(known))}",
        )
    mirror = manual.mirror
    lead = f"Mirror: {mirror}" if mirror in known else f"No mirror: {mirror[:1].lower()}{mirror[1:]}"
    return f"{manual.name}\n\n{manual.text}\n\n{lead.rstrip('.')}.\n"
