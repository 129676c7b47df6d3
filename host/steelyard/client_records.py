"""What a terminal signs, over the line: its records, and what is signed beside them.

Owns: which command a wish needs and what its reply means. Refuses: as `client`.
Units: as in the replies.
"""

from __future__ import annotations

import base64
import binascii

from steelyard_wire.line import Reply

from steelyard.errors import BUG, UserError
from steelyard.link import Link

_SIGNING_S = 10.0  # longer than a signature takes


class Records:
    """The part of client.Terminal that is about records."""

    link: Link

    def enveloped(self, reply: Reply) -> tuple[int, bytes]:
        """The record that a reply brings: (n, its bytes)."""
        try:
            return int(reply.values["n"]), base64.b64decode(reply.words[1], validate=True)
        except (KeyError, IndexError, ValueError, binascii.Error):
            raise UserError(BUG, "the terminal's record is not as specified") from None

    def records(self) -> range:
        """The numbers of the records it holds."""
        values = self.link.command("RECORDS").values
        return range(int(values["first"]), int(values["next"]))

    def record(self, n: int) -> bytes:
        """The bytes of one record."""
        return self.enveloped(self.link.command("RECORD", str(n)))[1]

    def receipt(self, n: int, root: bytes, code: str) -> int:
        """Tell it that records 0..n-1 are kept here; how many are receipted then."""
        reply = self.link.command("RECEIPT", str(n), root.hex(), code, changes=True)
        return int(reply.values["receipted"])

    def void(self, n: int) -> tuple[int, bytes]:
        """Take a reading back: (n, the record's bytes) of what says so."""
        return self.enveloped(self.link.command("VOID", str(n), changes=True))

    def close_day(self) -> tuple[int, bytes]:
        """Have it write a day's end."""
        return self.enveloped(self.link.command("DAYCLOSE", changes=True))

    def keep_witness(
        self, name: str, key_id: bytes, size: int, time: int, signature: bytes
    ) -> tuple[int, bytes]:
        """Have it keep what a witness signed."""
        text = base64.b64encode(signature).decode()
        said = (name, key_id.hex(), str(size), str(time), text)
        return self.enveloped(self.link.command("WITNESS", *said, changes=True))

    def retire(self, successor: bytes | None, reason: str) -> tuple[int, bytes]:
        """Have it sign the last record of its key."""
        after = successor.hex() if successor else "-"
        return self.enveloped(self.link.command("RETIRE", after, reason, changes=True))

    def checkpoint(self) -> tuple[int, bytes, bytes]:
        """Size and root of its tree, and its signature over both (steelyard_wire.note)."""
        reply = self.link.command("CHECKPOINT", changes=True)
        try:
            root = bytes.fromhex(reply.values["root"])
            signature = base64.b64decode(reply.words[2], validate=True)
            return int(reply.values["size"]), root, signature
        except (KeyError, IndexError, ValueError, binascii.Error):
            raise UserError(BUG, "the terminal's checkpoint is not as specified") from None

    def stream(self, interval_ms: int, count: int, nonce: bytes | None = None) -> bytes:
        """Readings so far apart under one signature: the envelope of the block."""
        parts: dict[int | None, list[str]] = {}

        def collect(reply: Reply) -> None:
            parts.setdefault(reply.tag, []).extend(reply.words)

        asked = [str(interval_ms), str(count), *([nonce.hex()] if nonce else [])]
        silent_s = interval_ms * count / 1000 + _SIGNING_S  # it says nothing before the end
        reply = self.link.command(
            "STREAM", *asked, changes=True, timeout=silent_s, on_progress=collect
        )
        try:
            found = b"".join(base64.b64decode(part) for part in parts.get(reply.tag, []))
            if len(found) == int(reply.values["bytes"]):
                return found
        except (KeyError, ValueError):
            pass
        raise UserError(BUG, "the terminal's block is not as specified")
