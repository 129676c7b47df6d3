"""What statements prove under the roots that this host trusts.

Owns: who may state what (protocol/README.md, section 15, "What counts"): roots, their stations and
revocation lists, the statements of stations about terminals.
Refuses: with `Doubtful`, a statement that does not count; it says why.
Units: times in s since 1970; numbers of records.

Nothing that was kept is believed for having been kept: signatures are checked again, a terminal's
when somebody asks about it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from steelyard_wire import record, statement

from steelyard.keys.statements import Fields, Statement
from steelyard.keys.words import day, plain


class Doubtful(Exception):
    """A statement that does not count. detail: why."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


@dataclass(frozen=True)
class Root:
    """A root that is trusted, in its highest version."""

    statement: Statement

    @cached_property
    def name(self) -> str:
        """The same in all versions."""
        return str(self.statement.fields["name"])

    @property
    def test(self) -> bool:
        """Whether it vouches for TEST keys, and for no others."""
        return statement.says_test(self.name)

    @cached_property
    def holders(self) -> Mapping[bytes, bytes]:
        """Public keys by id."""
        return {statement.key_id(key): key for key in self.statement.fields["holders"]}

    def missing(self, one: Statement) -> int:
        """How many holders have to sign a statement yet."""
        threshold = int(self.statement.fields["threshold"])
        return max(0, threshold - len(one.signed_by(self.holders)))


@dataclass(frozen=True)
class Standing:
    """Why a statement counts: the root, the station that made it (or which it is about)."""

    root: Root
    station: Fields | None = None


@dataclass(frozen=True)
class Revoked:
    """An entry of a revocation list. last: the last good number; None: nothing is good."""

    last: int | None
    why: str
    version: int

    def after(self, number: int) -> bool:
        """Whether that number does not count any more."""
        return self.last is None or number > self.last

    def __str__(self) -> str:
        return f"revoked by list {self.version} ({plain(self.why)})"


