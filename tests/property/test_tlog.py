"""Proofs about a tree, against the recursive definition of RFC 6962 and against forgeries."""

from __future__ import annotations

import hashlib

from forge import root_of
from hypothesis import given
from hypothesis import strategies as st
from steelyard.tlog import Tree, consistent, includes

DATA = [bytes([k]) * 3 for k in range(70)]
LEAVES = [hashlib.sha256(b"\x00" + data).digest() for data in DATA]
TREE = Tree(LEAVES)


def test_every_inclusion_in_every_tree() -> None:
    for size in range(1, len(DATA) + 1):
        root = root_of(DATA[:size])
        assert TREE.root(0, size) == root
        for n in range(size):
            proof = TREE.inclusion(n, size)
            assert len(proof) <= 7
            assert includes(proof, LEAVES[n], n, size, root)
            assert not includes(proof, LEAVES[n], n + 1, size, root)
            assert not includes(proof, LEAVES[(n + 1) % 70], n, size, root)
            assert not includes([*proof, root], LEAVES[n], n, size, root)


def test_every_pair_of_trees_is_consistent() -> None:
    roots = [root_of(DATA[:size]) for size in range(len(DATA) + 1)]
    for new in range(1, len(DATA) + 1):
        for old in range(1, new + 1):
            proof = TREE.consistency(old, new)
            assert len(proof) <= 8
            assert consistent(proof, old, roots[old], new, roots[new])
            if old < new:
                assert not consistent(proof, old, roots[old - 1], new, roots[new])
                assert not consistent(proof, old, roots[old], new, roots[new - 1])
                assert not consistent(proof[1:], old, roots[old], new, roots[new])


@given(st.integers(1, 69), st.integers(0, 7), st.integers(0, 255))
def test_a_changed_hash_proves_nothing(old: int, which: int, bit: int) -> None:
    proof = TREE.consistency(old, 70)
    changed = bytearray(proof[which % len(proof)])
    changed[bit >> 3] ^= 1 << (bit & 7)
    proof[which % len(proof)] = bytes(changed)
    assert not consistent(proof, old, root_of(DATA[:old]), 70, root_of(DATA))


# The vectors of RFC 6962 implementations (certificate-transparency, merkle_tree_test): eight
# leaves and the root of all.
CT_LEAVES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
CT_ROOT = "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"


def test_the_published_tree() -> None:
    tree = Tree([hashlib.sha256(b"\x00" + data).digest() for data in CT_LEAVES])
    assert tree.root(0, 8).hex() == CT_ROOT
    # PATH(0, D[8]) and PROOF(1, D[8]) of the same tests.
    wanted = [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ]
    assert [hash_.hex() for hash_ in tree.inclusion(0, 8)] == wanted
    assert [hash_.hex() for hash_ in tree.consistency(1, 8)] == wanted
