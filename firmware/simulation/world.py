"""The world around one virtual terminal: its power, its time, its load cell, its cables.

Owns: the VM's life, board time, the pace at which it passes, the signals at the pins.
Refuses: a flash file that another terminal holds. Units: microseconds of board time, kilograms.

Board time belongs to whoever is busy: while the VM works, the VM's charges move it; when the VM is
idle it asks, and the world lets time pass up to what the VM waits for, at the chosen speed.
`speed` is board seconds per real second, 0 holds time (it moves only by `advance`), None is as
fast as the machine goes. At any speed an `advance` has ended when so much board time has passed.
Where time passes as fast as the machine goes, the VM need not ask for each step: an answer says up
to when it is free to go on, and what it asks next tells how far it went.
After a byte from outside the VM gets a few milliseconds of real time to see it before board time
moves on.
"""

from __future__ import annotations

import fcntl
import os
import selectors
import socket
import time
from collections.abc import Callable
from pathlib import Path

from case import Case
from console import Console
from keypad import Keypad
from load_cell import LoadCell
from replay import Replay
from sockets import watch
from vm_process import VmProcess
from wiring import Wiring

IDLE, CONVERT, RESET, START, STATION, CLEAR_CASE, INTERRUPT_KEY = 1, 2, 3, 4, 5, 6, 7
DOUT_LOW, DOUT_HIGH, RADIO_UP, JOINED, CASE_OPENED = 1, 2, 4, 8, 1 << 15
NACK, SDA_LOW = 16, 32
CTRL_C = 64
CTRL_C_BYTE = 3
KEY_SHIFT, STALL_SHIFT, RESET_SHIFT = 8, 16, 24
KEYS = ("zero", "tare", "print")
POWER_ON, PROGRAM_RESET, SOFT_RESET = 1, 3, 4  # 3: what rp2 says after machine.reset()
_NOTICE_S = 0.004
# As far as a VM goes without asking: what others do to the world meanwhile begins so much early
# for it, and no key is pressed for so short a time. While time is held, nobody does anything.
_FREE_US = 20000
_FREE_HELD_US = 200000
_FOREVER_US = 1 << 62


class FlashInUse(RuntimeError):
    """Another virtual terminal runs from this flash file."""


