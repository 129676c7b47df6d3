"""The signer against RFC 8032, and what it refuses, on both interpreters.

Owns: the cases of RFC 8032 7.1, the self-test, seeds, tables and random bytes that are none.
Refuses: nothing.
Units: work in units of 69 us.
"""

from check import raises, refused, vectors
from steelyard_wire.codes import SIGNER_FAULT
from terminal.evidence import ed25519
from terminal.evidence.ed25519 import Signer, self_test
from terminal.evidence.sha512 import finish

CASES = vectors("ed25519")["cases"]

with open(ed25519.__file__.replace("\\", "/").rsplit("/", 1)[0] + "/comb6.bin", "rb") as file:
    TABLE = file.read()


def _ones(count):
    return b"\x01" * count


def _always(data):
    return lambda count: data


def _signer(case):
    return Signer(case["seed"], TABLE, _ones).prepare()


def test_rfc_8032_vectors():
    for case in CASES:
        signer = _signer(case)
        assert signer.public_key == case["public_key"], case["name"]
        assert signer.sign(case["message"]) == case["signature"], case["name"]


def test_signature_does_not_depend_on_the_blinding():
    case = CASES[2]
    for fill in (b"\x02", b"\x7f", b"\xff"):
        signer = Signer(case["seed"], memoryview(TABLE), _always(fill * 32)).prepare()
        assert signer.sign(case["message"]) == case["signature"], fill


def test_slices_are_at_most_5_ms():
    signer = _signer(CASES[0])
    for size in (0, 47, 139, 250):
        steps = signer.sign_steps(bytes(size))
        work = list(steps)
        assert max(work) <= 70, work
        # Two hashes, 42 columns of the comb, an inverse.
        assert 2000 < sum(work) < 5000, sum(work)


def test_message_is_taken_before_the_first_slice():
    signer = _signer(CASES[4])
    buffer = bytearray(CASES[4]["message"])
    steps = signer.sign_steps(buffer)
    next(steps)
    buffer[0] ^= 1
    assert finish(steps) == CASES[4]["signature"]


def test_self_test():
    self_test(TABLE)
    for place in (0, 96, 3000, 6143):
        damaged = bytearray(TABLE)
        damaged[place] ^= 0x10
        refused(SIGNER_FAULT, self_test, damaged)
        refused(SIGNER_FAULT, Signer, CASES[0]["seed"], damaged, _ones)
    refused(SIGNER_FAULT, self_test, TABLE[:-1])
    refused(SIGNER_FAULT, self_test, TABLE + b"\x00")
    refused(SIGNER_FAULT, self_test, b"")


def test_seeds_that_are_none():
    seed = CASES[0]["seed"]
    for wrong in (bytes(32), b"", seed[:31], seed + b"\x01", None, "a" * 32, list(seed)):
        refused(SIGNER_FAULT, Signer, wrong, TABLE, _ones)


def test_random_bytes_that_are_none():
    prime = (1 << 255) - 19
    for wrong in (b"", b"\x01" * 31, bytes(32), prime.to_bytes(32, "little")):
        refused(SIGNER_FAULT, Signer(CASES[0]["seed"], TABLE, _always(wrong)).prepare)


def test_nothing_is_signed_before_the_key_is_derived():
    signer = Signer(CASES[0]["seed"], TABLE, _ones)
    refused(SIGNER_FAULT, signer.sign, b"")
    steps = signer.prepare_steps()
    assert 0 < next(steps) <= 70
    refused(SIGNER_FAULT, signer.sign, b"")
    assert 0 < max(list(steps)) <= 70
    assert signer.sign(CASES[0]["message"]) == CASES[0]["signature"]


def test_a_random_generator_that_dies_stops_the_signature():
    supply = [b"\x01" * 32] * 2
    signer = Signer(CASES[0]["seed"], TABLE, lambda count: supply.pop()).prepare()
    raises(IndexError, signer.sign, b"")


def test_the_key_does_not_print():
    case = CASES[0]
    signer = _signer(case)
    text = repr(signer) + str(signer)
    assert "Signer" in text
    for secret in (case["seed"], signer._prefix, signer._scalar.to_bytes(32, "little")):
        assert repr(secret) not in text
    assert str(signer._scalar) not in text
    kept = [getattr(signer, name) for name in dir(signer)]
    assert case["seed"] not in [item for item in kept if isinstance(item, bytes)]
