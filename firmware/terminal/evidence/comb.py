"""The fixed-base comb of the Ed25519 signer: which multiples of B a scalar is made of.

Owns: the shapes of the table, the place of an entry.
Refuses (SIGNER_FAULT): a table of another size, or one that cannot be read.
Units: none.

A scalar's bits are `width` rows of `spacing`; a column of them names an entry. The columns are cut
into `blocks` pieces with a table each, so that one doubling serves a column of every piece. An
entry has 96 bytes: y - x, y + x and 2 d x y of an affine point, each 32 bytes little-endian;
host/steelyard/generate/comb.py makes them. 64 entries (6 KB) lie in RAM, 512 (48 KB) in a file of
which a row at a time is read.
"""

from steelyard_wire.codes import SIGNER_FAULT, Refused

# entries: (width, spacing, blocks)
_SHAPES = {64: (6, 43, 1), 512: (8, 32, 2)}


class Comb:
    """row(index) -> three bytes-like of 32; what they hold may change with the next call.

    entries: how many rows there are, 64 or 512.
    """

    def __init__(self, row, entries: int) -> None:
        if entries not in _SHAPES:
            raise Refused(SIGNER_FAULT, "the comb table is damaged")
        self._width, self._spacing, self.blocks = _SHAPES[entries]
        self._row = row
        self.entries = entries
        self.columns = self._spacing // self.blocks

    def bits(self, scalar: int) -> bytes:
        """The scalar as `entry` takes it; it is below 2**(width * spacing)."""
        return scalar.to_bytes(33, "little")

    def entry(self, bits: bytes, column: int, block: int):
        """The entry that a column of a block names: y - x, y + x, 2 d x y, 32 bytes each."""
        spacing = self._spacing
        at = column + block * self.columns + spacing * (self._width - 1)
        index = block
        for _ in range(self._width):
            index = index << 1 | bits[at >> 3] >> (at & 7) & 1
            at -= spacing
        return self.row(index)

    def row(self, index: int):
        """An entry by its number."""
        try:
            return self._row(index)
        except OSError:
            raise Refused(SIGNER_FAULT, "the comb table cannot be read")
