"""How a terminal gets its key: once in its life.

Owns: the key's making and its file. Refuses: with Refused, a link key of another length, and what
the identity refuses. Units: none.
"""

from steelyard_wire import codes, record
from steelyard_wire.codes import Refused
from steelyard_wire.digest import sha256

from terminal.evidence import settings
from terminal.evidence.identity import Identity


def identity_steps(terminal, serial: str, entropy: bytes, link_key: bytes):
    """Make and store the key of a terminal that has none; (identity, signer)."""
    if len(link_key) != 32:
        raise Refused(codes.ARGUMENT, "the link key has 32 bytes")
    while True:
        secret = yield from terminal.signers.secret_steps(entropy, terminal.software_id)
        identity = Identity(secret, serial, terminal.test)
        signer = yield from identity.signer_steps(terminal.signers.make)
        # One real key in 2**32 would be named like a TEST key.
        if terminal.test or not record.is_test(sha256(identity.public_key)):
            break
    stored = {1: secret, 2: serial, 3: terminal.test, 4: link_key, 5: identity.public_key}
    settings.save(terminal.files, "identity", stored)
    return identity, signer
