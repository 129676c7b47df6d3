"""Verification against RFC 8032 and published edge cases, on both interpreters.

Owns: the cases of RFC 8032 7.1; what passes and what does not of ed25519_verify.json; the length
of a slice; what the signers offer for it.
Refuses: nothing.
Units: work in units of 69 us.
"""

import sys

from check import vectors
from signing import sha512, signer, signers
from terminal import cold, signers_chip
from terminal.evidence import sha512_limbs
from terminal.evidence.steps import finish
from terminal.evidence.verify import verify_steps

CASES = vectors("ed25519")["cases"]
EDGES = vectors("ed25519_verify")
ORDER = (1 << 252) + 27742317777372353535851937790883648493  # RFC 8032 5.1
PRIME = (1 << 255) - 19
# RFC 8032 5.1: B has y = 4/5 and an even x.
BASE = b"\x58" + b"\x66" * 31
COLD = ("terminal.evidence.verify", "terminal.evidence.sha512_limbs", "terminal.evidence.sha512")
# A big integer costs an interpreter in an interpreter more.
EVERY = 1 if sys.implementation.name == "cpython" else 7


def passes(key, message, signature):
    return finish(verify_steps(key, message, signature, sha512_limbs.sha512_steps))


def _case(at):
    return CASES[at]["public_key"], CASES[at]["message"], CASES[at]["signature"]


def _number(value):
    return value.to_bytes(32, "little")


def _flipped(data, bit):
    changed = bytearray(data)
    changed[bit >> 3] ^= 1 << (bit & 7)
    return bytes(changed)


def test_rfc_8032_vectors():
    assert [case["name"][5:] for case in CASES] == ["1", "2", "3", "1024", "SHA(abc)"]
    for at in range(len(CASES)):
        assert passes(*_case(at)) is True, CASES[at]["name"]


def test_each_bit_of_a_signature_matters():
    key, message, signature = _case(1)
    for bit in range(0, 512, EVERY):
        assert passes(key, message, _flipped(signature, bit)) is False, bit


def test_bits_of_message_and_key_matter():
    key, message, signature = _case(2)
    for bit in range(0, 16, 3):
        assert passes(key, _flipped(message, bit), signature) is False, bit
    for bit in list(range(0, 256, 3 * EVERY)) + [254, 255]:
        assert passes(_flipped(key, bit), message, signature) is False, bit
    assert passes(key, message + b"\x00", signature) is False
    assert passes(key, message[:-1], signature) is False


def test_published_edge_cases():
    for case in EDGES["cases"]:
        found = passes(case["public_key"], case["message"], case["signature"])
        assert found is case["passes"], (case["name"], case["why"])


def test_special_values():
    # Wycheproof's 10 to 29: r and s are zero, one, the order and the prime, and what is beside.
    key = EDGES["cases"][-1]["public_key"]
    for r in (0, 1, ORDER, PRIME):
        for s in (0, 1, ORDER - 1, ORDER, PRIME):
            assert passes(key, b"\x3f", _number(r) + _number(s)) is False, (r, s)


def test_a_multiple_of_the_order_makes_no_second_signature():
    key, message, signature = _case(0)
    answer = int.from_bytes(signature[32:], "little")
    more = answer + ORDER
    while more < 1 << 256:
        assert passes(key, message, signature[:32] + _number(more)) is False
        more += ORDER


def test_keys_of_small_order():
    # With R = S B such a key fits every message with k A = 0: every second, fourth or eighth.
    assert len(EDGES["low_order"]) == 14
    for key in EDGES["low_order"]:
        message = bytearray(1)
        while int.from_bytes(sha512(BASE, key, message), "little") % ORDER & 7:
            message[0] += 1
        assert passes(key, bytes(message), BASE + _number(1)) is False, key


def test_keys_that_are_no_point():
    # y = 2 has no x; from p on y is not canonical, also where y - p has one: 3 and 4 have.
    _, message, signature = _case(0)
    for y in (2, PRIME, PRIME + 3, PRIME + 4, (1 << 255) - 1):
        for sign in (0, 1 << 255):
            assert passes(_number(y | sign), message, signature) is False, y


def test_a_key_with_either_sign():
    # The base point is the key of the scalar 1, and its negative that of -1: R = B, S = 1 + k a.
    for sign in (0, 1):
        key = BASE[:31] + bytes([BASE[31] | sign << 7])
        k = int.from_bytes(sha512(BASE, key, b"m"), "little") % ORDER
        for right, answer in ((sign == 0, 1 + k), (sign == 1, 1 - k)):
            assert passes(key, b"m", BASE + _number(answer % ORDER)) is right


def test_lengths():
    key, message, signature = _case(1)
    for wrong in (b"", key[:31], key + b"\x00"):
        assert passes(wrong, message, signature) is False
    for wrong in (b"", signature[:32], signature[:63], signature + b"\x00", b"\x00" + signature):
        assert passes(key, message, wrong) is False


def test_slices_are_at_most_5_ms():
    for at in range(len(CASES)):
        work = list(verify_steps(*_case(at), sha512_limbs.sha512_steps))
        assert min(work) > 0 and max(work) <= 70, work
        # Trust.md 3.3: 9 240 units, with a hash in machine code; a block of this one is 432.
        blocks = (64 + len(CASES[at]["message"]) + 17 + 127) // 128
        assert 7500 < sum(work) - 432 * blocks < 9240, sum(work)


def test_the_hash_is_handed_in_with_the_three_parts():
    key, message, signature = _case(1)
    asked = []

    def steps(parts):
        asked.append(list(parts))
        return sha512_limbs.sha512_steps(parts)

    assert finish(verify_steps(key, message, signature, steps))
    assert asked == [[signature[:32], key, message]]


def test_each_signer_has_the_hash_and_the_code_is_let_go_of():
    made = signer(CASES[1]["seed"]).prepare()
    signature = made.sign(b"what is signed here is verified here")
    question = made.public_key, b"what is signed here is verified here", signature
    for hashing in (signers(None), signers_chip.Signers(None)):
        for name in COLD:
            cold.forget(name)
        steps = cold.call(COLD[0], "verify_steps", *question, hashing.sha512_steps)
        assert finish(steps) is True
        assert not [name for name in COLD if name in sys.modules]
