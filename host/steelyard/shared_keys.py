"""Secrets that this host shares with terminals, of one kind, in a file of their own.

Owns: the file, readable by its owner alone. Refuses: with UserError, a file that cannot be read or
written; what was in it stays. Units: keys of 32 bytes.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from steelyard.errors import USAGE, UserError
from steelyard.turns import turn

_OFFERED = "offered to "  # whoever is about to be given it, by serial number


class SharedKeys:
    """path: of the file, which is made with the first key."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def _read(self) -> dict[str, str]:
        try:
            found = json.loads(self.path.read_text(encoding="utf-8"))
            return {name: bytes.fromhex(key).hex() for name, key in found.items()}
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, AttributeError, TypeError):
            raise UserError(
                USAGE, f"{self.path} cannot be read. Restore it from a copy, or move it away"
            ) from None

    def of(self, dev: bytes) -> bytes | None:
        """The key shared with a terminal, if this host provisioned it."""
        found = self._read().get(dev.hex())
        return bytes.fromhex(found) if found else None

    def offer(self, serial: str, key: bytes) -> None:
        """Keep a key that is about to be offered to a terminal without a device id."""
        with turn(self.path):
            self._write({**self._read(), _OFFERED + serial: key.hex()})

    def claim(self, serial: str, dev: bytes) -> None:
        """The terminal took the key that was offered, even if its reply was lost."""
        with turn(self.path):
            keys = self._read()
            offered = keys.pop(_OFFERED + serial, None)
            if offered and dev.hex() not in keys:
                keys[dev.hex()] = offered
                self._write(keys)

    def _write(self, keys: dict[str, str]) -> None:
        made = self.path.with_suffix(".new")
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        try:
            with os.fdopen(os.open(made, flags, 0o600), "w") as file:
                json.dump(keys, file)
                file.flush()
                os.fsync(file.fileno())
            os.replace(made, self.path)
        except OSError as error:
            made.unlink(missing_ok=True)
            raise UserError(
                USAGE, f"cannot write {self.path}: {error.strerror}. Nothing was changed"
            ) from None
