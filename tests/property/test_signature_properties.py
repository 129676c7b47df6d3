"""Device signatures against `cryptography` and hashlib, and what the field arithmetic costs.

Owns: random keys and messages byte for byte; the edges of the scalar; the count and the size of
the multiplications, also of a verification; the generated table.
Refuses: nothing.
Units: work in units of 69 us, numbers in bits.
"""

import hashlib
import random
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st
from signing import large, sha512, signer, small
from steelyard.generate import comb
from terminal.evidence import sha512_limbs, sign_bigint, verify
from terminal.evidence.comb import Comb
from terminal.evidence.self_test import _TABLES
from terminal.evidence.steps import finish

ENTRIES = {"comb6.bin": 64, "comb8.bin": 512}
ORDER = 2**252 + 27742317777372353535851937790883648493  # RFC 8032, 5.1
EDGES = (0, 1, 55, 56, 63, 64, 111, 112, 127, 128, 129, 139, 239, 240, 255, 256)

seeds = st.binary(min_size=32, max_size=32).filter(any)
messages = st.one_of(
    st.binary(max_size=300),
    st.sampled_from(EDGES).flatmap(lambda size: st.binary(min_size=size, max_size=size)),
)


@given(st.lists(messages, max_size=4))
def test_sha512_is_hashlibs(parts: list[bytes]) -> None:
    assert sha512(*parts) == hashlib.sha512(b"".join(parts)).digest()


@pytest.mark.parametrize("size", EDGES)
def test_sha512_at_block_edges(size: int) -> None:
    for fill in (b"\x00", b"\xff", b"\xa5"):
        assert sha512(fill * size) == hashlib.sha512(fill * size).digest()


@settings(max_examples=60, deadline=None)
@given(seeds, messages, st.integers(0, 2**32))
def test_signatures_are_cryptographys(seed: bytes, message: bytes, blinding: int) -> None:
    reference = Ed25519PrivateKey.from_private_bytes(seed)
    for table in (small(), large()):
        made = signer(seed, random.Random(blinding).randbytes, table).prepare()
        assert made.public_key == reference.public_key().public_bytes_raw()
        assert made.sign(message) == reference.sign(message)


@settings(max_examples=60, deadline=None)
@given(messages)
def test_slices(message: bytes) -> None:
    for table in (small(), large()):
        made = signer(b"\x01" * 32, random.Random(1).randbytes, table).prepare()
        work = list(made.sign_steps(message))
        assert min(work) > 0
        assert max(work) <= 70


def _encoded(point: comb.Point) -> bytes:
    x, y = point
    return (y | (x & 1) << 255).to_bytes(32, "little")


def _product(scalar: int) -> comb.Point:
    # By doubling and adding with the generator's affine law.
    total, point = comb.NEUTRAL, comb.base_point()
    while scalar:
        if scalar & 1:
            total = comb.add(total, point)
        point = comb.add(point, point)
        scalar >>= 1
    return total


@pytest.mark.parametrize(
    "scalar",
    [0, 1, 2, 8, 2**42, 2**43 - 1, 2**43, 2**215, 2**252, ORDER - 1, ORDER, 2**255 - 1],
)
def test_multiples_of_the_base_point_at_the_edges(scalar: int) -> None:
    expected = _encoded(_product(scalar))
    for fill in (b"\x01" + bytes(31), b"\xff" * 32, b"\x80" * 32):
        for table in (small(), large()):
            steps = sign_bigint.multiply_steps(
                scalar, table, lambda count, fill=fill: fill[:count]
            )
            assert finish(steps) == expected


class Counted(int):
    """An int that counts the multiplications of two big numbers and notes the largest factor."""

    multiplications = 0
    factor_bits = 0

    def __mul__(self, other: int) -> "Counted":
        bits = min(self.bit_length(), int(other).bit_length())
        if bits > 64:  # 19 * x and the quotients of Euclid are not field multiplications
            Counted.multiplications += 1
            longer = max(self.bit_length(), int(other).bit_length())
            Counted.factor_bits = max(Counted.factor_bits, longer)
        return Counted(int(self) * int(other))

    __rmul__ = __mul__


def _wrapped(name: str):  # type: ignore[no-untyped-def]
    plain = getattr(int, name)
    return lambda self, other: Counted(plain(int(self), int(other)))


for _name in ("add", "sub", "and", "or", "rshift", "lshift", "mod", "floordiv"):
    setattr(Counted, f"__{_name}__", _wrapped(f"__{_name}__"))
    setattr(Counted, f"__r{_name}__", _wrapped(f"__r{_name}__"))


@pytest.mark.parametrize(("table", "expected"), [(small(), 600), (large(), 333)])
def test_multiplications_of_a_signature(
    table: Comb, expected: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    seed, message = b"\x07" * 32, bytes(range(139))
    made = signer(seed, random.Random(7).randbytes, table).prepare()
    # Everything that the modules compute comes from bytes; from here on it counts.
    monkeypatch.setattr(sign_bigint, "int", Counted, raising=False)
    made._scalar = Counted(made._scalar)
    Counted.multiplications = Counted.factor_bits = 0
    assert made.sign(message) == Ed25519PrivateKey.from_private_bytes(seed).sign(message)
    # In the comb 42 x (8 + 6), or 6 and 15 x (8 + 7 + 6); 3 for the random Z, 4 about the inverse,
    # 4 for the curve's equation, 1 modulo the order.
    assert Counted.multiplications == expected
    # The growth that `_comb` states: 23 bits over 255 and the sign's share.
    assert 255 < Counted.factor_bits <= 255 + 24


def test_multiplications_of_a_verification(monkeypatch: pytest.MonkeyPatch) -> None:
    key = Ed25519PrivateKey.from_private_bytes(b"\x07" * 32)
    message = bytes(range(139))
    question = key.public_key().public_bytes_raw(), message, key.sign(message)
    monkeypatch.setattr(verify, "int", Counted, raising=False)
    Counted.multiplications = Counted.factor_bits = 0
    assert finish(verify.verify_steps(*question, sha512_limbs.sha512_steps))
    # 253 doublings of 7, two times about 42 additions of 7 and a T, tables of 8 entries, 9 each;
    # a root and an inverse of 264 each.
    assert abs(Counted.multiplications - (253 * 7 + 84 * 8 + 2 * 72 + 2 * 264)) < 100
    # The growth that `_double` and `_add` state: 9 bits over 255 and the sign's share.
    assert 255 < Counted.factor_bits <= 255 + 10


@pytest.mark.parametrize("name", comb.SHAPES)
def test_tables_are_the_curves(name: str) -> None:
    table = comb.table(name)
    assert table == (comb.DEFAULT / name).read_bytes()
    assert hashlib.sha256(table).digest() == _TABLES[ENTRIES[name]]


def test_check_finds_a_damaged_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert comb.main(["--check", str(tmp_path)]) == 1
    assert "missing" in capsys.readouterr().err
    assert comb.main([str(tmp_path)]) == 0
    assert comb.main(["--check", str(tmp_path)]) == 0
    for name in comb.SHAPES:
        file = tmp_path / name
        table = file.read_bytes()
        file.write_bytes(table[:-1] + b"\x01")
        assert comb.main(["--check", str(tmp_path)]) == 1
        assert "differs" in capsys.readouterr().err
        file.write_bytes(table)
