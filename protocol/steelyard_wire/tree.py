"""The hash tree over all records (RFC 6962 section 2.1), as a device can keep it.

Owns: leaf and node hashes and the frontier, which is all that an append-only tree needs.
Refuses: with Refused(SYNTAX), a stored frontier that does not fit its size.
Units: hashes are SHA-256, 32 bytes; sizes count leaves.
"""

from steelyard_wire.codes import SYNTAX, Refused
from steelyard_wire.digest import sha256
from steelyard_wire.shim import const

_HASH = const(32)


def leaf_hash(data: bytes) -> bytes:
    """SHA-256 of 0x00 and the leaf's data."""
    return sha256(b"\x00", data)


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256 of 0x01 and both children."""
    return sha256(b"\x01", left, right)


class Frontier:
    """The roots of the perfect subtrees that make up a tree of `size` leaves, largest first.

    There is one for each 1 bit of `size`; Refused(SYNTAX) if the nodes do not fit.
    """

    def __init__(self, size: int = 0, nodes: "list[bytes] | tuple[bytes, ...]" = ()) -> None:
        ones = 0
        rest = size
        while rest > 0:
            ones += rest & 1
            rest >>= 1
        if size < 0 or len(nodes) != ones:
            raise Refused(SYNTAX, "frontier")
        for node in nodes:
            if not isinstance(node, bytes) or len(node) != _HASH:
                raise Refused(SYNTAX, "frontier")
        self.size = size
        self._nodes = list(nodes)

    @staticmethod
    def from_list(size: int, nodes: list[bytes]) -> "Frontier":
        """The frontier that `to_list` gave; Refused(SYNTAX) if the nodes do not fit."""
        return Frontier(size, nodes)

    def to_list(self) -> list[bytes]:
        """A copy of the nodes, largest subtree first."""
        return list(self._nodes)

    def append(self, leaf_data: bytes) -> None:
        """Add one leaf."""
        node = leaf_hash(leaf_data)
        size = self.size
        while size & 1:
            node = node_hash(self._nodes.pop(), node)
            size >>= 1
        self._nodes.append(node)
        self.size += 1

    def root(self) -> bytes:
        """The Merkle tree hash, 32 bytes; of no leaves the SHA-256 of nothing."""
        if not self.size:
            return sha256()
        node = self._nodes[-1]
        for left in reversed(self._nodes[:-1]):
            node = node_hash(left, node)
        return node
