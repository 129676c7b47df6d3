"""Proofs about a terminal's tree, made from the records: inclusion and consistency.

Owns: RFC 6962 section 2.1.1 and 2.1.2, making proofs; RFC 9162 section 2.1.3.2 and 2.1.4.2,
verifying them. Refuses: with ValueError, sizes and numbers that do not fit.
Units: hashes of 32 bytes; sizes count records.

Whoever holds two receipts and such a proof of some twenty hashes knows that the tree of the older
lies in that of the newer, without seeing what others bought between them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from steelyard_wire.tree import node_hash


def _hash(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


class Frontier:
    """steelyard_wire.tree.Frontier with as few calls as that takes."""

    def __init__(self) -> None:
        self.size = 0
        self._nodes: list[bytes] = []

    def append(self, leaf_data: bytes) -> None:
        """Add one leaf."""
        node = _hash(b"\x00" + leaf_data)
        size, nodes = self.size, self._nodes
        while size & 1:
            node = _hash(b"\x01" + nodes.pop() + node)
            size >>= 1
        nodes.append(node)
        self.size += 1

    def root(self) -> bytes:
        """The Merkle tree hash, 32 bytes."""
        if not self.size:
            return _hash(b"")
        node = self._nodes[-1]
        for left in self._nodes[-2::-1]:
            node = _hash(b"\x01" + left + node)
        return node


def _split(size: int) -> int:
    return 1 << (size - 1).bit_length() - 1


class Tree:
    """The hashes over leaves, each computed once. leaves: their leaf hashes."""

    def __init__(self, leaves: Sequence[bytes]) -> None:
        self._levels: list[list[bytes]] = [list(leaves)]
        while len(self._levels[-1]) > 1:
            below = self._levels[-1]
            pairs = zip(below[::2], below[1::2], strict=False)
            self._levels.append([node_hash(left, right) for left, right in pairs])

    @property
    def size(self) -> int:
        """How many leaves there are."""
        return len(self._levels[0])

    def root(self, first: int, last: int) -> bytes:
        """MTH of the leaves first..last-1, at least one."""
        size = last - first
        if size & (size - 1) == 0 and first % size == 0:
            return self._levels[size.bit_length() - 1][first // size]
        split = _split(size)
        return node_hash(self.root(first, first + split), self.root(first + split, last))

    def inclusion(self, n: int, size: int) -> list[bytes]:
        """That leaf n is in the tree of `size` leaves: PATH(n, D[size])."""
        if not 0 <= n < size <= self.size:
            raise ValueError("no such leaf")
        return self._path(n, 0, size)

    def _path(self, n: int, first: int, last: int) -> list[bytes]:
        if last - first == 1:
            return []
        middle = first + _split(last - first)
        if n < middle:
            return [*self._path(n, first, middle), self.root(middle, last)]
        return [*self._path(n, middle, last), self.root(first, middle)]

    def consistency(self, old: int, new: int) -> list[bytes]:
        """That the tree of `old` leaves is the beginning of that of `new`: PROOF(old, D[new])."""
        if not 0 < old <= new <= self.size:
            raise ValueError("no such trees")
        return self._subproof(old, 0, new, True)

    def _subproof(self, old: int, first: int, last: int, whole: bool) -> list[bytes]:
        if old == last - first:
            return [] if whole else [self.root(first, last)]
        split = _split(last - first)
        middle = first + split
        if old <= split:
            return [*self._subproof(old, first, middle, whole), self.root(middle, last)]
        return [*self._subproof(old - split, middle, last, False), self.root(first, middle)]


def includes(proof: Sequence[bytes], leaf: bytes, n: int, size: int, root: bytes) -> bool:
    """Whether the leaf hash is number n under the root of `size` leaves (RFC 9162, 2.1.3.2)."""
    if not 0 <= n < size:
        return False
    place, last, made = n, size - 1, leaf
    for hash_ in proof:
        if last == 0:
            return False
        if place & 1 or place == last:
            made = node_hash(hash_, made)
            while not place & 1 and place:
                place >>= 1
                last >>= 1
        else:
            made = node_hash(made, hash_)
        place >>= 1
        last >>= 1
    return last == 0 and made == root


def consistent(
    proof: Sequence[bytes], old: int, old_root: bytes, new: int, new_root: bytes
) -> bool:
    """Whether the one tree is the beginning of the other (RFC 9162, 2.1.4.2)."""
    if not 0 < old <= new:
        return False
    if old == new:
        return not proof and old_root == new_root
    hashes = list(proof)
    if old & (old - 1) == 0:
        hashes.insert(0, old_root)
    if not hashes:
        return False
    place, last = old - 1, new - 1
    while place & 1:
        place >>= 1
        last >>= 1
    first = second = hashes[0]
    for hash_ in hashes[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            first = node_hash(hash_, first)
            second = node_hash(hash_, second)
            while not place & 1 and place:
                place >>= 1
                last >>= 1
        else:
            second = node_hash(second, hash_)
        place >>= 1
        last >>= 1
    return last == 0 and first == old_root and second == new_root
