"""Ed25519 signatures (RFC 8032, 5.1), in slices that fit between samples.

Owns: the expanded private key of a signer, the order of signing.
Refuses (SIGNER_FAULT): a seed that is not 32 bytes or is all zero, signing before there is a key,
and what the arithmetic refuses.
Units: work in 69 us of an RP2040 at 125 MHz, 5 670 instructions.

`arithmetic` is a module with multiply_steps and sha512_steps: sign_bigint, for every interpreter,
or sign_viper, in machine code. They give the same bytes.
"""

from steelyard_wire.codes import SIGNER_FAULT, Refused
from steelyard_wire.shim import const

from terminal.evidence.steps import finish

_L = (1 << 252) + 27742317777372353535851937790883648493  # the order of B

_SCALAR_UNITS = const(5)  # a division by the order


class Signer:
    """Signs with the key that RFC 8032 derives from `seed` (32 bytes, secret).

    comb: comb.Comb. random_bytes: function n -> n random bytes, for blinding only; the signature
    does not depend on them.
    """

    suite = 1

    def __init__(self, seed: bytes, arithmetic, comb, random_bytes) -> None:
        if not isinstance(seed, bytes) or len(seed) != 32 or seed == bytes(32):
            raise Refused(SIGNER_FAULT, "the seed is not 32 random bytes")
        self._hash_steps = arithmetic.sha512_steps
        self._multiply_steps = arithmetic.multiply_steps
        self._comb = comb
        self._random_bytes = random_bytes
        self._seed = seed
        self._scalar = 0
        self._prefix = b""
        self.public_key = b""

    def prepare(self):
        """Derive the key pair at once; returns the signer."""
        finish(self.prepare_steps())
        return self

    def prepare_steps(self):
        """Generator of the same, as sign_steps; until it has ended nothing is signed."""
        digest = yield from self._hash_steps((self._seed,))
        # RFC 8032 5.1.5, and modulo L: B has this order, and 258 bits would not hold all.
        scalar = int.from_bytes(digest[:32], "little") & ((1 << 254) - 8) | 1 << 254
        yield _SCALAR_UNITS
        self._scalar = scalar % _L
        self._prefix = digest[32:]
        self.public_key = yield from self._multiply(self._scalar)
        self._seed = b""

    def uses_steps(self):
        """Generator of work: how often the key was used; None, nobody counts."""
        yield from ()

    def sign(self, message) -> bytes:
        """Signature of `message` (bytes-like): 64 bytes."""
        return finish(self.sign_steps(message))

    def sign_steps(self, message):
        """Generator of the same: yields the work since the last yield, at most 70 units (5 ms).

        Returns the signature, 64 bytes.
        """
        if not self.public_key:
            raise Refused(SIGNER_FAULT, "the signer is not ready")
        # A buffer that changed between the two hashes would give the key away.
        message = bytes(message)
        digest = yield from self._hash_steps((self._prefix, message))
        nonce = int.from_bytes(digest, "little") % _L
        yield _SCALAR_UNITS
        point = yield from self._multiply(nonce)
        digest = yield from self._hash_steps((point, self.public_key, message))
        challenge = int.from_bytes(digest, "little") % _L
        yield _SCALAR_UNITS
        answer = (nonce + challenge * self._scalar) % _L
        yield _SCALAR_UNITS
        return point + answer.to_bytes(32, "little")

    def _multiply(self, scalar: int):
        return self._multiply_steps(scalar, self._comb, self._random_bytes)
