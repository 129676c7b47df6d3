"""What is typed while the case is locked: twelve digits that unlock it, and a code of the repair.

Owns: what was typed so far. Refuses: nothing; what is refused, the buzzer tells until there is a
display. Units: milliseconds of uptime. Loaded when the case was opened.

`123456789012 #` unlocks for production or verification, `123456789012 * 2026 #` for a repair whose
code is 2026. The digits are bound to what they unlock for (access.py), so nobody types that: where
there is no code, those of the one and those of the other are right. `**` begins anew, and so does
a minute without a key.

The alarm sounds while it is locked. It is silent for as long as a key's click takes, and for two
seconds when the digits were wrong.
"""

import asyncio
import time

from steelyard_wire.codes import Refused
from steelyard_wire.shim import const

from terminal import cold
from terminal.drivers import keypad

_POLL_MS = const(10)
_CLICK_MS = const(60)
_WRONG_MS = const(2000)
_FORGOTTEN_MS = const(60000)
_MOST = const(12 + 1 + 32)


class Entry:
    """terminal: operations.Terminal."""

    def __init__(self, terminal) -> None:
        self._terminal = terminal
        self._typed = ""
        self._last_ms = 0

    def key(self, key: str):
        """Take a key; (digits, code or None) when it was the last one, else None."""
        now_ms = self._terminal.clock.up_ms()
        if now_ms - self._last_ms >= _FORGOTTEN_MS:
            self._typed = ""
        self._last_ms = now_ms
        typed = self._typed
        if key == "#":
            self._typed = ""
            digits, _, code = typed.partition("*")
            return digits, code or None
        if key == "*" and (not typed or "*" in typed):
            self._typed = ""
        else:  # of too much the last one stays, so that `**` still begins anew
            self._typed = typed[: _MOST - 1] + key
        return None


async def take(terminal, work, machine) -> None:
    """Take keys until it starts again. work: runs steps in slices."""
    pad = keypad.make(terminal.board.KEYPAD, machine, time)
    entry = Entry(terminal)
    silent_ms = 0
    while True:
        await asyncio.sleep_ms(_POLL_MS)
        if silent_ms and terminal.alarm.pin is not None:
            silent_ms -= _POLL_MS
            terminal.alarm.pin(0 if silent_ms else 1)
        key = pad.poll()
        if key is None:
            continue
        silent_ms = _CLICK_MS
        typed = entry.key(key)
        if typed:
            try:
                await work(
                    cold.call("terminal.access", "unlock_by_keypad_steps", terminal, *typed)
                )
                machine.reset()
            except (Refused, MemoryError) as error:
                if isinstance(error, Refused):
                    terminal.refused_key = error.code
                silent_ms = _WRONG_MS
