"""How a terminal gets its key: once in its life.

Owns: the key's making and its file. Refuses: with Refused, a link key of another length, and what
the identity refuses. Units: none.
"""

from steelyard_wire import codes, record
from steelyard_wire.codes import Refused
from steelyard_wire.digest import sha256

from terminal import cold
from terminal.evidence import settings
from terminal.evidence.identity import Identity


def _identity_steps(terminal, serial: str, entropy: bytes, link_key: bytes, unlock_key: bytes):
    """Make and store the key of a terminal that has none; (identity, signer)."""
    if len(link_key) != 32 or len(unlock_key) not in (0, 32):
        raise Refused(codes.ARGUMENT, "link key and unlock key have 32 bytes each")
    while True:
        secret = yield from terminal.signers.secret_steps(entropy, terminal.software_id)
        identity = Identity(secret, serial, terminal.test)
        signer = yield from identity.signer_steps(terminal.signers.make)
        # One real key in 2**32 would be named like a TEST key.
        if terminal.test or not record.is_test(sha256(identity.public_key)):
            break
    stored = {1: secret, 2: serial, 3: terminal.test, 4: link_key, 5: identity.public_key}
    if unlock_key:
        stored[6] = unlock_key
    settings.save(terminal.files, "identity", stored)
    return identity, signer


def provision_steps(terminal, serial: str, entropy: bytes, link_key: bytes, unlock_key: bytes):
    """Make the key, take the serial number and write record 0; (n, envelope)."""
    if terminal.identity is not None:
        raise Refused(codes.ALREADY_PROVISIONED, terminal.identity.serial)
    if terminal.making:
        raise Refused(codes.BUSY, "provisioning")
    terminal.making = True
    try:
        secrets = (serial, entropy, link_key, unlock_key)
        identity, signer = yield from _identity_steps(terminal, *secrets)
    finally:
        terminal.making = False
    terminal.adopt(identity, signer, link_key)
    nonce = sha256(entropy)[:16]
    return (yield from cold.call("terminal.starting", "boot_record_steps", terminal, 0, nonce))
