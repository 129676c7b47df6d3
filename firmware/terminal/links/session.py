"""What one link may do: the console of an unsealed terminal everything, the network with a key.

Owns: the session nonce and the last machine id of one connection.
Refuses: LEVEL for what a network link may never do, AUTH for a missing, wrong or repeated code.
Units: none.
"""

from steelyard_wire import codes, commands
from steelyard_wire.auth import session_mac
from steelyard_wire.codes import Refused
from steelyard_wire.digest import equal


class OpenSession:
    """The wire in the technician's hand: every level, until the terminal is sealed."""

    def __init__(self, random) -> None:
        self._random = random

    def open(self) -> bytes:
        """A nonce of 16 bytes; not needed on this link."""
        return self._random(16)

    def authorise(self, _command, _level: int) -> None:
        """Every command is allowed."""

    def who(self):
        """The id of the key in whose name commands come: nobody's."""


class KeyedSession:
    """A network connection: open commands freely, the rest with the terminal's link key.

    link_key: callable that returns the key (32 bytes), or b"" while there is none.
    """

    def __init__(self, random, link_key) -> None:
        self._random = random
        self._link_key = link_key
        self._nonce = b""
        self._last = 0

    def open(self) -> bytes:
        """Begin a session: a fresh nonce of 16 bytes; ids start again."""
        self._nonce = self._random(16)
        self._last = 0
        return self._nonce

    def authorise(self, command, level: int) -> None:
        """Refuse unless the command's code proves the key, for this session, once."""
        if level >= commands.FACTORY:
            raise Refused(codes.LEVEL, "only over the cable")
        key = self._link_key()
        if not key:
            raise Refused(codes.NOT_PROVISIONED, "")
        if not self._nonce or command.mac is None or command.tag is None:
            raise Refused(codes.AUTH, "open a SESSION and add the code")
        wanted = session_mac(key, self._nonce, command.signed_text)
        if not equal(wanted.encode(), command.mac.encode()):
            raise Refused(codes.AUTH, "the code is wrong")
        if command.tag <= self._last:
            raise Refused(codes.AUTH, "the id was used before")
        self._last = command.tag

    def who(self):
        """The id of the key in whose name commands come: of the link key there is none."""
