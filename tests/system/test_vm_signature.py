"""Signatures made and verified in the MicroPython VMs, against `cryptography`.

Owns: random keys and messages in the 64-bit and the 32-bit VM, the length of a slice there, and
what a hash, a signature and a verification leave on the heap of a 32-bit board.
Refuses: nothing.
Units: bytes; work in units of 69 us.
"""

import random

import pytest
import vms
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from terminal.evidence.sha512_limbs import sha512_steps
from terminal.evidence.verify import verify_steps

HEAD = """
import gc
from binascii import hexlify, unhexlify
from hashlib import sha256
import signing
from signing import large, sha512, small
from terminal.evidence import sign_bigint
from terminal.evidence import self_test
from terminal.evidence.ed25519 import Signer
from terminal.evidence.steps import finish

calls = 0

def random_bytes(count):
    global calls
    calls += 1
    return sha256(str(calls).encode()).digest()[:count]
"""

SIGN = """
def signed(arithmetic, comb, seed, message):
    signer = Signer(seed, arithmetic, comb, random_bytes).prepare()
    steps = signer.sign_steps(message)
    longest = 0
    while True:
        try:
            longest = max(longest, next(steps))
        except StopIteration as end:
            return signer.public_key, end.value, longest

for comb in (small(), large()):
    finish(self_test.steps(ARITHMETIC, comb, random_bytes))
for at, (seed, message) in enumerate(CASES):
    comb = (small, large)[at & 1]()
    key, signature, longest = signed(ARITHMETIC, comb, unhexlify(seed), unhexlify(message))
    print(hexlify(key).decode(), hexlify(signature).decode(), longest)
"""

VERIFY = """
from terminal.evidence.sha512_limbs import sha512_steps
from terminal.evidence.verify import verify_steps

for question in CASES:
    steps = verify_steps(*[unhexlify(part) for part in question], sha512_steps)
    work = []
    while True:
        try:
            work.append(next(steps))
        except StopIteration as end:
            print(end.value, max(work), sum(work))
            break
"""

MEASURE = """
message = bytes(139)
for work in WORK:
    work(message)
    gc.collect()
    gc.disable()
    before = gc.mem_alloc()
    work(message)
    print(gc.mem_alloc() - before)
    gc.enable()
"""
BIGINT = "ARITHMETIC = sign_bigint\n"
VIPER = "from terminal.evidence import sign_viper\nARITHMETIC = sign_viper\n"
SIGNERS = """
combs = small(), large()
WORK = [Signer(b"\\x01" * 32, ARITHMETIC, comb, random_bytes).prepare().sign for comb in combs]
"""
PATHS = (vms.ROOT / "protocol", vms.ROOT / "firmware", vms.ROOT / "tests/unit")


def _cases(count: int, seed: int) -> list[tuple[bytes, bytes]]:
    source = random.Random(seed)
    sizes = [0, 47, 79, 80, 111, 112, 127, 128, 139, 239, 240]
    sizes += [source.randrange(300) for _ in range(count)]
    return [(source.randbytes(32), source.randbytes(size)) for size in sizes[:count]]


def _expected(seed: bytes, message: bytes) -> list[str]:
    key = Ed25519PrivateKey.from_private_bytes(seed)
    return [key.public_key().public_bytes_raw().hex(), key.sign(message).hex()]


@pytest.mark.parametrize(
    ("run", "arithmetic", "count"),
    [
        (vms.run_micropython, BIGINT, 60),
        (vms.run_micropython, VIPER, 600),
        (vms.run_wasm, BIGINT, 16),
    ],
    ids=["unix", "viper", "wasm"],
)
def test_signatures_of_the_vm(run, arithmetic: str, count: int) -> None:  # type: ignore[no-untyped-def]
    cases = _cases(count, seed=count)
    literal = repr([(seed.hex(), message.hex()) for seed, message in cases])
    script = HEAD + arithmetic + f"CASES = {literal}\n" + SIGN
    lines = run(script, *PATHS).split("\n")[:-1]
    assert len(lines) == count
    for line, (seed, message) in zip(lines, cases, strict=True):
        *made, longest = line.split()
        assert made == _expected(seed, message)
        assert 0 < int(longest) <= 70


def _questions(count: int) -> list[tuple[bytes, bytes, bytes]]:
    """Keys, messages and signatures, of every two the second with a bit changed."""
    found = []
    for at, (seed, message) in enumerate(_cases(count, seed=7 * count)):
        signature = bytes.fromhex(_expected(seed, message)[1])
        if at & 1:
            changed = int.from_bytes(signature, "little") ^ 1 << 12 * at % 508
            signature = changed.to_bytes(64, "little")
        found.append((bytes.fromhex(_expected(seed, message)[0]), message, signature))
    return found


@pytest.mark.parametrize(
    ("run", "count"), [(vms.run_micropython, 120), (vms.run_wasm, 40)], ids=["unix", "wasm"]
)
def test_verifications_of_the_vm(run, count: int) -> None:  # type: ignore[no-untyped-def]
    questions = _questions(count)
    literal = repr([[part.hex() for part in question] for question in questions])
    lines = run(HEAD + f"CASES = {literal}\n" + VERIFY, *PATHS).splitlines()
    assert len(lines) == count
    for at, (line, question) in enumerate(zip(lines, questions, strict=True)):
        # The work too is what CPython counts.
        work = list(verify_steps(*question, sha512_steps))
        assert line.split() == [str(not at & 1), str(max(work)), str(sum(work))]


def test_garbage_on_a_32_bit_board() -> None:
    script = HEAD + BIGINT + SIGNERS + "WORK.append(sha512)\n" + MEASURE
    with_small, with_large, of_hash = map(int, vms.run_wasm(script, *PATHS, timeout=240).split())
    # Two blocks of SHA-512; with 64-bit integers each leaves 120 KB.
    assert of_hash <= 4096
    assert with_small <= 350 * 1024
    assert with_large <= 210 * 1024


def test_garbage_of_a_verification_on_a_32_bit_board() -> None:
    question = [part.hex() for part in _questions(1)[0]]
    script = (
        f"{HEAD}CASES = []\n{VERIFY}\nQUESTION = [unhexlify(part) for part in {question!r}]\n"
        "WORK = [lambda message: finish(verify_steps(*QUESTION, sha512_steps))]\n" + MEASURE
    )
    # 3 100 products of 368 bytes (trust.md 3.2), and half as many second folds.
    assert int(vms.run_wasm(script, *PATHS, heap=1 << 22, timeout=240)) <= 1700 * 1024


def test_garbage_of_machine_code() -> None:
    # On the 64-bit VM, whose objects are larger than a board's.
    found = vms.run_micropython(HEAD + VIPER + SIGNERS + MEASURE, *PATHS).split()
    assert len(found) == 2 and max(map(int, found)) <= 8192
