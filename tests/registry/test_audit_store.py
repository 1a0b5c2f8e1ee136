"""The audit log in the store: one order whoever writes, nothing without its change."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from registry.audit.checkpoint import Checkpoint, signed
from registry.audit.entries import NOTHING_BEFORE
from registry.audit.export import seal_line, verify_export
from registry.audit.tree import (
    consistency_proof,
    inclusion_proof,
    is_consistent,
    root_by_inclusion,
)
from registry.config import RegistryConfig
from registry.errors import Contention
from registry.model import AuditEntry, AuditFilter, AuditOutcome, Client, ClientKind, KeyPurpose, Team
from registry.serve import open_store
from registry.storage.engine import migrations, open_engine
from registry.storage.store import SqlStore
from registry.vouching import new_key, private_key
from specs.attestation import attested
from tests.registry.harness import START

PROGRAM = Path(__file__).parent / "audit_writer.py"
WRITERS = 4
WRITTEN_EACH = 15
KEY = private_key(new_key(KeyPurpose.AUDIT, START))


def entry(subject: str = "orders", **fields: object) -> AuditEntry:
    return AuditEntry(START, "client", "contract.published", subject, "r", **fields)  # type: ignore[arg-type]


def append(store: SqlStore, *entries: AuditEntry) -> None:
    with store.writing() as transaction:
        for one in entries:
            transaction.security.audit(one)


def verified_size(store: SqlStore) -> int:
    """Verifies the log as an export of it is verified."""
    with store.reading() as transaction:
        tree = transaction.log.tree()
        lines = [f"{record.raw}\n".encode() for record in transaction.log.range(0, 100_000)]
        note = signed(Checkpoint(transaction.log.origin(), tree.size, tree.root), [KEY])
    return verify_export(iter([*lines, seal_line(note, [KEY.public])]), [KEY.public]).size


def test_entries_are_chained_in_the_order_they_were_appended(store: SqlStore) -> None:
    append(store, entry("one"), entry("two"))
    append(store, entry("three"))

    with store.reading() as transaction:
        records = transaction.log.range(0, 10)
    values = [json.loads(record.raw) for record in records]

    assert [value["subject"] for value in values] == ["one", "two", "three"]
    assert [value["index"] for value in values] == [0, 1, 2]
    assert [value["previous"] for value in values] == [
        NOTHING_BEFORE,
        *(record.leaf_hash for record in records[:2]),
    ]
    assert verified_size(store) == 3


def test_every_proof_of_the_stored_tree_holds(store: SqlStore) -> None:
    append(store, *(entry(str(index)) for index in range(13)))

    with store.reading() as transaction:
        log = transaction.log
        tree = log.tree()
        for index in range(13):
            leaf = bytes.fromhex(log.range(index, 1)[0].leaf_hash)
            proof = inclusion_proof(log.node, index, 13)
            assert root_by_inclusion(leaf, index, 13, proof) == tree.root
        for older in range(1, 14):
            path = inclusion_proof(log.node, 0, older)
            root = root_by_inclusion(bytes.fromhex(log.range(0, 1)[0].leaf_hash), 0, older, path)
            assert root is not None
            assert is_consistent(older, root, 13, tree.root, consistency_proof(log.node, older, 13))


def test_an_entry_is_there_with_its_change_or_not_at_all(store: SqlStore) -> None:
    append(store, entry("before"))

    def twice() -> None:
        with store.writing() as transaction:
            transaction.security.audit(entry("never"))
            transaction.parties.add_team(Team("erp-team", "twice", START))

    with pytest.raises(Contention):
        twice()

    with store.reading() as transaction:
        assert [json.loads(record.raw)["subject"] for record in transaction.log.range(0, 5)] == ["before"]
    assert verified_size(store) == 1


def test_the_log_is_searched_by_every_filter_newest_first(store: SqlStore) -> None:
    append(store, entry("orders"), entry("quotes", outcome=AuditOutcome.DENIED))
    later = START.replace(day=3)
    append(store, AuditEntry(later, "other", "team.created", "orders", "r"))

    def found(before: int | None = None, count: int = 9, **wanted: object) -> list[int]:
        with store.reading() as transaction:
            filters = AuditFilter(**wanted)  # type: ignore[arg-type]
            return [record.index for record in transaction.log.search(filters, before, count)]

    assert found() == [2, 1, 0]
    assert found(before=2, count=1) == [1]
    assert found(actor="other") == found(action="team.created") == found(since=later) == [2]
    assert found(subject="orders") == [2, 0]
    assert found(outcome=AuditOutcome.DENIED) == [1]
    assert found(until=later) == [1, 0]
    assert found(actor="nobody") == []


def test_writers_at_the_same_time_append_in_one_order(store: SqlStore) -> None:
    def write(name: str) -> None:
        for number in range(WRITTEN_EACH):
            while True:
                try:
                    with store.writing() as transaction:
                        transaction.parties.add_team(Team(f"{name}-{number}", "A team", START))
                        transaction.security.audit(entry(f"{name}-{number}"))
                        transaction.advance_revision()
                    break
                except Contention:
                    continue

    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(write, [f"writer-{number}" for number in range(WRITERS)]))

    assert verified_size(store) == WRITERS * WRITTEN_EACH


def test_writers_that_are_killed_leave_a_log_that_verifies(store: SqlStore, database_url: str) -> None:
    children = [
        subprocess.Popen(
            [sys.executable, str(PROGRAM), database_url, f"writer-{number}"],
            stdout=subprocess.PIPE,
            text=True,
            cwd=PROGRAM.parents[2],
        )
        for number in range(2)
    ]
    for child in children:
        assert child.stdout is not None
        assert child.stdout.readline() == "written\n"
    for child in children:
        child.kill()
        child.wait()
        assert child.stdout is not None
        child.stdout.close()

    size = verified_size(store)
    append(store, entry("after"))

    assert size >= 2
    assert verified_size(store) == size + 1
    with store.reading() as transaction:
        teams = {team.name for team in transaction.parties.teams(None, 100_000)} - {"erp-team"}
        audited = {json.loads(record.raw)["subject"] for record in transaction.log.range(0, 100_000)}
    assert teams == audited - {"after"}


def test_an_older_database_brings_its_audit_along_and_gets_its_versions_signed(database_url: str) -> None:
    from alembic import command

    engine = open_engine(database_url, connections=2, busy_timeout_ms=1_000)
    at = "2026-01-02 03:04:05+00:00" if engine.name == "postgresql" else "2026-01-02 03:04:05.000000"
    with engine.connect().execution_options(registry_writing=True) as connection, connection.begin():
        config = migrations()
        config.attributes["connection"] = connection
        command.upgrade(config, "0003")
        for statement in OLDER_ROWS.replace("AT", f"'{at}'").strip().split(";")[:-1]:
            connection.exec_driver_sql(statement)
    engine.dispose()

    store = open_store(RegistryConfig(database_url))
    try:
        with store.reading() as transaction:
            first, second = (json.loads(record.raw) for record in transaction.log.range(0, 5))
            (_, version, _), *_ = transaction.catalog.latest()
            keys = transaction.log.keys(KeyPurpose.CONTRACTS)
            admin = transaction.clients.client("admin-1")
        assert verified_size(store) == 2
    finally:
        store.engine.dispose()

    assert (first["subject"], first["outcome"], first["detail"]) == ("orders", "done", {"version": "1.0.0"})
    assert (second["action"], second["outcome"]) == ("contract.publication_refused", "denied")
    assert first["at"] == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC).strftime("%Y-%m-%dT%H:%M:%S.000000Z")
    vouched = attested(version.attestation, [private_key(key).public for key in keys])
    assert (vouched.contract, vouched.version, vouched.bundle_sha256) == ("orders", "1.0.0", "c" * 64)
    assert vouched.documents == (("orders.yaml", "a" * 64),)
    assert isinstance(admin, Client)
    assert admin.kind is ClientKind.ADMIN
    assert "registry:audit" in admin.scopes


OLDER_ROWS = f"""
INSERT INTO teams (name, title, created_at) VALUES ('erp-team', 'ERP', AT);
INSERT INTO signing_keys (kid, private_pem, created_at) VALUES ('k', 'pem', AT);
INSERT INTO clients (client_id, kind, party, secret_hash, scopes, created_at)
    VALUES ('admin-1', 'admin', NULL, 'h', '["registry:admin"]', AT);
INSERT INTO contracts (name, api_id, kind, title, layer, domain, owner, audience, epoch)
    VALUES ('orders', 'i', 'openapi', 't', 'system', 'd', 'erp-team', 'a', 1);
INSERT INTO blobs (sha256, content) VALUES ('{"a" * 64}', '');
INSERT INTO versions (contract, major, minor, patch, sha256, canonical_sha256, bundle_sha256, owner,
    published_at, published_by, problems)
    VALUES ('orders', 1, 0, 0, '{"a" * 64}', '{"b" * 64}', '{"c" * 64}', 'erp-team', AT, 'client', '[]');
INSERT INTO version_documents (contract, major, minor, patch, position, uri, sha256)
    VALUES ('orders', 1, 0, 0, 0, 'orders.yaml', '{"a" * 64}');
INSERT INTO audit (at, actor, action, subject, request_id, detail)
    VALUES (AT, 'client', 'contract.published', 'orders', 'r1', '{{"version": "1.0.0"}}');
INSERT INTO audit (at, actor, action, subject, request_id)
    VALUES (AT, 'client', 'contract.publication_refused', 'orders', 'r2');
"""
