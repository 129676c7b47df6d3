"""The device's verification against `cryptography` (OpenSSL) and PyNaCl (libsodium).

Owns: random signatures and what damages them; what OpenSSL lets pass and the device does not; the
signed digits.
Refuses: nothing.
Units: work in units of 69 us.
"""

import hashlib

import check
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import example, given, settings
from hypothesis import strategies as st
from nacl.exceptions import BadSignatureError
from nacl.signing import VerifyKey
from terminal.evidence import verify
from terminal.evidence.sha512_limbs import sha512_steps
from terminal.evidence.steps import finish

ORDER = 2**252 + 27742317777372353535851937790883648493  # RFC 8032, 5.1
BASE = bytes.fromhex("58" + "66" * 31)
LOW_ORDER = check.vectors("ed25519_verify")["low_order"]

seeds = st.binary(min_size=32, max_size=32)
messages = st.binary(max_size=300)
flips = st.lists(st.integers(0, 2**31), max_size=2)


def ours(key: bytes, message: bytes, signature: bytes) -> bool:
    return finish(verify.verify_steps(key, message, signature, sha512_steps))


def openssls(key: bytes, message: bytes, signature: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def sodiums(key: bytes, message: bytes, signature: bytes) -> bool:
    try:
        VerifyKey(key).verify(message, signature)
    except (BadSignatureError, ValueError):
        return False
    return True


def _flip(data: bytes, bit: int) -> bytes:
    changed = bytearray(data)
    bit %= 8 * len(data)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def _damaged(parts: tuple[bytes, ...], bits: list[int]) -> tuple[bytes, ...]:
    whole = b"".join(parts)
    for bit in bits:
        whole = _flip(whole, bit)
    key, signature = len(parts[0]), len(parts[2])
    return whole[:key], whole[key:-signature], whole[-signature:]


def _all_agree(question: tuple[bytes, ...]) -> bool:
    said = {ours(*question), openssls(*question), sodiums(*question)}
    assert len(said) == 1, question
    return said.pop()


@settings(max_examples=200)
@given(seeds, messages, flips)
def test_all_three_agree(seed: bytes, message: bytes, bits: list[int]) -> None:
    key = Ed25519PrivateKey.from_private_bytes(seed)
    right = key.public_key().public_bytes_raw(), message, key.sign(message)
    damaged = _damaged(right, bits)
    assert _all_agree(right)
    assert _all_agree(damaged) is (damaged == right)


@settings(max_examples=200)
@given(
    seeds.filter(lambda key: key not in LOW_ORDER), messages, st.binary(min_size=64, max_size=64)
)
def test_all_three_agree_about_bytes_that_are_no_signature(
    key: bytes, message: bytes, signature: bytes
) -> None:
    assert not _all_agree((key, message, signature))
    canonical = int.from_bytes(signature[32:], "little") % ORDER
    assert not _all_agree((key, message, signature[:32] + canonical.to_bytes(32, "little")))


@settings(max_examples=100)
@given(seeds, seeds, messages, st.integers(0, ORDER - 1))
def test_signatures_of_any_nonce(
    seed: bytes, other: bytes, message: bytes, challenge: int
) -> None:
    # Signed by hand: R is another key's point, S as RFC 8032 5.1.6 makes it of both scalars.
    scalars = []
    points = []
    for each in (seed, other):
        digest = hashlib.sha512(each).digest()
        scalars.append(int.from_bytes(digest[:32], "little") & ((1 << 254) - 8) | 1 << 254)
        points.append(Ed25519PrivateKey.from_private_bytes(each).public_key().public_bytes_raw())
    (secret, nonce), (key, point) = scalars, points
    k = int.from_bytes(hashlib.sha512(point + key + message).digest(), "little")
    answer = ((nonce + k * secret) % ORDER).to_bytes(32, "little")
    assert _all_agree((key, message, point + answer))
    if challenge != k % ORDER:
        answer = ((nonce + challenge * secret) % ORDER).to_bytes(32, "little")
        assert not _all_agree((key, message, point + answer))


def test_openssl_lets_keys_of_small_order_pass() -> None:
    # So that what the unit tests want refused would be accepted without the rule.
    for key in LOW_ORDER:
        signature = BASE + (1).to_bytes(32, "little")
        accepted = [m for m in (bytes([n]) for n in range(64)) if openssls(key, m, signature)]
        assert accepted
        assert not [m for m in accepted if ours(key, m, signature)]


@given(st.integers(0, 2**253 - 1))
@example(0)
@example(2**253 - 1)
@example(ORDER - 1)
@example(int("10" * 126, 2))
def test_digits_are_the_number(number: int) -> None:
    digits = verify._digits(number)
    assert sum(digit << at for at, digit in enumerate(digits)) == number
    places = [at for at, digit in enumerate(digits) if digit]
    assert all(digits[at] % 2 and abs(digits[at]) < 16 for at in places)
    assert all(after - at >= 5 for at, after in zip(places, places[1:], strict=False))


@given(st.integers(1, verify._P - 1))
def test_powers_are_pythons(value: int) -> None:
    power = finish(verify._power_steps(value))
    assert power == pow(value, 2**252 - 3, verify._P)
    assert pow(2, (verify._P - 1) // 4, verify._P) == verify._ROOT
