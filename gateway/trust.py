"""Which contracts may be enforced: those that the registry signed, and nothing was changed of.

The registry's public keys are pinned by configuration, or taken when they are first met and kept with the
plan (trust on first use). What is signed by none of them is not compiled, so the last good form stays.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Protocol

from gateway.errors import SourceError, TrustError
from gateway.model import ContractRecord
from specs.attestation import AttestationError, Publication, attested
from specs.ed25519 import KeyTextError, PublicKey, public_key

KEYS_MAX = 32


class KeySource(Protocol):
    """Where the registry publishes its keys."""

    async def signing_keys(self) -> Sequence[str]:
        """Public keys for contracts as text; raises `errors.SourceError`."""


class KeyKeeper(Protocol):
    """Where keys that were met are kept."""

    def signing_keys(self) -> list[str] | None:
        """The keys kept; None when none were."""

    def save_signing_keys(self, keys: Sequence[str]) -> None: ...


class ContractTrust:
    """The keys that count, and the check of a contract against them."""

    def __init__(self, pinned: Sequence[PublicKey], source: KeySource, keeper: KeyKeeper | None) -> None:
        self._keys = tuple(pinned)
        self._source = source
        self._keeper = keeper

    async def vouched(self, record: ContractRecord) -> Publication:
        """What the registry signed about this contract.

        `TrustError` when nothing that counts was signed, or something else than the record says;
        `SourceError` when the keys are not known yet and cannot be had.
        """
        keys = await self._trusted()
        try:
            publication = attested(record.attestation, keys)
        except AttestationError as error:
            raise TrustError("contract.unsigned", f"its signature does not hold: {error}") from error
        documents = tuple((part.uri, part.sha256) for part in record.documents)
        stated = (record.name, record.version, record.kind, record.layer, documents)
        signed = (
            publication.contract,
            publication.version,
            publication.kind,
            publication.layer,
            publication.documents,
        )
        if stated != signed:
            raise TrustError("contract.altered", "the registry says something else than what was signed")
        return publication

    async def _trusted(self) -> tuple[PublicKey, ...]:
        if not self._keys:
            kept = None if self._keeper is None else await asyncio.to_thread(self._keeper.signing_keys)
            self._keys = read_keys(kept if kept is not None else await self._source.signing_keys())
            if kept is None and self._keeper is not None:
                texts = [key.text for key in self._keys]
                await asyncio.to_thread(self._keeper.save_signing_keys, texts)
        return self._keys


def read_keys(texts: Sequence[str]) -> tuple[PublicKey, ...]:
    """The keys; `SourceError` when there are none, too many, or one is none."""
    try:
        keys = tuple(public_key(text) for text in texts)
    except KeyTextError as error:
        raise SourceError("source.malformed", f"a key of the registry cannot be read: {error}") from error
    if not 0 < len(keys) <= KEYS_MAX:
        raise SourceError("source.malformed", f"the registry has {len(keys)} keys for contracts")
    return keys
