"""Whether the memory keeps what is written: the part of the heap that is free at a start.

Owns: the patterns. Refuses: nothing; it says. Units: bytes.

Where the interpreter and the program lie already nothing can be tried without them; a fault there
shows in the digests of the code (checks.py) or stops the program.
"""

import gc

_BLOCK = 1024
_MOST = 256
_LEFT = 16384  # for the test itself, and what an interrupt needs


def keeps() -> bool:
    """Fill what is free with patterns, and compare."""
    # Each bit is 0 and 1 once, beside neighbours that are not.
    firsts = (0x00, 0xFF, 0x55, 0xAA)
    patterns = [bytes([first, 255 - first]) * (_BLOCK // 2) for first in firsts]
    held = [None] * _MOST
    gc.collect()
    good = True
    try:
        for at in range(_MOST):
            if not good or gc.mem_free() <= _LEFT:
                break
            block = held[at] = bytearray(_BLOCK)
            for pattern in patterns:
                block[:] = pattern
                good = good and block == pattern
    except MemoryError:
        pass  # what is free lies in smaller pieces
    held = block = None
    gc.collect()
    return good
