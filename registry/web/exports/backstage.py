"""Backstage entities as YAML: Group for teams, Component for consumers, API for versions in force.

The shapes are those of Backstage's descriptor format, apiVersion ``backstage.io/v1alpha1``.
"""

from __future__ import annotations

import hashlib
import re
from typing import Any

import yaml

from registry.model import State
from registry.usecases.exports import Export, ExportedConsumer, ExportedContract, ExportedVersion

API_VERSION = "backstage.io/v1alpha1"
NAME = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?")
TAG = re.compile(r"[a-z0-9:+#]+(-[a-z0-9:+#]+)*")
TAG_CHARS_MAX = 63
LIFECYCLES = {State.PUBLISHED: "production", State.DEPRECATED: "deprecated", State.SUNSET: "deprecated"}
Json = dict[str, Any]


def backstage(export: Export) -> bytes:
    """One YAML document for each entity."""
    entities = [group(team.name, team.title) for team in export.teams]
    entities += [component(consumer) for consumer in export.consumers]
    entities += [api(contract, one) for contract in export.contracts for one in contract.versions]
    text: str = yaml.safe_dump_all(entities, sort_keys=False, allow_unicode=True, explicit_start=True)
    return text.encode("utf-8")


def entity(kind: str, name: str, metadata: Json, spec: Json) -> Json:
    """The envelope."""
    return {"apiVersion": API_VERSION, "kind": kind, "metadata": {"name": name, **metadata}, "spec": spec}


def group(name: str, title: str) -> Json:
    """A team."""
    return entity("Group", entity_name(name), {"title": title}, {"type": "team", "children": []})


def component(exported: ExportedConsumer) -> Json:
    """An application that calls, with the APIs it declares to use."""
    consumer = exported.consumer
    used = [f"api:default/{api_name(one.contract, one.major)}" for one in exported.subscriptions]
    spec = {
        "type": "service",
        "lifecycle": "production",
        "owner": f"group:default/{entity_name(consumer.owner)}",
        "consumesApis": used,
    }
    return entity("Component", entity_name(consumer.name), {"tags": tags(consumer.layer)}, spec)


def api(exported: ExportedContract, one: ExportedVersion) -> Json:
    """A major version in force: Backstage knows one definition per API."""
    contract, version = exported.contract, one.version.version
    annotations = {
        "pactolus.dev/contract": contract.name,
        "pactolus.dev/version": str(version.number),
        "pactolus.dev/sha256": version.sha256,
        "pactolus.dev/api-id": contract.api_id,
    }
    metadata = {
        "title": f"{contract.title} v{version.number.major}",
        "annotations": annotations,
        "tags": tags(contract.layer, contract.domain),
    }
    spec = {
        "type": contract.kind,
        "lifecycle": LIFECYCLES.get(one.version.lifecycle.state, "deprecated"),
        "owner": f"group:default/{entity_name(contract.owner)}",
        "definition": (one.content or b"").decode("utf-8", "replace"),
    }
    return entity("API", api_name(contract.name, version.number.major), metadata, spec)


def api_name(contract: str, major: int) -> str:
    """The entity of a major version."""
    return entity_name(f"{contract}-v{major}")


def entity_name(text: str) -> str:
    """The text where Backstage takes it as a name; else its beginning and a digest of it."""
    if NAME.fullmatch(text):
        return text
    beginning = re.sub(r"[^A-Za-z0-9]+", "-", text)[:46].strip("-") or "x"
    return f"{beginning}-{hashlib.sha256(text.encode('utf-8')).hexdigest()[:16]}"


def tags(*words: str) -> list[str]:
    """Those of the words that Backstage takes as a tag."""
    return [word for word in words if TAG.fullmatch(word) and len(word) <= TAG_CHARS_MAX]
