"""Reading the audit log: entries, checkpoints and the proofs that go with them; and adding keys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from registry.audit.checkpoint import Checkpoint, signed
from registry.audit.entries import state_hash
from registry.audit.tree import Tree, consistency_proof, inclusion_proof
from registry.errors import Invalid, NotAllowed, NotFound
from registry.model import AuditEntry, AuditFilter, AuditRecord, KeyPurpose, VouchingKey
from registry.ports import Clock, Store, Transaction
from registry.usecases.services import Page, Services, page
from registry.vouching import new_key, private_key, public_keys, signers
from specs.ed25519 import PublicKey


@dataclass(frozen=True, slots=True)
class Proof:
    """Hashes of a proof, lowest first, in the tree of that size."""

    size: int
    hashes: tuple[bytes, ...]


def list_entries(
    services: Services, wanted: AuditFilter, before: int | None, count: int
) -> Page[AuditRecord]:
    """Entries that match, newest first."""
    with services.store.reading() as transaction:
        found = transaction.log.search(wanted, before, count + 1)
    return page(found, count, lambda record: (str(record.index),))


def get_entry(services: Services, index: int) -> AuditRecord:
    """One entry, or `NotFound`."""
    with services.store.reading() as transaction:
        return known_entry(transaction, index)


def take_checkpoint(services: Services) -> str:
    """The signed note over all entries there are."""
    with services.store.reading() as transaction:
        log = transaction.log
        tree = log.tree()
        checkpoint = Checkpoint(log.origin(), tree.size, tree.root)
        return signed(checkpoint, signers(log.keys(KeyPurpose.AUDIT)))


def prove_inclusion(services: Services, index: int, size: int | None) -> tuple[AuditRecord, Proof]:
    """That an entry is in the log of ``size`` entries; of all there are without one."""
    with services.store.reading() as transaction:
        record = known_entry(transaction, index)
        wanted = known_size(transaction.log.tree(), size)
        if index >= wanted:
            raise Invalid("audit_size_invalid", f"A log of {wanted} entries has no entry {index}.")
        return record, Proof(wanted, tuple(inclusion_proof(transaction.log.node, index, wanted)))


def prove_consistency(services: Services, older: int, newer: int | None) -> Proof:
    """That the log of ``newer`` entries begins with that of ``older`` ones."""
    with services.store.reading() as transaction:
        wanted = known_size(transaction.log.tree(), newer)
        if older > wanted:
            raise Invalid("audit_size_invalid", f"{older} is more than {wanted}; the older size goes first.")
        return Proof(wanted, tuple(consistency_proof(transaction.log.node, older, wanted)))


def export_entries(services: Services, first: int, count: int) -> list[AuditRecord]:
    """Entries in their order, from one on; `NotAllowed` for who may not see all of them.

    A log with gaps proves nothing.
    """
    with services.store.reading() as transaction:
        if not transaction.sight.audits:
            raise NotAllowed(
                "not_auditor", "The export holds every entry: it takes the role auditor everywhere."
            )
        return transaction.log.range(first, count)


def list_keys(services: Services) -> dict[KeyPurpose, list[PublicKey]]:
    """The public keys of each purpose, newest first."""
    with services.store.reading() as transaction:
        return {purpose: public_keys(transaction.log.keys(purpose)) for purpose in KeyPurpose}


def add_key(store: Store, clock: Clock, purpose: KeyPurpose) -> PublicKey:
    """A new key that signs from now on, together with the one before it."""
    now = clock()
    key = new_key(purpose, now)
    with store.writing() as transaction:
        before = transaction.log.keys(purpose)
        transaction.log.add_key(key)
        public = private_key(key).public
        entry = AuditEntry(
            now,
            "operator",
            "registry.key_added",
            key.name,
            "local",
            detail={"purpose": purpose.value, "key": public.text},
            before=keys_hash(before),
            after=keys_hash([key, *before]),
            authentication="local",
        )
        transaction.security.audit(entry)
    return public


def keys_hash(keys: Sequence[VouchingKey]) -> str:
    """The digest of a set of keys for the audit."""
    return state_hash(sorted(key.text for key in public_keys(keys)))


def known_entry(transaction: Transaction, index: int) -> AuditRecord:
    """The entry, or `NotFound`."""
    record = transaction.log.record(index)
    if record is None:
        raise NotFound("audit_entry_not_found", f"The audit log has no entry {index}.")
    return record


def known_size(tree: Tree, size: int | None) -> int:
    """The size asked for, that of the log without one; `NotFound` when the log is shorter."""
    if size is not None and size > tree.size:
        raise NotFound("audit_size_not_found", f"The audit log has {tree.size} entries, not {size}.")
    return tree.size if size is None else size
