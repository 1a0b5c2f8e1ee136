"""Judges changes by way of `compatibility`, and joins what was judged before with the traffic of now."""

from __future__ import annotations

import hashlib
import json
import threading
import zlib
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

from compatibility import compare
from compatibility.config import ENGINE_VERSION, Budget, Mode, Policy, Promise
from compatibility.errors import CompatibilityError
from compatibility.kept import KEPT_VERSION, kept_of, report_of_kept
from compatibility.model import Report, Seen, UsageRow
from registry.config import ReportKeeping
from registry.errors import Invalid
from registry.model import ReportKey, UsageEvidence, rfc3339
from registry.ports import Judgement
from specs.errors import SpecError
from specs.model import Contract
from specs.pointers import MISSING

COMPRESSION = 6
MODE: Mode = "declared"
LEVEL: Promise = "json"
UNCOMPRESSED_FACTOR_MAX = 64
"""What was compressed may come back so much larger; JSON of schemas shrinks by 5 to 20."""


def judge(before: Contract, after: Contract, usage: Sequence[UsageEvidence]) -> Judgement:
    """The verdict and the whole report; raises `Invalid` when a side cannot be read or compared."""
    try:
        report = compare(before, after, mode=MODE, level=LEVEL)
    except (CompatibilityError, SpecError) as error:
        raise unreadable(error) from None
    return with_traffic(report, usage, kept=packed(report))


def with_traffic(
    report: Report,
    usage: Sequence[UsageEvidence],
    *,
    kept: bytes | None = None,
    digest: str | None = None,
) -> Judgement:
    """The judgement with the consumers of each finding; traffic changes no digest."""
    joined = report.with_usage([row_of(evidence) for evidence in usage]) if usage else report
    return Judgement(
        verdict=joined.verdict,
        bump_required=joined.bump_required,
        bump_sufficient=joined.bump_sufficient,
        report=joined.as_json(digest=digest),
        kept=kept,
    )


def unreadable(error: CompatibilityError | SpecError) -> Invalid:
    """The refusal, with the place where the reason stands in a document."""
    source = error if isinstance(error, SpecError) else error.__cause__
    problems = source.problems if isinstance(source, SpecError) else ()
    return Invalid("contract_invalid", str(error), problems=[problem.as_json() for problem in problems])


def packed(report: Report) -> bytes:
    """The report without traffic as it is kept."""
    text = json.dumps(kept_of(report), ensure_ascii=True, separators=(",", ":"))
    return zlib.compress(text.encode("ascii"), COMPRESSION)


def options_digest() -> str:
    """Names everything that the judge was told besides the two contracts."""
    told = {"mode": MODE, "level": LEVEL, "policy": asdict(Policy()), "budget": asdict(Budget())}
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode("ascii")).hexdigest()


@dataclass(frozen=True, slots=True)
class Held:
    """A report without traffic, ready to be joined with it."""

    report: Report
    digest: str
    size_bytes: int


@dataclass(slots=True)
class KeptReports:
    """The port `Joiner`: the reports that were asked for last stand ready in memory."""

    keeping: ReportKeeping = field(default_factory=ReportKeeping)
    engine: str = f"{ENGINE_VERSION}.{KEPT_VERSION}"
    options: str = field(default_factory=options_digest)
    _reports: OrderedDict[ReportKey, Held] = field(default_factory=OrderedDict)
    _bytes: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def held(self, key: ReportKey, usage: Sequence[UsageEvidence]) -> Judgement | None:
        """The judgement, when memory has it."""
        with self._lock:
            found = self._reports.get(key)
            if found is None:
                return None
            self._reports.move_to_end(key)
        return with_traffic(found.report, usage, digest=found.digest)

    def hold(self, key: ReportKey, content: bytes) -> bool:
        """Takes it into memory; False for a content that cannot be read."""
        try:
            text = unpacked(content)
            value = json.loads(text)
            held = Held(report_of_kept(value), value["report"]["digest"], len(text))
        except (zlib.error, ValueError, KeyError, TypeError, IndexError):
            return False
        with self._lock:
            known = self._reports.pop(key, None)
            self._bytes += held.size_bytes - (known.size_bytes if known else 0)
            self._reports[key] = held
            while self._bytes > self.keeping.memory_bytes_max and len(self._reports) > 1:
                _, oldest = self._reports.popitem(last=False)
                self._bytes -= oldest.size_bytes
        return True


def unpacked(content: bytes) -> bytes:
    """The text; `ValueError` when it is larger than any report of that size."""
    reader = zlib.decompressobj()
    text = reader.decompress(content, len(content) * UNCOMPRESSED_FACTOR_MAX + 1_024)
    if not reader.eof:
        raise ValueError("not a whole report")
    return text


def row_of(evidence: UsageEvidence) -> UsageRow:
    """The same as the engine takes it."""
    return UsageRow(
        consumer=evidence.consumer,
        owner=evidence.owner,
        version=evidence.version,
        operation=evidence.operation,
        calls=evidence.calls,
        last_seen=rfc3339(evidence.last_seen) if evidence.last_seen else None,
        source="observed" if evidence.source == "observed" else "declared",
        seen=tuple(
            Seen(one.place, one.path, one.calls, MISSING if one.value is None else json.loads(one.value))
            for one in evidence.seen
        ),
        looked=evidence.looked,
    )
