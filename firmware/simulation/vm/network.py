"""The `network` module of the virtual board: a station radio.

Owns: the state of one WLAN. Refuses: nothing but what a radio refuses.
Units: none.

This is the third stand-in beside machine and time: a radio is a chip like the others, and the code
that joins, loses and joins again has to run before the first board. The world holds the access
point (`fault wifi` silences it) and says whether the station is joined; the name and key of that
access point are in the environment of the VM. Sockets are the VM's own, on the loopback address,
and are reached from outside only while the station is joined.
"""

import os

import board_time

STA_IF = 0
AP_IF = 1

_SSID = os.getenv("STEELYARD_SIM_SSID") or ""
_KEY = os.getenv("STEELYARD_SIM_KEY") or ""


class WLAN:
    """network.WLAN in station mode."""

    def __init__(self, interface=STA_IF):
        self._active = False
        self._asked = False

    def active(self, on=None):
        """Switch the radio, or ask."""
        if on is None:
            return self._active
        self._active = bool(on)
        if not on and self._asked:
            self.disconnect()

    def connect(self, ssid, key=None):
        """Begin to join; an unknown name or a wrong key never gets there."""
        if not self._active:
            raise OSError("Wifi Internal Error")
        self._asked = True
        right = ssid == _SSID and (key or "") == _KEY
        board_time.ask(board_time.STATION, right)

    def disconnect(self):
        """Leave; OSError if it was never told to join, as ESP-IDF may answer."""
        if not self._asked:
            raise OSError("Wifi Not Started")
        self._asked = False
        board_time.ask(board_time.STATION, False)

    def status(self, what):
        """The strength of the signal, in dBm: as near to the access point as a bench is."""
        if what != "rssi":
            raise ValueError("unknown status param")
        return -52

    def isconnected(self):
        """Whether the station is joined."""
        return bool(board_time.signals & board_time.JOINED)

    def ifconfig(self):
        """Address, netmask, gateway, name server."""
        address = "127.0.0.1" if self.isconnected() else "0.0.0.0"
        return (address, "255.0.0.0", "127.0.0.1", "127.0.0.1")
