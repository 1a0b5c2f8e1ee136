"""The Merkle tree over the entries: hashes, growth and proofs (RFC 9162 section 2.1).

A tree is known by its frontier: the roots of its complete subtrees, the largest first. One entry more costs
the logarithm of the size in hashes. ``node(level, position)`` is the root of the complete subtree over the
entries ``position << level`` up to ``(position + 1) << level``; it never changes once it is there.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

HASH_BYTES = 32
Nodes = Callable[[int, int], bytes]
"""Looks the node of a level and position up."""


@dataclass(frozen=True, slots=True)
class Node:
    """The root of a complete subtree; level 0 is an entry."""

    level: int
    position: int
    digest: bytes


@dataclass(frozen=True, slots=True)
class Tree:
    """A tree of ``size`` entries by its frontier."""

    size: int = 0
    frontier: tuple[bytes, ...] = ()

    def grown(self, leaf: bytes) -> tuple[Tree, tuple[Node, ...]]:
        """The tree with one entry more (by its hash), and the nodes that are complete from now on."""
        frontier, digest, level, position = list(self.frontier), leaf, 0, self.size
        complete = [Node(0, position, leaf)]
        while position & 1:
            digest = node_hash(frontier.pop(), digest)
            level, position = level + 1, position >> 1
            complete.append(Node(level, position, digest))
        return Tree(self.size + 1, (*frontier, digest)), tuple(complete)

    @property
    def root(self) -> bytes:
        """The hash that stands for all entries; that of nothing for none."""
        if not self.frontier:
            return hashlib.sha256().digest()
        digest = self.frontier[-1]
        for left in reversed(self.frontier[:-1]):
            digest = node_hash(left, digest)
        return digest


def leaf_hash(raw: bytes) -> bytes:
    """Of one entry's bytes."""
    return hashlib.sha256(b"\x00" + raw).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Of two subtrees."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def subtree(nodes: Nodes, first: int, end: int) -> bytes:
    """The root over the entries from ``first`` to before ``end``, a range that a tree is split into."""
    count = end - first
    if count & (count - 1) == 0:
        level = count.bit_length() - 1
        return nodes(level, first >> level)
    middle = first + split(count)
    return node_hash(subtree(nodes, first, middle), subtree(nodes, middle, end))


def split(count: int) -> int:
    """The largest power of two below ``count``, which is at least 2."""
    return 1 << ((count - 1).bit_length() - 1)


def inclusion_proof(nodes: Nodes, index: int, size: int) -> list[bytes]:
    """PATH(index, D[size]) of section 2.1.3.1; ``0 <= index < size``."""
    first, end, path = 0, size, []
    while end - first > 1:
        middle = first + split(end - first)
        if index < middle:
            path.append(subtree(nodes, middle, end))
            end = middle
        else:
            path.append(subtree(nodes, first, middle))
            first = middle
    return path[::-1]


def consistency_proof(nodes: Nodes, older: int, newer: int) -> list[bytes]:
    """PROOF(older, D[newer]) of section 2.1.4.1; ``0 < older <= newer``."""
    first, end, path = 0, newer, []
    while older != end:
        middle = first + split(end - first)
        if older <= middle:
            path.append(subtree(nodes, middle, end))
            end = middle
        else:
            path.append(subtree(nodes, first, middle))
            first = middle
    if first:
        path.append(subtree(nodes, first, end))
    return path[::-1]


def root_by_inclusion(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes | None:
    """The root that an inclusion proof leads to (section 2.1.3.2); None when its length is wrong."""
    if not 0 <= index < size:
        return None
    digest, position, last = leaf, index, size - 1
    for sibling in path:
        if last == 0:
            return None
        if position & 1 or position == last:
            digest = node_hash(sibling, digest)
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        else:
            digest = node_hash(digest, sibling)
        position, last = position >> 1, last >> 1
    return digest if last == 0 else None


def is_consistent(
    older: int, older_root: bytes, newer: int, newer_root: bytes, path: Sequence[bytes]
) -> bool:
    """Whether the newer tree holds the older one unchanged (section 2.1.4.2)."""
    if older == newer:
        return not path and older_root == newer_root
    if not 0 < older < newer or not path:
        return False
    proof = list(path) if older & (older - 1) else [older_root, *path]
    position, last = older - 1, newer - 1
    while position & 1:
        position, last = position >> 1, last >> 1
    old = new = proof[0]
    for sibling in proof[1:]:
        if last == 0:
            return False
        if position & 1 or position == last:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        else:
            new = node_hash(new, sibling)
        position, last = position >> 1, last >> 1
    return last == 0 and old == older_root and new == newer_root
