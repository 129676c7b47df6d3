"""Composition: which parts this board has, wired once, and the tasks that run them.

Owns: every buffer that lives as long as the terminal, and the list of tasks.
Refuses: to go on without converter, signer or journal; the service line then says why.
Units: none of its own.
"""

import asyncio
import os
import sys
import time

import board
import machine
from steelyard_wire.codes import Refused

from terminal import cold
from terminal.alarm import Alarm
from terminal.care import DUE
from terminal.drivers.clock import Clock
from terminal.drivers.files import Files
from terminal.drivers.keys import Keys
from terminal.drivers.ring import SampleRing
from terminal.evidence import settings
from terminal.evidence.journal import Journal
from terminal.links.console import ConsoleLink
from terminal.links.service import Service
from terminal.links.session import KeyedSession, OpenSession
from terminal.operations import ITSELF, KEY, Terminal

_POLL_MS = 10
_LOOK_MS = 200
_AGAIN_MS = 2000
_CHECK_MS = 3600000
_SPARE_MS = 60000
# 9 bytes a sample: 9 KB are 3.2 s at 320 samples/s, 1 s at 1000 and 0.8 s at 1280; more would not
# leave room for a block of the flash. What a longer wait loses is counted, and shows as GAP.
_MAX_RING = 1024
_READER_FILES = {"pio": "_rp2"}


def _converter(wiring):
    """The driver that the board file names, with a ring for three seconds of its samples."""
    # The build has one driver alone; its file's name is the chip's.
    name = wiring["chip"] + _READER_FILES.get(wiring.get("reader"), "")
    driver = getattr(__import__("terminal.drivers." + name).drivers, name)
    capacity = 256
    while capacity < 3 * wiring["rate_hz"] and capacity < _MAX_RING:
        capacity *= 2
    ring = SampleRing(capacity)
    return driver.make(wiring, machine, time, ring), ring


def _signers():
    """What signs, as the board file says: this processor, or a chip."""
    name = "signers_chip" if "chip" in board.SIGNER else "signers_seed"
    return getattr(__import__("terminal." + name), name).make(board.SIGNER, os.urandom)


def _journal():
    """The journal on the device that the board file names; the build has that one alone."""
    wiring = board.JOURNAL
    name = wiring["device"]
    driver = getattr(__import__("terminal.drivers." + name).drivers, name)
    flash = None
    if "flash" in wiring:
        name = wiring["flash"]
        driver_of_flash = getattr(__import__("terminal.drivers." + name).drivers, name)
        flash = driver_of_flash.flash(wiring, machine, time)
    return Journal(driver.make(flash, os.urandom, cold.call))


def _network(terminal):
    if board.NETWORK != "wlan":
        return None
    import network

    from terminal.links.wifi import Network

    files = terminal.files

    def save(credentials) -> None:
        if credentials is None:
            settings.remove(files, "wifi")
        else:
            settings.save(files, "wifi", credentials)

    wlan = network.WLAN(network.STA_IF)
    return Network(wlan, lambda: settings.load(files, "wifi"), save, board.TCP_PORT)


async def _weigh(terminal) -> None:
    while True:
        terminal.converter.poll()
        terminal.drain()
        terminal.follow_rate()
        terminal.attend()
        terminal.clock.up_ms()  # keeps the unwrapped uptime up to date
        await asyncio.sleep_ms(_POLL_MS)


def _keys():
    pins = {
        name: machine.Pin(number, machine.Pin.IN, machine.Pin.PULL_UP)
        for name, number in board.KEYS.items()
    }
    return Keys(pins)


async def _work(steps) -> None:
    """Slices of work, between which other tasks run; None is a wait."""
    for step in steps:
        await asyncio.sleep_ms(_POLL_MS if step is None else 0)


async def _press(terminal, key: "str | None") -> None:
    """What a key asks for, or a load by itself (None).

    A refusal leaves everything as it is; a display will say why.
    """
    try:
        if key == "zero":
            terminal.zero()
        elif key == "tare":
            terminal.tare()
        else:
            await _work(terminal.register_steps(None, KEY if key else ITSELF))
    except Refused as refused:
        terminal.refused_key = refused.code


