"""The last good plan on this machine's disk, for a gateway that starts while its registry is away.

`plan.json` holds what was in force, `documents/` the bytes of its contracts, each under its sha256,
`registry-keys.json` the keys that contracts must be signed with, as they were when first met. A file
takes its place whole or not at all, and only the gateway's own user may read it: it names consumers and
revoked tokens, though no secret. A file that cannot be used is named in the log, passed over, and written
anew with the next plan. A folder serves one gateway; of several workers one writes it, and all read.
"""

from __future__ import annotations

import logging
import os
import re
import tempfile
from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson

from gateway.config import Limits
from gateway.errors import SourceError
from gateway.model import KeptPlan
from gateway.snapshot import read_snapshot, write_snapshot

logger = logging.getLogger("pactolus.gateway")
FORMAT = 1
PLAN = "plan.json"
KEYS = "registry-keys.json"
KEYS_BYTES_MAX = 64 * 1024
_UNFINISHED = ".unfinished"
_YEAR_10000 = 253_402_300_800
_DIGEST = re.compile(r"[0-9a-f]{64}")


class StateFolder:
    """Implements `ports.PlanKeeper`; what was kept for another registry than `origin` is not used.

    Where it `only_reads`, a fellow worker keeps the plan.
    """

    def __init__(self, folder: Path, origin: str, limits: Limits, *, only_reads: bool = False) -> None:
        self._only_reads = only_reads
        self._folder = folder
        self._plan = folder / PLAN
        self._keys = folder / KEYS
        self._documents = folder / "documents"
        self._origin = origin
        self._limits = limits
        self._told = ""
        self._documents_bytes: int | None = None

    def load(self) -> KeptPlan | None:
        """The plan kept last; None, and a line in the log, when it cannot be used."""
        try:
            raw = _read(self._plan, self._limits.snapshot_bytes_max)
            return None if raw is None else self._kept(orjson.loads(raw))
        except (OSError, ValueError, KeyError, TypeError, SourceError) as error:
            self._tell(f"{self._plan} is not used: {type(error).__name__}: {error}")
            return None

    def save(self, kept: KeptPlan) -> None:
        """Keeps this plan and, of the documents, those it refers to."""
        if self._only_reads:
            return
        value = {
            "format": FORMAT,
            "registry": self._origin,
            "takenAt": kept.taken_at,
            "snapshot": write_snapshot(kept.snapshot),
            "keys": kept.keys,
        }
        try:
            raw = orjson.dumps(value)
            if len(raw) > self._limits.snapshot_bytes_max:
                raise ValueError(f"the plan is longer than {self._limits.snapshot_bytes_max} bytes")
            self._write(self._plan, raw)
            self._sweep({part.sha256 for record in kept.snapshot.contracts for part in record.documents})
        except (OSError, ValueError, TypeError) as error:
            self._tell(f"the plan could not be kept in {self._folder}: {error}")
        else:
            self._told = ""

    def signing_keys(self) -> list[str] | None:
        """The keys for contracts of this registry, as they were when first met."""
        try:
            raw = _read(self._keys, KEYS_BYTES_MAX)
            if raw is None:
                return None
            value = orjson.loads(raw)
            if value["registry"] != self._origin:
                raise ValueError(f"it was kept for the registry at {value['registry']}")
            return [str(key) for key in value["keys"]]
        except (OSError, ValueError, KeyError, TypeError) as error:
            self._tell(f"{self._keys} is not used: {type(error).__name__}: {error}")
            return None

    def save_signing_keys(self, keys: Sequence[str]) -> None:
        """Keeps the keys until the file is removed."""
        if self._only_reads:
            return
        try:
            self._write(self._keys, orjson.dumps({"registry": self._origin, "keys": list(keys)}))
        except OSError as error:
            self._tell(f"the registry's keys could not be kept in {self._folder}: {error}")

    def document(self, sha256_hex: str) -> bytes | None:
        """The bytes of a kept document; None when it is not there or holds other bytes."""
        if _DIGEST.fullmatch(sha256_hex) is None:
            return None
        path = self._documents / sha256_hex
        try:
            raw = _read(path, self._limits.contract_bytes_max)
            if raw is not None and sha256(raw).hexdigest() != sha256_hex:
                raise ValueError("it holds other bytes than its name says")
        except (OSError, ValueError) as error:
            self._tell(f"{path} is not used: {error}")
            return None
        return raw

    def save_document(self, sha256_hex: str, raw: bytes) -> None:
        """Keeps a document while all of them stay within `state_bytes_max`."""
        if self._only_reads:
            return
        try:
            if _DIGEST.fullmatch(sha256_hex) is None:
                raise ValueError("a document's digest is not a sha256 in hexadecimal digits")
            if self._documents_bytes is None:
                self._documents_bytes = sum(path.stat().st_size for path in self._files())
            if self._documents_bytes + len(raw) > self._limits.state_bytes_max:
                raise ValueError(f"the documents would be longer than {self._limits.state_bytes_max} bytes")
            self._write(self._documents / sha256_hex, raw)
            self._documents_bytes += len(raw)
        except (OSError, ValueError) as error:
            self._tell(f"a contract could not be kept in {self._documents}: {error}")

    def _kept(self, value: Any) -> KeptPlan | None:
        if value["format"] != FORMAT:
            raise ValueError(f"its format is {value['format']!r}, not {FORMAT}")
        if value["registry"] != self._origin:
            raise ValueError(f"it was kept for the registry at {value['registry']}")
        keys = value["keys"]
        if keys is not None and not isinstance(keys, dict):
            raise ValueError("its keys are not a key set")
        taken_at = float(value["takenAt"])
        if not 0 <= taken_at < _YEAR_10000:
            raise ValueError("its date is none")
        return KeptPlan(read_snapshot(value["snapshot"], self._limits), keys, taken_at)

    def _files(self) -> Iterator[Path]:
        if self._documents.is_dir():
            yield from self._documents.iterdir()

    def _sweep(self, wanted: set[str]) -> None:
        """Removes what only plans before this one needed, and what a killed process left unfinished."""
        for path in self._files():
            if _DIGEST.match(path.name) is not None and path.name not in wanted:
                path.unlink(missing_ok=True)
                self._documents_bytes = None
        for path in self._folder.glob(f"{PLAN}*{_UNFINISHED}"):
            path.unlink(missing_ok=True)

    def _write(self, path: Path, raw: bytes) -> None:
        """Puts a file in its place whole, readable by its owner alone."""
        for folder in (self._folder, path.parent):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        # mkstemp makes files of mode 0600.
        descriptor, name = tempfile.mkstemp(prefix=path.name, suffix=_UNFINISHED, dir=path.parent)
        unfinished = Path(name)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(raw)
                file.flush()
                os.fsync(file.fileno())
            unfinished.replace(path)
        except BaseException:
            unfinished.unlink(missing_ok=True)
            raise

    def _tell(self, problem: str) -> None:
        if problem != self._told:
            logger.warning("kept plan: %s", problem)
        self._told = problem


def _read(path: Path, bytes_max: int) -> bytes | None:
    """The file's bytes; None when there is none, `ValueError` when it is longer than `bytes_max`."""
    try:
        with path.open("rb") as file:
            raw = file.read(bytes_max + 1)
    except FileNotFoundError:
        return None
    if len(raw) > bytes_max:
        raise ValueError(f"it is longer than {bytes_max} bytes")
    return raw
