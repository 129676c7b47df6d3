"""The frames of the journal, as bytes in pages.

Owns: the form of a frame. It begins with a page and fills whole ones:
    "SC" or "SR" | length of the body, 2 bytes | n, 4 bytes | body | first 8 bytes of SHA-256
with integers big-endian and the hash over all before it, then 0xFF to the end of the page. SC is a
checkpoint, SR a record. The last two bytes of the first page are no part of that: they are 0xFF
until the frame was read back, and zero from then on, so that damage to a record that may have been
announced can be told from one whose writing was cut short. A page that begins with zero is void.
Refuses: nothing; what is no frame has size 0.
Units: bytes; pages of 256.
"""

from steelyard_wire.digest import sha256
from steelyard_wire.shim import const

RECORD = b"SR"
CHECKPOINT = b"SC"
PAGE = 256
MAX_BODY = 2047  # the upper bits of the length are kept for later formats
BLANK = b"\xff" * PAGE

_HEAD = const(8)
_HASH = const(8)
_MARK = const(254)  # in the first page
_OVERHEAD = const(18)


def pages(length: int) -> int:
    """How many pages the frame of a body of so many bytes takes."""
    return (length + _OVERHEAD + PAGE - 1) // PAGE


def build(magic: bytes, n: int, body: bytes, marked: bool = False) -> bytes:
    """The frame of a body of 1..MAX_BODY bytes, in whole pages; n: 0..2**32-1."""
    start = magic + len(body).to_bytes(2, "big") + n.to_bytes(4, "big") + body
    start += sha256(start)[:_HASH]
    made = start[:_MARK]
    made += b"\xff" * (_MARK - len(made)) + (b"\x00\x00" if marked else b"\xff\xff")
    made += start[_MARK:]
    return made + b"\xff" * (-len(made) % PAGE)


def mark(page) -> None:
    """Mark the frame that begins with this page (a bytearray) as read back."""
    page[_MARK] = page[_MARK + 1] = 0


def is_marked(page) -> bool:
    """Whether the frame that begins with this page was read back once. page: 256 bytes."""
    return bytes(page[_MARK:PAGE]) != b"\xff\xff"


def is_void(page) -> bool:
    """Whether this page was written off."""
    return page[0] == 0 and page[1] == 0


def number(head) -> int:
    """n of the frame that begins with `head`."""
    return int.from_bytes(head[4:_HEAD], "big")


def size(head, magic: bytes) -> int:
    """Pages of the frame that begins with `head` (8 bytes or more), 0 if none does."""
    length = int.from_bytes(head[2:4], "big")
    if bytes(head[:2]) != magic or not 0 < length <= MAX_BODY:
        return 0
    return pages(length)


def body(frame) -> bytes:
    """The body of the frame in these pages; b"" if it is not whole."""
    start = bytes(frame[:_MARK]) + bytes(frame[PAGE:])
    end = _HEAD + int.from_bytes(start[2:4], "big")
    if len(start) < end + _HASH or sha256(start[:end])[:_HASH] != start[end : end + _HASH]:
        return b""
    return start[_HEAD:end]
