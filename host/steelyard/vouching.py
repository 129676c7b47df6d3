"""Who vouches for a terminal, and whether its maker has revoked it.

Owns: the checks `certificate` and `revocation`, where this host trusts a root that could vouch.
Refuses: nothing; what does not pass is told to the report.
Units: numbers of records.
"""

from __future__ import annotations

from collections.abc import Mapping

from steelyard.keys.authority import Authority, Doubtful, Revoked, Root
from steelyard.keys.words import plain
from steelyard.opened import ALGORITHMS, KeyEntry
from steelyard.report import Check, Report


class Vouching:
    """What the statements of an authority say about the terminals of some records."""

    def __init__(self, report: Report, authority: Authority) -> None:
        self._report = report
        self._authority = authority
        self._revoked: dict[bytes, Revoked | None] = {}
        self._outlived: set[bytes] = set()  # terminals with records after the last good one
        self._seen: dict[bytes, int] = {}  # how many records of each

    def see(self, dev: bytes, n: int, is_block: bool = False) -> None:
        """A record, or a block after record n: of a revoked terminal it counts up to a number."""
        self._seen[dev] = self._seen.get(dev, 0) + 1
        if dev not in self._revoked:
            self._revoked[dev] = self._authority.terminal_revoked(dev)
        revoked = self._revoked[dev]
        if revoked is None or not revoked.after(n):
            return
        self._outlived.add(dev)
        good = "none of its records counts"
        if revoked.last is not None:
            good = f"its last record that counts is {revoked.last}"
        what = f"a block after record {n}" if is_block else f"record {n}"
        detail = f"{what}: the terminal is {revoked}; {good}"
        self._report.fail("revocation", detail, None if is_block else n)

    def finish(self, registry: Mapping[bytes, KeyEntry]) -> None:
        """Tell the report about each terminal that was seen and is in the registry."""
        for dev in self._seen:
            if dev in registry:
                self._certificate(dev, registry[dev])

    def _certificate(self, dev: bytes, entry: KeyEntry) -> None:
        roots = self._authority.roots_for(entry.test)
        if not roots:
            self._report.rootless = True
            return
        try:
            one, standing = self._authority.device(dev)
            said = one.fields
            fits = said["key"] == entry.public_key
            if not fits or ALGORITHMS[said["suite"]] != entry.algorithm:
                raise Doubtful("its device statement is about another key")
            if said["serial"] != entry.serial:
                raise Doubtful(f"its device statement is about {plain(said['serial'])}")
        except Doubtful as why:
            self._report.uncertified += 1
            self._report.fail("certificate", f"{entry.serial}: {why.detail}")
            self._lists(dev, roots)
            return
        self._report.certified += 1
        station = standing.station or {}
        detail = f"station {plain(station['name'])} under root {plain(standing.root.name)}"
        self._report.checks.append(Check("certificate", True, True, detail))
        self._lists(dev, [standing.root])

    def _lists(self, dev: bytes, roots: list[Root]) -> None:
        """Tell what is known of revocations."""
        lists = self._authority.lists
        if any(root.name not in lists for root in roots):
            self._report.unlisted = True
            detail = "this host has no revocation list"
            self._report.checks.append(Check("revocation", False, False, detail))
        elif dev not in self._outlived:
            told = ", ".join(f"list {lists[root.name].number}" for root in roots)
            count = self._seen[dev]
            self._report.checks.append(Check("revocation", True, True, told, count=count))
