"""The Ed25519 keys of the registry, and what it signs with them: published versions and checkpoints."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from registry.model import Contract, KeyPurpose, Version, VouchingKey, rfc3339
from specs.attestation import Publication, attest
from specs.ed25519 import KEY_BYTES, PrivateKey, PublicKey, base64_bytes, base64_text

SIGNING_KEYS_MAX = 2
"""How many keys sign at a time, the newest first: who trusts the one before still can verify."""
NAME_BYTES = 6


def new_key(purpose: KeyPurpose, at: datetime) -> VouchingKey:
    """A fresh key under a name of its own."""
    name = f"pactolus-{purpose.value}-{secrets.token_hex(NAME_BYTES)}"
    return VouchingKey(name, purpose, base64_text(secrets.token_bytes(KEY_BYTES)), at)


def new_origin() -> str:
    """A name that no other log has."""
    return f"pactolus-registry-{secrets.token_hex(8)}"


def private_key(key: VouchingKey) -> PrivateKey:
    """The key as it signs."""
    seed = base64_bytes(key.seed)
    assert seed is not None
    return PrivateKey(key.name, seed)


def signers(keys: Sequence[VouchingKey]) -> list[PrivateKey]:
    """Those that sign, of keys that are newest first."""
    return [private_key(key) for key in keys[:SIGNING_KEYS_MAX]]


def public_keys(keys: Sequence[VouchingKey]) -> list[PublicKey]:
    """What others verify with, in the order given."""
    return [private_key(key).public for key in keys]


def attestation_of(identity: Contract, version: Version, keys: Sequence[VouchingKey]) -> dict[str, Any]:
    """The signed statement of a publication; ``keys`` are newest first."""
    publication = Publication(
        contract=version.contract,
        version=str(version.number),
        kind=identity.kind,
        layer=identity.layer,
        bundle_sha256=version.bundle_sha256,
        documents=tuple((part.uri, part.sha256) for part in (version.document, *version.references)),
    )
    facts = {
        "owner": version.owner,
        "publishedAt": rfc3339(version.published_at),
        "publishedBy": version.published_by,
    }
    return attest(publication, facts, signers(keys))
