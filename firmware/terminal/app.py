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
import packed
from steelyard_wire.codes import Refused

from terminal import cold
from terminal.care import DUE
from terminal.drivers.clock import Clock
from terminal.drivers.files import Files
from terminal.drivers.keys import Keys
from terminal.evidence import settings
from terminal.evidence.journal import Journal
from terminal.links.console import ConsoleLink
from terminal.links.service import Service
from terminal.operations import ITSELF, KEY, Terminal

_POLL_MS = 10
_LOOK_MS = 200
_AGAIN_MS = 2000
_CHECK_MS = 3600000
_SPARE_MS = 60000
_WIRING = "terminal.wiring"


def _signers():
    """What signs, as the board file says: this processor, or a chip."""
    name = "signers_chip" if "chip" in board.SIGNER else "signers_seed"
    return getattr(__import__("terminal." + name), name).make(board.SIGNER, os.urandom)


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


def _feed() -> None:
    if packed.watchdog is not None:
        packed.watchdog.feed()


async def _weigh(terminal) -> None:
    while True:
        _feed()
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
            signs = terminal.recorder is not None
            if signs and terminal.opened():  # first, whatever else there is to tell
                await _work(cold.call("terminal.sealing", "case_steps", terminal))
            elif signs and terminal.alarm.pending:
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
                terminal.review()
                cold.forget("terminal.weighing.parameters")
        except (Refused, MemoryError):
            # Busy, a load that moves, a journal that is full or failed: again, and not at once.
            await asyncio.sleep_ms(_AGAIN_MS)


def _measure_steps():
    return cold.call("terminal.drivers.measure", "steps_of_identification")


def _session(terminal):
    """What makes the session of a link; cable: whether it is the console's."""

    def key():
        return terminal.link_key

    if terminal.sealed:
        from terminal.links.sealed import SealedSession

        return lambda cable=False: SealedSession(os.urandom, key, terminal.clock.up_ms, cable)
    from terminal.links.session import KeyedSession, OpenSession

    return lambda cable=False: OpenSession(os.urandom) if cable else KeyedSession(os.urandom, key)


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


async def _run(terminal, signers, sealed: bool) -> None:
    # First: its interrupt takes samples while the signer's self-test has the processor.
    terminal.converter.start()
    weighing = asyncio.create_task(_weigh(terminal))
    halted = await _start(terminal, signers)
    if terminal.sealed is not sealed:
        machine.reset()  # the marker was wrong, and is right now
    session = _session(terminal)
    network = None if halted else _network(terminal)
    service = Service(terminal, network, machine.reset, halted)
    console = ConsoleLink(service, session(True))
    running = [weighing, _watch_keys(terminal), _check(terminal), console.run()]
    if board.KEYPAD is not None:
        from terminal import keypad

        running.append(keypad.watch(terminal, _work, machine))
    if network is not None:
        from terminal.links.tcp import TcpServer

        await TcpServer(service, session, board.TCP_PORT, terminal.clock.up_ms).start()
        running.append(network.run())
    # A task that dies takes the program down with its traceback: nothing goes on half alive.
    await asyncio.gather(*running)


def main(sealed: bool) -> None:
    """Run the terminal; returns only when Ctrl-C on an unsealed console asks for the REPL.

    sealed: whether the marker is there by which boot.py has closed the console.
    """
    _feed()  # to load all this has taken its time
    signers = _signers()
    device = cold.call(_WIRING, "journal_device", board)
    terminal = Terminal(
        board,
        Files("/state"),
        Journal(device),
        Clock(time),
        signers,
        cold.call("terminal.drivers.measure", "software_identification"),
        # What runs on a desktop proves nothing about a weight, whatever its board file says.
        bool(board.TEST) or sys.platform in ("linux", "darwin"),
    )
    terminal.sealed = sealed
    cold.call(_WIRING, "solder", terminal)
    try:
        asyncio.run(_run(terminal, signers, sealed))
    except KeyboardInterrupt:
        if packed.watchdog is not None:
            machine.reset()  # it was on trial, and nobody feeds it at the REPL
        terminal.converter.stop()
        print("# stopped: at the REPL; Ctrl-D starts the terminal again")
