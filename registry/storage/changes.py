"""Change requests in SQL. Whoever decides locks the row first, so decisions about one request queue up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, case, delete, insert, or_, select, update

from registry.model import LIVE_STATES, ChangeEntry, ChangeRequest, ChangeState, EntryKind
from registry.model.access import EVERYTHING, Sight
from registry.ports import ChangeFilter
from registry.storage import tables
from registry.storage.change_content import assessment_of, content_of, plan_of, proposal_of
from registry.storage.sight import visible
from registry.storage.upsert import insert_new

CHANGES = tables.changes.c
IS_LIVE = CHANGES.state.in_([state.value for state in LIVE_STATES])


@dataclass(frozen=True, slots=True)
class SqlChanges:
    """Change requests over one connection."""

    connection: Connection
    sight: Sight = EVERYTHING

    def add(self, change: ChangeRequest, content: Mapping[str, bytes]) -> None:
        """``content`` is the bytes of its documents by their sha256."""
        self.connection.execute(insert(tables.changes).values(id=change.id, **values_of(change)))
        self._keep(change, content)

    def _keep(self, change: ChangeRequest, content: Mapping[str, bytes]) -> None:
        """The teams it concerns, and the bytes."""
        teams = {one.team for one in change.assessment.requirements}
        if change.author_team is not None:
            teams.add(change.author_team)
        table = tables.change_teams
        self.connection.execute(delete(table).where(table.c.change_id == change.id))
        if teams:
            rows = [{"change_id": change.id, "team": team} for team in sorted(teams)]
            self.connection.execute(insert(table), rows)
        blobs = [{"sha256": digest, "content": raw} for digest, raw in sorted(content.items())]
        if blobs:
            self.connection.execute(insert_new(self.connection, tables.blobs), blobs)

    def change(self, change_id: str) -> ChangeRequest | None:
        query = select(tables.changes).where(CHANGES.id == change_id, self._visible())
        row = self.connection.execute(query).one_or_none()
        return change_of(row) if row else None

    def locked(self, change_id: str) -> ChangeRequest | None:
        """The request, which nobody else changes until this transaction ends."""
        statement = update(tables.changes).where(CHANGES.id == change_id, self._visible())
        statement = statement.values(epoch=CHANGES.epoch)
        row = self.connection.execute(statement.returning(*tables.changes.columns)).one_or_none()
        return change_of(row) if row else None

    def update(self, change: ChangeRequest, content: Mapping[str, bytes]) -> None:
        """Writes one that this transaction has locked."""
        statement = update(tables.changes).where(CHANGES.id == change.id)
        values = {name: value for name, value in values_of(change).items() if name != "epoch"}
        self.connection.execute(statement.values(values))
        self._keep(change, content)

    def expire(self, now: datetime) -> None:
        """Settles those that nobody used in time."""
        statement = update(tables.changes).where(IS_LIVE, CHANGES.expires_at <= now)
        self.connection.execute(statement.values(state=ChangeState.EXPIRED.value, epoch=CHANGES.epoch + 1))

    def live(self, contract: str | None, count: int) -> list[ChangeRequest]:
        """Open and approved ones, the oldest first."""
        query = select(tables.changes).where(IS_LIVE, self._visible())
        query = query.order_by(CHANGES.opened_at, CHANGES.id).limit(count)
        if contract is not None:
            query = query.where(CHANGES.contract == contract)
        return [change_of(row) for row in self.connection.execute(query)]

    def search(
        self, wanted: ChangeFilter, now: datetime, after: str | None, count: int
    ) -> list[ChangeRequest]:
        """By identifier, the newest first."""
        query = select(tables.changes).where(self._visible()).order_by(CHANGES.id.desc()).limit(count)
        if wanted.contract is not None:
            query = query.where(CHANGES.contract == wanted.contract)
        if wanted.state is not None:
            query = query.where(state_at(now) == wanted.state.value)
        if wanted.team is not None:
            teams = tables.change_teams.c
            query = query.where(CHANGES.id.in_(select(teams.change_id).where(teams.team == wanted.team)))
        if after is not None:
            query = query.where(CHANGES.id < after)
        return [change_of(row) for row in self.connection.execute(query)]

    def of_content(self, contract: str, bundle_sha256: str, count: int) -> list[ChangeRequest]:
        """Those that propose exactly this content, the newest first."""
        query = select(tables.changes).where(
            CHANGES.contract == contract, CHANGES.bundle_sha256 == bundle_sha256, self._visible()
        )
        rows = self.connection.execute(query.order_by(CHANGES.id.desc()).limit(count))
        return [change_of(row) for row in rows]

    def implement(self, change: ChangeRequest, at: datetime) -> bool:
        """Uses the approval up; False when it is not there any more."""
        statement = update(tables.changes).where(
            CHANGES.id == change.id,
            CHANGES.digest == change.digest,
            CHANGES.state == ChangeState.APPROVED.value,
            CHANGES.expires_at > at,
        )
        values = {"state": ChangeState.IMPLEMENTED.value, "implemented_at": at, "epoch": CHANGES.epoch + 1}
        return self.connection.execute(statement.values(values)).rowcount == 1

    def _visible(self) -> ColumnElement[bool]:
        """Those of contracts that are seen; and those that a team is asked about, or asked for."""
        seen = visible(self.sight, CHANGES.contract)
        if self.sight.team is None:
            return seen
        teams = tables.change_teams.c
        asked = select(teams.team).where(teams.change_id == CHANGES.id, teams.team == self.sight.team)
        return or_(seen, asked.exists())

    def add_entry(self, change_id: str, entry: ChangeEntry) -> None:
        """Appends to the history and raises the epoch."""
        raised = update(tables.changes).where(CHANGES.id == change_id)
        self.connection.execute(raised.values(epoch=CHANGES.epoch + 1))
        values = {
            "change_id": change_id,
            "at": entry.at,
            "kind": entry.kind.value,
            "client_id": entry.client_id,
            "team": entry.team,
            "digest": entry.digest,
            "text": entry.text,
        }
        self.connection.execute(insert(tables.change_entries).values(values))

    def entries(self, change_id: str, count: int) -> list[ChangeEntry]:
        """The oldest first."""
        table = tables.change_entries.c
        query = select(tables.change_entries).where(table.change_id == change_id)
        return [
            ChangeEntry(row.at, EntryKind(row.kind), row.client_id, row.team, row.digest, row.text)
            for row in self.connection.execute(query.order_by(table.id).limit(count))
        ]


def state_at(now: datetime) -> ColumnElement[str]:
    """The state as the clock has it: what nobody used in time is expired, written down or not."""
    return case((IS_LIVE & (CHANGES.expires_at <= now), ChangeState.EXPIRED.value), else_=CHANGES.state)


def values_of(change: ChangeRequest) -> dict[str, Any]:
    """The columns, less the key."""
    return {
        "contract": change.contract,
        "state": change.state.value,
        "author_team": change.author_team,
        "opened_at": change.opened_at,
        "expires_at": change.expires_at,
        "approved_at": change.approved_at,
        "implemented_at": change.implemented_at,
        "digest": change.digest,
        "bundle_sha256": change.proposal.bundle_sha256,
        "epoch": change.epoch,
        "content": content_of(change),
    }


def change_of(row: Row[Any]) -> ChangeRequest:
    """A row of `changes`."""
    content = row.content
    return ChangeRequest(
        id=row.id,
        contract=row.contract,
        owner=content["owner"],
        state=ChangeState(row.state),
        authors=tuple(content["authors"]),
        author_team=row.author_team,
        opened_at=row.opened_at,
        expires_at=row.expires_at,
        digest=row.digest,
        plan=plan_of(content["plan"]),
        proposal=proposal_of(content["proposal"]),
        assessment=assessment_of(content["assessment"]),
        epoch=row.epoch,
        approved_at=row.approved_at,
        implemented_at=row.implemented_at,
    )
