"""Which parts this board has: each driver that the board file names, with its pins.

Owns: their making. Refuses: a part that the board file names and the build has not (ImportError).
Units: none of its own. Loaded for a start.
"""

import os
import time

import machine

from terminal import cold
from terminal.alarm import Alarm
from terminal.drivers.ring import SampleRing

# 9 bytes a sample: 9 KB are 3.2 s at 320 samples/s, 1 s at 1000 and 0.8 s at 1280; more would not
# leave room for a block of the flash. What a longer wait loses is counted, and shows as GAP.
_MAX_RING = 1024
_READER_FILES = {"pio": "_rp2"}


def _driver(name: str):
    return getattr(__import__("terminal.drivers." + name).drivers, name)


def _converter(wiring):
    """The driver that the board file names, with a ring for three seconds of its samples."""
    # The build has one driver alone; its file's name is the chip's.
    driver = _driver(wiring["chip"] + _READER_FILES.get(wiring.get("reader"), ""))
    capacity = 256
    while capacity < 3 * wiring["rate_hz"] and capacity < _MAX_RING:
        capacity *= 2
    ring = SampleRing(capacity)
    return driver.make(wiring, machine, time, ring), ring


def journal_device(board):
    """The journal's device that the board file names; the build has that one alone."""
    wiring = board.JOURNAL
    flash = None
    if "flash" in wiring:
        flash = _driver(wiring["flash"]).flash(wiring, machine, time)
    return _driver(wiring["device"]).make(flash, os.urandom, cold.call)


def solder(terminal) -> None:
    """Give a terminal what its board has beside that."""
    board = terminal.board
    if board.ALARM is not None:
        terminal.alarm = Alarm(machine.Pin(board.ALARM, machine.Pin.OUT))
    if board.SUPPLY is not None:
        from terminal.drivers.supply import Supply

        terminal.supply = Supply(machine.ADC(board.SUPPLY["adc"]), board.SUPPLY)
    if board.TILT is not None:
        from terminal.drivers.tilt import Tilt

        axes = [machine.ADC(board.TILT[axis]) for axis in "xy"]
        terminal.tilt = Tilt(*axes, board.TILT)
    if board.SHUNT is not None:
        terminal.shunt = machine.Pin(board.SHUNT, machine.Pin.OUT, value=0)
    if board.THERMOMETER is not None:
        from terminal.drivers.thermometer import Thermometer

        wiring = board.THERMOMETER
        terminal.thermometer = Thermometer(machine.ADC(wiring["adc"]), wiring)
    if board.CASE is not None:
        from terminal.drivers.latch import Latch

        opened = machine.Pin(board.CASE["latch"], machine.Pin.IN, machine.Pin.PULL_UP)
        terminal.latch = Latch(opened, machine.Pin(board.CASE["clear"], machine.Pin.OUT, value=0))
    terminal.converter, terminal.ring = _converter(board.CONVERTER)
    if hasattr(terminal.converter, "keep"):
        from terminal.keep import keep  # only in builds with such a converter

        keep(terminal.converter, terminal.files)
