"""Signers of a key that a chip made and keeps: ES256; the settings know its public half.

Owns: the chip. Refuses (SIGNER_FAULT): a chip that is not right. Units: as evidence.es256.
"""

from terminal import cold
from terminal.evidence import es256

_HASH = "terminal.evidence.sha512_limbs"
_SETUP = "terminal.drivers.atecc608_setup"


class Signers:
    """chip: drivers.atecc608.Atecc608."""

    def __init__(self, chip) -> None:
        self._chip = chip

    def open_steps(self):
        """Have the chip test itself; Refused(SIGNER_FAULT)."""
        yield from cold.call(_SETUP, "check_steps", self._chip)

    def secret_steps(self, _entropy: bytes, _extra: bytes):
        """Generator of work: the public half of the key that the chip makes by itself."""
        return (yield from cold.call(_SETUP, "make_key_steps", self._chip))

    def sha512_steps(self, parts):
        """Generator of work: SHA-512 of the parts, for evidence.verify; the chip has none."""
        return cold.call(_HASH, "sha512_steps", parts)

    def make(self, key: bytes):
        """A signer for the key whose public half is `key`."""
        return es256.Signer(key, self._chip)


def make(choice: dict, _random) -> Signers:
    """As the board file says."""
    import time

    import machine

    from terminal.drivers import atecc608

    return Signers(atecc608.make(choice, machine, time))
