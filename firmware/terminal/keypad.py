"""When the keypad is listened to: while the case is locked, from its opening to the next start.

Owns: nothing. Refuses: nothing. Units: milliseconds.
"""

import asyncio

from steelyard_wire import codes

from terminal import cold

_LOOK_MS = 200


async def watch(terminal, work, machine) -> None:
    """Wait for an opening, then take what is typed. work: runs steps in slices."""
    while not terminal.weigher.blank & codes.ST_CASE_OPEN:
        await asyncio.sleep_ms(_LOOK_MS)
    await cold.call("terminal.digits", "take", terminal, work, machine)
