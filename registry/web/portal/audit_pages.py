"""The audit log as pages: what happened, and the proof that an entry is in the log unchanged."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from flask import Response, abort, g, render_template, request
from flask.typing import ResponseReturnValue

from registry.audit.checkpoint import read_checkpoint
from registry.audit.tree import root_by_inclusion
from registry.errors import Invalid, NotAllowed
from registry.model import Account, AuditFilter, AuditOutcome, KeyPurpose
from registry.usecases import audit
from registry.usecases.accounts import actor_of
from registry.usecases.services import Services
from registry.web.portal.drawings.proof import steps_of

ENTRIES_MAX = 50
ASKED_CHARS_MAX = 200
INDEX_DIGITS_MAX = 18


class AuditPages:
    """One method per page; for administrators, auditors and the change advisory board."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def audit(self) -> ResponseReturnValue:
        """Entries that match, newest first."""
        self._refuse_others()
        asked = {
            name: request.args.get(name, "").strip()[:ASKED_CHARS_MAX]
            for name in ("actor", "action", "subject", "outcome", "since", "until")
        }
        outcome = AuditOutcome(asked["outcome"]) if asked["outcome"] in set(AuditOutcome) else None
        wanted = AuditFilter(
            asked["actor"] or None,
            asked["action"] or None,
            asked["subject"] or None,
            outcome,
            day(asked["since"]),
            day(asked["until"]),
        )
        found = audit.list_entries(self._services, wanted, index(request.args.get("before")), ENTRIES_MAX)
        return render_template(
            "audit.html",
            asked=asked,
            found=[(record, json.loads(record.raw)) for record in found.items],
            following=found.following[0] if found.following else None,
            checkpoint=read_checkpoint(audit.take_checkpoint(self._services)).checkpoint,
            page="audit",
        )

    def entry(self, number: str) -> ResponseReturnValue:
        """One entry with its inclusion proof, worked out step by step."""
        self._refuse_others()
        at = index(number)
        if at is None:
            abort(404)
        note = audit.take_checkpoint(self._services)
        signed = read_checkpoint(note)
        record, proof = audit.prove_inclusion(self._services, at, signed.checkpoint.size)
        leaf = bytes.fromhex(record.leaf_hash)
        keys = audit.list_keys(self._services)[KeyPurpose.AUDIT]
        return render_template(
            "audit_entry.html",
            record=record,
            entry=json.loads(record.raw),
            steps=steps_of(leaf, at, proof.size, proof.hashes),
            holds=root_by_inclusion(leaf, at, proof.size, proof.hashes) == signed.checkpoint.root,
            checkpoint=signed.checkpoint,
            note=note,
            signers=signed.signers(keys),
            page="audit",
        )

    def checkpoint(self) -> ResponseReturnValue:
        """The signed checkpoint, as a file to keep where nobody of the registry can change it."""
        self._refuse_others()
        headers = {"Content-Disposition": 'attachment; filename="checkpoint.txt"'}
        note = audit.take_checkpoint(self._services).encode()
        return Response(note, content_type="text/plain; charset=utf-8", headers=headers)

    def _refuse_others(self) -> None:
        if not may_read_audit(self._services):
            board = self._services.changes.board_team
            raise NotAllowed(
                "audit_not_yours", f"The audit log is read by administrators, auditors and {board}."
            )


def may_read_audit(services: Services) -> bool:
    """Administrators and auditors, and the board as far as it sees."""
    account: Account | None = g.get("account")
    if account is None:
        return False
    return bool(g.sight.audits) or actor_of(account, "").acts_for(services.changes.board_team)


def day(text: str) -> datetime | None:
    """The beginning of a day in UTC; `Invalid` when the text is none."""
    if not text:
        return None
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        raise Invalid("day_invalid", "Write a day as 2026-11-30.") from None


def index(text: str | None) -> int | None:
    """The place of an entry; None when the text is none."""
    if text is None or not (text.isascii() and text.isdigit()) or len(text) > INDEX_DIGITS_MAX:
        return None
    return int(text)
