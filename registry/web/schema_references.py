"""Handlers for the references between what is published."""

from __future__ import annotations

from typing import Any

from flask import Response

from registry.model.canonical import Referrer, SchemaLink
from registry.usecases.schema_references import references_in, references_out
from registry.usecases.services import Services
from registry.web.cursors import cursor_of, skipped
from registry.web.requests import json_answer


class ReferenceHandlers:
    """One method per operation, by its operationId in snake case."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def list_references(
        self, name: str, version: str, direction: str, limit: int, cursor: str | None = None
    ) -> Response:
        ask = references_in if direction == "in" else references_out
        found = ask(self._services, name, version)
        items = [referrer_json(one) for one in found.inward] + [link_json(one) for one in found.outward]
        start = skipped(cursor)
        following = cursor_of((str(start + limit),)) if start + limit < len(items) else None
        return json_answer(
            {
                "contract": found.version.contract,
                "version": str(found.version.number),
                "direction": direction,
                "items": items[start : start + limit],
                "truncated": found.truncated,
                "nextCursor": following,
            }
        )


def referrer_json(one: Referrer) -> dict[str, Any]:
    """A version that holds the schema."""
    return {"contract": one.contract, "version": str(one.number), "direct": one.direct}


def link_json(one: SchemaLink) -> dict[str, Any]:
    """A schema that is held, and the canonical schema that it is a version of."""
    holder = one.holder
    return {
        "schemaId": one.schema_id,
        "contract": holder.contract if holder else None,
        "major": holder.major if holder else None,
        "direct": one.direct,
    }
