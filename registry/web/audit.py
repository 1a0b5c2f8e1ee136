"""Handlers for the audit log and the keys that the registry signs with."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from flask import Response

from registry.model import AuditFilter, AuditOutcome, AuditRecord, KeyPurpose, moment
from registry.usecases import audit
from registry.usecases.services import Services
from registry.web.cursors import single_key, unknown_cursor
from registry.web.rendering import page_json
from registry.web.requests import json_answer
from specs.ed25519 import base64_text

LINES = "application/x-ndjson"
INDEX_DIGITS_MAX = 18


class AuditHandlers:
    """One method per operation, by its operationId in snake case."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def list_audit(
        self,
        limit: int,
        actor: str | None = None,
        action: str | None = None,
        subject: str | None = None,
        outcome: str | None = None,
        since: str | None = None,
        until: str | None = None,
        cursor: str | None = None,
    ) -> Response:
        wanted = AuditFilter(
            actor,
            action,
            subject,
            AuditOutcome(outcome) if outcome else None,
            moment(since) if since else None,
            moment(until) if until else None,
        )
        found = audit.list_entries(self._services, wanted, index_key(cursor), limit)
        return json_answer(page_json(found, record_json))

    def get_audit_entry(self, index: int) -> Response:
        return json_answer(record_json(audit.get_entry(self._services, index)))

    def get_audit_proof(self, index: int, size: int | None = None) -> Response:
        record, proof = audit.prove_inclusion(self._services, index, size)
        return json_answer(
            {
                "index": record.index,
                "leafHash": record.leaf_hash,
                "size": proof.size,
                "hashes": hashes_json(proof.hashes),
            }
        )

    def get_audit_consistency(self, older: int, newer: int | None = None) -> Response:
        proof = audit.prove_consistency(self._services, older, newer)
        return json_answer({"older": older, "newer": proof.size, "hashes": hashes_json(proof.hashes)})

    def get_audit_checkpoint(self) -> Response:
        note = audit.take_checkpoint(self._services)
        headers = {"Cache-Control": "no-store"}
        return Response(note.encode("utf-8"), content_type="text/plain; charset=utf-8", headers=headers)

    def export_audit(self, first: int, count: int) -> Response:
        records = audit.export_entries(self._services, first, count)
        lines = "".join(f"{record.raw}\n" for record in records)
        return Response(lines.encode("utf-8"), content_type=LINES)

    def list_signing_keys(self) -> Response:
        found = audit.list_keys(self._services)
        return json_answer({purpose.value: [key.text for key in found[purpose]] for purpose in KeyPurpose})


def record_json(record: AuditRecord) -> dict[str, Any]:
    """The entry as it was hashed, with its place."""
    return {"index": record.index, "leafHash": record.leaf_hash, "entry": json.loads(record.raw)}


def hashes_json(hashes: Sequence[bytes]) -> list[str]:
    """Base64, as checkpoints write hashes."""
    return [base64_text(digest) for digest in hashes]


def index_key(cursor: str | None) -> int | None:
    """The index to go on below."""
    key = single_key(cursor)
    if key is None:
        return None
    if not (key.isascii() and key.isdigit()) or len(key) > INDEX_DIGITS_MAX:
        raise unknown_cursor()
    return int(key)
