"""Signers for tests, on any interpreter: the portable arithmetic with either table."""

from terminal import signers_seed
from terminal.drivers.rows import FileRows, RamRows
from terminal.evidence import sha512_limbs, sign_bigint
from terminal.evidence.comb import Comb
from terminal.evidence.ed25519 import Signer
from terminal.evidence.steps import finish

FOLDER = __file__.replace("\\", "/").rsplit("/", 3)[0] + "/firmware/terminal/evidence/"

_combs = {}
arithmetic = sign_bigint  # a test that signs much in the unix VM may take machine code


def small():
    """The table of 6 KB, in RAM."""
    if 6 not in _combs:
        _combs[6] = Comb(RamRows(FOLDER + "comb6.bin"), 64)
    return _combs[6]


def large():
    """The table of 48 KB, in its file."""
    if 8 not in _combs:
        _combs[8] = Comb(FileRows(FOLDER + "comb8.bin"), 512)
    return _combs[8]


def ones(count):
    """Bytes that a test's signer is blinded with."""
    return b"\x01" * count


def signer(seed, random_bytes=ones, comb=None):
    """A signer, not prepared."""
    return Signer(seed, arithmetic, comb or small(), random_bytes)


def signers(random_bytes):
    """What makes signers from seeds, open."""
    made = signers_seed.make({"arithmetic": "bigint", "comb": 6}, random_bytes)
    made.arithmetic = arithmetic
    made.comb = small()
    return made


def sha512(*parts):
    """The portable hash of the concatenated parts."""
    return finish(sha512_limbs.sha512_steps(parts))
