"""Handlers for the graph, duplicates, upkeep and domains."""

from __future__ import annotations

from typing import Any

from flask import Response

from registry.model.domains import Domain, DomainEntry
from registry.model.graph import (
    Direction,
    Duplicate,
    Edge,
    Graph,
    Likeness,
    Neglect,
    PublishedShape,
    UpkeepFinding,
)
from registry.usecases import domains
from registry.usecases.duplicates import duplicates
from registry.usecases.graph import graph_around
from registry.usecases.services import Services
from registry.usecases.upkeep import upkeep
from registry.web.cursors import single_key, skipped
from registry.web.rendering import moment_json, page_json
from registry.web.requests import JSON, REVALIDATE, actor, body, json_answer, json_bytes, precondition, tagged

Json = dict[str, Any]


class GraphHandlers:
    """One method per operation, by its operationId in snake case."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def get_graph(self, focus: str, direction: str, depth: int, days: int, limit: int) -> Response:
        found = graph_around(self._services, focus, Direction(direction), depth, days, limit)
        return json_answer(graph_json(focus, found))

    def list_duplicates(
        self, minimum: float, across_layers: bool, limit: int, cursor: str | None = None
    ) -> Response:
        found = duplicates(
            self._services, float(minimum), skipped(cursor), limit, across_layers=across_layers
        )
        return json_answer(page_json(found, duplicate_json))

    def list_upkeep(
        self, days: int, limit: int, kind: str | None = None, cursor: str | None = None
    ) -> Response:
        wanted = Neglect(kind) if kind else None
        found = upkeep(self._services, days, wanted, skipped(cursor), limit)
        return json_answer(page_json(found, upkeep_json))

    def list_domains(self, limit: int, cursor: str | None = None) -> Response:
        found = domains.list_domains(self._services, single_key(cursor), limit)
        return json_answer(page_json(found, domain_json))

    def get_domain(self, domain: str) -> Response:
        found = domains.get_domain(self._services, domain)
        return tagged(json_bytes(domain_json(found)), JSON, str(found.domain.epoch), REVALIDATE)

    def put_domain(self, domain: str) -> Response:
        asked = body()
        wanted = Domain(
            domain,
            asked.get("title"),
            asked.get("primarySystemRole"),
            asked.get("integrationResponsibility"),
            asked.get("governanceFocus"),
        )
        found = domains.put_domain(self._services, actor(), wanted, precondition())
        return json_answer(domain_json(found), headers={"ETag": f'"{found.domain.epoch}"'})


def graph_json(focus: str, graph: Graph) -> Json:
    return {
        "focus": focus,
        "nodes": [
            {
                "id": str(node.id),
                "kind": node.id.kind.value,
                "name": node.id.name,
                "title": node.title,
                "owner": node.owner,
                "layer": node.layer,
                "domain": node.domain,
            }
            for node in graph.nodes
        ],
        "edges": [edge_json(edge) for edge in graph.edges],
        "truncated": graph.truncated,
    }


def edge_json(edge: Edge) -> Json:
    return {
        "source": str(edge.source),
        "target": str(edge.target),
        "kind": edge.kind.value,
        "major": edge.major,
        "calls": edge.calls,
        "lastSeen": moment_json(edge.last_seen),
    }


def duplicate_json(duplicate: Duplicate) -> Json:
    first = duplicate.likenesses[0]
    alike = [likeness_json(one) for one in duplicate.likenesses[:LIKENESSES_SHOWN_MAX]]
    return {
        "contracts": list(duplicate.contracts),
        "score": round(duplicate.score, 3),
        "reason": reason(first),
        "operations": alike,
    }


LIKENESSES_SHOWN_MAX = 20
"""Pairs of operations listed with a pair of contracts."""


def likeness_json(likeness: Likeness) -> Json:
    sides = sorted((likeness.one, likeness.other), key=lambda side: side.contract)
    return {
        "entity": likeness.one.shape.entity,
        "action": likeness.one.shape.action,
        "operations": [side_json(side) for side in sides],
        "score": round(likeness.score, 3),
        "path": round(likeness.path, 3),
        "words": round(likeness.words, 3),
        "fields": None if likeness.fields is None else round(likeness.fields, 3),
        "sharedFields": list(likeness.shared_fields),
    }


def side_json(side: PublishedShape) -> Json:
    return {
        "contract": side.contract,
        "major": side.major,
        "layer": side.layer,
        "owner": side.owner,
        "operationId": side.shape.operation_id,
        "operation": side.shape.name,
    }


def reason(likeness: Likeness) -> str:
    """Why the two are taken for the same, in a sentence."""
    shape = likeness.one.shape
    parts = [f"path {likeness.path:.0%}", f"names {likeness.words:.0%}"]
    if likeness.fields is not None:
        parts.append(f"fields {likeness.fields:.0%}")
    return f"Both {shape.action} {shape.entity!r}; alike in {', '.join(parts)}."


def upkeep_json(finding: UpkeepFinding) -> Json:
    return {
        "kind": finding.kind.value,
        "subject": str(finding.subject),
        "major": finding.major,
        "owner": finding.owner,
        "detail": finding.detail,
        "lastSeen": moment_json(finding.since),
    }


def domain_json(entry: DomainEntry) -> Json:
    domain = entry.domain
    return {
        "name": domain.name,
        "title": domain.title,
        "primarySystemRole": domain.system_role,
        "integrationResponsibility": domain.integration_responsibility,
        "governanceFocus": domain.governance_focus,
        "contracts": entry.contracts,
    }
