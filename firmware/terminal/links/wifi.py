"""Wi-Fi as a station: join, notice a loss within a second, join again with growing pauses.

An attempt that does not join in 15 s is given up; the pauses between attempts are 1, 2, 4, ... s,
at most 60 s, and begin at 1 s again after a success and with new credentials.

Owns: the radio (a network.WLAN handed in) and the stored credentials. Damaged ones are none: the
scale goes on, and is told anew over the cable.
Refuses: credentials that 802.11 does not allow (ARGUMENT).
Units: seconds.
"""

import asyncio

from steelyard_wire import codes
from steelyard_wire.codes import Refused
from steelyard_wire.line import quote
from steelyard_wire.shim import const

_FIRST_PAUSE_S = const(1)
_LONGEST_PAUSE_S = const(60)
_JOIN_S = const(15)


class Network:
    """Keeps the station joined. `load()` gives {1: ssid, 2: key} or None, `save(map)` keeps it."""

    def __init__(self, wlan, load, save, port: int) -> None:
        self._wlan = wlan
        self._save = save
        self._port = port
        try:
            self._credentials = load()
        except Refused:
            self._credentials = None
        self._changed = asyncio.Event()
        self.attempts = 0

    def set_credentials(self, ssid: str, key: str) -> None:
        """Store and use another network; the key is never shown again."""
        if not 1 <= len(ssid.encode()) <= 32 or not (key == "" or 8 <= len(key) <= 63):
            raise Refused(codes.ARGUMENT, "an SSID of 1..32 bytes, a key of 8..63 characters")
        self._replace({1: ssid, 2: key})

    def clear_credentials(self) -> None:
        """Forget the network and leave it."""
        self._replace(None)

    def _replace(self, credentials) -> None:
        self._save(credentials)
        self._credentials = credentials
        self.attempts = 0
        self._changed.set()

    def words(self) -> list:
        """The NETWORK reply."""
        joined = self._wlan.isconnected()
        configured = self._credentials is not None
        state = "joined" if joined else "joining" if configured else "off"
        return [
            "state=" + state,
            "ssid=" + (quote(self._credentials[1]) if configured else "-"),
            "address=" + (self._wlan.ifconfig()[0] if joined else "-"),
            "port=%d" % self._port,
            "attempts=%d" % self.attempts,
            "rssi=" + (str(self._wlan.status("rssi")) if joined else "-"),
        ]

    async def run(self) -> None:
        """Keep joined for ever."""
        pause = _FIRST_PAUSE_S
        while True:
            if self._credentials is None:
                self._switch_off()
                await self._wait(_LONGEST_PAUSE_S)
            elif await self._join():
                pause = _FIRST_PAUSE_S
                await self._while_joined()
            elif await self._wait(pause):
                pause = _FIRST_PAUSE_S
            else:
                pause = min(2 * pause, _LONGEST_PAUSE_S)

    def _leave(self) -> None:
        try:
            self._wlan.disconnect()
        except (OSError, RuntimeError):
            pass  # esp32 raises when there is nothing to leave

    def _switch_off(self) -> None:
        try:
            self._wlan.active(False)
        except (OSError, RuntimeError):
            pass  # tried again in a minute; the scale does not depend on it

    async def _wait(self, seconds: int) -> bool:
        """Wait, but not when the credentials change; True if they did."""
        try:
            await asyncio.wait_for(self._changed.wait(), seconds)
        except asyncio.TimeoutError:
            return False
        self._changed.clear()
        return True

    async def _join(self) -> bool:
        self.attempts += 1
        try:
            self._wlan.active(True)
            self._leave()
            self._wlan.connect(self._credentials[1], self._credentials[2])
        except (OSError, RuntimeError):
            # Ports raise while the radio starts or when it refuses the key: the next try is due.
            return False
        for _ in range(_JOIN_S * 5):
            if self._wlan.isconnected():
                return True
            if self._changed.is_set():
                return False
            await asyncio.sleep_ms(200)
        return False

    async def _while_joined(self) -> None:
        while self._wlan.isconnected():
            if await self._wait(1):
                return
