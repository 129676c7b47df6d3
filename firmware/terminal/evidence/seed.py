"""How the seed of a key is made. Loaded when one is.

Owns: what goes into it. Refuses: with Refused: ARGUMENT, random bytes that are too short,
SIGNER_FAULT, such as are plainly not random. Units: none.
"""

from steelyard_wire.codes import ARGUMENT, SIGNER_FAULT, Refused
from steelyard_wire.digest import sha256
from steelyard_wire.shim import const

_SEED = const(32)
_DOMAIN = b"steelyard/seed/1"
# 32 bytes of a random source have fewer than 12 distinct values once in 10**25 draws.
_MIN_DISTINCT = const(12)


def make_seed(os_random: bytes, host_entropy: bytes, extra: bytes) -> bytes:
    """A seed of 32 bytes that is secret as long as one of the three sources is.

    os_random, host_entropy: 32 bytes each; extra: whatever else differs between boards.
    Refused(SIGNER_FAULT) when the board's random source is stuck, Refused(ARGUMENT) on lengths.
    """
    if len(os_random) != _SEED or len(host_entropy) != _SEED:
        raise Refused(ARGUMENT, "random bytes")
    if len(set(os_random)) < _MIN_DISTINCT:
        raise Refused(SIGNER_FAULT, "the random source is stuck")
    return sha256(_DOMAIN, os_random, host_entropy, extra)
