"""An ATECC608 made ready: tested at each start, given its key once.

Owns: what its configuration has to say, the order in which it is locked.
Refuses (SIGNER_FAULT): a chip that fails its own test, that was set up for something else, whose
key has signed already, or that does not answer.
Units: as atecc608. Loaded for a start and for provisioning.

Configuration zone (ATECC608A data sheet, 2.2): SlotConfig of slot 0 in bytes 20 and 21, Counter 0
in 52 to 59, LockValue 86, LockConfig 87, SlotLocked 88 and 89, KeyConfig of slot 0 in 96 and 97.
Locking cannot be taken back.
"""

from steelyard_wire.codes import SIGNER_FAULT, Refused
from steelyard_wire.shim import const

from terminal.drivers.atecc608 import GENKEY, SLOT

_READ = const(0x02)
_WRITE = const(0x12)
_LOCK = const(0x17)
_SELF_TEST = const(0x77)
_TESTS = const(0x23)  # random numbers, ECDSA, SHA
_BLOCK = const(0x80)  # READ: 32 bytes of the configuration
_NEW_KEY = const(4)
_LOCK_CONFIG = const(0x80)  # bit 7: without a check sum of the zone
_LOCK_DATA = const(0x81)
_LOCK_SLOT = const(2)
_UNLOCKED = const(0x55)
# Secret, signs what comes from outside, LimitedUse; GENKEY may write it until it is locked.
_SLOT_CONFIG = b"\xa1\x20"
# Private, its public key may be asked for, P-256, lockable.
_KEY_CONFIG = b"\x33\x00"
_SLOT_WORD = const(5)  # address of a word: block << 3 | word
_KEY_WORD = const(0x18)
# What making it may have counted; whatever a terminal signs after that, it has a record of.
_MOST_BEFORE = const(3)


def check_steps(chip):
    """Generator of waits: the chip tests itself, and its configuration is looked at."""
    try:
        yield from chip.call_steps((_SELF_TEST, _TESTS, 0, b"", 1))
        config = yield from _config_steps(chip)
    except OSError as error:
        raise Refused(SIGNER_FAULT, "the chip of the key fails its test, " + str(error.args[0]))
    if config[87] != _UNLOCKED:
        _check_config(config)


def make_key_steps(chip):
    """Generator of waits: set the chip up, have it make its key and lock it; the public key.

    Interrupted, it goes on where it was.
    """
    try:
        config = yield from _config_steps(chip)
        if config[87] == _UNLOCKED:
            # The other half of each word is another slot's.
            yield from chip.call_steps(
                (_WRITE, 0, _SLOT_WORD, _SLOT_CONFIG + config[22:24], 1),
                (_WRITE, 0, _KEY_WORD, _KEY_CONFIG + config[98:100], 1),
            )
            config = yield from _config_steps(chip)
            _check_config(config)
            yield from chip.call_steps((_LOCK, _LOCK_CONFIG, 0, b"", 1))
        _check_config(config)
        uses = yield from chip.uses_steps()
        if uses > _MOST_BEFORE:
            raise Refused(SIGNER_FAULT, "the chip's key signed before: take a new chip")
        if config[88] & 1:
            (key,) = yield from chip.call_steps((GENKEY, _NEW_KEY, SLOT, b"", 64))
            if config[86] == _UNLOCKED:
                yield from chip.call_steps((_LOCK, _LOCK_DATA, 0, b"", 1))
            yield from chip.call_steps((_LOCK, _LOCK_SLOT, 0, b"", 1))
        else:
            key = yield from chip.public_key_steps()
    except OSError as error:
        raise Refused(SIGNER_FAULT, "the chip makes no key, " + str(error.args[0]))
    return key


def _config_steps(chip):
    blocks = [(_READ, _BLOCK, block << 3, b"", 32) for block in range(4)]
    return b"".join((yield from chip.call_steps(*blocks)))


def _check_config(config: bytes) -> None:
    if config[20:22] != _SLOT_CONFIG or config[96:98] != _KEY_CONFIG:
        raise Refused(SIGNER_FAULT, "the chip was set up for something else: take a new one")
