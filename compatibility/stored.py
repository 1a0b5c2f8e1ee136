"""Reads a report back from the JSON it was stored as, so that every format can be written of it later.

What no report prints is not in the JSON and does not come back: the evidence that a usage join needs, and the
column of a place. Members that an earlier engine did not write have their defaults.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from compatibility.model import (
    ConsumerImpact,
    ContractRef,
    Finding,
    Place,
    Reach,
    Report,
    Waiver,
    Window,
    Witness,
)

Json = Mapping[str, Any]


def report_of(value: Json) -> Report:
    """The report; raises `KeyError` or `ValueError` for a value that is none."""
    window, bump = value.get("window"), value["bump"]
    return Report(
        verdict=value["verdict"],
        findings=tuple(finding_of(one) for one in value["findings"]),
        bump_required=bump["required"],
        bump_declared=bump["declared"],
        bump_sufficient=bump["sufficient"],
        before=reference_of(value["before"]),
        after=reference_of(value["after"]),
        not_judged=tuple(value["notJudged"]),
        mode=value.get("mode", "declared"),
        level=value.get("level", "json"),
        window=Window(window["from"], window["to"]) if window else None,
        engine_version=value["engineVersion"],
    )


def reference_of(value: Json) -> ContractRef:
    return ContractRef(value["name"], value["version"], value["sha256"])


def finding_of(value: Json) -> Finding:
    operation = value.get("operation")
    return Finding(
        rule=value["rule"],
        level=value["level"],
        direction=value["direction"],
        operations=tuple(value.get("operations", (operation,) if operation else ())),
        before=place_of(value.get("before")),
        after=place_of(value.get("after")),
        message=value["message"],
        fix=value.get("fix", ""),
        fingerprint=value.get("fingerprint", ""),
        witness=witness_of(value.get("witness")),
        consumers=tuple(impact_of(one) for one in value.get("consumers", ())),
        usage_note=value.get("usageNote", ""),
        promise=value.get("promise", "wire"),
        reach=tuple(
            Reach(one["operation"], one["consumed"], one["produced"]) for one in value.get("reach", ())
        ),
        also_at=tuple(place for one in value.get("alsoAt", ()) if (place := place_of(one)) is not None),
        waived=waiver_of(value.get("waiver")),
    )


def place_of(value: Json | None) -> Place | None:
    return Place(value["uri"], value["pointer"], value.get("line")) if value else None


def witness_of(value: Json | None) -> Witness | None:
    if value is None:
        return None
    return Witness(value["value"], value["acceptedBy"], value["rejectedBy"], value.get("error", ""))


def impact_of(value: Json) -> ConsumerImpact:
    return ConsumerImpact(
        consumer=value["consumer"],
        owner=value["owner"],
        status=value["status"],
        calls=value["calls"],
        last_seen=value["lastSeen"],
        source=value["source"],
        reason=value["reason"],
    )


def waiver_of(value: Json | None) -> Waiver | None:
    if value is None:
        return None
    return Waiver(
        fingerprint=value["fingerprint"],
        reason=value["reason"],
        owner=value["owner"],
        expires=date.fromisoformat(value["expires"]),
        operations=tuple(value.get("operations", ())),
        consumers=tuple(value.get("consumers", ())),
    )
