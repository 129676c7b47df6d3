"""What follows from one block of stream readings to the next, and to the records beside them.

Owns: the checks `block numbers` and `block root`, and what blocks add to `status`.
Refuses: nothing; what does not go on is told to the report.
Units: as in the blocks.

A block is in no journal and in no tree, so nothing lifts it above the records that it names: it
says how many there were when it was signed, and their root. Its number counts the blocks of one
start from 0 (protocol/README.md, section 14).
"""

from __future__ import annotations

from collections.abc import Mapping

from steelyard_wire import block, record
from steelyard_wire.codes import ST_CASE_OPEN, ST_LOCKED

from steelyard.chain import Chain
from steelyard.keys.verified import Verified
from steelyard.opened import Fields
from steelyard.report import Check, Report
from steelyard.spool import Spool
from steelyard.trust import Trust, approved

Tree = tuple[bytes, int]  # terminal, and how many records


class Blocks:
    """The blocks of all terminals; failures go to `report`."""

    def __init__(self, report: Report, spool: Spool, trust: Trust | None) -> None:
        self._report = report
        self._spool = spool
        self._trust = trust or Trust()
        self._verified: dict[bytes, Verified] = {}
        self._doubtful = False  # calibration or firmware that nobody approved
        self._failed: set[str] = set()
        self._devices: set[bytes] = set()
        self._tree: Tree = (b"", -1)  # that blocks commit to
        self._root = b""
        self._waiting = 0  # blocks that do so, until what they are held against is there
        self._held = 0  # blocks whose tree is that of the records

    def _fail(self, name: str, detail: str) -> None:
        # No record's number: the records beside a wrong block are no worse for it.
        self._failed.add(name)
        self._report.fail(name, detail)

    def take(self, fields: Fields, raw: bytes) -> None:
        """A block that is right by itself; in any order."""
        self._report.blocks += 1
        dev, bc, seq = fields[block.DEV], fields[block.BC], fields[block.SEQ]
        self._spool.add_block((dev, bc, seq), fields[block.N], fields[block.ROOT], raw)
        if any(status & (ST_LOCKED | ST_CASE_OPEN) for _, _, status in fields[block.READINGS]):
            detail = f"block {seq} of start {bc}: locked, or opened since it was verified"
            self._fail("status", detail)
        as_record = {
            record.CAL: fields[block.CAL],
            record.FW: fields[block.FW],
            record.T: fields[block.T],
        }
        self._devices.add(dev)
        if not approved(as_record, self._trust.approvals.get(dev, ())):
            if dev not in self._verified:
                self._verified[dev] = Verified(self._trust.authority, dev)
            self._doubtful |= bool(self._verified[dev].doubt(as_record))

    # --- against the records, both by terminal and number ----------------------------------------

    def expect(self, tree: Tree, root: bytes, count: int, chain: Chain | None) -> None:
        """`count` blocks say that the tree has this root; chain: of the records before, if any."""
        if tree == self._tree:
            self._fail("block root", f"blocks commit to two trees of {tree[1]} records")
            return
        self._tree, self._root, self._waiting = tree, root, count
        if chain is not None and chain.frontier.size == tree[1]:
            self.see(tree, chain.frontier.root())

    def see(self, tree: Tree, root: bytes) -> None:
        """The root that the tree has; record n commits to that of the n before it."""
        if tree != self._tree or not self._waiting:
            return
        if root == self._root:
            self._held += self._waiting
        else:
            self._fail("block root", f"blocks after {tree[1]} records have another past")
        self._waiting = 0

    # --- the verdict -----------------------------------------------------------------------------

    def _numbers(self) -> int:
        """Tell what is wrong with the numbers; how many of them are not there."""
        missing = 0
        last, size, digest = (b"", -1, -1), 0, b""
        for place, now, own in self._spool.block_numbers():
            dev, bc, seq = place
            if place == last:
                twice = f"number {seq} of start {bc} was given to 2 blocks"
                same = f"block {seq} of start {bc} is repeated"
                self._fail("block numbers", same if own == digest else twice)
                continue
            if dev == last[0] and now < size:
                self._fail("block numbers", f"block {seq} of start {bc} goes back in time")
            missing += seq - 1 - (last[2] if (dev, bc) == last[:2] else -1)
            last, size, digest = place, now, own
        return missing

    def finish(self, chains: Mapping[bytes, Chain]) -> None:
        """Tell the report what passed; chains: of all records. It says how far these carry."""
        report, count = self._report, self._report.blocks
        if not count:
            return
        missing = self._numbers()
        # A block lifts nothing, and what it does not share it does not have.
        if self._doubtful or self._devices - chains.keys():
            report.approved = False
        if self._held < count:  # there are records that are not given
            report.witnessed = report.audited = False
        if "block numbers" not in self._failed:
            detail = f"{missing} before them, of the same starts, are not given" if missing else ""
            report.checks.append(Check("block numbers", True, True, detail, count=count))
        if "block root" not in self._failed:
            detail = f"{self._held} of {count} blocks commit to records that are given"
            held = bool(self._held)
            report.checks.append(Check("block root", held, held, detail, count=self._held))
        if "status" not in self._failed:
            report.checks.append(Check("status", True, True, count=count))