class Authority:
    """The statements that this host keeps, and what follows from them.

    about: more of them, by kind and terminal, fetched when somebody asks about it.
    """

    def __init__(
        self,
        statements: Iterable[Statement] = (),
        about: Callable[[int, bytes], Sequence[Statement]] | None = None,
    ) -> None:
        self._more = about
        self.roots: dict[str, Root] = {}
        self._stations: dict[bytes, list[Statement]] = {}
        self._lists: list[Statement] = []
        self._about: dict[tuple[int, bytes], list[Statement]] = {}
        self._known: dict[tuple[int, bytes], tuple[Statement, Standing] | Doubtful] = {}
        for one in statements:
            self._take(one)

    def _take(self, one: Statement) -> None:
        fields = one.fields
        if one.kind == statement.ROOT:
            name = str(fields["name"])
            before = self.roots.get(name)
            if before is None or before.statement.number < one.number:
                self.roots[name] = Root(one)
        elif one.kind == statement.STATION:
            self._stations.setdefault(statement.key_id(fields["key"]), []).append(one)
        elif one.kind == statement.REVOCATION:
            self._lists.append(one)
        elif one.kind in (statement.DEVICE, statement.VERIFICATION):
            self._about.setdefault((one.kind, fields["dev"]), []).append(one)

    # --- what holders sign -----------------------------------------------------------------------

    def roots_for(self, test: bool) -> list[Root]:
        """The roots that may vouch for TEST keys, or for others."""
        return [root for root in self.roots.values() if root.test == test]

    def root_of(self, one: Statement) -> Root:
        """The root whose holders have signed a statement; Doubtful."""
        if not self.roots:
            raise Doubtful("this host trusts no root")
        most = 0
        for root in self.roots.values():
            missing = root.missing(one)
            if not missing:
                return root
            most = max(most, int(root.statement.fields["threshold"]) - missing)
        who = " or ".join(plain(name) for name in self.roots)
        have = f"{most} holder{'s' * (most != 1)} of {who} {'has' if most == 1 else 'have'}"
        raise Doubtful(f"{have} signed it, and that is not enough")

    @cached_property
    def lists(self) -> dict[str, Statement]:
        """The revocation list in force of each root."""
        found: dict[str, Statement] = {}
        for one in self._lists:
            try:
                name = self.root_of(one).name
            except Doubtful:
                continue
            if name not in found or found[name].number < one.number:
                found[name] = one
        return found

    def revoked(self, root: Root, what: int, key: bytes) -> Revoked | None:
        """What the list of a root says of a terminal, a station or a key for access."""
        one = self.lists.get(root.name)
        for row in one.fields["entries"] if one else ():
            if row[:2] == [what, key]:
                return Revoked(row[2], row[3], one.number if one else 0)
        return None

    def stations(self, kid: bytes) -> list[tuple[Fields, Root]]:
        """What holders say of a station's key, the highest number under each root."""
        found: dict[str, tuple[Fields, Root]] = {}
        for one in self._stations.get(kid, ()):
            try:
                root = self.root_of(one)
            except Doubtful:
                continue
            if root.name not in found or found[root.name][0]["number"] < one.number:
                found[root.name] = (one.fields, root)
        return list(found.values())

    def station_ids(self) -> list[bytes]:
        """The key ids of all stations."""
        return list(self._stations)

    # --- what stations sign ----------------------------------------------------------------------

    def entitled(self, kid: bytes, role: int, test: bool, time: int) -> tuple[Fields, Root]:
        """The station of a key that has a role at a time; Doubtful."""
        why = f"no root that this host trusts names a station {kid.hex()}"
        for fields, root in self.stations(kid):
            name = plain(fields["name"])
            if root.test != test:
                why = (
                    f"root {plain(root.name)} vouches for TEST keys alone"
                    if root.test
                    else f"a TEST key, and root {plain(root.name)} vouches for none"
                )
            elif not fields["roles"] & role:
                does = "make" if role == statement.MAKES else "verify"
                why = f"station {name} may not {does} terminals"
            elif not fields["from"] <= time <= fields["until"]:
                dates = f"from {day(fields['from'])} until {day(fields['until'])}"
                why = f"station {name} may do so {dates}, and this is of {day(time)}"
            else:
                return fields, root
        raise Doubtful(why)

    def check(self, one: Statement) -> Standing:
        """Why a statement counts; Doubtful."""
        if one.kind == statement.ROOT:
            return self._check_root(one)
        if one.kind in statement.BY_SEVERAL:
            root = self.root_of(one)
            newest = self.lists.get(root.name)
            if one.kind == statement.REVOCATION and newest and newest.number > one.number:
                raise Doubtful(f"version {newest.number} has replaced it")
            return Standing(root, one.fields if one.kind == statement.STATION else None)
        if one.kind == statement.UNLOCK:
            raise Doubtful("whether it counts is for the terminal to say")
        return self._check_issued(one)

    def _check_root(self, one: Statement) -> Standing:
        missing = Root(one).missing(one)
        if missing:
            raise Doubtful(f"holders of its own that have to sign it yet: {missing}")
        root = self.roots.get(one.fields["name"])
        if root is None:
            raise Doubtful("this host trusts no root of this name")
        if root.statement.payload != one.payload:
            raise Doubtful(f"this host trusts version {root.statement.number} of this name")
        return Standing(root)

    def _check_issued(self, one: Statement) -> Standing:
        """A statement of a station about a terminal."""
        if not one.signatures:
            raise Doubtful("nobody has signed it")
        fields, kid, test = one.fields, one.signatures[0][0], record.is_test(one.fields["dev"])
        makes = one.kind == statement.DEVICE
        role = statement.MAKES if makes else statement.VERIFIES
        station, root = self.entitled(kid, role, test, fields["made" if makes else "from"])
        name = plain(station["name"])
        if not one.signed_by({kid: station["key"]}):
            raise Doubtful(f"the signature is not that of station {name}")
        revoked = self.revoked(root, statement.ISSUER, kid)
        if revoked and revoked.after(one.number):
            raise Doubtful(f"station {name} is {revoked}")
        serial = fields["serial"] if makes else self.device(fields["dev"])[0].fields["serial"]
        if not in_hand(station, serial):
            raise Doubtful(f"{plain(serial)} is no serial number of station {name}")
        return Standing(root, station)

    def _given(self, kind: int, dev: bytes) -> list[Statement]:
        more = self._more(kind, dev) if self._more else ()
        return [*self._about.get((kind, dev), ()), *more]

    def device(self, dev: bytes) -> tuple[Statement, Standing]:
        """The device statement of a terminal that counts, the newest; Doubtful."""
        key = (statement.DEVICE, dev)
        if key not in self._known:
            self._known[key] = self._best(self._given(*key))
        found = self._known[key]
        if isinstance(found, Doubtful):
            raise Doubtful(found.detail)
        return found

    def _best(self, statements: Sequence[Statement]) -> tuple[Statement, Standing] | Doubtful:
        doubt = Doubtful("this host has no device statement of it")
        best: tuple[Statement, Standing] | None = None
        for one in sorted(statements, key=lambda one: int(one.fields["made"])):
            try:
                best = (one, self.check(one))
            except Doubtful as why:
                doubt = why
        return best or doubt

    def verifications(self, dev: bytes) -> tuple[list[Statement], list[str]]:
        """The verification statements that count, newest first; why others do not."""
        good: list[Statement] = []
        doubts: list[str] = []
        for one in self._given(statement.VERIFICATION, dev):
            try:
                self.check(one)
                good.append(one)
            except Doubtful as why:
                doubts.append(f"verification statement {one.number} does not count: {why.detail}")
        good.sort(key=lambda one: (one.fields["from"], one.number), reverse=True)
        return good, doubts

    def terminal_revoked(self, dev: bytes) -> Revoked | None:
        """Whether the root that vouches for a terminal has revoked it."""
        try:
            roots = [self.device(dev)[1].root]
        except Doubtful:
            roots = self.roots_for(record.is_test(dev))
        found = (self.revoked(root, statement.TERMINAL, dev) for root in roots)
        return next((one for one in found if one is not None), None)


def in_hand(station: Mapping[str, Any], serial: str) -> bool:
    """Whether a serial number is one of those that a station may make or verify."""
    ranges = station["serials"]
    return not ranges or statement.in_range(serial, ranges)
