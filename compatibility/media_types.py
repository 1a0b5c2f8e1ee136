"""Media types and status codes as lookups (RFC 9110 sections 8.3, 12.5.1; OpenAPI 3.1 Responses Object)."""

from __future__ import annotations

from collections.abc import Iterable

from specs.openapi import MediaType, Response


def normal(name: str) -> str:
    """Lower case, without parameters that change nothing (a charset on JSON)."""
    kind, *parameters = [part.strip().lower() for part in name.split(";")]
    if kind.endswith("json"):
        parameters = [one for one in parameters if not one.startswith("charset")]
    return ";".join([kind, *sorted(parameters)])


def covers(wide: str, narrow: str) -> bool:
    """Whether everything the narrow range names is in the wide one."""
    wide, narrow = normal(wide), normal(narrow)
    if wide in (narrow, "*/*"):
        return True
    return wide.endswith("/*") and narrow.split(";")[0].startswith(wide[:-1])


def structured(name: str) -> bool:
    """Whether bodies of a media type are values with a structure, and not just text or bytes."""
    kind = normal(name).split(";")[0]
    forms = ("application/x-www-form-urlencoded", "application/xml", "text/xml", "*/*", "application/*")
    return kind.endswith(("json", "+xml", "yaml", "cbor")) or kind.startswith("multipart/") or kind in forms


def in_parts(name: str) -> bool:
    """Whether a body is made of named parts, so that its value is an object."""
    kind = normal(name).split(";")[0]
    return kind == "application/x-www-form-urlencoded" or kind.startswith("multipart/")


def covering(name: str, offered: Iterable[MediaType]) -> MediaType | None:
    """The most specific entry that covers a media type."""
    found = [one for one in offered if covers(one.name, name)]
    return max(found, key=lambda one: (normal(one.name) == normal(name), len(one.name)), default=None)


def lookup(status: str, responses: Iterable[Response]) -> Response | None:
    """The response a status code gets: exact, then range, then default."""
    by_status = {one.status.upper(): one for one in responses}
    status = status.upper()
    for wanted in (status, status[:1] + "XX", "DEFAULT"):
        if wanted in by_status:
            return by_status[wanted]
    return None


def successful(status: str) -> bool:
    return status[:1] == "2"
