"""What was checked, and how far it carries: the ladder of trust.md 6.8.

Owns: the result of a verification. Refuses: nothing. Units: none.

0 malformed, or something did not pass. 1 consistent in itself, by a key that nobody vouches for:
a TEST key, one that came with the records, one for which no root that this host trusts stands.
Never green. 2 signed by a terminal of the registry; where this host trusts a root, by a certified
one. 3 and its calibration and firmware are those that were verified, no lock, case closed. 4 and a
witness saw it. 5 and everything from record 0 on was audited.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

MOST_NAMED = 1000  # failures of a kind that are kept with their words; the rest is counted

LADDER = (
    "something does not pass",
    "consistent in itself, by a key that nobody vouches for",
    "signed by a terminal of the registry",
    "calibration and firmware as verified",
    "seen by a witness",
    "the whole log audited",
)
ALWAYS_OPEN = (
    "that the firmware is what it says (its digest is self-reported)",
    "the true mass on the pan",
)
_CERTIFIED = "signed by a certified terminal"
_ROOTLESS = (
    "that a maker stands behind the terminal: this host trusts no root, the registry decides"
)
_UNLISTED = "that neither terminal nor station is revoked: this host has no revocation list"
# What blocks leave open at every level.
_OF_BLOCKS = "that no block was left out: they are in no journal, and no record shows a gap"
# What a level below this one leaves open.
_OPEN = (
    (2, "that the key belongs to a certified terminal"),
    (3, "that the calibration and the firmware are the verified ones, and that seals are intact"),
    (4, "that no other history of this terminal exists (no witness saw all of it)"),
    (4, "that no records follow the last one given"),
    (5, "that nothing before the first record given was removed"),
)


@dataclass(frozen=True)
class Check:
    """One check on one record (n), or on `count` of them (n is None): performed, passed?"""

    name: str
    performed: bool
    passed: bool
    detail: str = ""
    n: int | None = None
    count: int = 1


@dataclass
class Report:
    """All checks and the verdict; of few records also the decoded ones whose signature holds.

    supplied: how many keys came with the records. certified, uncertified: for how many a root
    vouches, or does not. rootless: for one none could. unlisted: no list of a root says what is
    revoked. test: whether any key says TEST. approved, witnessed, audited: what the levels 3, 4
    and 5 ask for. seals: those that a verification names, by terminal.
    """

    checks: list[Check] = field(default_factory=list)
    records: list[dict[int, Any]] = field(default_factory=list)
    count: int = 0
    blocks: int = 0  # how many of a stream's blocks, besides
    span: tuple[int, int] | None = None  # lowest and highest number of a record
    supplied: int = 0
    certified: int = 0
    uncertified: int = 0
    rootless: bool = False
    unlisted: bool = False
    seals: dict[bytes, list[str]] = field(default_factory=dict)
    seals_seen: bool = False
    test: bool = False
    approved: bool = False
    witnessed: bool = False
    audited: bool = False
    dropped: dict[str, int] = field(default_factory=dict)
    # Device id and number of what was signed twice: the records.
    equivocations: dict[tuple[bytes, int], set[bytes]] = field(default_factory=dict)

    def count_record(self, n: int) -> None:
        """One more record whose signature holds."""
        self.count += 1
        low, high = self.span or (n, n)
        self.span = (min(low, n), max(high, n))

    def signed_twice(self, dev: bytes, n: int, raws: set[bytes]) -> None:
        """A terminal gave one number to these. One such number is proof: they need not be all."""
        if (dev, n) in self.equivocations or len(self.equivocations) < MOST_NAMED:
            self.equivocations.setdefault((dev, n), set()).update(raws)

    def fail(self, name: str, detail: str, n: int | None = None) -> None:
        """Something did not pass."""
        if self.dropped.get(name, 0) or sum(c.name == name for c in self.failures) >= MOST_NAMED:
            self.dropped[name] = self.dropped.get(name, 0) + 1
        else:
            self.checks.append(Check(name, True, False, detail, n))

    @property
    def level(self) -> int:
        """How far it carries, 0 to 5."""
        failures = sorted(check.name for check in self.failures)
        # Nothing but that: keys that nobody vouches for, one failure each.
        unvouched = ["certificate"] * self.uncertified + ["key"] * self.supplied
        if not self.ok and failures != unvouched:
            return 0
        if self.test or unvouched:
            return 1
        steps = (self.approved, self.witnessed, self.audited)
        return 2 + (steps.index(False) if False in steps else 3)

    @property
    def ok(self) -> bool:
        """Whether something was checked and everything that was performed passed."""
        performed = [check for check in self.checks if check.performed]
        return bool(performed) and all(check.passed for check in performed)

    @property
    def failures(self) -> list[Check]:
        """The checks that did not pass."""
        return [check for check in self.checks if check.performed and not check.passed]

    def passes(self) -> Callable[[int], bool]:
        """Whether a record is kept as passed: right by itself, one may be wrong in its chain."""
        named = {check.n for check in self.failures}
        # Of failures that are only counted nobody knows which records they are.
        sure = not self.dropped
        return lambda n: sure and n not in named

    @property
    def not_established(self) -> list[str]:
        """What stays open at this level, whatever passed."""
        level = self.level
        found = [what for below, what in _OPEN if level < below]
        found += [_ROOTLESS] if self.rootless and level > 1 else []
        found += [_UNLISTED] if self.unlisted and level > 1 else []
        if level > 2 and not self.seals_seen:
            found += [
                f"that the seals on the terminal are {', '.join(seals) or 'none'}: look"
                for seals in self.seals.values()
            ]
        return found + ([_OF_BLOCKS] if self.blocks else []) + list(ALWAYS_OPEN)

    @property
    def meaning(self) -> str:
        """The level in words."""
        level = self.level
        return _CERTIFIED if level == 2 and self.certified and not self.rootless else LADDER[level]

    def see_seals(self, seen: list[str]) -> None:
        """Hold the seals that somebody sees on the terminal against those of its verification."""
        if not self.seals:
            detail = "no verification statement says which seals it has"
            self.checks.append(Check("seals", False, False, detail))
        for seals in self.seals.values():
            if sorted(seals) == sorted(seen):
                self.checks.append(Check("seals", True, True, ", ".join(seen)))
            else:
                verified = ", ".join(seals) or "no seals"
                self.fail("seals", f"{', '.join(seen)}, and it was verified with {verified}")
        self.seals_seen = True

    def to_json(self) -> dict[str, Any]:
        """Everything as plain data."""
        return {
            "ok": self.ok,
            "level": self.level,
            "meaning": self.meaning,
            "records": self.count,
            "blocks": self.blocks,
            "checks": [vars(check) for check in self.checks],
            "not_established": self.not_established,
        }
