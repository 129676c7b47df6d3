"""Who this terminal is: its key's seed, its serial number and its device id.

Owns: the names that records carry; seed.py makes a seed.
Refuses: with Refused(ARGUMENT), a seed or a serial number of the wrong form.
Units: none.

The secret goes into the signer and nowhere else. On a terminal with an open REPL its owner can
read a seed all the same; what that means is in the README.
"""

from steelyard_wire.codes import ARGUMENT, SIGNER_FAULT, Refused
from steelyard_wire.record import device_id
from steelyard_wire.shim import const

_SEED = const(32)
_PUBLIC = const(64)
_MAX_SERIAL = const(32)


class Identity:
    """Serial number, device id and public key; `signer_steps` gives the key's signer its seed.

    secret: the seed, 32 bytes, or of a key that a chip keeps its public half, 64 bytes. serial:
    1..32 printable ASCII characters. test: whether the key is a TEST key,
    which shows in the device id.
    """

    def __init__(self, secret: bytes, serial: str, test: bool, public_key: bytes = b"") -> None:
        if len(secret) not in (_SEED, _PUBLIC) or not 1 <= len(serial) <= _MAX_SERIAL:
            raise Refused(ARGUMENT, "seed or serial")
        for character in serial:
            if not " " <= character <= "~":
                raise Refused(ARGUMENT, "serial: printable ASCII")
        self._secret = secret
        self.suite = 1 if len(secret) == _SEED else 2
        self.serial = serial
        self.test = test
        self.public_key = public_key
        self._dev = b""

    def signer_steps(self, make_signer):
        """Generator of work: prepares `make_signer(secret)`, takes its public key; returns it."""
        signer = make_signer(self._secret)
        yield from signer.prepare_steps()
        if self.public_key and self.public_key != signer.public_key:
            raise Refused(SIGNER_FAULT, "the key is another")
        self.public_key = signer.public_key
        return signer

    @property
    def dev(self) -> bytes:
        """Device id, 8 bytes (record key 2); Refused(ARGUMENT) before there is a public key."""
        if not self._dev:
            self._dev = device_id(self.public_key, self.test)
        return self._dev
