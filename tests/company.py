"""The people of a root whose keys say TEST, and what they type.

Owns: a folder with their keys, the commands of `steelyard keys` that they use.
Refuses: with AssertionError, a command that does not work.
Units: days from today.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from command_line import CommandLine, Said
from steelyard.errors import OK

_ASKING = ("holder", "make", "sign", "device", "verification", "token")
TODAY = datetime.now(UTC).date()
# Keys that open terminals: role and name.
OPENERS = tuple((role, role) for role in ("service", "factory", "inspector"))
HOLDERS = ("anna", "ben", "cleo")


def line(said: Said) -> str:
    """What was printed in one line, wherever the screen broke it."""
    return " ".join(said.out.split())


def day(apart: int) -> str:
    return str(TODAY + timedelta(days=apart))


class Company:
    """The people of a root whose keys say TEST, all in one folder."""

    def __init__(self, folder: Path, user: CommandLine) -> None:
        self.user = user
        self.folder = folder
        self.nothing = folder / "nothing"

    def make_keys(self) -> None:
        """Holders, stations and a service, none of whose keys has a passphrase."""
        self.nothing.write_text("\n")
        self.nothing.chmod(0o600)
        for name in (*HOLDERS, "dora"):
            self.keys("holder", f"TEST {name}", "--out", self.path(f"{name}.pem"), "--test")
        for role, name in (("station", "works"), ("station", "office"), *OPENERS):
            self.keys("make", role, f"TEST {name}", "--out", self.path(f"{name}.pem"), "--test")

    def path(self, name: str) -> Path:
        return self.folder / name

    def keys(self, *arguments: object) -> Said:
        """A command that works."""
        said = self.said(*arguments)
        assert said.code == OK, said
        return said

    def said(self, *arguments: object) -> Said:
        """A command of `steelyard keys`, with the empty passphrase where it takes one."""
        takes = arguments[0] in _ASKING
        more = ("--passphrase-file", self.nothing) if takes else ()
        return self.user("keys", *arguments, *more)

    def sign(self, name: str, *holders: str) -> Path:
        for holder in holders:
            self.keys("sign", self.path(name), "--key", self.path(f"{holder}.pem"))
        return self.path(name)

    def root(self, *more: object, holders: tuple[str, ...] = HOLDERS, name: str = "root") -> Path:
        publics = [it for one in holders for it in ("--holder", self.path(f"{one}.pub"))]
        out = self.path(f"{name}.statement")
        named = () if "--after" in more else ("--name", "TEST root")
        self.keys("root", *named, *publics, "--test", "--out", out, *more)
        return out

    def station(self, name: str, *more: object) -> Path:
        out = self.path(f"{name}.statement")
        dates = ("--from", day(-9), "--until", day(300))
        key = ("--key", self.path(f"{name}.pub"), "--out", out)
        self.keys("station", f"TEST {name}", *key, *dates, *more)
        return self.sign(out.name, "anna", "cleo")

    def fingerprint(self, path: Path) -> str:
        (shown,) = json.loads(self.said("show", path, "--json").out)["statements"]
        assert shown["kind"] == "ROOT"
        digest = str(shown["fingerprint"])
        grouped = " ".join(digest[at : at + 4] for at in range(0, 64, 4))
        assert grouped[:39] in line(self.said("show", path))
        return grouped

    def found(self) -> None:
        """Root, works that make, an office that verifies; this host believes in them."""
        root = self.root()
        self.sign("root.statement", "anna", "ben")
        self.keys("trust", root, "--fingerprint", self.fingerprint(root))
        works = self.station("works", "--makes", "--serials", "SY-TEST-0..SY-TEST-9")
        self.keys("trust", works, self.station("office", "--verifies"))

    def now(self) -> int:
        """The time that everybody's clock shows."""
        return int(datetime.now(UTC).timestamp())

    @contextlib.contextmanager
    def holding(self, name: str) -> Iterator[None]:
        """With this key at hand, as STEELYARD_KEY names it."""
        self.user.environment["STEELYARD_KEY"] = str(self.path(f"{name}.pem"))
        self.user.environment["STEELYARD_PASSPHRASE_FILE"] = str(self.nothing)
        try:
            yield
        finally:
            del self.user.environment["STEELYARD_KEY"]
