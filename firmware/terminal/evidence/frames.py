"""The frames of the journal, as bytes.

Owns: the form of a frame and how to tell a whole, a torn and a damaged one apart:
    "SC" or "SR" | length of the body, 2 bytes | n, 4 bytes | body | first 8 bytes of SHA-256
with integers big-endian and the hash over all before it. SC is a checkpoint, SR a record.
Refuses: nothing; what is no frame has size 0.
Units: bytes.
"""

from steelyard_wire.digest import sha256
from steelyard_wire.shim import const

RECORD = b"SR"
CHECKPOINT = b"SC"
HEAD = 8
OVERHEAD = 16
MAX_BODY = 2047  # the upper bits of the length are kept for later formats

_HASH = const(8)


def build(magic: bytes, n: int, body: bytes) -> bytes:
    """The frame of a body of 1..MAX_BODY bytes; n: 0..2**32-1."""
    start = magic + len(body).to_bytes(2, "big") + n.to_bytes(4, "big") + body
    return start + sha256(start)[:_HASH]


def number(head: bytes) -> int:
    """n of the frame that begins with `head`."""
    return int.from_bytes(head[4:HEAD], "big")


def body(frame: bytes) -> bytes:
    """The body of a whole frame."""
    return frame[HEAD:-_HASH]


def size(head: bytes, magic: bytes, n: int) -> int:
    """Length of the frame that begins with `head`, 0 if none does. n: its number, -1 for any."""
    if len(head) < HEAD or head[:2] != magic or (n >= 0 and number(head) != n):
        return 0
    length = int.from_bytes(head[2:4], "big")
    return length + OVERHEAD if 0 < length <= MAX_BODY else 0


def is_whole(frame: bytes, length: int) -> bool:
    """Whether `frame` has this length and the right hash."""
    return 0 < length == len(frame) and sha256(frame[:-_HASH])[:_HASH] == frame[-_HASH:]


def is_torn(rest: bytes, n: int) -> bool:
    """Whether `rest`, which ends with the file, is the beginning of record frame `n` cut short.

    False for damage. That a frame's end was cut off later cannot be told from a torn write; that
    its length was damaged can: then a whole frame lies in `rest`, or all of it is one.
    """
    if rest[:HEAD] != (RECORD + rest[2:4] + n.to_bytes(4, "big"))[: len(rest)]:
        return False
    if len(rest) < HEAD:
        return True
    if size(rest, RECORD, n) <= len(rest):
        return False
    at = rest.find(RECORD, 1)
    while at >= 0:
        length = size(rest[at : at + HEAD], RECORD, -1)
        if is_whole(rest[at : at + length], length):
            return False
        at = rest.find(RECORD, at + 1)
    return build(RECORD, n, body(rest))[-_HASH:] != rest[-_HASH:]
