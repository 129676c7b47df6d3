"""What one link of a sealed terminal may do: what keys do, and more for whoever proves a key.

Owns: the challenge and the level that was granted on one link, until ten minutes without use.
Refuses: LEVEL for what was not granted, AUTH as links.session.
Units: milliseconds of uptime.
"""

from steelyard_wire import codes, commands
from steelyard_wire.auth import operator_id
from steelyard_wire.codes import Refused
from steelyard_wire.shim import const

from terminal.links.session import KeyedSession

_IDLE_MS = const(600000)


class SealedSession(KeyedSession):
    """random, link_key: as KeyedSession. up_ms: the uptime. cable: whether it is the console.

    What USER commands do the buttons do too: over the cable they need no code.
    """

    def __init__(self, random, link_key, up_ms, cable: bool) -> None:
        super().__init__(random, link_key)
        self._up_ms = up_ms
        self.cable = cable
        self._who = None
        self.leave()

    def leave(self) -> None:
        """Give back what was granted."""
        self.challenge = b""
        self._level = 0
        self._key_id = None
        self._until = 0

    def open(self) -> bytes:
        """Begin a session: whoever comes now proves his own key. A challenge stays."""
        self._level = 0
        return super().open()

    def ask(self) -> bytes:
        """A fresh challenge of 16 bytes; it serves one GRANT."""
        self.challenge = self._random(16)
        return self.challenge

    def grant(self, level: int, key_id: bytes) -> None:
        """Whoever is at this link has proved the key of this level."""
        self._level = level
        self._key_id = key_id
        self._until = self._up_ms() + _IDLE_MS

    def authorise(self, command, level: int) -> None:
        """Refuse unless this link may do it now; over the network each line has its code too."""
        self._who = None
        if self._up_ms() >= self._until:
            self._level = 0
        granted = commands.covers(self._level, level)
        if level > commands.OPERATOR and not granted:
            raise Refused(codes.LEVEL, commands.LEVELS[level] + " is not granted")
        if not self.cable or (level == commands.OPERATOR and not granted):
            super().authorise(command, level)
            self._who = operator_id(self._link_key())
        if granted and self._level:
            self._who = self._key_id
            self._until = self._up_ms() + _IDLE_MS

    def who(self) -> "bytes | None":
        """The id of the key in whose name the last command came, or None."""
        return self._who
