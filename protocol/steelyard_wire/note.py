"""The text of a checkpoint (C2SP tlog-checkpoint): what a terminal signs about its whole tree.

Owns: origin and body. Refuses: nothing. Units: size counts records.

The signed note around it (C2SP signed-note) has a line for each signature, the terminal's and
those of witnesses; the host writes it.
"""

from binascii import b2a_base64, hexlify


def origin(dev: bytes) -> str:
    """The name of a terminal's tree; dev: its device id, 8 bytes."""
    return "steelyard/" + hexlify(dev).decode()


def checkpoint(dev: bytes, size: int, root: bytes) -> bytes:
    """The three lines that are signed: origin, size, root in base64, each with its LF."""
    head = origin(dev) + "\n" + str(size) + "\n"
    return head.encode() + b2a_base64(root)
