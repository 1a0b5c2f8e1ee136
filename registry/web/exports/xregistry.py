"""The catalog as an xRegistry document (1.0-rc2, section JSON serialization), read-only.

Domains are groups, contracts resources, and versions in force versions.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any
from urllib.parse import quote

from registry.model import rfc3339
from registry.usecases.exports import Export, ExportedContract, ExportedVersion

SPEC_VERSION = "1.0-rc2"
MEDIA_TYPES = {"openapi": "application/vnd.oai.openapi", "asyncapi": "application/vnd.aai.asyncapi"}
Json = dict[str, Any]


def xregistry(export: Export, api: str) -> Json:
    """``api`` is the absolute base address of the API; contracts with nothing in force are left out."""
    contracts = [one for one in export.contracts if one.versions]
    groups: dict[str, list[ExportedContract]] = {}
    for one in contracts:
        groups.setdefault(identifier(one.contract.domain), []).append(one)
    root = f"{api}/catalog/exports/xregistry"
    return {
        "specversion": SPEC_VERSION,
        "registryid": "pactolus",
        "self": root,
        "xid": "/",
        "epoch": 1,
        "name": "Pactolus registry",
        **moments(contracts),
        "schemagroupsurl": f"{root}#/schemagroups",
        "schemagroupscount": len(groups),
        "schemagroups": {name: group(name, members, root, api) for name, members in sorted(groups.items())},
    }


def group(name: str, members: list[ExportedContract], root: str, api: str) -> Json:
    """A domain."""
    xid = f"/schemagroups/{name}"
    return {
        "schemagroupid": name,
        "self": f"{root}#{xid}",
        "xid": xid,
        "epoch": 1,
        "name": members[0].contract.domain,
        **moments(members),
        "schemasurl": f"{root}#{xid}/schemas",
        "schemascount": len(members),
        "schemas": {one.contract.name: resource(one, xid, root, api) for one in members},
    }


def resource(exported: ExportedContract, above: str, root: str, api: str) -> Json:
    """A contract with the newest version as its default."""
    contract = exported.contract
    xid = f"{above}/schemas/{contract.name}"
    versions = {
        str(one.version.version.number): version(exported, one, xid, root, api) for one in exported.versions
    }
    newest = version(exported, exported.versions[0], xid, root, api)
    return {
        **newest,
        "self": f"{root}#{xid}",
        "xid": xid,
        "metaurl": f"{root}#{xid}/meta",
        "meta": {
            "schemaid": contract.name,
            "self": f"{root}#{xid}/meta",
            "xid": f"{xid}/meta",
            "epoch": contract.epoch,
            **moments([exported]),
            "readonly": True,
            "defaultversionid": newest["versionid"],
            "defaultversionurl": newest["self"],
            "defaultversionsticky": False,
        },
        "versionsurl": f"{root}#{xid}/versions",
        "versionscount": len(versions),
        "versions": versions,
    }


def version(exported: ExportedContract, one: ExportedVersion, above: str, root: str, api: str) -> Json:
    """A version in force; it is its own ancestor, since the versions between are not listed."""
    contract, published = exported.contract, one.version.version
    number = str(published.number)
    xid = f"{above}/versions/{number}"
    at = rfc3339(published.published_at)
    return {
        "schemaid": contract.name,
        "versionid": number,
        "self": f"{root}#{xid}",
        "xid": xid,
        "epoch": 1,
        "name": contract.title,
        "isdefault": one is exported.versions[0],
        "labels": {
            "layer": contract.layer,
            "owner": contract.owner,
            "state": one.version.lifecycle.state.value,
            "sha256": published.sha256,
        },
        "createdat": at,
        "modifiedat": at,
        "ancestor": number,
        "format": contract.kind,
        "contenttype": MEDIA_TYPES.get(contract.kind, "application/schema+json"),
        "schemaurl": f"{api}/contracts/{quote(contract.name)}/versions/{number}/content",
    }


def moments(contracts: list[ExportedContract]) -> Json:
    """When the first and the last of the versions were published; nothing when there are none."""
    at: list[datetime] = [
        version.version.version.published_at for one in contracts for version in one.versions
    ]
    return {"createdat": rfc3339(min(at)), "modifiedat": rfc3339(max(at))} if at else {}


def identifier(text: str) -> str:
    """The text as an identifier: letters, digits and ``-._~@:``, beginning with a letter or digit."""
    plain = re.sub(r"[^A-Za-z0-9\-._~@:]", "-", text).lstrip("-._~@:")
    return plain or "none"
