"""Handlers for finding, drawing and comparing what the catalog holds."""

from __future__ import annotations

from typing import Any

from flask import Response

from registry.model import Match, SearchResult, State, What
from registry.ports import SearchFilter
from registry.usecases.exports import SECTIONS, Export, export
from registry.usecases.search import search
from registry.usecases.services import Services
from registry.web.cursors import cursor_of, key_of, skipped, unknown_cursor
from registry.web.exports.backstage import backstage
from registry.web.exports.xregistry import xregistry
from registry.web.rendering import (
    consumer_json,
    identity_json,
    page_json,
    subscription_json,
    team_json,
    version_summary_json,
)
from registry.web.requests import BASE_PATH, json_answer

Json = dict[str, Any]
YAML = "application/yaml"
"""RFC 9512."""


class DiscoveryHandlers:
    """One method per operation, by its operationId in snake case."""

    def __init__(self, services: Services, issuer: str) -> None:
        self._services = services
        self._api = issuer + BASE_PATH

    def search_catalog(
        self,
        q: str,
        limit: int,
        what: str | None = None,
        layer: str | None = None,
        domain: str | None = None,
        owner: str | None = None,
        kind: str | None = None,
        state: str | None = None,
        cursor: str | None = None,
    ) -> Response:
        wanted = SearchFilter(
            What(what) if what else None, layer, domain, owner, kind, State(state) if state else None
        )
        found = search(self._services, q, wanted, skipped(cursor), limit)
        return json_answer(page_json(found, result_json))

    def export_catalog(self, form: str, limit: int, cursor: str | None = None) -> Response:
        key = key_of(cursor, 2)
        after = (key[0], key[1]) if key else None
        if after is not None and after[0] not in SECTIONS:
            raise unknown_cursor()
        found = export(self._services, after, limit, with_content=form == "backstage")
        headers = {}
        if found.following is not None:
            path = f"{self._api}/catalog/exports/{form}"
            headers["Link"] = f'<{path}?limit={limit}&cursor={cursor_of(found.following)}>; rel="next"'
        if form == "backstage":
            return Response(backstage(found), content_type=YAML, headers=headers)
        value = xregistry(found, self._api) if form == "xregistry" else export_json(found)
        return json_answer(value, headers=headers)


def export_json(found: Export) -> Json:
    return {
        "teams": [team_json(team) for team in found.teams],
        "consumers": [
            {
                **consumer_json(one.consumer),
                "subscriptions": [subscription_json(subscription) for subscription in one.subscriptions],
            }
            for one in found.consumers
        ],
        "contracts": [
            {
                **identity_json(one.contract),
                "inForce": [version_summary_json(version.version) for version in one.versions],
            }
            for one in found.contracts
        ],
    }


def result_json(result: SearchResult) -> Json:
    found = result.found
    contract = found.contract
    return {
        "contract": contract.name,
        "version": str(found.number),
        "title": contract.title,
        "kind": contract.kind,
        "layer": contract.layer,
        "domain": contract.domain,
        "owner": contract.owner,
        "state": found.state.value,
        "score": float(f"{found.score:.4g}"),
        "matches": [match_json(match) for match in result.matches],
    }


def match_json(match: Match) -> Json:
    item = match.item
    return {
        "what": item.what.value,
        "name": item.name,
        "document": item.document or None,
        "pointer": item.pointer,
        "text": item.text,
        "highlights": [
            {"in": place, "start": start, "end": end}
            for place, spans in (("name", match.in_name), ("text", match.in_text))
            for start, end in spans
        ],
    }
