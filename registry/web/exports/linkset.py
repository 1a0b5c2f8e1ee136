"""The catalog as a linkset (RFC 9264 section 4.2) for its well-known address (RFC 9727)."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from registry.usecases.exports import Export, ExportedContract, ExportedVersion
from registry.web.cursors import cursor_of

PATH = "/.well-known/api-catalog"
PROFILE = "https://www.rfc-editor.org/info/rfc9727"
MEDIA_TYPE = f'application/linkset+json; profile="{PROFILE}"'
Json = dict[str, Any]


def linkset(export: Export, origin: str, api: str) -> Json:
    """First the catalog with its items, then each item with its description and what is known of it."""
    anchors = [(one, version) for one in export.contracts for version in one.versions]
    catalog: Json = {
        "anchor": f"{origin}{PATH}",
        "item": [{"href": address(one, version, api)} for one, version in anchors],
        "profile": [{"href": PROFILE}],
    }
    if export.following is not None:
        cursor = cursor_of([export.following[1]])
        catalog["next"] = [{"href": f"{origin}{PATH}?cursor={cursor}", "type": "application/linkset+json"}]
    return {"linkset": [catalog, *(described(one, version, api) for one, version in anchors)]}


def address(exported: ExportedContract, one: ExportedVersion, api: str) -> str:
    """What stands for the API: its version in the registry."""
    return f"{api}/contracts/{quote(exported.contract.name)}/versions/{one.version.version.number}"


def described(exported: ExportedContract, one: ExportedVersion, api: str) -> Json:
    """``service-desc`` is the contract itself, ``service-meta`` its record (RFC 8631)."""
    item = address(exported, one, api)
    return {
        "anchor": item,
        "service-desc": [
            {"href": f"{item}/content", "type": "application/octet-stream", "title": exported.contract.title}
        ],
        "service-meta": [{"href": item, "type": "application/json"}],
    }
