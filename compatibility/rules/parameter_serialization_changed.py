"""A parameter is written differently on the wire: `style`, `explode`, `content` or `allowReserved`.

`label` and `matrix` mark even plain values; the other styles, and `explode`, say nothing of plain values, and
`simple` lists look the same exploded or not (OpenAPI 3.1, Style Examples)."""

from __future__ import annotations

from collections.abc import Iterator

from compatibility.changes import ContractChange, Draft
from compatibility.drafting import NEW_MAJOR, draft
from compatibility.media_types import covering
from compatibility.openapi_matching import pairs
from compatibility.openapi_surfaces import parameter_pairs
from compatibility.text_values import kinds_of
from specs.openapi import Parameter

MIRROR = "header-serialization-changed"
MARKED = ("label", "matrix")


def check(change: ContractChange) -> Iterator[Draft]:
    for match, before, after in pairs(change.matches):
        called = match.role == "called"
        for one, two in parameter_pairs(before, after):
            what = difference(one, two, called=called) if two is not None else None
            if what is not None and two is not None:
                yield draft(
                    "parameter-serialization-changed",
                    match.label,
                    (one.node, two.node),
                    f"{match.label} {'sends' if called else 'reads'} {one.location} parameter "
                    f"`{one.name}` differently: {what}",
                    f"Keep the former serialization, {NEW_MAJOR}",
                    ("parameter", one.location, one.name, what),
                    direction="produced" if called else "consumed",
                )


def difference(one: Parameter, two: Parameter, *, called: bool) -> str | None:
    if bool(one.content) != bool(two.content):
        return "a media type instead of a style" if two.content else "a style instead of a media type"
    writer, reader = (two, one) if called else (one, two)
    if one.content and not all(covering(media.name, reader.content) for media in writer.content):
        return f"as {two.content[0].name} instead of {one.content[0].name}"
    if writer.allow_reserved and not reader.allow_reserved:
        return "reserved characters " + ("may now stand as they are" if called else "must now be escaped")
    if one.style != two.style and (compound(one, two) or {one.style, two.style} & set(MARKED)):
        return f"style {two.style} instead of {one.style}"
    if one.explode != two.explode and explode_counts(one, two):
        return f"explode is now {str(two.explode).lower()}"
    return None


def compound(one: Parameter, two: Parameter) -> bool:
    """Whether values may be arrays or objects on both sides; plain ones look the same in every style."""
    return all({"array", "object"} & kinds_of(parameter.schema) for parameter in (one, two))


def explode_counts(one: Parameter, two: Parameter) -> bool:
    if one.style == "simple":
        return all("object" in kinds_of(parameter.schema) for parameter in (one, two))
    return compound(one, two)
