"""Handlers for what gateways report and what they load."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Mapping, Sequence
from typing import Any

from flask import Response

from registry.model import SeenPlace, UsageCount, moment
from registry.usecases import traffic
from registry.usecases.services import Services
from registry.usecases.snapshot import current_revision, take_snapshot
from registry.usecases.traffic import DriftRecord
from registry.web.cursors import key_of, single_key
from registry.web.rendering import drift_json, page_json, snapshot_json, usage_json
from registry.web.requests import JSON, REVALIDATE, body, json_answer, no_content, tagged

LOG = logging.getLogger("registry.web")
STRANGERS_NAMED_MAX = 20
"""Consumers named in one line of the log; the line says how many there are."""


class TrafficHandlers:
    """One method per operation, by its operationId in snake case."""

    def __init__(self, services: Services, issuer: str, database_id: str) -> None:
        self._services = services
        self._issuer = issuer
        self._database_id = database_id
        self._lock = threading.Lock()
        self._rendered: tuple[int, bytes] | None = None

    def get_health(self) -> Response:
        return json_answer({"status": "ok", "revision": current_revision(self._services)})

    def record_usage(self) -> Response:
        asked = body()
        counts = [usage_count(record) for record in asked["records"]]
        strangers = traffic.record_usage(self._services, asked["gateway"], asked["batchId"], counts)
        if strangers:
            warn_of_strangers(asked["gateway"], strangers)
        return no_content()

    def list_usage(self, name: str, days: int, limit: int, cursor: str | None = None) -> Response:
        key = key_of(cursor, 3)
        after = (key[0], key[1], key[2]) if key else None
        found = traffic.list_usage(self._services, name, days, after, limit)
        return json_answer(page_json(found, usage_json))

    def record_drift(self) -> Response:
        asked = body()
        records = [drift_record(record) for record in asked["records"]]
        traffic.record_drift(self._services, asked["gateway"], asked["batchId"], records)
        return no_content()

    def list_drift(self, limit: int, contract: str | None = None, cursor: str | None = None) -> Response:
        found = traffic.list_drift(self._services, contract, single_key(cursor), limit)
        return json_answer(page_json(found, drift_json))

    def get_snapshot(self) -> Response:
        """The tag names the database too, so that a gateway notices when another took its place."""
        revision, content = self._snapshot(current_revision(self._services))
        return tagged(content, JSON, f"{self._database_id}-{revision}", REVALIDATE)

    def _snapshot(self, revision: int) -> tuple[int, bytes]:
        """The rendered snapshot of the revision, or of a later one; made once per revision.

        Whoever has the scope for it is a gateway, and a gateway sees everything.
        """
        with self._lock:
            if self._rendered is None or self._rendered[0] < revision:
                snapshot = take_snapshot(self._services)
                rendered = json.dumps(snapshot_json(snapshot, self._issuer), separators=(",", ":"))
                self._rendered = (snapshot.revision, rendered.encode("ascii"))
            return self._rendered


def warn_of_strangers(gateway: str, consumers: Sequence[str]) -> None:
    """For the operator: the gateway enforces for consumers that another registry knows, or knew."""
    named = ", ".join(consumers[:STRANGERS_NAMED_MAX])
    LOG.warning(
        "gateway %r reports calls of %d consumers not registered here: %s; they are kept, without an owner",
        gateway,
        len(consumers),
        named,
    )


def usage_count(asked: Mapping[str, Any]) -> UsageCount:
    """One record of a usage batch; its calls count on the day of the last one, in UTC."""
    last_seen = moment(asked["lastSeen"])
    return UsageCount(
        consumer=asked["consumer"],
        contract=asked["contract"],
        version=asked["version"],
        operation=asked["operation"],
        status=int(asked["status"]),
        day=last_seen.date(),
        calls=int(asked["count"]),
        first_seen=moment(asked["firstSeen"]),
        last_seen=last_seen,
        looked=int(asked.get("looked", 0)),
        seen=tuple(
            SeenPlace(
                one["where"],
                one["path"],
                json.dumps(one["value"], separators=(",", ":")) if "value" in one else None,
                int(one["calls"]),
            )
            for one in asked.get("seen", ())
        ),
    )


def drift_record(asked: Mapping[str, Any]) -> DriftRecord:
    """One record of a drift batch."""
    return DriftRecord(
        contract=asked["contract"],
        version=asked["version"],
        operation=asked["operation"],
        upstream=asked["upstream"],
        status=int(asked["status"]),
        count=int(asked["count"]),
        first_seen=moment(asked["firstSeen"]),
        last_seen=moment(asked["lastSeen"]),
        errors=tuple({"pointer": error["pointer"], "detail": error["detail"]} for error in asked["errors"]),
    )
