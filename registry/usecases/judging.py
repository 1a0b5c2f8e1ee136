"""Judging one content against another: from what is kept where it is, and kept where it is not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from registry.errors import Contention, StorageFull, StoreUnavailable
from registry.model import ReportKey, Submission, UsageEvidence, Version, content_sha256
from registry.ports import Judgement, ReadContract
from registry.usecases.documents import stored
from registry.usecases.services import Services


@dataclass(frozen=True, slots=True)
class Side:
    """A content by its digest; ``load`` gives the model that the judge takes, and costs."""

    sha256: str
    load: Callable[[], Any]


def published(services: Services, version: Version) -> Side:
    """The side of a published version; nothing of it is read before it is needed."""

    def load() -> Any:
        with services.store.reading() as transaction:
            documents = stored(transaction, version)
        return services.reader.parse(documents)

    return Side(content_sha256((version.document, *version.references)), load)


def submitted(services: Services, submission: Submission) -> Side:
    """The side of documents that are not published."""
    return Side(content_sha256(submission.named), lambda: services.reader.parse(submission))


def read(submission: Submission, contract: ReadContract) -> Side:
    """The side of documents that were read already."""
    return Side(content_sha256(submission.named), lambda: contract.model)


def judged(services: Services, before: Side, after: Side, usage: Sequence[UsageEvidence]) -> Judgement:
    """The judgement; whoever calls it holds a turn, since it may cost."""
    return known(services, before, after, usage) or anew(services, before, after, usage)


def in_turn(services: Services, before: Side, after: Side, usage: Sequence[UsageEvidence]) -> Judgement:
    """The same for a caller without a turn: one is taken when there is something to do."""
    found = known(services, before, after, usage)
    if found is None:
        with services.turns.take():
            found = judged(services, before, after, usage)
    return found


def known(services: Services, before: Side, after: Side, usage: Sequence[UsageEvidence]) -> Judgement | None:
    """The judgement that is kept, with the traffic of now; None where there is none."""
    key = key_of(services, before, after)
    found = services.joiner.held(key, usage)
    if found is not None:
        return found
    with services.store.reading() as transaction:
        content = transaction.reports.content(key)
    if content is None or not services.joiner.hold(key, content):
        return None
    return services.joiner.held(key, usage)


def anew(services: Services, before: Side, after: Side, usage: Sequence[UsageEvidence]) -> Judgement:
    """Judges, and keeps the judgement. That it cannot be kept is no reason against it."""
    judgement = services.judge(before.load(), after.load(), usage)
    keeping = services.reports
    if judgement.kept is None or len(judgement.kept) > keeping.one_bytes_max:
        return judgement
    key = key_of(services, before, after)
    services.joiner.hold(key, judgement.kept)
    try:
        with services.store.writing() as transaction:
            transaction.reports.put(key, judgement.kept, services.clock())
            transaction.reports.trim(keeping.count_max, keeping.bytes_max)
    except (Contention, StorageFull, StoreUnavailable):
        pass
    return judgement


def key_of(services: Services, before: Side, after: Side) -> ReportKey:
    """What the judgement is kept under."""
    return ReportKey(before.sha256, after.sha256, services.joiner.engine, services.joiner.options)