async def _watch_keys(terminal) -> None:
    keys = _keys()
    while True:
        key = keys.poll()
        if key is not None or terminal.due():
            await _press(terminal, key)
        await asyncio.sleep_ms(_POLL_MS)


async def _check(terminal) -> None:
    """Look at the span once, at code and parameters every hour, and write down what the alarm is
    for."""
    looked = spared = 0
    while True:
        await asyncio.sleep_ms(_LOOK_MS)
        try:
            if terminal.alarm.pending and terminal.recorder is not None:
                await _work(cold.call("terminal.checks", "log_steps", terminal))
            elif terminal.checking == DUE:
                await _work(cold.call("terminal.span_check", "check_steps", terminal))
            elif (
                terminal.journal.wants_spare()
                and terminal.clock.up_ms() - spared >= _SPARE_MS
                and terminal.idle()
            ):
                spared = terminal.clock.up_ms()
                for _ in terminal.journal.spare_steps():
                    await asyncio.sleep_ms(_POLL_MS)
            elif terminal.clock.up_ms() - looked >= _CHECK_MS:
                steps = cold.call("terminal.checks", "check_steps", terminal, _measure_steps)
                await _work(steps)
                looked = terminal.clock.up_ms()
                cold.forget("terminal.weighing.parameters")
        except (Refused, MemoryError):
            # Busy, a load that moves, a journal that is full or failed: again, and not at once.
            await asyncio.sleep_ms(_AGAIN_MS)


def _measure_steps():
    return cold.call("terminal.drivers.measure", "steps_of_identification")


async def _start(terminal, signers) -> int:
    """Bring the terminal up; the error code that stops it, or 0."""
    try:
        terminal.open()  # first: without a signer its records can still be read
        await _work(signers.open_steps())
        if not cold.call("terminal.drivers.ram", "keeps"):
            terminal.lock("RAM")
        await _work(terminal.start_steps(machine.reset_cause()))
    except Refused as refused:
        terminal.recorder = None  # whatever was refused: nothing signs any more
        print("# stopped:", refused)
        cold.forget("steelyard_wire.sentences")
        return refused.code
    return 0


async def _run(terminal, signers) -> None:
    # First: its interrupt takes samples while the signer's self-test has the processor.
    terminal.converter.start()
    weighing = asyncio.create_task(_weigh(terminal))
    halted = await _start(terminal, signers)
    network = None if halted else _network(terminal)
    service = Service(terminal, network, machine.reset, halted)
    console = ConsoleLink(service, OpenSession(os.urandom))
    running = [weighing, _watch_keys(terminal), _check(terminal), console.run()]
    if network is not None:
        from terminal.links.tcp import TcpServer

        def session():
            return KeyedSession(os.urandom, lambda: terminal.link_key)

        await TcpServer(service, session, board.TCP_PORT, terminal.clock.up_ms).start()
        running.append(network.run())
    # A task that dies takes the program down with its traceback: nothing goes on half alive.
    await asyncio.gather(*running)


def main() -> None:
    """Run the terminal; returns only when Ctrl-C on an unsealed console asks for the REPL."""
    signers = _signers()
    terminal = Terminal(
        board,
        Files("/state"),
        _journal(),
        Clock(time),
        signers,
        cold.call("terminal.drivers.measure", "software_identification"),
        # What runs on a desktop proves nothing about a weight, whatever its board file says.
        bool(board.TEST) or sys.platform in ("linux", "darwin"),
    )
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
    terminal.converter, terminal.ring = _converter(board.CONVERTER)
    if hasattr(terminal.converter, "keep"):
        from terminal.keep import keep  # only in builds with such a converter

        keep(terminal.converter, terminal.files)
    try:
        asyncio.run(_run(terminal, signers))
    except KeyboardInterrupt:
        terminal.converter.stop()
        print("# stopped: at the REPL; Ctrl-D starts the terminal again")
