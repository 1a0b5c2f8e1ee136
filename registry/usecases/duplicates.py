"""Contracts that offer the same twice, by entity, path, words and fields; pure but for one query."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from functools import cache
from itertools import combinations, groupby, islice

from registry.model.graph import Duplicate, Likeness, PublishedShape
from registry.usecases.services import Page, Services

PARAMETER = re.compile(r"\{[^}]*\}")
SHARED_FIELDS_SHOWN = 10


def duplicates(
    services: Services, minimum: float, skip: int, count: int, *, across_layers: bool
) -> Page[Duplicate]:
    """Pairs of contracts, the most alike first; in one layer unless asked otherwise.

    An experience API that passes a system API on is no duplicate, so layers are kept apart by default. The
    operations and pairs looked at are bounded by ``duplicate_operations_max`` and ``duplicate_pairs_max``.
    The list is kept as long as the versions that it was made from are those in force.
    """
    limits = services.catalog
    with services.store.reading() as transaction:
        versions = transaction.discovery.entries(None, limits.duplicate_versions_max + 1)
        key = (minimum, across_layers, transaction.revision(), tuple(versions))

        def make() -> tuple[Duplicate, ...]:
            shapes = transaction.graph.shapes_alike(limits.duplicate_operations_max)
            pairs = islice(pairs_of(shapes, across_layers), limits.duplicate_pairs_max)
            return tuple(ordered(likenesses(pairs, minimum)))

        if len(versions) > limits.duplicate_versions_max:
            found = make()
        else:
            found = services.duplicates.get(key, make)
    chosen = found[skip : skip + count]
    return Page(chosen, (str(skip + count),) if len(found) > skip + count else None)


def pairs_of(
    shapes: Sequence[PublishedShape], across_layers: bool
) -> Iterator[tuple[PublishedShape, PublishedShape]]:
    """Operations of different contracts that do the same to the same entity."""
    for _, group in groupby(shapes, key=lambda one: (one.shape.entity, one.shape.action)):
        for one, other in combinations(group, 2):
            if one.contract != other.contract and (across_layers or one.layer == other.layer):
                yield one, other


def likenesses(pairs: Iterable[tuple[PublishedShape, PublishedShape]], minimum: float) -> Iterator[Likeness]:
    """Those of the pairs that are alike enough. An operation is in many pairs; its address is read once."""
    read = cache(segments)
    for one, other in pairs:
        likeness = likeness_of(one, other, read)
        if likeness.score >= minimum:
            yield likeness


def likeness_of(
    one: PublishedShape, other: PublishedShape, read: Callable[[str], frozenset[str]] | None = None
) -> Likeness:
    """How alike two operations are; ``read`` is `segments`, or what remembers its answers."""
    read = read or segments
    mine, theirs = set(one.shape.fields), set(other.shape.fields)
    shared = tuple(sorted(mine & theirs))
    return Likeness(
        one,
        other,
        path=share(read(one.shape.name), read(other.shape.name)),
        words=share(set(one.shape.words), set(other.shape.words)),
        fields=share(mine, theirs) if mine and theirs else None,
        shared_fields=shared[:SHARED_FIELDS_SHOWN],
    )


def segments(name: str) -> frozenset[str]:
    """The parts of an address with their places; whatever a parameter is called, it is a parameter."""
    address = PARAMETER.sub("{}", name.partition(" ")[2])
    return frozenset(f"{place}:{part}" for place, part in enumerate(address.strip("/").split("/")))


def share(one: AbstractSet[str], other: AbstractSet[str]) -> float:
    """What they have in common of all they have (Jaccard), from 0 to 1."""
    return len(one & other) / len(one | other) if one | other else 1.0


def ordered(likenesses: Iterable[Likeness]) -> list[Duplicate]:
    """By pair of contracts, each pair of operations once whatever major versions have it; the best first."""
    found: dict[tuple[str, str], dict[tuple[str, str], Likeness]] = {}
    for likeness in likenesses:
        one, other = sorted((likeness.one, likeness.other), key=lambda side: side.contract)
        pair = found.setdefault((one.contract, other.contract), {})
        names = (one.shape.name, other.shape.name)
        if names not in pair or pair[names].score < likeness.score:
            pair[names] = likeness
    made = [
        Duplicate(contracts, tuple(sorted(pair.values(), key=lambda one: (-one.score, one.one.shape.name))))
        for contracts, pair in found.items()
    ]
    return sorted(made, key=lambda one: (-one.score, one.contracts))
