"""Signatures made in the MicroPython VMs, byte for byte against `cryptography`.

Owns: random keys and messages in the 64-bit and the 32-bit VM, the length of a slice there, and
what a hash and a signature leave on the heap of a 32-bit board.
Refuses: nothing.
Units: bytes; work in units of 69 us.
"""

import json
import random

import pytest
import vms
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

TABLE = vms.ROOT / "firmware/terminal/evidence/comb6.bin"

HEAD = f"""
import gc
from binascii import hexlify, unhexlify
from hashlib import sha256
from terminal.evidence.ed25519 import Signer, self_test
from terminal.evidence.sha512 import sha512

with open({json.dumps(str(TABLE))}, "rb") as file:
    table = file.read()

calls = 0

def random_bytes(count):
    global calls
    calls += 1
    return sha256(str(calls).encode()).digest()[:count]
"""

SIGN = """
self_test(table)
for seed, message in CASES:
    signer = Signer(unhexlify(seed), table, random_bytes).prepare()
    steps = signer.sign_steps(unhexlify(message))
    longest = 0
    while True:
        try:
            longest = max(longest, next(steps))
        except StopIteration as end:
            signature = end.value
            break
    print(hexlify(signer.public_key).decode(), hexlify(signature).decode(), longest)
"""

MEASURE = """
import sys
assert sys.maxsize == 0x7FFFFFFF
signer = Signer(b"\\x01" * 32, table, random_bytes).prepare()
message = bytes(139)
sha512(message)
signer.sign(message)
for work in (sha512, signer.sign):
    gc.collect()
    gc.disable()
    before = gc.mem_alloc()
    work(message)
    print(gc.mem_alloc() - before)
    gc.enable()
"""


def _cases(count: int, seed: int) -> list[tuple[bytes, bytes]]:
    source = random.Random(seed)
    sizes = [0, 47, 79, 80, 111, 112, 127, 128, 139, 239, 240]
    sizes += [source.randrange(300) for _ in range(count)]
    return [(source.randbytes(32), source.randbytes(size)) for size in sizes[:count]]


def _expected(seed: bytes, message: bytes) -> list[str]:
    key = Ed25519PrivateKey.from_private_bytes(seed)
    return [key.public_key().public_bytes_raw().hex(), key.sign(message).hex()]


@pytest.mark.parametrize(
    ("run", "count"), [(vms.run_micropython, 60), (vms.run_wasm, 16)], ids=["unix", "wasm"]
)
def test_signatures_of_the_vm(run, count: int) -> None:  # type: ignore[no-untyped-def]
    cases = _cases(count, seed=count)
    literal = repr([(seed.hex(), message.hex()) for seed, message in cases])
    lines = run(HEAD + f"CASES = {literal}\n" + SIGN).split("\n")[:-1]
    assert len(lines) == count
    for line, (seed, message) in zip(lines, cases, strict=True):
        *made, longest = line.split()
        assert made == _expected(seed, message)
        assert 0 < int(longest) <= 70


def test_garbage_on_a_32_bit_board() -> None:
    of_hash, of_signature = map(int, vms.run_wasm(HEAD + MEASURE, timeout=240).split())
    # Two blocks of SHA-512; with 64-bit integers each leaves 120 KB.
    assert of_hash <= 4096
    assert of_signature <= 350 * 1024