class World:
    """Everything outside the VM. `step(timeout)` serves what is ready, at most once around."""

    def __init__(
        self, flash: Path, wiring: Wiring, cell: LoadCell, console: Console, wifi: tuple[str, str]
    ) -> None:
        flash.touch()
        self._lock = flash.open("r+b")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise FlashInUse(f"{flash} is the flash of a virtual terminal that runs already")
        self._flash = flash
        self.wiring = wiring
        self.cell = cell
        self.console = console
        self._wifi = wifi
        self.selector = selectors.DefaultSelector()
        self.now_us = 0
        self.replay: Replay | None = None
        self.signals = RADIO_UP
        self.case = Case(flash, lambda opened: self.set_signal(CASE_OPENED, opened))
        self.conversions = 0
        self.boots = 0
        self.on_station: Callable[[bool], None] = lambda wanted: None  # the radio listens here
        self.vm: VmProcess | None = None
        self._waiting: tuple[int, int] | None = None  # number and limit of an idle VM
        self._timers: list[tuple[int, Callable[[], None]]] = []
        self.keypad = Keypad(self.after)
        self._key_until_us: dict[str, int] = {}
        self._held_until_us = 0
        self._notice_until = 0.0
        self._noticed = True
        self.set_speed(1.0)
        self.selector.register(console.server, selectors.EVENT_READ, console.accept)

    # --- power -----------------------------------------------------------------------------------

    def power_on(self, cause: int = POWER_ON, run_main: bool = True) -> None:
        """Start the board; nothing happens if it runs."""
        if self.vm is not None:
            return
        board = dict(
            vars(self.wiring), flash=str(self._flash.resolve()), cause=cause, main=run_main
        )
        self.vm = VmProcess(self.console.slave, board, self._wifi, self._levels)
        self.boots += 1
        self.selector.register(self.vm.requests, selectors.EVENT_READ, self._from_vm)

    def _levels(self) -> tuple[int, int, int, int, int]:
        return (*self.cell.analog(), self.keypad.closed)

    def power_off(self) -> None:
        """Cut the power: the VM ends wherever it is."""
        if self.vm is None:
            return
        self.selector.unregister(self.vm.requests)
        self.vm.end()
        self.vm = None
        self._waiting = None
        self.on_station(False)

    def _from_vm(self) -> None:
        vm = self.vm
        if vm is None:
            return
        request = vm.read_request()
        if request is None:
            self.power_off()
            while self.console.from_vm():
                pass  # its last words say in which mode its prompt was
            run_main = self.console.soft_reset()
            self.power_on(SOFT_RESET, run_main)
            return
        number, operation, now_us, argument, value = request
        self._catch_up(now_us)
        if operation == IDLE:
            self._waiting = (number, argument)
            self.console.started()
        elif operation == CONVERT:
            self.conversions += 1
            word, following = self._convert(argument, value)
            vm.answer(number, self.signals, self._times_us(), word, following)
        elif operation == RESET:
            self.power_off()
            self.console.power_on()
            self.power_on(PROGRAM_RESET)
        else:
            if operation == STATION:
                self.on_station(bool(argument))
            elif operation == CLEAR_CASE:
                self.case.clear()
            elif operation == INTERRUPT_KEY:
                self.console.set_interrupt(argument == CTRL_C_BYTE)
            vm.answer(number, self.signals, self._times_us())

    def _convert(self, at_us: int, gain: int) -> tuple[int, int]:
        if gain == 0:
            return round(self.cell.temperature_c * 1000), 0  # of the converter's own sensor
        if self.replay is not None:
            if not self.replay.done:
                return self.replay.convert(at_us)
            self.replay = None
        return self.cell.counts(at_us, gain), 0

    # --- time ------------------------------------------------------------------------------------

    def set_speed(self, speed: float | None) -> None:
        """Choose the pace from now on."""
        self.speed = speed
        self._base_us = self.now_us
        self._base_real = time.monotonic()
        self._held_until_us = self.now_us

    def advance(self, microseconds: int) -> None:
        """Order so much board time; held time passes by it at once."""
        self._held_until_us = max(self._held_until_us, self.now_us) + microseconds

    def advance_no_further(self) -> None:
        """Give up what was ordered and has not passed."""
        self._held_until_us = self.now_us

    @property
    def ordered_us(self) -> int:
        """The board time up to which time was ordered to pass."""
        return self._held_until_us

    def after(self, microseconds: int, action: Callable[[], None]) -> None:
        """Do something when so much board time has passed; at least one microsecond passes."""
        self._timers.append((self.now_us + max(microseconds, 1), action))
        self._timers.sort(key=lambda timer: timer[0])

    def _catch_up(self, now_us: int) -> None:
        if now_us > self.now_us:
            self.now_us = now_us
        while self._timers and self._timers[0][0] <= self.now_us:
            self._timers.pop(0)[1]()

    def _next_us(self, wanted_us: int) -> int:
        return min(wanted_us, self._timers[0][0]) if self._timers else wanted_us

    def _limit_us(self, wanted_us: int) -> int:
        wanted_us = self._next_us(wanted_us)
        if self.speed is None:
            return wanted_us
        if self.speed == 0:
            return min(wanted_us, self._held_until_us)
        paced = self._base_us + int((time.monotonic() - self._base_real) * 1e6 * self.speed)
        return min(wanted_us, paced)

    def _times_us(self) -> tuple[int, int]:
        """Now, and up to when the VM goes on without asking."""
        if self.speed or not self._noticed or self.console.interrupting:
            return self.now_us, 0
        free_us = _FREE_US if self.speed is None else _FREE_HELD_US
        return self.now_us, self._limit_us(self.now_us + free_us)

    def _serve_idle(self) -> float | None:
        """Let time pass for an idle VM; seconds until it is worth another look, None: for ever."""
        if self.vm is None:
            return self._pass_without_power()
        if self._waiting is None:
            return None
        number, wanted_us = self._waiting
        if self.console.interrupting:
            self._answer_idle(number)
            return 0
        left = self._notice_until - time.monotonic()
        if not self._noticed:
            # A byte has come: the VM looks at its inputs once now and once when it surely is
            # there.
            self._noticed = left <= 0
            self._answer_idle(number)
            return 0
        if left > 0:
            return left
        limit_us = self._limit_us(wanted_us)
        # While time is paced the VM hears of it when what it waits for, or a timer, is due.
        due_us = self._next_us(wanted_us) if self.speed else min(wanted_us, self.now_us + 1)
        self._catch_up(limit_us)
        if limit_us >= due_us:
            self._answer_idle(number)
            return 0
        return max((due_us - limit_us) / 1e6 / self.speed, 0.0005) if self.speed else None

    def _pass_without_power(self) -> float | None:
        """Time goes on when the board is off; at the highest speed only as far as ordered."""
        until_us = self._limit_us(self._held_until_us if not self.speed else _FOREVER_US)
        before_us = self.now_us
        self._catch_up(until_us)
        return 0.02 if self.speed else 0 if self.now_us > before_us else None

    def _answer_idle(self, number: int) -> None:
        self._waiting = None
        asked = CTRL_C if self.console.interrupting else 0
        if self.vm is not None:
            self.vm.answer(number, self.signals | asked, self._times_us())
        if asked:
            self.console.interrupted()

    def host_bytes_came(self) -> None:
        """A byte from outside is on its way into the VM."""
        self._noticed = False
        self._notice_until = time.monotonic() + _NOTICE_S

    # --- pins ------------------------------------------------------------------------------------

    def set_signal(self, mask: int, on: bool) -> None:
        """Set or clear signal bits; an idle VM learns of it at once."""
        self.signals = self.signals | mask if on else self.signals & ~mask

    def stall_clock(self) -> None:
        """Order one clock stretched beyond 60 us in the middle of a frame."""
        self._count(STALL_SHIFT)

    def reset_converter(self) -> None:
        """Have the converter on a bus begin anew, as somebody else sets it up: at gain 1."""
        self._count(RESET_SHIFT)

    def _count(self, shift: int) -> None:
        count = (self.signals >> shift & 0xFF) + 1 & 0xFF
        self.signals = self.signals & ~(0xFF << shift) | count << shift

    def press(self, key: str, microseconds: int) -> None:
        """Push a key for so much board time; pushed again meanwhile it stays down for longer."""
        mask = 1 << KEY_SHIFT + KEYS.index(key)
        until_us = self.now_us + microseconds
        self._key_until_us[key] = max(until_us, self._key_until_us.get(key, 0))

        def release() -> None:
            if self.now_us >= self._key_until_us[key]:
                self.set_signal(mask, False)

        self.set_signal(mask, True)
        self.after(microseconds, release)

    # --- cables ----------------------------------------------------------------------------------

    def _from_host(self) -> None:
        self._type(os.read(self.console.host, 4096))

    def _serve_vm(self) -> None:
        self.console.flush_typed()
        self.console.from_vm()

    def _serve_client(self) -> None:
        client = self.console.client
        self.console.flush_said()
        if not self.console.typed:
            self._type(self.console.from_client())
        if self.console.client is None:
            watch(self.selector, client, 0)

    def _watch_console(self) -> None:
        # Who does not read is not waited for; what the VM has not read yet holds up the typist.
        console = self.console
        read = 0 if console.typed else selectors.EVENT_READ
        write = selectors.EVENT_WRITE if console.typed and not console.interrupting else 0
        watch(self.selector, console.vm, selectors.EVENT_READ | write, self._serve_vm)
        watch(self.selector, console.host, read, self._from_host)
        if console.client is not None:
            write = selectors.EVENT_WRITE if console.unsaid else 0
            watch(self.selector, console.client, read | write, self._serve_client)

    def _type(self, data: bytes) -> None:
        if data:
            self.host_bytes_came()
            self.console.to_vm(data)

    def step(self, timeout: float | None = None) -> None:
        """Serve time and whatever is ready; waits at most `timeout` seconds."""
        if self.console.holds and self.console.at_prompt():
            self.console.started()
        wait = 0.005 if self.console.holds else self._serve_idle()
        for limit in (timeout, self.console.insist()):
            if limit is not None and (wait is None or limit < wait):
                wait = limit
        self._watch_console()
        for key, _ in self.selector.select(wait):
            if self._is_open(key.fileobj):
                key.data()

    def _is_open(self, source: int | socket.socket) -> bool:
        # What was served before may have closed it; a closed socket is no key at all.
        try:
            return self.selector.get_key(source) is not None
        except (KeyError, ValueError):
            return False

    def close(self) -> None:
        """End everything; the flash file stays."""
        self.power_off()
        self.selector.close()
        self.console.close()
        self._lock.close()
