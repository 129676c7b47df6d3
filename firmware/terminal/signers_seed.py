"""Signers of keys that are made and kept here: Ed25519 from a seed in the settings.

Owns: the arithmetic and the table that the board file names. Refuses (SIGNER_FAULT): to start
without the table, and what the self-test refuses. Units: as evidence.ed25519.
"""

from steelyard_wire.codes import SIGNER_FAULT, Refused

from terminal import cold
from terminal.drivers import rows
from terminal.evidence import ed25519
from terminal.evidence.comb import Comb


class Signers:
    """choice: SIGNER of the board file. random: function n -> n random bytes."""

    def __init__(self, choice: dict, random) -> None:
        name = "sign_" + choice["arithmetic"]
        self.arithmetic = getattr(__import__("terminal.evidence." + name).evidence, name)
        self.sha512_steps = self.arithmetic.sha512_steps  # for evidence.verify
        self.comb = None
        self._choice = choice
        self._random = random

    def open_steps(self):
        """Take up the table and prove the signer, in slices; Refused(SIGNER_FAULT)."""
        size = self._choice["comb"]
        path = "/code/terminal/evidence/comb%d.bin" % size
        try:
            row = (rows.FileRows if size == 8 else rows.RamRows)(path)
        except OSError:
            raise Refused(SIGNER_FAULT, path + " is missing")
        self.comb = Comb(row, 512 if size == 8 else 64)
        test = (self.arithmetic, self.comb, self._random)
        yield from cold.call("terminal.evidence.self_test", "steps", *test)

    def secret_steps(self, entropy: bytes, extra: bytes):
        """Generator of work: a new seed, of this board's random bytes, the host's and `extra`."""
        yield from ()
        secrets = (self._random(32), entropy, extra)
        return cold.call("terminal.evidence.seed", "make_seed", *secrets)

    def make(self, seed: bytes):
        """A signer for the key of `seed`."""
        return ed25519.Signer(seed, self.arithmetic, self.comb, self._random)


def make(choice: dict, random) -> Signers:
    """As the board file says."""
    return Signers(choice, random)
