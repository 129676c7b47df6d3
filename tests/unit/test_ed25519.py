"""The signer against RFC 8032, and what it refuses, on both interpreters.

Owns: the cases of RFC 8032 7.1, the self-test, seeds, tables and random bytes that are none.
Refuses: nothing.
Units: work in units of 69 us.
"""

import hashlib

from check import raises, refused, vectors
from signing import FOLDER, large, signer, small
from steelyard_wire.codes import SIGNER_FAULT, Refused
from terminal.drivers.rows import FileRows, RamRows
from terminal.evidence import self_test as start
from terminal.evidence import sign_bigint
from terminal.evidence.comb import Comb
from terminal.evidence.steps import finish

CASES = vectors("ed25519")["cases"]


class _Random:
    """Bytes that differ from call to call; says how often it was asked."""

    def __init__(self):
        self.asked = 0

    def __call__(self, count):
        self.asked += 1
        return hashlib.sha256(str(self.asked).encode()).digest()[:count]


def _always(data):
    return lambda count: data


def _signer(case):
    return signer(case["seed"]).prepare()


def test_rfc_8032_vectors_with_either_table():
    for comb in (small(), large()):
        for case in CASES:
            made = signer(case["seed"], comb=comb).prepare()
            assert made.public_key == case["public_key"], case["name"]
            assert made.sign(case["message"]) == case["signature"], case["name"]


def test_signature_does_not_depend_on_the_blinding():
    case = CASES[2]
    for fill in (b"\x02", b"\x7f", b"\xff"):
        for comb in (small(), large()):
            made = signer(case["seed"], _always(fill * 32), comb).prepare()
            assert made.sign(case["message"]) == case["signature"], fill


def test_slices_are_at_most_5_ms():
    for comb in (small(), large()):
        made = signer(CASES[0]["seed"], comb=comb).prepare()
        for size in (0, 47, 139, 250):
            work = list(made.sign_steps(bytes(size)))
            assert max(work) <= 70, work
            # Two hashes, 42 columns of the small comb, an inverse.
            assert 1500 < sum(work) < 5000, sum(work)


def test_message_is_taken_before_the_first_slice():
    made = _signer(CASES[4])
    buffer = bytearray(CASES[4]["message"])
    steps = made.sign_steps(buffer)
    next(steps)
    buffer[0] ^= 1
    assert finish(steps) == CASES[4]["signature"]


def self_test(arithmetic, comb, random_bytes):
    finish(start.steps(arithmetic, comb, random_bytes))


def test_self_test():
    for comb in (small(), large()):
        self_test(sign_bigint, comb, _Random())


def _damaged(place):
    with open(FOLDER + "comb6.bin", "rb") as file:
        table = bytearray(file.read())
    table[place] ^= 0x10
    return Comb(lambda row: [table[at : at + 32] for at in range(96 * row, 96 * row + 96, 32)], 64)


def test_a_damaged_table_is_refused():
    for place in (0, 96, 3000, 6143):
        refused(SIGNER_FAULT, self_test, sign_bigint, _damaged(place), _Random())
    refused(SIGNER_FAULT, Comb, RamRows(FOLDER + "comb6.bin"), 63)
    # The small table where the large one should be ends too soon.
    for rows in (FileRows, RamRows):
        comb = Comb(rows(FOLDER + "comb6.bin"), 512)
        refused(SIGNER_FAULT, self_test, sign_bigint, comb, _Random())


def test_what_is_not_on_the_curve_is_not_signed():
    # Of the 64 entries a signature uses about half: it is right, or there is none.
    case = CASES[1]
    found = 0
    for entry in range(0, 64, 4):
        made = signer(case["seed"], comb=small()).prepare()
        made._comb = _damaged(96 * entry + 40)
        try:
            assert made.sign(case["message"]) == case["signature"]
        except Refused as error:
            assert error.code == SIGNER_FAULT
            found += 1
    assert 4 < found < 16, found


def test_a_random_source_that_is_stuck_or_was_not_asked_stops_the_self_test():
    # The bytes of one call over and over; bytes of one value, that differ; nothing random at all.
    one = _Random()(32)
    asked = [0]

    def of_one_value(count):
        asked[0] += 1
        return bytes([asked[0]] * count)

    for stuck in (_always(one), of_one_value, _always(b"\x01" * 32)):
        refused(SIGNER_FAULT, self_test, sign_bigint, small(), stuck)

    class NeverAsks:
        sha512_steps = sign_bigint.sha512_steps

        @staticmethod
        def multiply_steps(scalar, comb, random_bytes):
            return sign_bigint.multiply_steps(scalar, comb, _Random())

    refused(SIGNER_FAULT, self_test, NeverAsks, small(), _Random())


def test_seeds_that_are_none():
    seed = CASES[0]["seed"]
    for wrong in (bytes(32), b"", seed[:31], seed + b"\x01", None, "a" * 32, list(seed)):
        refused(SIGNER_FAULT, signer, wrong)


def test_random_bytes_that_are_none():
    prime = (1 << 255) - 19
    for wrong in (b"", b"\x01" * 31, bytes(32), prime.to_bytes(32, "little")):
        refused(SIGNER_FAULT, signer(CASES[0]["seed"], _always(wrong)).prepare)


def test_nothing_is_signed_before_the_key_is_derived():
    made = signer(CASES[0]["seed"])
    refused(SIGNER_FAULT, made.sign, b"")
    steps = made.prepare_steps()
    assert 0 < next(steps) <= 70
    refused(SIGNER_FAULT, made.sign, b"")
    assert 0 < max(list(steps)) <= 70
    assert made.sign(CASES[0]["message"]) == CASES[0]["signature"]


def test_a_random_generator_that_dies_stops_the_signature():
    supply = [b"\x01" * 32] * 2
    made = signer(CASES[0]["seed"], lambda count: supply.pop()).prepare()
    raises(IndexError, made.sign, b"")


def test_the_key_does_not_print():
    case = CASES[0]
    made = _signer(case)
    text = repr(made) + str(made)
    assert "Signer" in text
    for secret in (case["seed"], made._prefix, made._scalar.to_bytes(32, "little")):
        assert repr(secret) not in text
    assert str(made._scalar) not in text
    kept = [getattr(made, name) for name in dir(made)]
    assert case["seed"] not in [item for item in kept if isinstance(item, bytes)]
