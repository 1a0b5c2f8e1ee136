"""The Merkle tree, judged by RFC 9162's definitions written down as they stand, and by known roots."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registry.audit.tree import (
    Nodes,
    Tree,
    consistency_proof,
    inclusion_proof,
    is_consistent,
    leaf_hash,
    root_by_inclusion,
)

ENTRIES_MAX = 70

# The entries and roots that the implementations of RFC 6962 test with (transparency-dev/merkle, testonly).
KNOWN_ENTRIES = [
    "",
    "00",
    "10",
    "2021",
    "3031",
    "40414243",
    "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
]
KNOWN_ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def sha256(raw: bytes) -> bytes:
    return hashlib.sha256(raw).digest()


def mth(entries: list[bytes]) -> bytes:
    """MTH of section 2.1.1, by its definition."""
    if not entries:
        return sha256(b"")
    if len(entries) == 1:
        return sha256(b"\x00" + entries[0])
    k = largest_power_below(len(entries))
    return sha256(b"\x01" + mth(entries[:k]) + mth(entries[k:]))


def path(m: int, entries: list[bytes]) -> list[bytes]:
    """PATH of section 2.1.3.1, by its definition."""
    if len(entries) == 1:
        return []
    k = largest_power_below(len(entries))
    if m < k:
        return [*path(m, entries[:k]), mth(entries[k:])]
    return [*path(m - k, entries[k:]), mth(entries[:k])]


def subproof(m: int, entries: list[bytes], whole: bool) -> list[bytes]:
    """SUBPROOF of section 2.1.4.1, by its definition."""
    if m == len(entries):
        return [] if whole else [mth(entries)]
    k = largest_power_below(len(entries))
    if m <= k:
        return [*subproof(m, entries[:k], whole), mth(entries[k:])]
    return [*subproof(m - k, entries[k:], False), mth(entries[:k])]


def largest_power_below(count: int) -> int:
    k = 1
    while k * 2 < count:
        k *= 2
    return k


def grown(entries: list[bytes]) -> tuple[Tree, Nodes]:
    tree, nodes = Tree(), {}
    for entry in entries:
        tree, complete = tree.grown(leaf_hash(entry))
        nodes.update({(node.level, node.position): node.digest for node in complete})
    return tree, lambda level, position: nodes[level, position]


def entries_of(count: int) -> list[bytes]:
    return [b"entry %d" % index for index in range(count)]


@pytest.mark.parametrize("count", range(1, 9))
def test_roots_are_those_that_others_compute(count: int) -> None:
    tree, _ = grown([bytes.fromhex(text) for text in KNOWN_ENTRIES[:count]])

    assert tree.root.hex() == KNOWN_ROOTS[count - 1]


def test_the_root_of_nothing_is_the_hash_of_nothing() -> None:
    assert Tree().root == sha256(b"")


@given(st.integers(1, ENTRIES_MAX), st.data())
@settings(max_examples=150, deadline=None)
def test_an_inclusion_proof_is_the_rfcs_and_leads_to_the_root(count: int, data: st.DataObject) -> None:
    entries = entries_of(count)
    index = data.draw(st.integers(0, count - 1))
    tree, nodes = grown(entries)

    proof = inclusion_proof(nodes, index, count)

    assert tree.root == mth(entries)
    assert proof == path(index, entries)
    assert root_by_inclusion(leaf_hash(entries[index]), index, count, proof) == tree.root


@given(st.integers(2, ENTRIES_MAX), st.data())
@settings(max_examples=150, deadline=None)
def test_an_inclusion_proof_holds_for_nothing_else(count: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, count - 1))
    other = data.draw(st.integers(0, count - 1).filter(lambda one: one != index))
    tree, nodes = grown(entries_of(count))
    proof = inclusion_proof(nodes, index, count)
    leaf = leaf_hash(entries_of(count)[index])

    assert root_by_inclusion(leaf_hash(b"forged"), index, count, proof) != tree.root
    assert root_by_inclusion(leaf, other, count, proof) != tree.root
    assert root_by_inclusion(leaf, index, count, proof[:-1]) != tree.root
    assert root_by_inclusion(leaf, index, count, [*proof, leaf]) != tree.root
    assert root_by_inclusion(leaf, count, count, proof) is None


@given(st.integers(1, ENTRIES_MAX), st.data())
@settings(max_examples=150, deadline=None)
def test_a_consistency_proof_is_the_rfcs_and_holds(newer: int, data: st.DataObject) -> None:
    older = data.draw(st.integers(1, newer))
    entries = entries_of(newer)
    tree, nodes = grown(entries)
    before, _ = grown(entries[:older])

    proof = consistency_proof(nodes, older, newer)

    assert proof == subproof(older, entries, True)
    assert is_consistent(older, before.root, newer, tree.root, proof)


@given(st.integers(2, ENTRIES_MAX), st.data())
@settings(max_examples=150, deadline=None)
def test_a_rewritten_past_is_not_consistent(newer: int, data: st.DataObject) -> None:
    older = data.draw(st.integers(1, newer - 1))
    changed = data.draw(st.integers(0, older - 1))
    entries = entries_of(newer)
    before, _ = grown(entries[:older])
    entries[changed] = b"rewritten"
    tree, nodes = grown(entries)
    proof = consistency_proof(nodes, older, newer)

    assert not is_consistent(older, before.root, newer, tree.root, proof)
    assert not is_consistent(older, before.root, newer, tree.root, proof[:-1])
    assert not is_consistent(0, before.root, newer, tree.root, proof)
    assert not is_consistent(newer, tree.root, older, before.root, proof)
