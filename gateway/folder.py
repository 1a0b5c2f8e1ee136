"""Contracts from a folder instead of a registry: for one machine, tests, and gateways that must start alone.

The settings file (YAML or JSON) holds what the registry would tell: `issuer` {issuer, jwks},
`consumers` [{name, owner, layer, clientIds, plan: {requestsPerSecond, burst}}], `lifecycles` {name.v1:
{state, deprecatedAt, sunsetAt, successor}} and `revokedTokens` [{jti}]. Files are looked at on every poll;
a file that cannot be read leaves what it held before in force.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator, Mapping
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from semver import Version

from gateway.config import FolderSource, Limits
from gateway.errors import SourceError
from gateway.folder_settings import read_settings
from gateway.model import ContractRecord, DocumentRef, Lifecycle, Snapshot
from specs.errors import SpecError
from specs.files import read_contract
from specs.governance import governance_of
from specs.model import Contract, Kind

logger = logging.getLogger("pactolus.gateway")
PATTERNS = ("*.openapi.yaml", "*.openapi.yml", "*.openapi.json")


class ContractFolder:
    """Implements `ports.ContractSource` over a folder and a settings file."""

    def __init__(self, source: FolderSource, limits: Limits) -> None:
        self._source = source
        self._limits = limits
        self._seen: str | None = None
        self._records: dict[Path, ContractRecord] = {}
        self._documents: dict[str, bytes] = {}

    async def poll(self) -> Snapshot | None:
        """Reads the folder anew when the name, size or time of any file changed."""
        return await asyncio.to_thread(self._poll)

    async def document(self, sha256_hex: str) -> bytes:
        """Bytes kept from the last reading."""
        try:
            return self._documents[sha256_hex]
        except KeyError:
            raise SourceError("source.unknown_document", f"no document {sha256_hex}") from None

    async def keys(self, url: str) -> Mapping[str, Any]:
        """A folder gives its keys in the settings."""
        raise SourceError("source.no_keys", f"keys at {url} are not fetched in folder mode; give jwks")

    def _poll(self) -> Snapshot | None:
        seen = self._look()
        if seen == self._seen:
            return None
        settings, lifecycles = read_settings(self._source.settings, self._limits)
        records: dict[Path, ContractRecord] = {}
        documents: dict[str, bytes] = {}
        problems: dict[str, str] = {}
        for path in self._contract_files():
            record = self._read(path, documents, problems)
            if record is not None:
                records[path] = record
        self._records, self._documents = records, documents
        self._seen = seen
        contracts = tuple(
            replace(record, lifecycle=lifecycles.get(record.key, Lifecycle())) for record in _highest(records)
        )
        return replace(settings, revision=seen, contracts=contracts, problems=problems)

    def _contract_files(self) -> list[Path]:
        root = self._source.contracts
        found = sorted({path for pattern in PATTERNS for path in root.rglob(pattern) if path.is_file()})
        if len(found) > self._limits.contracts_max:
            raise SourceError("source.too_large", f"more than {self._limits.contracts_max} contracts")
        return found

    def _look(self) -> str:
        try:
            files = [self._source.settings, *sorted(self._source.contracts.rglob("*.*"))]
            stats = [(str(path), path.stat()) for path in files if path.is_file()]
        except OSError as error:
            raise SourceError("source.away", f"the folder cannot be read: {error}") from error
        text = "\n".join(f"{name} {stat.st_size} {stat.st_mtime_ns}" for name, stat in stats)
        return sha256(text.encode()).hexdigest()

    def _read(
        self, path: Path, documents: dict[str, bytes], problems: dict[str, str]
    ) -> ContractRecord | None:
        try:
            contract = read_contract(path, roots=(self._source.contracts,))
            record = _record(contract)
        except SpecError as error:
            logger.error("%s: %s", path, error)
            problems[path.relative_to(self._source.contracts).as_posix()] = str(error)
            last = self._records.get(path)
            if last is not None:
                for reference in last.documents:
                    documents[reference.sha256] = self._documents[reference.sha256]
            return last
        for document in contract.documents.values():
            documents[document.sha256] = document.raw
        return record


def _record(contract: Contract) -> ContractRecord:
    governance = governance_of(contract)
    references = tuple(
        DocumentRef(uri, document.sha256)
        for uri, document in contract.documents.items()
        if uri != contract.document.uri
    )
    return ContractRecord(
        name=governance.name,
        kind=str(Kind.OPENAPI),
        version=governance.version,
        major=governance.major,
        layer=governance.layer,
        owner=governance.owner,
        document=DocumentRef(contract.document.uri, contract.document.sha256),
        references=references,
        api_id=governance.api_id,
        domain=governance.domain,
    )


def _highest(records: dict[Path, ContractRecord]) -> Iterator[ContractRecord]:
    highest: dict[str, ContractRecord] = {}
    for record in records.values():
        known = highest.get(record.key)
        if known is None or Version.parse(record.version) > Version.parse(known.version):
            highest[record.key] = record
    yield from highest.values()
