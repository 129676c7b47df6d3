"""ES256 signatures (ECDSA with P-256 and SHA-256, RFC 9053, 2.1) by a chip that keeps the key.

Owns: how often the key was used, the one form of a signature that is let out.
Refuses (SIGNER_FAULT): a chip that does not answer or refuses, one with another key, a key that
somebody else has used meanwhile.
Units: a work unit of a generator is None: a wait.

The chip counts each use of the key and never forgets one. A record says the number that its own
signature has, so that whatever else was signed leaves a gap.
"""

from steelyard_wire.codes import SIGNER_FAULT, Refused
from steelyard_wire.digest import sha256
from steelyard_wire.shim import const

_MOST_USES = const(2097151)
_MOST_FAILURES = const(4)
_N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # the order of P-256


class Signer:
    """Signs with the key whose public half is `key` (64 bytes, x and y).

    chip: has public_key_steps() -> key, uses_steps() -> count, sign_steps(digest) -> (r and s,
    count); generators that raise OSError.
    """

    suite = 2

    def __init__(self, key: bytes, chip) -> None:
        self._chip = chip
        self._key = key
        self._uses = -1  # not known
        self._failures = 0  # since the last signature; each is a use of the key
        self.public_key = b""

    def prepare_steps(self):
        """Generator of work: look whether the chip has this key; until then nothing is signed."""
        try:
            key = yield from self._chip.public_key_steps()
        except OSError as error:
            raise _fault(error)
        if key != self._key:
            raise Refused(SIGNER_FAULT, "the chip has another key")
        self.public_key = key

    def uses_steps(self):
        """Generator of work: how often the key was used; Refused when that was the last time."""
        if self._uses < 0:
            try:
                self._uses = yield from self._chip.uses_steps()
            except OSError as error:
                raise _fault(error)
        if self._uses >= _MOST_USES:
            raise Refused(SIGNER_FAULT, "the key is used up: take a new chip")
        return self._uses

    def sign_steps(self, message):
        """Generator of work: the signature of `message`, 64 bytes; it is one use more."""
        if not self.public_key:
            raise Refused(SIGNER_FAULT, "the signer is not ready")
        if self._failures >= _MOST_FAILURES:
            raise Refused(SIGNER_FAULT, "the chip failed again and again: start anew")
        before = yield from self.uses_steps()
        self._uses = -1  # until it is known again, however this ends
        self._failures += 1
        try:
            signature, self._uses = yield from self._chip.sign_steps(sha256(message))
        except OSError as error:
            raise _fault(error)
        if self._uses != before + 1:
            raise Refused(SIGNER_FAULT, "somebody else uses the chip")
        self._failures = 0
        return _lower(signature)


def _lower(signature: bytes) -> bytes:
    """The form with the smaller s: with r and s, r and n - s is right too, and one record could
    be shown in two forms."""
    s = int.from_bytes(signature[32:], "big")
    if s > _N >> 1:
        return signature[:32] + (_N - s).to_bytes(32, "big")
    return signature


def _fault(error) -> Refused:
    return Refused(SIGNER_FAULT, "the chip of the key, " + str(error.args[0]))
