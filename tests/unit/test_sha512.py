"""SHA-512 against the published values, on both interpreters.

Owns: the published cases, how the input is cut into parts, the length of a slice.
Refuses: nothing.
Units: bytes; work in units of 69 us.
"""

from check import raises, vectors
from signing import sha512
from terminal.evidence.sha512_limbs import sha512_steps
from terminal.evidence.steps import finish

CASES = vectors("sha512")["cases"]


def test_published_values():
    for case in CASES:
        assert sha512(case["message"]) == case["digest"], case


def test_parts_are_concatenated():
    for case in CASES:
        message = case["message"]
        for size in (1, 3, 64, 127):
            parts = [message[at : at + size] for at in range(0, len(message), size)]
            assert sha512(*parts) == case["digest"], (size, case)


def test_parts_may_be_any_buffer():
    message = CASES[-1]["message"]
    digest = CASES[-1]["digest"]
    assert sha512(bytearray(message)) == digest
    assert sha512(memoryview(message)[:50], b"", memoryview(message)[50:]) == digest
    raises(TypeError, sha512, 5)


def test_slices_are_short():
    # 127 bytes need a second block for the length, 111 do not.
    for size, blocks in ((0, 1), (111, 1), (112, 2), (127, 2), (128, 2), (239, 2), (240, 3)):
        work = list(sha512_steps((bytes(size),)))
        assert max(work) <= 70, work
        assert min(work) > 0, work
        assert len(work) == 11 * blocks, (size, work)


def test_two_hashes_at_once_do_not_mix():
    first, second = CASES[4], CASES[5]
    one = sha512_steps((first["message"],))
    other = sha512_steps((second["message"],))
    for _ in range(5):
        next(one)
        next(other)
    assert finish(one) == first["digest"]
    assert finish(other) == second["digest"]
