"""What concerns a terminal's seal, over the line: statements, levels, the lock.

Owns: which command a wish needs and what its reply means. Refuses: as `client`.
Units: as in the replies.
"""

from __future__ import annotations

import base64
from collections.abc import Callable

from steelyard_wire import commands, statement

from steelyard.errors import VERDICT, UserError
from steelyard.link import Link

_PIECE = 300  # bytes, so that a line with its code has room
_SLOW_S = 30.0  # signatures that are checked


class Seals:
    """The part of client.Terminal that is about the seal."""

    link: Link

    def seals(self) -> dict[str, str]:
        """Seal, lock, codes and verification by name."""
        return self.link.command("SEALS").values

    def grant(self, dev: bytes, level: int, key_id: bytes, sign: Callable[[bytes], bytes]) -> None:
        """Prove the key of a level to this terminal; sign: from the challenge to its signature.

        UserError if it asks in the name of another: a signature would open that one.
        """
        asked = self.link.command("CHALLENGE").values
        nonce = bytes.fromhex(asked["nonce"])
        if bytes.fromhex(asked["dev"]) != dev:
            raise UserError(
                VERDICT,
                "the terminal asks for the proof of another one's key. Nothing was signed: have"
                " it examined",
            )
        proof = base64.b64encode(sign(statement.challenge_text(dev, nonce, level))).decode()
        said = (commands.LEVELS[level], key_id.hex(), proof)
        self.link.command("GRANT", *said, changes=True, timeout=_SLOW_S)

    def leave(self) -> None:
        """Give back what was granted."""
        self.link.command("LEAVE", changes=True)

    def send_statement(self, kind: int, envelope: bytes) -> None:
        """Have it check a signed statement and keep it."""
        for at in range(0, len(envelope), _PIECE):
            piece = base64.b64encode(envelope[at : at + _PIECE]).decode()
            self.link.command("STATEMENT", str(at), piece, changes=True)
        name = statement.KINDS[kind]
        self.link.command("STATEMENT", "TAKE", name, changes=True, timeout=_SLOW_S)

    def seal(self) -> int:
        """Seal it; the number of the record. It starts again."""
        return int(self.link.command("SEAL", changes=True).values["n"])

    def unseal(self, reason: str) -> int:
        """Open it for the bench; the number of the record. It starts again."""
        return int(self.link.command("UNSEAL", reason, changes=True).values["n"])

    def unlock(self, token: bytes) -> int:
        """Unlock it with a signed token; the number of the record. It starts again."""
        said = base64.b64encode(token).decode()
        reply = self.link.command("UNLOCK", said, changes=True, timeout=_SLOW_S)
        return int(reply.values["n"])

    def unlock_by_digits(self, kind: int, digits: str, code: str = "") -> int:
        """Unlock it with twelve digits; code: of a repair. It starts again."""
        said = (statement.UNLOCKINGS[kind], digits, *([code] if code else []))
        return int(self.link.command("UNLOCK", *said, changes=True).values["n"])
