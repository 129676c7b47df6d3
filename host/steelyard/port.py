"""Opening a serial port, or what stands for one, without resetting the board behind it.

Owns: speed, locks and control lines. Refuses: with NoDevice, ports that are not there, in use or
not for this user, each in a sentence of its own.
Units: baud, seconds.
"""

from __future__ import annotations

import errno
import os

import serial
from serial.tools import list_ports
from serial.urlhandler import protocol_socket

from steelyard.errors import NoDevice

BAUD = 115200
_PIECE = 4096
_SILICON_LABS = 0x10C4


def open_port(address: str) -> serial.Serial:
    """The open port at /dev/tty..., /dev/pts/N, COM3 or socket://host:port; NoDevice."""
    try:
        port = serial.serial_for_url(address, do_not_open=True, baudrate=BAUD, timeout=0.05)
        port.write_timeout = 5
        if "://" not in address:
            port.exclusive = True
            _open_lines(port, address)
        else:
            # A new connection brings nothing old, but perhaps why it will be closed at once.
            vars(port)["reset_input_buffer"] = lambda: None
            port.open()
    except (OSError, ValueError) as error:
        raise _not_opened(address, error) from None
    return port


def read_what_came(port: serial.Serial) -> bytes:
    """What came, after a wait for the first of it of at most the port's timeout."""
    first = port.read(1)
    return first and first + _at_hand(port)


def drop_what_came(port: serial.Serial) -> None:
    """What came before is of no use any more."""
    while _at_hand(port):
        pass


def _at_hand(port: serial.Serial) -> bytes:
    if not isinstance(port, protocol_socket.Serial):
        return port.read(port.in_waiting)
    # Its `in_waiting` is 1 whatever came, and it would be read by two bytes at a time.
    timeout, port.timeout = port.timeout, 0
    try:
        return port.read(_PIECE)
    finally:
        port.timeout = timeout


def _open_lines(port: serial.Serial, address: str) -> None:
    # Both control lines stay asserted, as systems leave them: without DTR a USB board drops what
    # its buffer of 256 bytes has no room for, and with one of the two alone an ESP32 resets.
    quirk = os.name == "nt" and any(
        found.vid == _SILICON_LABS for found in list_ports.grep(address)
    )
    if quirk:  # this driver asserts them one after the other, so they are held back
        port.dtr = port.rts = False
    port.open()
    if quirk:
        port.dtr = True
        port.rts = True


def _not_opened(address: str, error: Exception) -> NoDevice:
    reason = str(error)
    code = getattr(error, "errno", None)
    if "exclusively lock" in reason or code in (errno.EAGAIN, errno.EBUSY):
        return NoDevice(
            f"{address} is in use by another program. Close it (a serial monitor, another"
            " steelyard) and try again"
        )
    if code in (errno.EACCES, errno.EPERM) or "PermissionError" in reason:
        return NoDevice(
            f"{address} may not be opened by you, or another program has it. Close that one; on"
            " Linux put yourself into the group that owns the port (`sudo usermod -aG dialout"
            " $USER`) and log in again"
        )
    return NoDevice(
        f"there is nothing to open at {address}. `steelyard ports` lists the serial ports;"
        " other forms are COM3 and socket://HOST:PORT"
    )
